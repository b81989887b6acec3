package server

import (
	"cmp"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"webrunner/internal/request"

	"webrunner/internal/tokens"
)

// TestHome: the example on the first page works as it stands, and holds nothing
// of a client's that a shell would run.
func TestHome(t *testing.T) {
	b := start(t, true, nil)
	own := strings.TrimPrefix(b.base, "http://")
	for host, want := range map[string]string{
		"lab.example.org":          "lab.example.org",
		"lab.example.org:9000":     "lab.example.org:9000",
		"[::1]:8081":               "[::1]:8081",
		"$(reboot)":                own,
		strings.Repeat("x", 10000): own,
	} {
		r := b.raw(0, "GET / HTTP/1.1\r\nHost: "+host+"\r\n\r\n")
		if r.status != 200 || !strings.Contains(r.body, `"http://`+want+`/local/run?kernel=sdot&n=10000"`) {
			t.Errorf("Host %.40q: %d %s", host, r.status, r.body)
		}
	}
	if r := b.raw(0, "GET / HTTP/1.1\r\nHost: x\";reboot;\"\r\n\r\n"); r.status != 400 || !strings.Contains(r.body, "the Host header") {
		t.Errorf("a Host header with quotes: %d %s", r.status, r.body)
	}
	if r := b.do("GET", "/", nil); strings.Contains(r.body, "Bearer") {
		t.Errorf("a token is asked for: %s", r.body)
	}
	closed := start(t, false, func(c *Config) { c.Tokens = tokens.Of(tokens.Token{Name: "ci", Text: "a token of some length"}) })
	if r := closed.do("GET", "/", nil); !strings.Contains(r.body, `-H "Authorization: Bearer TOKEN" \`) || strings.Contains(r.body, "some length") {
		t.Errorf("the token is not asked for: %s", r.body)
	}
	if r := b.raw(0, "GET / HTTP/1.0\r\n\r\n"); !strings.Contains(r.body, `"http://`+own+`/local/`) {
		t.Errorf("without a Host: %d %s", r.status, r.body)
	}
}

// TestCommandLists: wherever commands and options are listed, all are: on the first page,
// in the answer to a command that there is not, and in docs/http.md, which has a section
// for each.
func TestCommandLists(t *testing.T) {
	b := start(t, false, nil)
	home, unknown := b.do("GET", "/", nil).body, b.do("GET", "/m/nothing", nil).body
	var names []string
	for _, c := range commandTable() {
		if names = append(names, strings.TrimPrefix(c.path(), "/{machine-id}/")); c.name == "" {
			continue
		}
		if !regexp.MustCompile(`(?m)^  ` + c.methods[0] + ` +` + regexp.QuoteMeta(c.path()+c.query) + ` +` + regexp.QuoteMeta(c.about) + `$`).MatchString(home) {
			t.Errorf("the first page lacks %s:\n%s", c.name, home)
		}
		if c.name[0] != '/' && !strings.Contains(unknown, c.name) {
			t.Errorf("of commands %s is not named: %s", c.name, unknown)
		}
	}
	for _, o := range request.Options() {
		if !strings.Contains(home, "\n  "+o.Name+"="+cmp.Or(o.Argument, "1")+" ") {
			t.Errorf("the first page lacks the option %s:\n%s", o.Name, home)
		}
	}
	text, err := os.ReadFile("../../docs/http.md")
	if err != nil {
		t.Fatal(err)
	}
	commands, _, _ := strings.Cut(string(text), "\n## Errors\n")
	var documented []string
	for _, heading := range regexp.MustCompile(`(?m)^## (.*)$`).FindAllStringSubmatch(commands, -1) {
		documented = append(documented, strings.Split(heading[1], ", ")...)
	}
	if !slices.Equal(documented, names) {
		t.Errorf("docs/http.md has sections for %q, the commands are %q", documented, names)
	}
}
