package stats

import (
	"math"
	"slices"
)

// combine makes one figure of the cells' parts, of which there is at least
// one.
func combine(parts []part, fig *Figure, q *Quality) {
	all := pooled(parts)
	lengthy := 0
	for _, p := range parts {
		lengthy += len(p.lengthy)
	}
	fig.Cells, fig.Accepted = len(parts), len(all)
	fig.Min, fig.P10, fig.P90 = all[0], Quantile(all, .1), Quantile(all, .9)
	if q.Contended {
		upperBound(all, parts[0].step, fig)
		fig.Overhead = parts[0].window.mean - parts[0].mean
		return
	}
	main := parts
	if modes := q.findModes(parts); len(modes) > 1 {
		main = modes[0].parts
		for _, m := range modes {
			q.Modes = append(q.Modes, Mode{Value: pooledMean(m.parts), Share: float64(len(pooled(m.parts))) / float64(len(all))})
		}
		q.tellModes()
	}
	if lengthy*lengthyShare > len(all) {
		q.warn("%d of %d calls are so long that the timer interrupts each of them: they are counted with their interrupts", lengthy, len(all))
	}
	fig.of(main, q)
	if q.Between > fig.Target(tellBetween) && len(main) >= fewCells {
		q.warn("processes differ by a standard deviation of %.3g, and not in modes: the figure is their mean", q.Between)
	}
}

// tellBetween is by how much of a figure, relative, processes must differ for a
// reader to be told.
const tellBetween = 0.01

// lengthyShare is the part of all samples, one in so many, from which a reader
// should know of long ones.
const lengthyShare = 20

// pooled is the cost of the calls of all parts, sorted.
func pooled(parts []part) []float64 {
	var all []float64
	for _, p := range parts {
		for _, s := range p.shown {
			all = append(all, p.call(s))
		}
	}
	slices.Sort(all)
	return all
}

// pooledMean is the mean of the parts by their samples.
func pooledMean(parts []part) (mean float64) {
	n := 0.0
	for _, p := range parts {
		mean += p.mean * float64(p.n)
		n += float64(p.n)
	}
	return mean / n
}

// of fills the value and its interval from parts of one mode.
func (f *Figure) of(parts []part, q *Quality) {
	mean, n, within, noise, overhead := pooledMean(parts), 0, 0.0, 0.0, 0.0
	for _, p := range parts {
		k := float64(p.n)
		n += p.n
		noise += k * k * p.stderr * p.stderr
		within += k * k * p.window.stdev * p.window.stdev * p.steep * p.steep
		overhead += k * (p.window.mean/(1+p.unseen.share) - p.mean)
	}
	f.Overhead = overhead / float64(n)
	f.Steep = parts[0].steep
	q.Within = math.Sqrt(within / float64(n))
	half := 0.0
	if n == 1 {
		half = math.Abs(mean)
		q.warn("a single sample: nothing is known of its scatter, and the interval is all of it")
	} else {
		var between float64
		if between, q.Between = betweenCells(parts, mean); len(parts) == 1 {
			between = math.Hypot(processScatter*parts[0].perCycle*parts[0].steep, processShare*mean)
		}
		half = math.Hypot(student95(n-1)*math.Sqrt(noise)/float64(n), between)
	}
	f.Value, f.CILow, f.CIHigh = mean, mean-half, mean+half
}

// What stands in for what one cell cannot show, each half of a 95 % interval.
const (
	// processScatter is what a process adds to entering and leaving a call by where
	// its memory lies, in cycles, as measured of multiplications on Zen 5.
	processScatter = 2
	// processShare is the same of all other functions, relative; CALIBRATION.md has
	// those of libraries.
	processShare = 0.004
)

// betweenCells returns half of the 95 % interval that the cells' disagreement
// causes, and their standard deviation: what their means scatter around the
// figure beyond the scatter inside each counts as a second source of error, of
// which there is one draw a cell. A cell counts by its accepted samples: one that
// gave a handful among a busy host's disturbances says little.
func betweenCells(parts []part, mean float64) (half, deviation float64) {
	var n, squares, scatter, noise float64
	for _, p := range parts {
		k := float64(p.n)
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
		return 0, 0
	}
	return stopping * student95(max(1, int(draws+0.5)-1)) * math.Sqrt(between/draws), math.Sqrt(between)
}

// stopping makes up for cells being taken until they seem to agree well enough:
// simulated, 93 to 96 % of intervals hold the truth, and 91 to 94 % would.
const stopping = 1.2

// upperBound takes the tenth percentile of samples that are all too slow. A
// difference of two time stamps can fall short by the clock's step, and so can that
// of the chain.
func upperBound(all []float64, step float64, fig *Figure) {
	fig.Value = fig.P10 + step
	fig.CILow, fig.CIHigh = fig.Min, max(Quantile(all, .5), fig.Value)
}

// resolution is in units of a figure, cycles or ticks.
const resolution = 3

// Least numbers that a figure is made of.
const (
	leastCells   = 3
	leastSamples = 31
	modeCells    = 12 // where cells have different modes: to say which is the usual one
)

// Enough tells whether a figure can be reported as it stands: undisturbed, of
// three cells or as many as tell its modes, with a 95 % interval whose half is
// within the relative precision or within three units, which is what one call,
// entered and left between fences, can show.
func Enough(f Figure, q Quality, precision float64) bool {
	cells := leastCells
	if q.ByCell {
		cells = modeCells
	}
	if f.Cells < cells || f.Accepted < leastSamples || q.Contended || q.Disturbed {
		return false
	}
	return Precise(f, precision)
}

// Precise tells whether half of a figure's interval is within the relative
// precision, or within three units.
func Precise(f Figure, precision float64) bool { return f.Half() <= f.Target(precision) }

// Half is half of the interval's length.
func (f Figure) Half() float64 { return (f.CIHigh - f.CILow) / 2 }

// Target is how long half of the interval may be.
func (f Figure) Target(precision float64) float64 {
	return max(precision*math.Abs(f.Value), resolution*max(f.Steep, 1))
}

// EdgeErrorFor is the standard error of the edges, in cycles, that takes half of what an
// interval may be long around a call of so many cycles, beside chains of others, at a
// relative precision: other errors that take as much make it longer by the root of two.
func EdgeErrorFor(cycles, precision, chain float64) float64 {
	half := Figure{Value: cycles}.Target(precision) / 2
	return half / normal95 / math.Hypot(1, cycles/chain)
}
