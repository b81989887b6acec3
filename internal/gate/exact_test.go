package gate

import (
	"strings"
	"testing"

	"webrunner/internal/wire"
)

// counted is a result with exact counts: of instructions, of loads unless the number is
// negative, and of stores likewise.
func counted(instructions, loads, stores float64) *wire.Result {
	r := new(wire.Result)
	for i, name := range []string{wire.FigureInstructions, "Loads", "Stores"} {
		if v := []float64{instructions, loads, stores}[i]; v >= 0 {
			r.Counters = append(r.Counters, wire.Counter{Name: name, Unit: "events", Value: v, Source: wire.Counted, CI95: [2]float64{v, v}, Exact: true})
		}
	}
	return r
}

func TestExact(t *testing.T) {
	for _, row := range []struct {
		a, b, ratio float64
		verdict     wire.Verdict
		none        bool
	}{
		{100, 100, 1, wire.Same, false},
		{100000000, 100000001, 1.00000001, wire.Slower, false},
		{100, 50, 0.5, wire.Faster, false},
		{100, 0, 0, wire.Faster, false},
		{0, 0, 1, wire.Same, false},
		{a: 0, b: 1, none: true},
	} {
		a, b := counted(row.a, -1, -1), counted(row.b, -1, -1)
		r, ok := Exact(&a.Counters[0], &b.Counters[0])
		if ok == row.none {
			t.Errorf("%v, %v: %v", row.a, row.b, ok)
			continue
		}
		if ok && (r.Ratio != row.ratio || r.CI95 != [2]float64{row.ratio, row.ratio} || r.Floor != 0 || r.Verdict != row.verdict || r.Source != wire.Counted) {
			t.Errorf("%v, %v: %+v", row.a, row.b, r)
		}
	}
}

// TestJudgeNone: a count of 0 has no ratio to another one, and is judged all the same.
func TestJudgeNone(t *testing.T) {
	for _, row := range []struct {
		condition string
		a, b      *wire.Result
		says      string // empty where the condition does not hold
	}{
		{"Stores>1.00", counted(9, 1, 0), counted(9, 1, 3), "of Stores b has 3, exactly, and a 0"},
		{"stores<1", counted(9, 1, 0), counted(9, 1, 3), ""},
		{"Divisions>1", counted(9, 1, 0), counted(9, 1, 3), ""},
		{"Divisions>=1", counted(9, 1, 0), counted(9, 1, 3), "exactly, and a 0"},
		{"FLOPs.F33>1", counted(9, 1, 0), counted(9, 1, 3), "0 of 1 points have a ratio"},
		{"Nothing>1", counted(9, 1, 0), counted(9, 1, 3), "0 of 1 points have a ratio"},
		{"Divisions>1", counted(9, -1, -1), counted(9, 1, 3), "--events counted"},
		{"Instructions>1", counted(-1, 1, -1), counted(9, 1, 3), "0 of 1 points have a ratio"},
	} {
		failed, err := Judge([]string{row.condition}, &wire.Comparison{A: row.a, B: row.b})
		if err != nil || len(failed) > 1 || len(failed) == 0 != (row.says == "") || len(failed) == 1 && !strings.Contains(failed[0].Why, row.says) {
			t.Errorf("%s: %q, %v", row.condition, failed, err)
		}
	}
}

// TestJudgeBesidePMU: a condition on instructions is of the exact count where there is one beside the PMU's at every point.
func TestJudgeBesidePMU(t *testing.T) {
	pmu := wire.Ratio{Name: wire.FigureInstructions, Source: wire.PMU, Ratio: 1, CI95: [2]float64{.999, 1.001}}
	exact := wire.Ratio{Name: wire.FigureInstructionsCounted, Source: wire.Counted, Ratio: 1.0001, Cells: wire.Cells{A: []float64{10000}, B: []float64{10001}}}
	for _, row := range []struct {
		ratios []wire.Ratio
		points int
		fails  bool
	}{
		{[]wire.Ratio{pmu}, 0, false},
		{[]wire.Ratio{pmu, exact}, 0, true},
		{[]wire.Ratio{pmu, exact, pmu}, 2, false}, // not known exactly everywhere
		{[]wire.Ratio{pmu, exact, pmu, exact}, 2, true},
	} {
		failed, err := Judge([]string{"instructions>1.00"}, &wire.Comparison{Ratios: row.ratios, Points: make([]wire.Compared, row.points)})
		if err != nil || (len(failed) > 0) != row.fails || row.fails && !strings.Contains(failed[0].Why, "10001 instead of 10000") {
			t.Errorf("%d ratios: %q, %v", len(row.ratios), failed, err)
		}
	}
}

// TestBaselineExact: exact counts that all runs agree on have an exact ratio in a
// comparison with a record.
func TestBaselineExact(t *testing.T) {
	a, b := counted(100, 7, 0), counted(101, 7, 0)
	r := &Record{recordVersion, []*wire.Result{a, a, a}}
	for _, run := range []*wire.Result{a, b} {
		run.ABI.OK = true
	}
	c, err := r.Against([]*wire.Result{b, b, b}, false)
	if err != nil || len(c.Ratios) != 3 {
		t.Fatalf("%+v, %v", c, err)
	}
	for i, want := range []float64{1.01, 1, 1} {
		if got := c.Ratios[i]; got.Ratio != want || got.CI95 != [2]float64{want, want} {
			t.Errorf("%+v", got)
		}
	}
	failed, err := Judge([]string{"Instructions>1.00", "Loads>1.00", "Stores>1.00"}, c)
	if err != nil || len(failed) != 1 || failed[0].Condition != "Instructions>1.00" || !strings.Contains(failed[0].Why, "exactly: 101 instead of 100") {
		t.Errorf("%q, %v", failed, err)
	}
}
