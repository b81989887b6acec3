package client

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"webrunner/internal/wire"
)

// serve is a client of a server that answers as the function does.
func serve(t *testing.T, machine, token string, answer http.HandlerFunc) *Client {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	c, err := New(s.URL, machine, token)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestRequest: the object arrives as it is, with query, token and what is accepted.
func TestRequest(t *testing.T) {
	var got *http.Request
	var body string
	c := serve(t, "m", "a token", func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got, body = r, string(b)
		_ = json.NewEncoder(w).Encode(&wire.Result{Kernel: "sdot", Seed: 7})
	})
	r, err := c.Run(url.Values{"kernel": {"sdot"}, "n": {"5"}}, []byte("\x7fELF\x00"))
	if err != nil || r.Kernel != "sdot" || r.Seed != 7 {
		t.Fatalf("%v, %+v", err, r)
	}
	if got.Method != "POST" || got.RequestURI != "/m/run?kernel=sdot&n=5" || body != "\x7fELF\x00" {
		t.Errorf("%s %s with %q", got.Method, got.RequestURI, body)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/octet-stream", "Authorization": "Bearer a token",
		"Accept": "application/json, application/problem+json;q=0.1",
	} {
		if got.Header.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, got.Header.Get(name), want)
		}
	}
}

// TestMachine: whatever the machine is called, its name is one part of the path, and
// whatever a proxy adds to the head of the answer, the answer is read.
func TestMachine(t *testing.T) {
	var got string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.RequestURI
		w.Header().Set("X-Proxy", strings.Repeat("x", 16<<10))
		_ = json.NewEncoder(w).Encode(&wire.Result{ABI: wire.ABI{OK: true}})
	}))
	defer s.Close()
	for _, row := range []struct{ server, machine, want string }{
		{"", "zen4", "/zen4/run?kernel=sdot"},
		{"/", "zen4", "/zen4/run?kernel=sdot"},
		{"/lab", "zen4", "/lab/zen4/run?kernel=sdot"},
		{"/a%2Fb/", "zen4", "/a%2Fb/zen4/run?kernel=sdot"},
		{"", "rack/zen4", "/rack%2Fzen4/run?kernel=sdot"},
		{"", "a b?c#d%", "/a%20b%3Fc%23d%25/run?kernel=sdot"},
		{"", "..", "/../run?kernel=sdot"},
	} {
		c, err := New(s.URL+row.server, row.machine, "")
		if err == nil {
			_, err = c.Run(url.Values{"kernel": {"sdot"}}, []byte("x"))
		}
		if err != nil || got != row.want {
			t.Errorf("%q %q: %v, asked for %s, want %s", row.server, row.machine, err, got, row.want)
		}
	}
}

// TestURL: what is no address of a server is refused before anything is sent.
func TestURL(t *testing.T) {
	for _, server := range []string{"", "localhost:8081", "ftp://host", "http://", "http://host/%zz", "://"} {
		if _, err := New(server, "m", ""); err == nil || !strings.Contains(err.Error(), "http://HOST[:PORT]") {
			t.Errorf("%q: %v", server, err)
		}
	}
}

