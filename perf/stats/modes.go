package stats

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
// there is no word. Of a few cells that differ it cannot tell whether they have
// modes, which it says.
func (q *Quality) findModes(parts []part) []mode {
	modes := bySample(parts)
	if len(modes) < 2 || ofCells(modes) {
		if len(modes) > 1 && len(parts) < fewCells && matters(parts) {
			q.ByCell = true
			q.warn("%d processes differ by more than the calls in them, and are too few to tell whether there are modes", len(parts))
		}
		modes = byCell(parts)
	}
	slices.SortStableFunc(modes, func(a, b mode) int { return len(pooled(b.parts)) - len(pooled(a.parts)) })
	if len(modes) > 1 {
		q.ByCell = modes[0].byCell
	}
	return modes
}

// matters tells that cells are further apart than a figure need be precise.
func matters(parts []part) bool {
	lo, hi := parts[0].mean, parts[0].mean
	for _, p := range parts {
		lo, hi = min(lo, p.mean), max(hi, p.mean)
	}
	return hi-lo >= leastApart(lo)
}

// leastApart is how far apart modes of cells must be.
func leastApart(value float64) float64 { return max(2*resolution, .002*math.Abs(value)) }

// ofCells tells that it is by its cell which mode a sample is in: knowing the
// cell leaves out more than half of the errors of taking the largest mode for
// that of any sample (Goodman and Kruskal's lambda). Three cells that differ always
// look like that.
func ofCells(modes []mode) bool {
	main, all := 0, 0
	most := make(map[int]int) // samples in the largest mode of a cell
	for _, m := range modes {
		in := 0
		for _, p := range m.parts {
			in += len(p.shown)
			most[p.cell] = max(most[p.cell], len(p.shown))
		}
		main, all = max(main, in), all+in
	}
	told := 0
	for _, n := range most {
		told += n
	}
	return len(most) > 1 && 2*(told-main) > all-main
}

// bySample finds modes of samples.
func bySample(parts []part) []mode {
	var all []float64
	for _, p := range parts {
		all = append(all, p.shown...)
	}
	slices.Sort(all)
	limits := limitsOf(all, parts)
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
				modes[i].parts = append(modes[i].parts, piece.summed())
			}
			from = to
		}
	}
	// Of times that differ by more than numbers tell apart, a limit may be a group's
	// own and only value.
	return slices.DeleteFunc(modes, func(m mode) bool { return len(m.parts) == 0 })
}

// limitsOf returns the limits between groups of sorted values. Long calls are a group
// of their own, however they scatter with what came into them.
func limitsOf(sorted []float64, parts []part) []float64 {
	step := parts[0].step
	least := max(apart*step, parts[0].unseen.spread*Quantile(sorted, .5))
	long := math.Inf(1)
	for _, p := range parts {
		for _, s := range p.lengthy {
			long = min(long, s)
		}
	}
	at, _ := slices.BinarySearch(sorted, long)
	if n := len(sorted); at == 0 || n-at < max(2, n/lengthyShare) {
		return valleys(sorted, step, least, mostModes)
	}
	return append(valleys(sorted[:at], step, least, mostModes-1), long)
}

// valleys returns the limits between up to most groups of sorted values of a clock
// that goes in such steps, whose middles differ by more than the least.
func valleys(sorted []float64, step, least float64, most int) []float64 {
	if most < 2 {
		return nil
	}
	at := valley(sorted, step, least)
	if at == 0 {
		return nil
	}
	limits := append(valleys(sorted[:at], step, least, most-1), sorted[at])
	if left := most - len(limits); left > 1 {
		limits = append(limits, valleys(sorted[at:], step, least, left)...)
	}
	return limits
}

// apart is by how many steps of the clock the middles of groups must differ.
const apart = 3

// chance is how often one group may look like two.
const chance = 0.0005

// valley returns where sorted values fall into two groups, or 0. It is the
// division that explains most of their variance (Otsu 1979), and there must be a
// valley: in the middle between the middles of the groups lie less than two thirds as
// many values as around either of them. One group of whatever form has none, but by
// chance: either there, or in all of the middle half, are fewer than that leaves.
func valley(sorted []float64, step, least float64) int {
	n := len(sorted)
	fewest := max(3, n/20)
	if n < minAccepted {
		return 0
	}
	at := divide(sorted, fewest)
	if at == 0 {
		return 0
	}
	lower, upper := Quantile(sorted[:at], .5), Quantile(sorted[at:], .5)
	distance := upper - lower
	if distance <= least {
		return 0
	}
	around := func(x, reach float64) int {
		lo, _ := slices.BinarySearch(sorted, x-reach)
		hi, _ := slices.BinarySearch(sorted, x+reach)
		return hi - lo
	}
	reach := max(distance/8, step/2) // a lattice has a point everywhere
	middle, half := around((lower+upper)/2, reach), around((lower+upper)/2, 2*reach)
	beside := min(around(lower, reach), around(upper, reach))
	if 3*middle >= 2*beside || fewOf(middle, middle+beside, 1./2) > chance && fewOf(half, half+beside, 2./3) > chance {
		return 0
	}
	return at
}

// fewOf is how often so few of n values or fewer fall where each does with
// probability p.
func fewOf(few, n int, p float64) (sum float64) {
	term := math.Pow(1-p, float64(n))
	for k := 0; k <= few; k++ {
		sum += term
		term *= float64(n-k) / float64(k+1) * p / (1 - p)
	}
	return sum
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
	slices.Sort(noise)
	usual := Quantile(noise, .5)
	// Of many cells a valley between two groups shows; of a few, what dividing them
	// explains must do.
	if at := valley(means, usual, apart*usual); at > 0 && Quantile(means[at:], .5)-Quantile(means[:at], .5) >= leastApart(means[0]) {
		return []mode{{sorted[:at], true}, {sorted[at:], true}}
	}
	at := divide(means, 2)
	if at == 0 {
		return nil
	}
	distance := Quantile(means[at:], .5) - Quantile(means[:at], .5)
	sure := sureMany
	if len(parts) < manyCells {
		sure = sureFew
	}
	if distance < max(6*usual, leastApart(means[0])) || explained(means, at) < sure {
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
