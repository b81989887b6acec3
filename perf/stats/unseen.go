package stats

import (
	"math"
	"slices"
)

// unseen is the time that the host takes from the guest without a trace in it, by
// chains that are about as long as the calls: they are known, so that what stands
// between their time stamps beside that is the host's. It is relative to the chain.
type unseen struct {
	share  float64 // by which a chain, or a call, shows longer
	stderr float64 // of share
	spread float64 // between the fifth and the ninety-fifth percentile of chains
	spares bool    // it spares so many calls that these alone are looked at
	raw    bool    // nothing is taken off for it
}

// excess is by how much the long chain of a sample shows longer than it is, relative;
// false where there is none, or one that was held up, or is no chain's.
func (e *estimator) excess(s Sample) (excess float64, ok bool) {
	if s.Long == 0 || s.Before == 0 || s.Empty || e.cal.ChainCycles <= 0 || backwards(s) {
		return 0, false
	}
	f := filter{quantum: e.quantum, cal: e.cal}
	excess = (float64(s.Long)*f.scale(s)-e.cal.ChainEdge)/s.LongCycles - 1
	return excess, -mostUnseen < excess && excess < mostExcess
}

// mostExcess is more than what the host takes makes a chain longer.
const mostExcess = 3

// findSpread finds how far the host scatters calls, whatever speaks against a sample.
func (e *estimator) findSpread(cells [][]Sample) {
	var all []float64
	for _, p := range e.longChains(cells, undisturbed(cells)) {
		all = append(all, p.shown...)
	}
	e.unseen.raw = !e.cycles
	if len(all) > 0 {
		slices.Sort(all)
		e.unseen.spread = Quantile(all, .95) - Quantile(all, .05)
	}
}

// findUnseen finds what the host takes, from the chains of accepted samples. What a
// cell shows is found by the same mean as its calls, of as many values, and combined
// like these: whatever that mean makes of what the host took, it makes of both. Time
// is time, whoever takes it.
func (e *estimator) findUnseen(cells [][]Sample, allow func(verdict) bool, calls []part, q *Quality) {
	chains := e.longChains(cells, func(cell, sample int) bool { return allow(e.verdicts[cell][sample]) })
	if count(chains) < minAccepted { // those that nothing came into are as good, whatever came into the call
		chains = e.longChains(cells, undisturbed(cells))
	}
	if len(chains) == 0 {
		return
	}
	if e.unseen.spares = spares(chains, calls); !e.cycles {
		return
	}
	var share, n, within, between float64
	for i := range chains {
		p := &chains[i]
		p.window = e.unseen.window(p.shown, p.step, 1)
		k := float64(p.n)
		n += k
		share += k * (p.window.mean - 1)
		within += k * k * p.stdev * p.stdev
	}
	share /= n
	for _, p := range chains {
		k := float64(p.n)
		between += k * k * (p.window.mean - 1 - share) * (p.window.mean - 1 - share)
	}
	if k := float64(len(chains)); k > 1 {
		between *= k / (k - 1)
	}
	e.unseen.share = share
	e.unseen.stderr = mostUnseen // of a single one nothing is known
	if seen := count(chains); seen > 1 {
		e.unseen.stderr = min(mostUnseen, math.Sqrt(max(within, between))/n*student95(seen-1)/normal95)
	}
	if share > mostUnseen {
		e.unseen.share = mostUnseen
		q.Disturbed = true
		q.warn("the host took %.0f %% of the time of chains as long as the calls: the figure is less by %.0f %%, and is an upper bound", 100*share/(1+share), 100*mostUnseen/(1+mostUnseen))
	}
}

// longChains are what the long chains of some samples of each cell show, in units of
// what they take.
func (e *estimator) longChains(cells [][]Sample, of func(cell, sample int) bool) (list []part) {
	for i, cell := range cells {
		var p part
		for j, s := range cell {
			if x, ok := e.excess(s); ok && of(i, j) {
				p.shown = append(p.shown, 1+x)
				p.step = e.quantum / float64(s.Long) * math.Hypot(1, s.LongCycles/e.cal.ChainCycles)
			}
		}
		if len(p.shown) > 0 {
			slices.Sort(p.shown)
			list = append(list, p)
		}
	}
	return list
}

// undisturbed tells samples that nothing came into, whatever else speaks against them.
func undisturbed(cells [][]Sample) func(cell, sample int) bool {
	return func(cell, sample int) bool {
		s := &cells[cell][sample]
		return !s.Preempted && !s.Interrupted
	}
}

func count(parts []part) (n int) {
	for _, p := range parts {
		n += len(p.shown)
	}
	return n
}

// mostUnseen bounds what is taken off calls: a host that takes more is not fit to
// measure on, and a kernel that can write where its times are kept could make chains
// longer.
const mostUnseen = 0.1

// window is the part of sorted values, of which this is the middle, that their mean is
// of: those that the host spared, or all but the farthest.
func (u unseen) window(sorted []float64, step, middle float64) window {
	switch {
	case u.spares:
		return windowBelow(sorted, step)
	case u.raw:
		return windowMean(sorted, step)
	}
	return windowMeanOf(sorted, step, u.spread*middle)
}

// What the host spares is told by its values: they are alike.
const (
	alike       = ChainTolerance // relative, of the tenth and the fortieth percentile
	leastSpared = 0.65           // of all chains: else some cells have too few
	fewSpared   = 0.05           // of all calls by which fewer of them may be spared than of chains,
	spareSigma  = 3              // and by so many standard deviations of that
)

// spares tells that the host spares so many calls that these alone tell what one takes.
// Those of chains and of calls are alike, and the host spares as many of these as of
// those: else the calls have something of their own.
func spares(chains, calls []part) bool {
	spared := func(parts []part) (share, n float64, yes bool) {
		var widths []float64
		for _, p := range parts {
			lo, hi := belowMiddle(p.shown)
			widths = append(widths, (hi-lo-2*p.step)/hi)
			share += float64(windowBelow(p.shown, p.step).n)
			n += float64(len(p.shown))
		}
		slices.Sort(widths)
		return share / n, n, Quantile(widths, .5) <= alike
	}
	a, n, ofChains := spared(chains)
	b, m, ofCalls := spared(calls)
	deviation := math.Sqrt(a * (1 - a) * (1/n + 1/m))
	return ofChains && ofCalls && a >= leastSpared && b >= a-fewSpared-spareSigma*deviation
}
