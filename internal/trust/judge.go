package trust

import (
	"fmt"
	"math"
	"slices"

	"webrunner/perf/stats"
)

// point is one figure of a counter and what it should be.
type point struct {
	label  string // of the run
	truth  float64
	value  float64
	low    float64 // end of the confidence interval, as far as it matters: NaN without one
	high   float64
	doubts bool // most samples were disturbed
}

// allowed is how far the figure of a truth may be off.
func allowed(truth, resolution float64) float64 { return max(Tolerance*math.Abs(truth), resolution) }

// off is how far the figure is from a line through truths, in what is allowed:
// more than 1 is wrong.
func (p point) off(offset, factor, resolution float64) float64 {
	want := offset + factor*p.truth
	return math.Abs(p.value-want) / max(allowed(p.truth, resolution), Tolerance*math.Abs(want))
}

// unsettled tells that a wrong figure does not tell on the counter: the truth
// is within what the figure says of itself, or other work got in the way.
func (p point) unsettled() bool { return p.doubts || p.low <= p.truth && p.truth <= p.high }

// gradeOf grades a counter by its figures, of which there is at least one.
func gradeOf(counter string, points []point, resolution float64) Mark {
	m := Mark{Counter: counter, Grade: Trusted}
	largest := slices.MaxFunc(points, func(a, b point) int { return cmpFloat(a.truth, b.truth) })
	if largest.truth > 0 {
		m.Ratio = largest.value/largest.truth - 1
	}
	wrong := wrongOnes(points, 0, 1, resolution)
	switch {
	case len(wrong) == 0 && largest.truth == 0:
		return Mark{Counter: counter, Grade: Ungraded, Why: "no kernel makes it count; it reads 0, as it should"}
	case len(wrong) == 0:
		return m
	case !slices.ContainsFunc(wrong, func(p point) bool { return !p.unsettled() }):
		return Mark{Counter: counter, Grade: Ungraded, Why: fmt.Sprintf("the host is too busy to tell: %s", wrong[0])}
	}
	if offset, factor, ok := line(points, resolution); ok {
		m.Grade, m.Offset, m.Factor = Biased, offset, factor-1
		return m
	}
	m.Grade, m.Why = Broken, worst(wrong, resolution).String()
	return m
}

func cmpFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// String says what is wrong.
func (p point) String() string {
	return fmt.Sprintf("reads %.5g where %.5g is true (%s)", p.value, p.truth, p.label)
}

func wrongOnes(points []point, offset, factor, resolution float64) (list []point) {
	for _, p := range points {
		if !(p.off(offset, factor, resolution) <= 1) { // NaN is wrong too
			list = append(list, p)
		}
	}
	return list
}

func worst(points []point, resolution float64) point {
	return slices.MaxFunc(points, func(a, b point) int { return cmpFloat(a.off(0, 1, resolution), b.off(0, 1, resolution)) })
}

// A factor beyond these is no bias: the counter counts something else.
const leastFactor, mostFactor = 0.1, 10

// line looks for one offset, or one factor, or both, that explains every
// figure. What needs less is preferred; of an offset and a factor that which
// fits better. It takes two truths to tell an offset, and three for both.
func line(points []point, resolution float64) (offset, factor float64, ok bool) {
	var truths, ratios, offsets []float64
	for _, p := range points {
		truths = append(truths, p.truth)
		offsets = append(offsets, p.value-p.truth)
		if p.truth != 0 {
			ratios = append(ratios, p.value/p.truth)
		}
	}
	slices.Sort(truths)
	distinct := len(slices.Compact(truths))
	if distinct < 2 {
		return 0, 0, false
	}
	best := math.Inf(1)
	try := func(o, f float64) {
		worst := 0.0
		for _, p := range points {
			worst = max(worst, p.off(o, f, resolution))
		}
		if worst <= 1 && worst < best && f >= leastFactor && f <= mostFactor {
			best, offset, factor, ok = worst, o, f, true
		}
	}
	try(median(offsets), 1)
	try(0, median(ratios))
	if !ok && distinct > 2 {
		try(regress(points, resolution))
	}
	return offset, factor, ok
}

// regress fits a line by least squares, each point weighted by what it is
// allowed to be off.
func regress(points []point, resolution float64) (offset, factor float64) {
	var w, x, y, xx, xy float64
	for _, p := range points {
		k := 1 / allowed(p.truth, resolution)
		k *= k
		w, x, y, xx, xy = w+k, x+k*p.truth, y+k*p.value, xx+k*p.truth*p.truth, xy+k*p.truth*p.value
	}
	factor = (w*xy - x*y) / (w*xx - x*x)
	return (y - factor*x) / w, factor
}

// median returns the middle of values, the upper one of an even number.
func median(values []float64) float64 {
	return stats.Quantile(slices.Sorted(slices.Values(values)), .5)
}
