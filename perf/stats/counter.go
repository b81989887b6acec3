package stats

import (
	"fmt"
	"math"
	"slices"
)

// Readings are a cell's samples, and which of their counters is meant.
type Readings struct {
	Samples []Sample
	Counter int
}

// Undisturbed is how many of a cell's samples of the kernel EstimateCounter
// would accept.
func Undisturbed(cell []Sample) (n int) {
	for _, s := range cell {
		if !s.Empty && (filter{}).judge(s) == clean {
			n++
		}
	}
	return n
}

// EstimateCounter returns what a counter, read in several cells, advanced by in
// a call, less what it advanced by in an empty call. Counters are integers: the
// value is the difference of the medians, and exact when more than 90 % of the
// undisturbed samples agree on one number. Its interval is that of both medians,
// wider by what the cells disagree; a single cell cannot show that.
func EstimateCounter(cells []Readings) (Figure, Quality, error) {
	var fig Figure
	var q Quality
	var parts []part
	var empties []float64
	for i, cell := range cells {
		var calls []float64
		for _, s := range cell.Samples {
			if cell.Counter >= len(s.Counters) {
				return fig, q, fmt.Errorf("stats: counter %d of a sample that has %d", cell.Counter, len(s.Counters))
			}
			v, count := filter{}.judge(s), float64(s.Counters[cell.Counter])
			if s.Empty {
				if v == clean {
					empties = append(empties, count)
				}
				continue
			}
			fig.Total++
			fig.Rejected.add(v)
			if v == clean {
				calls = append(calls, count)
			}
		}
		if len(calls) > 0 {
			parts = append(parts, medianPart(i, calls))
		}
	}
	if len(parts) == 0 {
		return fig, q, &NoFigureError{Total: fig.Total, Rejected: fig.Rejected, Why: whyNoCount(fig)}
	}
	slices.Sort(empties)
	if len(empties) > 0 {
		fig.Overhead = Quantile(empties, .5)
	} else {
		q.warn("no undisturbed empty call: nothing is subtracted")
	}
	countFigure(parts, empties, &fig, &q)
	return fig, q, nil
}

func whyNoCount(f Figure) string {
	if f.Total == 0 {
		return "no sample was taken"
	}
	return "none was undisturbed"
}

// medianPart is a cell whose mean is its median. The calls are sorted.
func medianPart(cell int, calls []float64) part {
	slices.Sort(calls)
	lo, hi := medianInterval(calls)
	return part{cell: cell, step: 1, shown: calls, window: window{n: len(calls)}, mean: Quantile(calls, .5), stderr: (hi - lo) / (2 * normal95)}
}

// medianInterval is the 95 % interval of the median of sorted values.
func medianInterval(v []float64) (lo, hi float64) {
	i, j := medianRanks(len(v))
	return v[i], v[j]
}

// countFigure fills the figure from the cells' calls and from sorted empty ones.
func countFigure(parts []part, empties []float64, fig *Figure, q *Quality) {
	var calls []float64
	centre := 0.0 // of the cells
	for _, p := range parts {
		calls = append(calls, p.shown...)
		centre += p.mean * float64(p.n)
	}
	slices.Sort(calls)
	centre /= float64(len(calls))
	over := fig.Overhead
	fig.Cells, fig.Accepted = len(parts), len(calls)
	fig.Min, fig.P10, fig.P90 = calls[0]-over, Quantile(calls, .1)-over, Quantile(calls, .9)-over
	mode, share := mostFrequent(calls)
	_, emptyShare := mostFrequent(empties)
	if len(calls) > 1 && share > .9 && (len(empties) == 0 || emptyShare > .9) {
		fig.Exact = true
		fig.Value = mode - over
		fig.CILow, fig.CIHigh = fig.Value, fig.Value
		return
	}
	median := Quantile(calls, .5)
	lo, hi := medianInterval(calls)
	emptyLo, emptyHi := over, over
	if len(empties) > 0 {
		emptyLo, emptyHi = medianInterval(empties)
	}
	between, _ := betweenCells(parts, centre)
	fig.Value = median - over
	fig.CILow = fig.Value - math.Hypot(math.Hypot(median-lo, emptyHi-over), between)
	fig.CIHigh = fig.Value + math.Hypot(math.Hypot(hi-median, over-emptyLo), between)
	countModes(parts, calls, fig, q)
}

// countModes takes the most frequent of several groups of counts.
func countModes(parts []part, calls []float64, fig *Figure, q *Quality) {
	modes := q.findModes(parts)
	if len(modes) < 2 {
		return
	}
	for i, m := range modes {
		g := pooled(m.parts)
		w := windowMean(g, 1)
		q.Modes = append(q.Modes, Mode{Value: w.mean - fig.Overhead, Share: float64(len(g)) / float64(len(calls))})
		if i == 0 {
			half := student95(w.n-1) * w.stdev
			fig.Value, fig.CILow, fig.CIHigh = w.mean-fig.Overhead, w.mean-fig.Overhead-half, w.mean-fig.Overhead+half
		}
	}
	q.tellModes()
}

// mostFrequent returns the mode of sorted values and its share.
func mostFrequent(sorted []float64) (mode, share float64) {
	best, mode := 0, math.NaN()
	for i := 0; i < len(sorted); {
		j := i
		for j < len(sorted) && sorted[j] == sorted[i] {
			j++
		}
		if j-i > best {
			best, mode = j-i, sorted[i]
		}
		i = j
	}
	if best == 0 {
		return mode, 0
	}
	return mode, float64(best) / float64(len(sorted))
}
