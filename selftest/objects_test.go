package selftest

import (
	"strings"
	"testing"

	"webrunner/examples"
	"webrunner/internal/wire"
)

// TestRan: an example must be right, and its figure is not shown as more than
// it is.
func TestRan(t *testing.T) {
	for _, row := range []struct {
		name  string
		spoil func(*wire.Result)
		want  string
		fails bool
	}{
		{"good", func(*wire.Result) {}, "Cycles: 1023 (pmu)", false},
		{"bound", func(r *wire.Result) { r.Warnings = []string{"busy: the figure is an upper bound"} }, "Cycles: 1023 (pmu); busy: the figure is an upper bound", false},
		{"suspect", func(r *wire.Result) { r.Integrity, r.IntegrityWhy = "suspect", []string{"cell 2"} }, "Cycles: 1023 (pmu); integrity suspect: cell 2", false},
		{"tiny", func(r *wire.Result) { r.Counters[1].Value = -1 }, "Page faults: 0 faults (software)", false},
		{"wrong", func(r *wire.Result) { r.Verify = wire.Verify{Status: "mismatch", Why: "element 7"} }, "the result is wrong: element 7", true},
		{"clobbers", func(r *wire.Result) { r.ABI = wire.ABI{Violations: []string{"rbx"}} }, "calling convention kept: false [rbx]", true},
		{"nothing", func(r *wire.Result) { r.Counters = nil }, "no figure at all", true},
	} {
		r := &wire.Result{
			ABI: wire.ABI{OK: true}, Verify: wire.Verify{Status: "match"}, Integrity: "consistent",
			Counters: []wire.Counter{
				{Name: "Page faults", Unit: "faults", Source: wire.Software},
				{Name: "Cycles", Value: 1023.4, Unit: "cycles", Source: wire.PMU},
			},
			Unavailable: []wire.Unavailable{{Name: "Instructions", Reason: "no PMU"}}, // a check of its own says so
		}
		row.spoil(r)
		got, err := object{Example: examples.Example{Name: "sdot"}}.ran(&wire.Report{Result: r})
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, row.want) || !row.fails && got != row.want || (err != nil) != row.fails {
			t.Errorf("%s: %q, %v; want %q", row.name, got, err, row.want)
		}
	}
}
