package server

import (
	"regexp"
	"strings"
	"testing"

	"webrunner/internal/wire"
)

// TestServerTiming: an answer that took a child tells where its time went, whatever
// became of the object; any other does not.
func TestServerTiming(t *testing.T) {
	b := start(t, false, nil)
	b.fake.spoil = func(r *wire.Result) { r.Timing = wire.Timing{Load: 1500, Measure: 2_000_000} }
	for _, row := range []struct{ method, target, object, steps string }{
		{"POST", runSdot, "good", "read queue spawn send load screen watch measure audit count verify child encode total"},
		{"POST", runSdot, "crashed", "read queue spawn send child total"},
		{"POST", "/m/screen", "good", "read queue spawn send child total"},
		{"POST", runSdot, "", ""},
		{"GET", "/m/monitor", "", ""},
	} {
		h := b.do(row.method, row.target, object(row.object)).header.Get("Server-Timing")
		var names []string
		for _, step := range strings.Split(h, ", ") {
			m := regexp.MustCompile(`^([a-z]+);dur=[0-9]+\.[0-9]{3}$`).FindStringSubmatch(step)
			if m == nil && h != "" {
				t.Fatalf("%s: %q is not a step", row.target, step)
			}
			if m != nil {
				names = append(names, m[1])
			}
		}
		if got := strings.Join(names, " "); got != row.steps {
			t.Errorf("%s of %q: %q, want %q", row.target, row.object, got, row.steps)
		}
		if row.object == "good" && row.target == runSdot {
			if !strings.Contains(h, "spawn;dur=1.000, ") || !strings.Contains(h, "load;dur=1.500, ") || !strings.Contains(h, "measure;dur=2000.000, ") {
				t.Errorf("%s", h)
			}
		}
	}
}
