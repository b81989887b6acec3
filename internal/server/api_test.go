package server

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"webrunner/filter/screen"
	"webrunner/internal/request"
	"webrunner/internal/tokens"
	"webrunner/internal/wire"
	"webrunner/perf/events"
)

// contract is the described interface, as a test reads it.
type contract struct {
	Paths      map[string]map[string]json.RawMessage
	Components struct{ Responses map[string]response }
	schemas    *jsonschema.Compiler
	mu         sync.Mutex // of schemas
}

type operation struct {
	Parameters []struct {
		Name   string
		Schema struct{ Type any }
	}
	Responses map[string]response
}

type response struct {
	Description string
	Content     map[string]struct{ Schema json.RawMessage }
}

// contracts are those that servers were seen to have, by their text: to read one takes
// longer than most tests.
var contracts sync.Map

// contractOf returns what a server says of itself.
func contractOf(t testing.TB, s *Server) *contract {
	t.Helper()
	text, err := s.described()
	if err != nil {
		t.Fatal(err)
	}
	if c, ok := contracts.Load(string(text)); ok {
		return c.(*contract)
	}
	c := described(t, text)
	contracts.Store(string(text), c)
	return c
}

// described reads what a server says of itself. Its schemas are made stricter: what is not
// described must not be there.
func described(t testing.TB, text []byte) *contract {
	t.Helper()
	c := &contract{schemas: jsonschema.NewCompiler()}
	if err := json.Unmarshal(text, c); err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	closed(doc)
	if err := c.schemas.AddResource("api.json", doc); err != nil {
		t.Fatal(err)
	}
	return c
}

// closed lets objects with described members have no others. In what refines another
// schema by members beside $ref that other one knows.
func closed(doc any) {
	switch d := doc.(type) {
	case map[string]any:
		_, refines := d["$ref"]
		if _, has := d["properties"].(map[string]any); has && !refines {
			if _, open := d["additionalProperties"]; !open {
				d["additionalProperties"] = false
			}
		}
		for _, v := range d {
			closed(v)
		}
	case []any:
		for _, v := range d {
			closed(v)
		}
	}
}

