package perf

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
// undisturbed samples agree on one number.
func EstimateCounter(cells []Readings) (Figure, Quality, error) {
	var fig Figure
	var q Quality
	var calls, empties []float64
	for _, cell := range cells {
		n := len(calls)
		for _, s := range cell.Samples {
			if cell.Counter >= len(s.Counters) {
				return fig, q, fmt.Errorf("perf: counter %d of a sample that has %d", cell.Counter, len(s.Counters))
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
		if len(calls) > n {
			fig.Cells++
		}
	}
	if len(calls) == 0 {
		return fig, q, &NoFigureError{Total: fig.Total, Rejected: fig.Rejected, Why: whyNoCount(fig)}
	}
	slices.Sort(calls)
	slices.Sort(empties)
	if len(empties) > 0 {
		fig.Overhead = quantile(empties, .5)
	} else {
		q.warn("no undisturbed empty call: nothing is subtracted")
	}
	countFigure(calls, empties, &fig, &q)
	return fig, q, nil
}

func whyNoCount(f Figure) string {
	if f.Total == 0 {
		return "no sample was taken"
	}
	return "none was undisturbed"
}

// countFigure fills the figure from sorted counts.
func countFigure(calls, empties []float64, fig *Figure, q *Quality) {
	over := fig.Overhead
	fig.Accepted = len(calls)
	fig.Min, fig.P10, fig.P90 = calls[0]-over, quantile(calls, .1)-over, quantile(calls, .9)-over
	mode, share := mostFrequent(calls)
	_, emptyShare := mostFrequent(empties)
	if share > .9 && (len(empties) == 0 || emptyShare > .9) {
		fig.Exact = true
		fig.Value = mode - over
		fig.CILow, fig.CIHigh = fig.Value, fig.Value
		return
	}
	lo, hi := medianRanks(len(calls))
	fig.Value, fig.CILow, fig.CIHigh = quantile(calls, .5)-over, calls[lo]-over, calls[hi]-over
	if at := split(calls, 1); at > 0 {
		twoModes(shifted(calls, -over), at, 1, fig, q)
	}
}

func shifted(v []float64, by float64) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = x + by
	}
	return out
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
