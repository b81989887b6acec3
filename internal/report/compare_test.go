package report

import (
	"strings"
	"testing"

	"webrunner/internal/wire"
)

// TestComparisonCounts: what is counted exactly is said to be, to benchstat as well, which can tell nothing of one
// value otherwise; what is measured is not.
func TestComparisonCounts(t *testing.T) {
	c := wire.Comparison{
		A: &wire.Result{Kernel: "f", ABI: wire.ABI{OK: true}, Integrity: wire.Consistent}, B: &wire.Result{Kernel: "f", Host: wire.Host{Machine: "lab7", CPU: "X"}, ABI: wire.ABI{OK: true}, Integrity: wire.Consistent},
		Ratios: []wire.Ratio{
			{Name: "Instructions", Unit: "instructions", Source: wire.Counted, Ratio: 0.5, CI95: [2]float64{0.5, 0.5}, Verdict: wire.Faster, Cells: wire.Cells{A: []float64{20}, B: []float64{10}}},
			{Name: "Cycles", Unit: "cycles", Source: wire.TSCCalibrated, Ratio: 0.9, CI95: [2]float64{0.8, 1}, Verdict: wire.Faster, Cells: wire.Cells{A: []float64{10}, B: []float64{9}}},
		},
	}
	var bench, github strings.Builder
	if err := ComparisonBenchfmt(&bench, &c); err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]int{"Unit instructions-counted/op better=lower assume=exact\n": 2, "Unit cycles-tsc-calibrated/op better=lower\n": 2} {
		if n := strings.Count(bench.String(), line); n != want {
			t.Errorf("%d times %q in %s", n, line, bench.String())
		}
	}
	if err := ComparisonGitHub(&github, &c); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Instructions (counted): faster, b/a 0.5000 (exactly: 10 instead of 20)\n", "b/a 0.9000 (95 %25: 0.8000 to 1.0000)\n", "::notice title=webrunner compare::measured at lab7"} {
		if !strings.Contains(github.String(), want) {
			t.Errorf("no %q in %s", want, github.String())
		}
	}
	c.Points = []wire.Compared{{A: c.A, B: c.B}, {A: c.A, B: &wire.Result{Kernel: "f", Integrity: wire.Consistent}}} // which breaks the calling convention
	github.Reset()
	if err := ComparisonGitHub(&github, &c); err != nil || !strings.Contains(github.String(), "::error title=webrunner compare::b") {
		t.Errorf("a second point that is wrong: %v, %s", err, github.String())
	}
}