// schema compiles what is at a place of the document.
func (c *contract) schema(t testing.TB, place ...string) *jsonschema.Schema {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	escaped := make([]string, len(place))
	for i, p := range place {
		escaped[i] = strings.ReplaceAll(strings.ReplaceAll(p, "~", "~0"), "/", "~1")
	}
	s, err := c.schemas.Compile("api.json#/" + strings.Join(escaped, "/"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// holds demands that an answer is one that is described: its status, its media type, the
// class of its problem, and its document.
func (c *contract) holds(t testing.TB, method, target string, a reply) {
	t.Helper()
	if method == http.MethodOptions && a.status == http.StatusNoContent && a.body == "" {
		return // whatever the path
	}
	place, r := c.response(t, method, target, a.status)
	if r == nil {
		t.Errorf("%s %.80s: status %d is not described", method, target, a.status)
		return
	}
	if a.body == "" || len(r.Content) == 0 {
		return
	}
	media, _, err := mime.ParseMediaType(a.header.Get("Content-Type"))
	if _, ok := r.Content[media]; !ok || err != nil {
		t.Errorf("%s %.80s: status %d: Content-Type %q is not described: %v", method, target, a.status, a.header.Get("Content-Type"), err)
		return
	}
	if !strings.HasSuffix(media, "json") {
		if class, _, ok := strings.Cut(strings.TrimPrefix(a.body, "error: "), ":"); a.status >= 400 && (!ok || !strings.Contains("\n"+r.Description, "\n"+class+": ")) {
			t.Errorf("%s %.80s: status %d: class %q is not described: %q", method, target, a.status, class, r.Description)
		}
		return
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(a.body))
	if err != nil {
		t.Errorf("%s %.80s: %v", method, target, err)
		return
	}
	if err := c.schema(t, append(place, "content", media, "schema")...).Validate(doc); err != nil {
		t.Errorf("%s %.80s: %d: %v in %.300s", method, target, a.status, err, a.body)
	}
}

// response finds what is described of an answer.
func (c *contract) response(t testing.TB, method, target string, status int) (place []string, r *response) {
	t.Helper()
	parsed, _ := parseTarget(target) // one whose query is faulty has a command all the same
	row := command{name: parsed.command}
	if parsed.file != "" {
		row.query = "/{file}"
	}
	path := row.address()
	raw, ok := c.Paths[path][strings.ToLower(method)]
	if !ok {
		name := map[int]string{http.StatusNotFound: "NoCommand", http.StatusMethodNotAllowed: "NoMethod"}[status]
		if found, ok := c.Components.Responses[name]; ok {
			return []string{"components", "responses", name}, &found
		}
		// A head that cannot be read has no target; every command's problems say it.
		path, method = "/", "get"
		raw = c.Paths[path][method]
	}
	var o operation
	if err := json.Unmarshal(raw, &o); err != nil {
		t.Fatal(err)
	}
	found, ok := o.Responses[strconv.Itoa(status)]
	if !ok {
		return nil, nil
	}
	return []string{"paths", path, strings.ToLower(method), "responses", strconv.Itoa(status)}, &found
}

// kinds lists every status and class that is described of each operation.
func (c *contract) kinds(t testing.TB) (list []string) {
	t.Helper()
	add := func(name string, r response) {
		for line := range strings.Lines(r.Description) {
			class, _, _ := strings.Cut(line, ":")
			list = append(list, name+" "+class)
		}
	}
	for path, methods := range c.Paths {
		for method, raw := range methods {
			var o operation
			if method == "parameters" || json.Unmarshal(raw, &o) != nil {
				continue
			}
			for status, r := range o.Responses {
				add(method+" "+path+" "+status, r)
			}
		}
	}
	for name, r := range c.Components.Responses {
		add(name, r)
	}
	slices.Sort(list)
	return list
}

// TestVerdictIsDescribed holds the document of screen, which children write, to what is
// said of it here.
func TestVerdictIsDescribed(t *testing.T) {
	b := start(t, false, nil)
	v := &screen.Verdict{
		ISA: []string{"AVX"}, Mix: map[string]int{"load": 1}, Refusals: make([]screen.Refusal, 1), Notes: make([]screen.Note, 1),
		HostLacks: make([]screen.Lack, 1), Functions: []screen.FunctionNeeds{{ISA: []string{}, Lacks: []string{"AVX"}}}, Data: []screen.Data{{ISA: []string{"AVX"}}}, Host: "x",
	}
	text, err := json.Marshal(v)
	for _, key := range []string{"machine", "microarchitecture"} { // as the child adds them
		if err == nil {
			text, err = wire.With(text, key, "x")
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(text, &members); err != nil {
		t.Fatal(err)
	}
	members["sandbox"] = map[string]string{"seccomp": "enforced"}
	members["with"] = map[string]any{"taken": []string{"x"}, "undefined": []string{}}
	members["listing"] = []any{map[string]any{"section": ".text", "offset": 0, "size": 1, "bytes": "c3", "text": "ret"}}
	schema := b.said.schema(t, "paths", "/{machine}/screen", "post", "responses", "200", "content", mediaJSON, "schema")
	check := func() error {
		text, _ := json.Marshal(members)
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		return schema.Validate(doc)
	}
	if err := check(); err != nil {
		t.Error(err)
	}
	for name := range maps.Clone(members) {
		was := members[name]
		if members[name] = 3.5; check() == nil {
			t.Errorf("%s may be a number", name)
		}
		members[name] = was
	}
	if members["more"] = 1; check() == nil {
		t.Error("what is not described may be there")
	}
}

// TestDescription: the document has what OpenAPI 3.1 demands of one, each name of an
// operation once, and each option of each command.
func TestDescription(t *testing.T) {
	b := start(t, false, nil)
	r := b.do("GET", "/openapi.json", nil)
	var doc struct {
		OpenAPI string
		Info    struct{ Title, Version string }
		Paths   map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal([]byte(r.body), &doc); err != nil || r.status != 200 || r.header.Get("Content-Type") != "application/json" {
		t.Fatalf("%v %+v", err, r)
	}
	if doc.OpenAPI != "3.1.0" || doc.Info.Title == "" || doc.Info.Version == "" || len(doc.Paths) != len(commandTable()) {
		t.Errorf("%s %+v %d paths", doc.OpenAPI, doc.Info, len(doc.Paths))
	}
	seen := make(map[string]bool)
	for _, c := range commandTable() {
		methods := doc.Paths[c.address()]
		for _, m := range append([]string{"OPTIONS"}, c.methods...) {
			var o struct {
				OperationID string
				operation
			}
			if err := json.Unmarshal(methods[strings.ToLower(m)], &o); err != nil {
				t.Errorf("%s %s: %v", m, c.path(), err)
			}
			if seen[o.OperationID] || o.OperationID == "" {
				t.Errorf("%s %s: %q names two operations, or none", m, c.path(), o.OperationID)
			}
			seen[o.OperationID] = true
			for _, option := range c.options {
				if m != "OPTIONS" && !slices.ContainsFunc(o.Parameters, func(p struct {
					Name   string
					Schema struct{ Type any }
				}) bool {
					return p.Name == option.Name
				}) {
					t.Errorf("%s %s: the option %s is not described", m, c.path(), option.Name)
				}
			}
		}
	}
}

// kindOf names the kind of an answer as kinds does, with its class from the body or, of
// an answer without one, from the log.
func (b *bench) kindOf(method, target string, r reply) string {
	b.t.Helper()
	place, found := b.said.response(b.t, method, target, r.status)
	if found == nil {
		return "" // whoever made it was told
	}
	name := place[len(place)-1]
	if place[0] == "paths" {
		name = fmt.Sprintf("%s %s %d", place[2], place[1], r.status)
	}
	class := found.Description // of a good one
	if r.status >= 400 {
		var p wire.Problem
		switch {
		case json.Unmarshal([]byte(r.body), &p) == nil:
			class = string(p.Class)
		case method == "HEAD":
			log := b.access.String()
			_, rest, _ := strings.Cut(log[strings.LastIndex(log, " class="):], "=")
			class, _, _ = strings.Cut(rest, " ")
		default:
			b.t.Errorf("%s %s: %d %q has no class", method, target, r.status, r.body)
		}
	}
	return name + " " + class
}

// TestEveryDescribedAnswer makes every status and class that is described of every
// command and method. Where answers are read, each is held to its description.
func TestEveryDescribedAnswer(t *testing.T) {
	table, err := events.ForCPU(events.CPU{Vendor: "AuthenticAMD", Family: 25, Model: 17})
	if err != nil {
		t.Fatal(err)
	}
	const token = "a token of some length"
	open := func(change func(*Config)) *bench {
		return start(t, true, func(c *Config) {
			c.Tokens = tokens.Of(tokens.Token{Name: "ci", Text: token})
			c.Engine.Reader.Events = request.NewCounting(&events.Host{Table: table}, "a test")
			c.MaxBody = 100
			if change != nil {
				change(c)
			}
		})
	}
	good, spent, broken, leaving := open(nil), open(nil), open(nil), open(nil)
	hasty := open(func(c *Config) { c.HeadTime = 100 * time.Millisecond })
	sick := open(func(c *Config) { c.Check = func(context.Context) error { return errors.New("a test") } })
	sick.fake.always = wire.Unfit
	spent.answers = newMemory(1<<20, 1<<20, 1<<20, 0) // there is room for problems alone
	for i := range broken.commands {
		broken.commands[i].serve = func(*Server, *exchange) (answer, *wire.Problem) { panic("a bug of ours") }
	}
	leaving.intake.close()
	if _, err := leaving.desk.slot(t.Context()); err != nil { // so that the next one waits until the server is gone
		t.Fatal(err)
	}
	leaving.cancel()

	made := make(map[string]bool)
	for _, c := range commandTable() {
		target := strings.ReplaceAll(c.path(), "{machine-id}", "m")
		if strings.HasPrefix(c.query, "/") {
			target += "/index.html"
		}
		query := target
		if c.kernel {
			query += "?kernel=sdot&n=1"
			if c.name == "sweep" {
				query += ",2"
			}
		}
		for _, method := range append([]string{"OPTIONS"}, c.methods...) {
			try := func(b *bench, target, body string, headers ...string) {
				t.Helper()
				headers = append([]string{"Authorization", "Bearer " + token, "Accept", mediaJSON}, headers...)
				made[b.kindOf(method, target, b.do(method, target, object(body), headers...))] = true
			}
			if try(good, query, "x"); method == "OPTIONS" {
				continue
			}
			try(good, query, "x", "Accept", mediaText)
			try(good, query, "x", "Accept", mediaHTML, "If-None-Match", "*")
			try(good, query+".txt", "x")
			try(good, query, "x", "Authorization", "")
			for _, f := range c.fails {
				try(good, query, string(f.class))
			}
			try(good, query, "ended")
			try(good, target+"?x=%zz", "x")
			try(good, query+"&x=1", "x")
			try(good, target+"?x=1", "x")
			try(good, target+"?kernel=nobody", "x")
			try(good, query, "x", "Content-Type", "text/html")
			try(good, query, strings.Repeat("x", 101))
			try(spent, query, "x")
			try(broken, query, "x")
			try(sick, query, "x")
			try(leaving, query+"?plan=Cycles", "x")
			try(leaving, query, "x")
			head := method + " " + target + " HTTP/1.1\r\nHost: x\r\nAccept: " + mediaJSON + "\r\n"
			made[good.kindOf(method, target, good.raw(0, head+"X: "+strings.Repeat("x", maxHead)))] = true
			made[hasty.kindOf(method, target, hasty.raw(0, head))] = true // which does not end
		}
	}
	for _, target := range []string{"/m/nothing", "/m/kernels"} {
		made[good.kindOf("PUT", target, good.do("PUT", target, nil, "Accept", mediaJSON))] = true
	}
	for _, kind := range good.said.kinds(t) {
		if !made[kind] {
			t.Errorf("no answer was made that is %s", kind)
		}
	}
}

// update has TestCommandTable write the table of docs/http.md.
var update = flag.Bool("update", false, "write the table of commands in docs/http.md")

// TestCommandTable holds the table of docs/http.md to the command table.
func TestCommandTable(t *testing.T) {
	const file, begin, end = "../../docs/http.md", "<!-- commands -->\n", "<!-- end of commands -->\n"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(text), begin)
	have, after, ok := strings.Cut(rest, end)
	if !ok {
		t.Fatalf("%s has no place for the table", file)
	}
	var b strings.Builder
	b.WriteString("| command | methods | token | options beside a kernel's | parts | forms | problems beside those of every command |\n|---|---|---|---|---|---|---|\n")
	for _, c := range commandTable() {
		var options, forms, fails []string
		for _, o := range c.options {
			options = append(options, "`"+o.Name+"`")
		}
		for _, f := range c.forms {
			forms = append(forms, "`"+f.media+"`")
		}
		for _, f := range c.fails {
			fails = append(fails, fmt.Sprintf("%d %s", f.status, f.class))
		}
		parts := ""
		if c.object != "" {
			parts = c.object
			for _, p := range c.parts {
				parts += ", " + string(p)
			}
		}
		token := "yes"
		if c.open {
			token = "no"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s | %s |\n", strings.ReplaceAll(c.address(), "{machine}", "{machine-id}"), strings.Join(c.methods, ", "), token, strings.Join(options, ", "), parts, strings.Join(forms, ", "), strings.Join(fails, ", "))
	}
	var every []string
	for _, f := range doorFailures() {
		every = append(every, fmt.Sprintf("%d %s", f.status, f.class))
	}
	fmt.Fprintf(&b, "\nEvery command: %s; and 401 unauthorized where it needs a token.\n", strings.Join(every, ", "))
	if have == b.String() {
		return
	}
	if !*update {
		t.Fatalf("%s differs from the command table; go test ./internal/server -update writes it", file)
	}
	if err := os.WriteFile(file, []byte(before+begin+b.String()+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestErrorsDocumented holds the table of statuses and classes in docs/http.md to what is
// described of all commands, and to the classes that no answer has.
func TestErrorsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/http.md")
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for _, row := range regexp.MustCompile(`(?m)^\| (\d{3}) \| ([a-z-]+) \|`).FindAllStringSubmatch(string(text), -1) {
		have = append(have, row[1]+" "+row[2])
	}
	want := map[string]bool{"404 unknown-command": true, "405 method-not-allowed": true}
	for _, c := range []wire.Class{wire.ABIViolation, wire.Unreachable} { // reserved, and the client's
		want[fmt.Sprintf("%d %s", c.Info().Status, c)] = true
	}
	for _, c := range commandTable() {
		for _, f := range c.failures() {
			want[fmt.Sprintf("%d %s", f.status, f.class)] = true
		}
	}
	for _, row := range have {
		if !want[row] {
			t.Errorf("docs/http.md has %s, or has it twice", row)
		}
		delete(want, row)
	}
	for row := range want {
		t.Errorf("docs/http.md lacks %s", row)
	}
}