// TestProblems: a refusal arrives as the server wrote it; what no WebRunner wrote is told
// apart; and so is a server that does not answer.
func TestProblems(t *testing.T) {
	crash, err := json.Marshal(wire.Problemf(wire.Crashed, "boom"))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name        string
		status      int
		media, body string
		want        wire.Class
		words       string
		shown       int // status of the problem
	}{
		{"a crash", 422, "application/problem+json", string(crash), wire.Crashed, "boom", 422},
		{"with a charset", 422, "application/problem+json; charset=utf-8", string(crash), wire.Crashed, "boom", 422},
		{"a proxy", 502, "text/html", "<h1>Bad Gateway</h1>", wire.Unreachable, "answered with status 502, and not as a WebRunner does", 502},
		{"a proxy's problem", 502, "application/problem+json", `{"title":"Bad Gateway"}`, wire.Unreachable, "status 502", 502},
		{"a broken problem", 422, "application/problem+json", `{"class":`, wire.Unreachable, "status 422", 422},
		{"no JSON", 200, "application/json", "Cycles: 1", wire.Unreachable, "no result", 502},
		{"a redirect", 302, "text/html", "", wire.Unreachable, "status 302", 302},
	} {
		c := serve(t, "m", "", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", row.media)
			w.Header().Set("Location", "http://elsewhere.invalid/")
			w.WriteHeader(row.status)
			_, _ = io.WriteString(w, row.body)
		})
		_, err := c.Run(nil, []byte("x"))
		p := wire.AsProblem(err)
		if err == nil || p.Class != row.want || p.Status != row.shown || !strings.Contains(p.Detail, row.words) {
			t.Errorf("%s: %+v", row.name, p)
		}
	}
	silent := serve(t, "m", "", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	silent.time = 50 * time.Millisecond
	if _, err := silent.Run(nil, nil); err == nil || wire.AsProblem(err).Class != wire.Unreachable || !strings.Contains(err.Error(), "does not answer") {
		t.Errorf("a silent server: %v", err)
	}
	nobody, err := New("http://127.0.0.1:1", "m", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := nobody.Run(nil, nil); err == nil || !strings.Contains(err.Error(), "http://127.0.0.1:1 does not answer") {
		t.Errorf("nobody: %v", err)
	}
}

// TestScreen: the verdict comes from the document, and the text is asked for apart.
func TestScreen(t *testing.T) {
	for _, row := range []struct {
		document string
		accepted bool
		fails    bool
	}{
		{`{"verdict":"accepted"}`, true, false},
		{`{"verdict":"refused"}`, false, false},
		{`{}`, false, true},
		{`accepted`, false, true},
	} {
		c := serve(t, "m", "", func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.Header.Get("Accept"), "text/plain") {
				_, _ = io.WriteString(w, "for people\n")
				return
			}
			_, _ = io.WriteString(w, row.document)
		})
		doc, accepted, err := c.Screen(url.Values{"assume": {"zen4"}}, []byte("x"))
		if (err != nil) != row.fails || accepted != row.accepted || err == nil && string(doc) != row.document {
			t.Errorf("%s: %q %v %v", row.document, doc, accepted, err)
		}
		if text, err := c.ScreenText(nil, []byte("x")); err != nil || string(text) != "for people\n" {
			t.Errorf("%q %v", text, err)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 28, 5, 0, 0, 500_000_000, time.UTC)
	for _, row := range []struct {
		header, date string
		want         int
	}{
		{"", "", 0}, {"7", "", 7}, {"-7", "", 0}, {"soon", "", 0},
		{"Sat, 28 Nov 2026 05:00:10 GMT", "", 10}, // by this clock, which shows half a second more
		{"Sat, 28 Nov 2026 05:00:10 GMT", "Sat, 28 Nov 2026 05:00:08 GMT", 2},
		{"Sat, 28 Nov 2026 04:00:00 GMT", "", 0},
	} {
		if got := retryAfter([]byte(row.header), []byte(row.date), now); got != row.want {
			t.Errorf("%q at %q: %d s, want %d", row.header, row.date, got, row.want)
		}
	}
}

// TestWait asks a busy server again, after as long as it says, as long as there is time.
func TestWait(t *testing.T) {
	for _, row := range []struct {
		name     string
		status   int
		after    string // a header
		document bool   // the answer is WebRunner's own
		wait     time.Duration
		asked    int
		class    wire.Class // of the error, if any
	}{
		{"no time", 429, "1", true, 0, 1, wire.QueueFull},
		{"busy once", 429, "1", true, 3 * time.Second, 2, ""},
		{"draining", 503, "", true, 3 * time.Second, 2, ""},
		{"a proxy", 503, "1", false, 3 * time.Second, 2, ""},
		{"longer than there is time", 429, "60", false, 3 * time.Second, 1, wire.Unreachable},
		{"longer than there is any time", 429, "18446744073", false, 3 * time.Second, 1, wire.Unreachable},
		{"until a day", 503, "Fri, 31 Dec 9999 23:59:59 GMT", false, 3 * time.Second, 1, wire.Unreachable},
		{"not busy", 422, "1", true, 3 * time.Second, 1, wire.Crashed},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			asked := 0
			c := serve(t, "m", "", func(w http.ResponseWriter, _ *http.Request) {
				if asked++; asked > 1 {
					_ = json.NewEncoder(w).Encode(&wire.Result{})
					return
				}
				if row.after != "" {
					w.Header().Set("Retry-After", row.after)
				}
				class := map[int]wire.Class{429: wire.QueueFull, 503: wire.Draining, 422: wire.Crashed}[row.status]
				if row.document {
					w.Header().Set("Content-Type", "application/problem+json")
				}
				w.WriteHeader(row.status)
				_ = json.NewEncoder(w).Encode(wire.Problemf(class, "x"))
			})
			c.Wait = row.wait
			_, err := c.Run(nil, nil)
			if class := wire.Class(""); err != nil && wire.AsProblem(err).Class != row.class || err == nil && row.class != class || asked != row.asked {
				t.Errorf("asked %d times: %v", asked, err)
			}
		})
	}
}
