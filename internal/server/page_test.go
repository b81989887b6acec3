package server

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"webrunner/internal/page"
	"webrunner/internal/tokens"
)

// ask sends a request with headers, names and values by turns.
func (b *bench) ask(method, path string, headers ...string) (*http.Response, string) {
	b.t.Helper()
	r, err := http.NewRequest(method, b.base+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer, string(body)
}

// TestPageByAccept: browsers get the page, whoever does not ask for HTML the text.
func TestPageByAccept(t *testing.T) {
	b := start(t, false, nil)
	for accept, html := range map[string]bool{
		"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8": true, // Firefox, Chromium
		"text/html":                      true,
		"TEXT/HTML;q=0.5":                true,
		"":                               false,
		"*/*":                            false, // curl
		"text/*":                         false,
		"text/plain":                     false,
		"text/html;q=0.3, text/plain":    false,
		"text/html;q=0":                  false,
		"application/json":               false,
		"application/json, text/html":    true,
		"text/plain, text/html, */*;q=0": false,
	} {
		for _, method := range []string{"GET", "HEAD"} {
			a, body := b.ask(method, "/", "Accept", accept)
			media := "text/plain; charset=utf-8"
			if html {
				media = "text/html; charset=utf-8"
			}
			if a.StatusCode != 200 || a.Header.Get("Content-Type") != media || !strings.Contains(strings.Join(a.Header.Values("Vary"), ","), "Accept") {
				t.Errorf("%s, Accept %q: %d %v", method, accept, a.StatusCode, a.Header)
			}
			if (method == "HEAD") != (body == "") || a.ContentLength <= 0 {
				t.Errorf("%s, Accept %q: a body of %d bytes, Content-Length %d", method, accept, len(body), a.ContentLength)
			}
			if method == "GET" && html != strings.HasPrefix(body, "<!doctype html>") {
				t.Errorf("Accept %q: %.60q", accept, body)
			}
			if html != (a.Header.Get("Content-Security-Policy") == page.Policy) {
				t.Errorf("Accept %q: the policy is %q", accept, a.Header.Get("Content-Security-Policy"))
			}
		}
	}
}

// TestPageFiles: every file is served as it is, with its type, its tag and the policy,
// also to those without a token.
func TestPageFiles(t *testing.T) {
	b := start(t, false, func(c *Config) { c.Tokens = tokens.Of(tokens.Token{Name: "ci", Text: "a token of some length"}) })
	files, err := page.Load()
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range files {
		a, body := b.ask("GET", "/page/"+name)
		if a.StatusCode != 200 || body != string(f.Body) || a.Header.Get("Content-Type") != f.Media {
			t.Errorf("%s: %d, %d bytes, %v", name, a.StatusCode, len(body), a.Header)
		}
		for header, want := range map[string]string{
			"ETag": f.ETag, "Cache-Control": "no-cache", "Content-Security-Policy": page.Policy,
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
		} {
			if got := a.Header.Get(header); got != want {
				t.Errorf("%s: %s is %q, not %q", name, header, got, want)
			}
		}
		for tag, same := range map[string]bool{f.ETag: true, "W/" + f.ETag: true, `"other", ` + f.ETag: true, "*": true, `"other"`: false, "": false} {
			a, body := b.ask("GET", "/page/"+name, "If-None-Match", tag)
			if same != (a.StatusCode == 304) || same != (body == "") || a.Header.Get("ETag") != f.ETag {
				t.Errorf("%s, If-None-Match %s: %d, %d bytes", name, tag, a.StatusCode, len(body))
			}
		}
	}
	if a, _ := b.ask("GET", "/", "Accept", "text/html", "If-None-Match", files[page.Index].ETag); a.StatusCode != 304 {
		t.Errorf("the page that is known: %d", a.StatusCode)
	}
}

// TestPageNames: what is no file of the page is none, and a machine that is called page
// is one.
func TestPageNames(t *testing.T) {
	b := start(t, false, nil)
	for path, want := range map[string]int{
		"/page": 200, "/page/none.js": 404, "/page/..": 404, "/page/../main.js": 404, "/page/%2e%2e%2fpage.go": 404, "/page/assets/main.js": 404,
		"/page/": 200, "/page/monitor": 200, "/page/kernels": 200, "/other/main.js": 404,
		"/zen4/page/main.js": 200, "/page/page/main.js": 200, "/zen4/page/none.js": 404, "/zen4/page/..": 404, "/zen4/page/monitor": 404, "/zen4/other/main.js": 404, "/a/zen4/page/main.js": 404,
	} {
		if a, body := b.ask("GET", path); a.StatusCode != want {
			t.Errorf("%s: %d, not %d: %.100s", path, a.StatusCode, want, body)
		}
	}
	for path, below := range map[string]bool{"/": false, "/zen4/": true, "/page/": true, "/%c3%a4/": true} {
		if _, body := b.ask("GET", path, "Accept", "text/html"); !strings.HasPrefix(body, "<!doctype html>") || below != strings.Contains(body, `<html lang="en" data-below>`) {
			t.Errorf("%s: %.100s", path, body)
		}
	}
	if a, _ := b.ask("POST", "/page/main.js"); a.StatusCode != 405 || a.Header.Get("Allow") != "GET, HEAD, OPTIONS" {
		t.Errorf("POST: %d %v", a.StatusCode, a.Header)
	}
}

// TestInspect: its options reach the child, and others are refused.
func TestInspect(t *testing.T) {
	b := start(t, false, nil)
	for query, want := range map[string][2]bool{"": {true, false}, "?prototypes=1": {true, true}, "?contents=1": {false, false}, "?contents=1&prototypes=1": {false, true}} {
		r := b.do("POST", "/m/inspect"+query, strings.NewReader("accepted"), "Content-Type", "application/octet-stream", "Accept", "application/json")
		job := b.fake.last()
		if r.status != 200 || [2]bool{job.Screen.Brief, job.Screen.Prototypes} != want || job.Screen.Prototypes != (len(job.Screen.Reserved) > 0) {
			t.Errorf("inspect%s: %d %+v", query, r.status, job.Screen)
		}
	}
	before := b.fake.count()
	for _, query := range []string{"?prototypes=2", "?prototypes=1&prototypes=1", "?kernel=sdot"} {
		if r := b.do("POST", "/m/inspect"+query, strings.NewReader("accepted"), "Content-Type", "application/octet-stream"); r.status != 400 {
			t.Errorf("inspect%s: %d %s", query, r.status, r.body)
		}
	}
	if n := b.fake.count(); n != before {
		t.Errorf("%d jobs were done for faulty queries", n-before)
	}
}

// TestKernelsOfCall: a prototype is answered with the specification that it stands for.
func TestKernelsOfCall(t *testing.T) {
	b := start(t, false, nil)
	if r := b.do("GET", "/m/kernels?call=float+dot(size_t+n+%3D+7,+const+float+x%5Bn%5D)", nil, "Accept", "application/json"); r.status != 200 || !strings.Contains(r.body, `"name":"dot"`) || !strings.Contains(r.body, `"default":7`) {
		t.Errorf("%d %s", r.status, r.body)
	}
	for _, query := range []string{"call=float+dot(", "call=a&kernel=sdot", "call=int+f(size_t+effort+%3D+1)"} {
		if r := b.do("GET", "/m/kernels?"+query, nil); r.status != 400 {
			t.Errorf("%s: %d %s", query, r.status, r.body)
		}
	}
}
