package page

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"webrunner/examples"
	"webrunner/internal/request"
	"webrunner/internal/wire"
	"webrunner/kernels"
)

func load(t *testing.T) Files {
	t.Helper()
	files, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// references are what a file of the page asks for: the names of other files.
func references(name string, body []byte) (list []string) {
	pattern := map[string]string{
		".html": `(?:href|src)="page/([^"]*)"`, ".js": `(?:from |import\()"\./([^"]*)"|fetch\("page/([^"]*)"`,
	}[path.Ext(name)]
	if pattern == "" {
		return nil
	}
	for _, m := range regexp.MustCompile(pattern).FindAllSubmatch(body, -1) {
		for _, g := range m[1:] {
			if len(g) > 0 {
				list = append(list, string(g))
			}
		}
	}
	return list
}

// TestReferences: all that the page asks for is there, and all that is there is asked for.
func TestReferences(t *testing.T) {
	files := load(t)
	wanted := map[string]bool{Index: true, Below: true, "uplot.txt": true}
	for name, f := range files {
		for _, other := range references(name, f.Body) {
			if wanted[other] = true; files[other] == nil {
				t.Errorf("%s asks for %s, which is not there", name, other)
			}
		}
	}
	for name := range files {
		if !wanted[name] && path.Ext(name) != ".o" {
			t.Errorf("nothing asks for %s", name)
		}
	}
}

// TestNothingFromElsewhere: no file names an address that a browser would ask, but for
// where the charts come from and the names of formats.
func TestNothingFromElsewhere(t *testing.T) {
	address := regexp.MustCompile(`(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}[^\s"'` + "`" + `)]*`)
	known := []string{"https://github.com/leeoniya/uPlot", "http://www.w3.org/2000/svg"}
	for name, f := range load(t) {
		if path.Ext(name) == ".o" || path.Ext(name) == ".json" {
			continue
		}
		for _, a := range address.FindAllString(string(f.Body), -1) {
			if !strings.HasPrefix(a, known[0]) && a != known[1] {
				t.Errorf("%s names %s", name, a)
			}
		}
	}
}

// TestPolicyKept: the page has nothing that its policy refuses: scripts, styles and
// handlers within the markup, and text that becomes markup or code.
func TestPolicyKept(t *testing.T) {
	markup := regexp.MustCompile(`(?i)<script(?:>|[^>]*[^"]>)[^<]|<style|\sstyle=|\son[a-z]+=|javascript:`)
	code := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|setAttribute\("style"|srcdoc|DOMParser`)
	for name, f := range load(t) {
		switch path.Ext(name) {
		case ".html", ".svg":
			if m := markup.Find(f.Body); m != nil {
				t.Errorf("%s has %q", name, m)
			}
		case ".js":
			if m := code.Find(f.Body); m != nil {
				t.Errorf("%s has %q", name, m)
			}
		}
	}
	for _, bad := range []string{"unsafe-inline", "unsafe-eval", "*", "http:", "data:", "blob:"} {
		if strings.Contains(Policy, bad) {
			t.Errorf("the policy lets in %s", bad)
		}
	}
	for _, want := range []string{"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"} {
		if !strings.Contains(Policy, want) {
			t.Errorf("the policy lacks %s", want)
		}
	}
}

// TestExamples: the list has every example, with the hash of the object that is sent.
func TestExamples(t *testing.T) {
	files := load(t)
	var list []example
	if err := json.Unmarshal(files["examples.json"].Body, &list); err != nil {
		t.Fatal(err)
	}
	if len(list) != len(examples.List()) {
		t.Errorf("%d examples are listed, there are %d", len(list), len(examples.List()))
	}
	for _, e := range list {
		f := files[e.File]
		if f == nil {
			t.Errorf("%s is not there", e.File)
			continue
		}
		if sum := sha256.Sum256(f.Body); hex.EncodeToString(sum[:]) != e.SHA256 || len(f.Body) != e.Size || f.Media != "application/octet-stream" {
			t.Errorf("%s: %s, %d bytes, %s; listed as %s, %d bytes", e.File, hex.EncodeToString(sum[:]), len(f.Body), f.Media, e.SHA256, e.Size)
		}
	}
}

// TestSize bounds what a browser loads, and what the page adds to the binary.
func TestSize(t *testing.T) {
	const most = 256 << 10
	total := 0
	tags := make(map[string]string)
	for name, f := range load(t) {
		if path.Ext(name) != ".o" {
			total += len(f.Body)
		}
		if other := tags[f.ETag]; other != "" && string(f.Body) != string(load(t)[other].Body) {
			t.Errorf("%s and %s have one ETag", name, other)
		}
		tags[f.ETag] = name
	}
	if total > most {
		t.Errorf("the page has %d bytes, more than %d", total, most)
	}
}

// TestLicence: the charts' licence goes with them.
func TestLicence(t *testing.T) {
	files := load(t)
	if !strings.Contains(string(files["uplot.txt"].Body), "Leon Sorokin") || !strings.Contains(string(files["uplot.js"].Body[:100]), "v1.6.32") {
		t.Error("uPlot 1.6.32 and its licence are not there")
	}
}

// TestAdvice: for each class of problem the page says what to do, and for no other.
func TestAdvice(t *testing.T) {
	text := string(load(t)["problem.js"].Body)
	_, text, _ = strings.Cut(text, "const ADVICE = {")
	text, _, _ = strings.Cut(text, "\n};")
	var advised, classes []string
	for _, m := range regexp.MustCompile(`(?m)^  "?([a-z-]+)"?: "`).FindAllStringSubmatch(text, -1) {
		advised = append(advised, m[1])
	}
	for _, c := range wire.Classes {
		classes = append(classes, string(c.Class))
	}
	slices.Sort(advised)
	slices.Sort(classes)
	if !slices.Equal(advised, classes) {
		t.Errorf("there is advice for %q, the classes are %q", advised, classes)
	}
}

// TestOptions: every option that the form offers is one that its action takes.
func TestOptions(t *testing.T) {
	set, err := kernels.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	r := &request.Reader{Kernels: set, Events: request.NewCounting(nil, "a test"), Budget: wire.Budget{Deadline: 10e6, CPU: 5e6, Call: 1e6}}
	plan := map[string]func(map[string][]string) error{
		"run":     func(q map[string][]string) error { _, err := r.Run(q); return err },
		"check":   func(q map[string][]string) error { _, err := r.Check(q); return err },
		"compare": func(q map[string][]string) error { _, err := r.Compare(q); return err },
		"sweep":   func(q map[string][]string) error { _, err := r.Sweep(q); return err },
	}
	values := map[string]string{
		"effort": "quick", "mode": "throughput", "cold": "data", "events": "Cycles", "precision": "1", "deadline": "1s", "sweep-time": "1m", "align": "16", "cases": "10", "extreme": "nan",
		"other-symbol": "g", "fail-if": "Cycles>1.02", "tolerance": "ulp=4", "reference_symbol": "g", "seed": "7", "restore": "1", "samples": "1",
	}
	text := string(load(t)["request.js"].Body)
	measuring := []string{"run", "compare", "sweep"}
	n := 0
	for _, m := range regexp.MustCompile(`\{ name: "([a-z_-]+)", label: "[^"]*", of: (measuring|\[[^\]]*\])`).FindAllStringSubmatch(text, -1) {
		actions := measuring
		if m[2] != "measuring" {
			if err := json.Unmarshal([]byte(m[2]), &actions); err != nil {
				t.Fatal(err)
			}
		}
		for _, action := range actions {
			if n++; action == "listing" {
				continue // its options are those of screen, which the server reads
			}
			query := map[string][]string{"kernel": {"sdot"}, m[1]: {values[m[1]]}}
			if action == "sweep" {
				query["n"] = []string{"10,20"}
			}
			if err := plan[action](query); err != nil && !strings.Contains(err.Error(), "no table of events") { // that of the processor, which a test does without
				t.Errorf("%s: %s: %v", action, m[1], err)
			}
		}
	}
	if n < 30 {
		t.Errorf("only %d options were found", n)
	}
}
