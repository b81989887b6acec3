package perf

import (
	"math"
	"slices"
)

// combine makes one figure of the cells' parts, of which there is at least
// one. The quantum is in the unit of the values.
func combine(parts []part, quantum float64, fig *Figure, q *Quality) {
	var all []float64
	for _, p := range parts {
		all = append(all, p.values...)
		fig.Overhead += p.overhead / float64(len(parts))
	}
	slices.Sort(all)
	fig.Cells, fig.Accepted = len(parts), len(all)
	fig.Min, fig.P10, fig.P90 = all[0], quantile(all, .1), quantile(all, .9)
	if q.Contended {
		upperBound(all, quantum, fig)
		return
	}
	if at := split(all, quantum); at > 0 {
		twoModes(all, at, quantum, fig, q)
		return
	}
	w := windowMean(all, quantum)
	half := 0.0
	if len(all) == 1 {
		half = max(quantum, math.Abs(w.mean))
		q.warn("a single sample: nothing is known of its scatter, and the interval is all of it")
	} else {
		within := student95(w.n-1) * math.Hypot(w.stdev, overheadError(parts))
		half = math.Hypot(within, betweenCells(parts, w.mean))
	}
	fig.Value, fig.CILow, fig.CIHigh = w.mean, w.mean-half, w.mean+half
}

// overheadError is the standard error that the empty calls of all cells add.
func overheadError(parts []part) float64 {
	var n, variance float64
	for _, p := range parts {
		k := float64(len(p.values))
		n += k
		variance += k * k * p.overheadErr * p.overheadErr
	}
	return math.Sqrt(variance) / n
}

// betweenCells returns half of the 95 % interval that the cells' disagreement
// causes: what their means scatter around the figure beyond the scatter inside
// each counts as a second source of error, of which there is one draw a cell.
// A cell counts by its accepted samples: one that gave a handful among a busy
// host's disturbances says little.
func betweenCells(parts []part, mean float64) float64 {
	var n, squares, scatter, noise float64
	for _, p := range parts {
		k := float64(len(p.values))
		n += k
		squares += k * k
		scatter += k * (p.mean - mean) * (p.mean - mean)
		noise += k * p.stderr * p.stderr
	}
	draws := n * n / squares // cells of equal weight that would say as much
	// The scatter is around the mean of these very cells. Where one of them
	// dominates, the correction for that would be of the others' noise.
	own := max(draws, 1.5)
	between := (scatter*own/(own-1) - noise) / n
	if between <= 0 || len(parts) < 2 {
		return 0
	}
	return student95(max(1, int(draws+0.5)-1)) * math.Sqrt(between/draws)
}

// upperBound takes the tenth percentile of samples that are all too slow. A
// difference of two time stamps can fall short by the clock's step.
func upperBound(all []float64, quantum float64, fig *Figure) {
	fig.Value = fig.P10 + quantum
	fig.CILow, fig.CIHigh = fig.Min, max(quantile(all, .5), fig.Value)
}

// twoModes takes the more frequent of two groups and reports both.
func twoModes(all []float64, at int, quantum float64, fig *Figure, q *Quality) {
	groups := [2][]float64{all[:at], all[at:]}
	if len(groups[1]) > len(groups[0]) {
		groups[0], groups[1] = groups[1], groups[0]
	}
	for _, g := range groups {
		w := windowMean(slices.Clone(g), quantum)
		q.Modes = append(q.Modes, Mode{Value: w.mean, Share: float64(len(g)) / float64(len(all))})
		if len(q.Modes) == 1 {
			half := student95(w.n-1) * w.stdev
			fig.Value, fig.CILow, fig.CIHigh = w.mean, w.mean-half, w.mean+half
		}
	}
	q.warn("two modes: %.4g in %.0f %% of the samples and %.4g in %.0f %%; the figure is the first",
		q.Modes[0].Value, 100*q.Modes[0].Share, q.Modes[1].Value, 100*q.Modes[1].Share)
}

// resolution is in units of a figure, cycles or ticks.
const resolution = 3

// Enough tells whether a figure can be reported as it stands: three cells,
// undisturbed, of one mode, with a 95 % interval whose half is within the
// relative precision or within three units, which is what one call, entered and
// left between fences, can show.
func Enough(f Figure, q Quality, precision float64) bool {
	if f.Cells < 3 || f.Accepted < 31 || q.Contended || q.Disturbed || len(q.Modes) > 0 {
		return false
	}
	return (f.CIHigh-f.CILow)/2 <= max(precision*math.Abs(f.Value), resolution)
}
