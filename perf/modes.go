package perf

import (
	"cmp"
	"math"
	"slices"
)

// mode is one of several groups of samples, or of cells.
type mode struct {
	parts  []part
	byCell bool
}

// mostModes is how many values a measurement may fall into. One that has more
// has no modes, but a spread.
const mostModes = 4

// findModes takes the samples apart where calls of one process differ, or the
// cells where processes do. The most frequent mode comes first; of one mode alone
// there is no word.
func findModes(parts []part, quantum float64) []mode {
	modes := bySample(parts, quantum)
	if len(modes) < 2 {
		modes = byCell(parts)
	}
	slices.SortStableFunc(modes, func(a, b mode) int { return len(pooled(b.parts)) - len(pooled(a.parts)) })
	return modes
}

// bySample finds modes of samples.
func bySample(parts []part, quantum float64) []mode {
	var all []float64
	for _, p := range parts {
		all = append(all, p.shown...)
	}
	slices.Sort(all)
	limits := valleys(all, 3*quantum*parts[0].scale, mostModes)
	if len(limits) == 0 {
		return nil
	}
	modes := make([]mode, len(limits)+1)
	for _, p := range parts {
		// The values are sorted, so that each mode has a piece of them.
		from := 0
		for i := range modes {
			to := len(p.shown)
			if i < len(limits) {
				to, _ = slices.BinarySearch(p.shown, limits[i])
			}
			if to > from {
				piece := p
				piece.shown = p.shown[from:to:to]
				modes[i].parts = append(modes[i].parts, piece.summed(quantum))
			}
			from = to
		}
	}
	return modes
}

// valleys returns the limits between up to most groups of sorted values, whose
// middles are further apart than least.
func valleys(sorted []float64, least float64, most int) []float64 {
	if most < 2 {
		return nil
	}
	at := valley(sorted, least)
	if at == 0 {
		return nil
	}
	limits := append(valleys(sorted[:at], least, most-1), sorted[at])
	if left := most - len(limits); left > 1 {
		limits = append(limits, valleys(sorted[at:], least, left)...)
	}
	return limits
}

// valley returns where sorted values fall into two groups, or 0. It is the
// division that explains most of their variance (Otsu 1979), and there must be a
// valley: in the middle between the middles of the groups lie less than half as
// many values as around either of them. One group of whatever form has none.
func valley(sorted []float64, least float64) int {
	n := len(sorted)
	fewest := max(3, n/20)
	if n < minAccepted {
		return 0
	}
	at := divide(sorted, fewest)
	if at == 0 {
		return 0
	}
	lower, upper := quantile(sorted[:at], .5), quantile(sorted[at:], .5)
	distance := upper - lower
	if distance <= least {
		return 0
	}
	around := func(x float64) int {
		lo, _ := slices.BinarySearch(sorted, x-distance/8)
		hi, _ := slices.BinarySearch(sorted, x+distance/8)
		return hi - lo
	}
	if 2*around((lower+upper)/2) >= min(around(lower), around(upper)) {
		return 0
	}
	return at
}

// divide returns the division of sorted values into two groups, none smaller
// than fewest, that leaves the least variance inside them, or 0.
func divide(sorted []float64, fewest int) (at int) {
	n := len(sorted)
	// Relative to the middle, so that the squares of large values lose nothing.
	middle := sorted[n/2]
	var total float64
	for _, v := range sorted {
		total += v - middle
	}
	best, sum := 0.0, 0.0
	for i := 1; i <= n-fewest; i++ {
		sum += sorted[i-1] - middle
		if i < fewest {
			continue
		}
		a, b := sum/float64(i), (total-sum)/float64(n-i)
		if explained := float64(i) * float64(n-i) * (a - b) * (a - b); explained > best {
			at, best = i, explained
		}
	}
	return at
}

// How sure a division of cells must be: what share of the variance of their means
// it explains. A normal distribution is divided by 0.64, more by chance where
// there are few.
const (
	fewCells  = 5
	manyCells = 8
	sureFew   = 0.97
	sureMany  = 0.90
)

// byCell finds two modes of cells, by their means: each has at least two cells,
// and they lie much further apart than the noise of the means.
func byCell(parts []part) []mode {
	if len(parts) < fewCells {
		return nil
	}
	sorted := slices.Clone(parts)
	slices.SortFunc(sorted, func(a, b part) int { return cmp.Compare(a.mean, b.mean) })
	var means, noise []float64
	for _, p := range sorted {
		means, noise = append(means, p.mean), append(noise, p.stderr)
	}
	at := divide(means, 2)
	if at == 0 {
		return nil
	}
	slices.Sort(noise)
	distance := quantile(means[at:], .5) - quantile(means[:at], .5)
	sure := sureMany
	if len(parts) < manyCells {
		sure = sureFew
	}
	if distance < max(6*quantile(noise, .5), 2*resolution, .002*math.Abs(means[0])) || explained(means, at) < sure {
		return nil
	}
	return []mode{{sorted[:at], true}, {sorted[at:], true}}
}

// explained is the share of the variance of values that a division into two
// groups takes out.
func explained(values []float64, at int) float64 {
	var inside, all float64
	for _, group := range [][]float64{values[:at], values[at:]} {
		_, v := moments(group)
		inside += v * float64(len(group)-1)
	}
	_, v := moments(values)
	all = v * float64(len(values)-1)
	return 1 - inside/all
}

// tellModes puts the modes into words.
func (q *Quality) tellModes() {
	what := "samples"
	if q.ByCell {
		what = "samples, by process"
	}
	q.warn("%d modes: %.4g in %.0f %% of the %s and %.4g in %.0f %%; the figure is the first",
		len(q.Modes), q.Modes[0].Value, 100*q.Modes[0].Share, what, q.Modes[1].Value, 100*q.Modes[1].Share)
}
