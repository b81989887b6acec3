package gate

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"webrunner/internal/wire"
)

// countedNames are the names of what is counted by executing a call alone, whatever the
// host. Behind a point there may be a kind, as in FLOPs.F32.256 (internal/count).
func countedNames() []string {
	return []string{
		"Loads", "Stores", "LoadedBytes", "StoredBytes", "Branches", "TakenBranches", "Calls", "FLOPs", "IntegerInstructions",
		"VectorInstructions", "ScalarFloatInstructions", "X87Instructions", "MaskInstructions", "TileInstructions", "Divisions",
		"Gathers", "Scatters", wire.FigureInstructionsCounted,
	}
}

// Counted tells of the name of a figure that there is the figure only if calls are
// counted exactly.
func Counted(name string) bool {
	base, _, _ := strings.Cut(name, ".")
	return slices.ContainsFunc(countedNames(), func(n string) bool { return strings.EqualFold(n, base) })
}

// exactName is the name of the ratio that a condition on a figure is held against: a
// condition on instructions is of the exact count where every point has one beside that
// of a PMU, whose error would let a few instructions pass.
func exactName(name string, c *wire.Comparison) string {
	if !strings.EqualFold(name, wire.FigureInstructions) {
		return name
	}
	points := 0
	for _, r := range c.Ratios {
		if r.Name == wire.FigureInstructionsCounted {
			points++
		}
	}
	if points < max(len(c.Points), 1) {
		return name
	}
	return wire.FigureInstructionsCounted
}

// Exact is the ratio of a figure that is known exactly of a and of b: its interval has
// no width and its floor is 0. There is none where only a's count is 0, and false is
// returned; two counts of 0 are the same.
func Exact(a, b *wire.Counter) (wire.Ratio, bool) {
	r := wire.Ratio{
		Name: b.Name, Unit: b.Unit, Source: b.Source, Ratio: 1, Verdict: wire.Same, Pairs: 1,
		Cells: wire.Cells{A: []float64{a.Value}, B: []float64{b.Value}},
	}
	switch {
	case a.Value < 0 || b.Value < 0 || a.Value == 0 && b.Value > 0:
		return wire.Ratio{}, false
	case a.Value == b.Value:
	default:
		r.Ratio, r.Verdict = b.Value/a.Value, wire.Faster
		if b.Value > a.Value {
			r.Verdict = wire.Slower
		}
	}
	r.CI95 = [2]float64{r.Ratio, r.Ratio}
	return r, true
}

// exactly is the ratio of a figure that all runs of both sides know exactly, and know the
// same.
func exactly(then, now []*wire.Result, name string) (wire.Ratio, bool) {
	var of [2]*wire.Counter
	for side, runs := range [][]*wire.Result{then, now} {
		for _, r := range runs {
			c := find(r, name)
			if c == nil || !c.Exact || of[side] != nil && of[side].Value != c.Value {
				return wire.Ratio{}, false
			}
			of[side] = c
		}
	}
	return Exact(of[0], of[1])
}

// find is the counter of this name, nil if there is none.
func find(r *wire.Result, name string) *wire.Counter {
	for i := range r.Counters {
		if r.Counters[i].Name == name {
			return &r.Counters[i]
		}
	}
	return nil
}

// exactCount is the exact count of a result by its name. Where all was counted, a count
// that is not there is 0; a part of one, as FLOPs.F32.256, may be a wrong name instead.
func exactCount(r *wire.Result, name string) (float64, bool) {
	if r == nil {
		return 0, false
	}
	all := false
	for i := range r.Counters {
		c := &r.Counters[i]
		if c.Exact && strings.EqualFold(c.Name, name) {
			return c.Value, true
		}
		all = all || c.Exact && c.Name == allCounted
	}
	return 0, all && Counted(name) && !strings.Contains(name, ".") && !strings.EqualFold(name, wire.FigureInstructionsCounted)
}

// allCounted is a count that every call has if it was asked for more than instructions.
const allCounted = "Loads"

// judgeNone judges a condition at the points that have no ratio of its figure because a's
// exact count is 0, and returns how many there are. Whatever b has is infinitely more.
func judgeNone(cond Condition, c *wire.Comparison) (failed []Failure, seen int) {
	points := c.Points
	if len(points) == 0 {
		points = []wire.Compared{{A: c.A, B: c.B}}
	}
	for _, p := range points {
		if slices.ContainsFunc(c.Ratios, func(r wire.Ratio) bool { return strings.EqualFold(r.Name, cond.Name) && maps.Equal(r.Params, p.Params) }) {
			continue
		}
		a, knownA := exactCount(p.A, cond.Name)
		b, knownB := exactCount(p.B, cond.Name)
		if !knownA || !knownB {
			continue
		}
		seen++
		ratio := 1.0
		if b > a {
			ratio = math.Inf(1)
		}
		if cond.Holds(ratio) {
			failed = append(failed, Failure{cond.String() + at(&wire.Ratio{Params: p.Params}), fmt.Sprintf("of %s b has %.0f, exactly, and a %.0f", cond.Name, b, a)})
		}
	}
	return failed, seen
}
