package client

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"webrunner/internal/wire"
)

// document is what a server writes of a value.
func document(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestSweep: progress is told as it comes, before the whole is there, and the whole is the
// answer; who has ended too early, or sends something else, has sent none.
func TestSweep(t *testing.T) {
	whole := "event: result\ndata: " + document(t, &wire.Sweep{Axes: []string{"n"}, Points: []wire.Point{{Params: map[string]json.Number{"n": "1"}}}, Done: 1}) + "\n\n"
	progress := func(done int) string {
		return fmt.Sprintf("event: progress\ndata: {\"done\":%d,\"of\":3,\"left_s\":1.5}\n\n: a comment\n\n", done)
	}
	crash := document(t, wire.Problemf(wire.Crashed, "boom"))
	for _, row := range []struct {
		name, before, after string
		told                []int
		class               wire.Class
		words               string
	}{
		{"whole", progress(1) + progress(2), whole, []int{1, 2}, "", ""},
		{"at once", "", whole, nil, "", ""},
		{"large", progress(1), "event: point\ndata: \"" + strings.Repeat("x", 1<<20) + "\"\n\n" + whole, []int{1}, "", ""},
		{"one document", "", document(t, &wire.Sweep{Axes: []string{"n"}, Points: []wire.Point{{}}}), nil, "", ""},
		{"half a document", "", `{"axes":["n"]`, nil, wire.Unreachable, "no sweep"},
		{"a problem", progress(1), "event: problem\ndata: " + crash + "\n\n", []int{1}, wire.Crashed, "boom"},
		{"half", progress(1), "", []int{1}, wire.Unreachable, "no sweep"},
		{"of no axis", "", "event: result\ndata: {}\n\n", nil, wire.Unreachable, "no sweep"},
		{"a page", "", "<h1>hello</h1>\n", nil, wire.Unreachable, "no sweep"},
	} {
		t.Run(row.name, func(t *testing.T) {
			told := make(chan int, 10)
			c := serve(t, "m", "", func(w http.ResponseWriter, r *http.Request) {
				if r.RequestURI != "/m/sweep?n=1%3A3" || r.Header.Get("Accept") != "text/event-stream, application/json;q=0.5, application/problem+json;q=0.1" {
					t.Errorf("%s accepts %s", r.RequestURI, r.Header.Get("Accept"))
				}
				w.Header().Set("Content-Type", "text/event-stream")
				_, _ = io.WriteString(w, row.before)
				w.(http.Flusher).Flush()
				for _, want := range row.told { // the rest is sent when that has been told
					select {
					case got := <-told:
						if got != want {
							t.Errorf("told of %d, want %d", got, want)
						}
					case <-time.After(30 * time.Second):
						t.Errorf("not told of %d", want)
					}
				}
				_, _ = io.WriteString(w, row.after)
			})
			s, err := c.Sweep(url.Values{"n": {"1:3"}}, []byte("x"), func(p *wire.Progress) {
				if p.Of != 3 || p.Left != 1.5 {
					t.Errorf("%+v", p)
				}
				told <- p.Done
			})
			if row.class != "" {
				if p := wire.AsProblem(err); err == nil || p.Class != row.class || !strings.Contains(p.Detail, row.words) {
					t.Errorf("%v", err)
				}
				return
			}
			if err != nil || len(s.Points) != 1 || !slices.Equal(s.Axes, []string{"n"}) {
				t.Errorf("%+v, %v", s, err)
			}
		})
	}
}

// TestSweepRefused: a refusal comes as it is, and a busy server is asked again.
func TestSweepRefused(t *testing.T) {
	asked := 0
	c := serve(t, "m", "", func(w http.ResponseWriter, _ *http.Request) {
		asked++
		class, status := wire.QueueFull, 429
		if asked > 1 {
			class, status = wire.Crashed, 422
		}
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(wire.Problemf(class, "no"))
	})
	c.Wait = 3 * time.Second
	if _, err := c.Sweep(nil, nil, nil); err == nil || wire.AsProblem(err).Class != wire.Crashed || asked != 2 {
		t.Errorf("asked %d times: %v", asked, err)
	}
}
