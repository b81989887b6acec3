package server

import (
	"strings"
	"testing"
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
	closed := start(t, false, func(c *Config) { c.Token = "a token of some length" })
	if r := closed.do("GET", "/", nil); !strings.Contains(r.body, `-H "Authorization: Bearer TOKEN" \`) || strings.Contains(r.body, "some length") {
		t.Errorf("the token is not asked for: %s", r.body)
	}
	if r := b.raw(0, "GET / HTTP/1.0\r\n\r\n"); !strings.Contains(r.body, `"http://`+own+`/local/`) {
		t.Errorf("without a Host: %d %s", r.status, r.body)
	}
}
