package stats

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// NoFigureError says why samples give no figure.
type NoFigureError struct {
	Total    int
	Rejected Rejections
	Why      string
}

func (e *NoFigureError) Error() string {
	return fmt.Sprintf("stats: no figure from %d samples: %s%s", e.Total, e.Why, e.Rejected)
}

// ErrNoChain says that core cycles were asked for without a chain.
var ErrNoChain = errors.New("stats: core cycles need a calibration chain")

// EstimateCycles returns the core cycles of a call from the samples of several
// cells, by the chains around each sample. The quantum is that of the TSC.
func EstimateCycles(cells [][]Sample, cal Calibration, quantum uint64) (Figure, Quality, error) {
	if cal.ChainCycles <= 0 {
		return Figure{}, Quality{}, ErrNoChain
	}
	f, q, err := estimate(cells, cal, quantum, true)
	if err == nil && cal.Doubt != "" {
		q.warn("core cycles are in doubt: %s", cal.Doubt)
	}
	return f, q, err
}

// EstimateTSC returns the duration of a call in ticks of the time-stamp
// counter, by the same rules.
func EstimateTSC(cells [][]Sample, cal Calibration, quantum uint64) (Figure, Quality, error) {
	return estimate(cells, cal, quantum, false)
}

// estimator carries one estimate over its cells.
type estimator struct {
	cal      Calibration
	quantum  float64 // ticks
	cycles   bool    // the unit is core cycles, not ticks
	verdicts [][]verdict
	lulls    int
	unseen   unseen
}

func estimate(cells [][]Sample, cal Calibration, quantum uint64, cycles bool) (Figure, Quality, error) {
	e := estimator{cal: cal, quantum: float64(max(1, quantum)), cycles: cycles}
	fig, q := Figure{}, Quality{}
	e.findSpread(cells)
	e.judge(cells, &fig)
	allow := e.choose(fig, &q)
	if allow == nil {
		return fig, q, &NoFigureError{Total: fig.Total, Rejected: fig.Rejected, Why: whyNone(fig)}
	}
	var parts []part
	for i, cell := range cells {
		if p := e.measure(i, cell, allow, &q); len(p.shown) > 0 {
			parts = append(parts, p)
		}
	}
	if !q.Contended { // a bound is a bound
		e.findUnseen(cells, allow, parts, &q)
	}
	for i := range parts {
		parts[i].unseen = e.unseen
		parts[i] = parts[i].summed()
	}
	fig.Unseen = e.unseen.share
	combine(parts, &fig, &q)
	if q.Contended {
		fig.widen(e.otherSpeed(parts[0]) * parts[0].perCycle)
	} else {
		fig.widen(e.systematic(fig, parts[0]))
	}
	return fig, q, nil
}

// The interval counts what repeating a measurement does not show.
const (
	// codeScatter is what calls of one length differ by, in cycles, by how their
	// code is laid out at its beginning and its end: half of a 95 % interval.
	codeScatter = 1
	// chainScatter is what the frequency beside a call may differ by from that of
	// the call, relative.
	chainScatter = 0.0002
)

// systematic is half of the 95 % interval of what all samples share: the errors
// of both edges, of which that of the chain's counts as often as a chain goes into
// the call, and scatter that no repetition of the same call shows.
func (e *estimator) systematic(f Figure, p part) float64 {
	return math.Hypot(e.systematicOfEdges(f, p), f.Value*e.unseen.stderr*normal95)
}

func (e *estimator) systematicOfEdges(f Figure, p part) float64 {
	other := math.Hypot(codeScatter, e.otherSpeed(p))
	if !e.cycles {
		edge := math.Hypot(normal95*e.cal.EdgeError, other) * p.perCycle
		return math.Hypot(edge*p.steep, chainScatter*f.Value)
	}
	chain := normal95 * e.cal.EdgeError * f.Value / e.cal.ChainCycles
	edge := math.Hypot(normal95*e.cal.EdgeError, other) * p.steep
	return math.Hypot(math.Hypot(edge, chain), chainScatter*f.Value)
}

// speeds is by how much the core's speed may differ from that of the calibration, so
// that edges are as many cycles: a part of them may be as many nanoseconds.
const speeds = 0.15

// otherSpeed is by how many cycles edges may differ from those of the calibration,
// where the core is much slower or faster than then, as beside instructions of 512 bits.
func (e *estimator) otherSpeed(p part) float64 {
	if e.cal.Ratio <= 0 || p.perCycle <= 0 || p.scale <= 0 {
		return 0
	}
	ratio := p.scale / p.perCycle // one of them is 1
	if off := math.Abs(ratio/e.cal.Ratio - 1); off > speeds {
		return off * e.cal.Edge
	}
	return 0
}

// widen adds an independent error to the interval.
func (f *Figure) widen(half float64) {
	f.CILow = f.Value - math.Hypot(f.Value-f.CILow, half)
	f.CIHigh = f.Value + math.Hypot(f.CIHigh-f.Value, half)
}

func whyNone(f Figure) string {
	if f.Total == 0 {
		return "no sample was taken"
	}
	return "every time stamp is missing or runs backwards"
}

// judge filters all samples and counts the rejections.
func (e *estimator) judge(cells [][]Sample, fig *Figure) {
	// A calibration among busy neighbours can be too high, never too low.
	if best := witnessAlone(e.cal, e.quantum, cells...); best > 0 && (e.cal.WitnessCycles == 0 || best < e.cal.WitnessCycles) {
		e.cal.WitnessCycles = best
	}
	fastest := fastestChain(cells)
	f := filter{chains: true, quantum: e.quantum, cal: e.cal}
	if e.cal.ChainCycles <= 0 { // chains of unknown length still compare with each other
		f.cal.ChainCycles, f.cal.WitnessCycles = 1, 0
	}
	for _, cell := range cells {
		v := make([]verdict, len(cell))
		for i, s := range cell {
			v[i] = f.judge(s)
			if e.cycles && (s.Before == 0 || heldUp(s, fastest)) {
				v[i] = broken
			}
		}
		markWarmUp(cell, v, e.quantum, e.unseen.spread)
		e.lulls += markLulls(cell, v)
		for i, s := range cell {
			if !s.Empty {
				fig.Total++
				fig.Rejected.add(v[i])
			}
		}
		e.verdicts = append(e.verdicts, v)
	}
}

// choose returns the set of verdicts to accept: only clean samples if there
// are enough; else those of lulls; else, by which there are more of, interrupted
// or contended ones too; else whatever kept its processor; else whatever has a
// duration and no page faults; else whatever has a duration. It is nil if there is none.
func (e *estimator) choose(fig Figure, q *Quality) func(verdict) bool {
	r := fig.Rejected
	usable := fig.Total - r.Broken - r.Faulted
	good := usable - r.Preempted - r.Interrupted - r.Unsteady - r.Contended - r.WarmUp
	need := min(minAccepted, max(1, (fig.Total+1)/2))
	switch {
	case usable == 0 && r.Faulted > 0:
		q.Disturbed = true
		q.warn("page faults fell into every call: the figure includes them")
		return func(v verdict) bool { return v == faulted }
	case usable == 0:
		return nil
	case good >= need:
		return func(v verdict) bool { return v == clean }
	case good+e.lulls >= need:
		q.Contended = true
		q.warn("another hyper-thread of the core was busy but for %d of %d samples: the figure is an upper bound", good+e.lulls, fig.Total)
		return func(v verdict) bool { return v == clean || v == lull }
	case good+max(r.Interrupted, r.Contended) < need && usable-r.Preempted >= need:
		// Somebody else's turn of the processor can be any length.
		q.Disturbed, q.Contended = true, r.Contended > 0
		q.warn("only %d of %d samples are undisturbed: the figure is of all that kept their processor", good, fig.Total)
		return func(v verdict) bool { return v != broken && v != faulted && v != preempted }
	case good+max(r.Interrupted, r.Contended) < need:
		q.Disturbed, q.Contended = true, r.Contended > 0
		q.warn("only %d of %d samples are undisturbed: the figure is of all of them", good, fig.Total)
		return func(v verdict) bool { return v != broken && v != faulted }
	case r.Interrupted >= r.Contended:
		q.Disturbed = true
		q.warn("nearly every call was interrupted: the figure includes the interrupts")
		return func(v verdict) bool { return v == clean || v == lull || v == interrupted }
	default:
		q.Contended = true
		q.warn("another hyper-thread of the core was busy throughout: the figure is an upper bound")
		return func(v verdict) bool { return v == clean || v == lull || v == contended }
	}
}

// part is what one cell contributes, or what it contributes to a mode. Values
// are in the unit of the figure.
type part struct {
	cell     int       // its number
	shown    []float64 // between the time stamps of accepted samples, sorted
	lengthy  []float64 // of them, sorted
	overhead float64   // of batches: subtracted from all; else 0
	cal      Calibration
	scale    float64 // unit per tick, typical
	perCycle float64 // unit per core cycle, typical; 0 if unknown
	step     float64 // of the clock, as values show it
	chain    float64 // relative standard deviation of a chain, where they give the scale
	unseen   unseen

	window              // of shown
	mean        float64 // of the calls
	steep       float64 // change of mean for a change of what is shown
	stderr      float64 // of mean
	overheadErr float64 // standard error of overhead
}

// measure turns the accepted samples of a cell into the unit; what follows from them
// is still to be filled.
func (e *estimator) measure(i int, cell []Sample, allow func(verdict) bool, q *Quality) part {
	empty := emptyTicks(cell, e.quantum)
	f := filter{quantum: e.quantum, cal: e.cal}
	p := part{cell: i, scale: 1, cal: e.cal}
	var ratios []float64
	var squares float64 // of how chains differ from the next
	for j, s := range cell {
		if s.Empty || !allow(e.verdicts[i][j]) {
			continue
		}
		k := 1.0
		if s.Before != 0 && e.cal.ChainCycles > 0 {
			if r := f.scale(s); !math.IsNaN(r) {
				ratios = append(ratios, r)
				if e.cycles {
					k = r
					d := (float64(s.After) - float64(s.Before)) * r / (e.cal.ChainCycles + e.cal.ChainEdge)
					squares += d * d
				}
			}
		}
		p.shown = append(p.shown, float64(s.Ticks)*k)
		if s.Lengthy {
			p.lengthy = append(p.lengthy, float64(s.Ticks)*k)
		}
	}
	if len(p.shown) == 0 {
		return p
	}
	if len(ratios) > 0 {
		slices.Sort(ratios)
		q.ratios(ratios[0], ratios[len(ratios)-1])
		if mid := Quantile(ratios, .5); e.cycles {
			p.scale, p.perCycle = mid, 1
		} else {
			p.perCycle = 1 / mid
		}
	}
	p.step = e.quantum * p.scale
	slices.Sort(p.shown)
	if e.cycles {
		p.step *= math.Hypot(1, Quantile(p.shown, .5)/e.cal.ChainCycles)
		p.chain = math.Sqrt(squares / float64(2*len(p.shown)))
	}
	if empty.n > 0 {
		p.overhead, p.overheadErr = empty.mean*p.scale, empty.stdev*p.scale
	}
	return p
}

// summed fills what follows from what a part shows.
func (p part) summed() part {
	p.window = p.unseen.window(p.shown, p.step, Quantile(p.shown, .5))
	p.mean = p.call(p.window.mean)
	step := max(processScatter*p.perCycle, 1, p.window.mean/1e6)
	p.steep = max(p.call(p.window.mean+step)-p.mean, p.mean-p.call(p.window.mean-step)) / step
	// A chain is in two samples, of which each has half of its error: their scatter
	// shows half of the variance that their mean has of it.
	chain := p.window.mean * p.chain / math.Sqrt(2*float64(p.n))
	// Where all samples show one step of the clock, one in so many could show the next.
	stuck := p.step / float64(p.n)
	p.stderr = math.Hypot(math.Hypot(math.Hypot(p.window.stdev, stuck), chain)*p.steep, p.overheadErr)
	return p
}

// call is the cost of a call that shows so much.
func (p part) call(shown float64) float64 {
	shown /= 1 + p.unseen.share
	if p.overhead != 0 || p.perCycle == 0 {
		return shown - p.overhead
	}
	return p.cal.call(shown/p.perCycle) * p.perCycle
}

// call is the cycles of a call by those between its time stamps. Between what
// the calibration has seen, it is a straight line.
func (cal Calibration) call(shown float64) float64 {
	last := [2]float64{math.Inf(-1), math.Inf(-1)}
	for i, k := range cal.Short {
		switch {
		case shown > k[1]:
		case i == 0:
			return shown - k[1] // less than nothing
		default:
			return last[0] + (shown-last[1])*(k[0]-last[0])/(k[1]-last[1])
		}
		last = k
	}
	return shown - cal.Edge
}

func (q *Quality) ratios(lo, hi float64) {
	if q.RatioLow == 0 || lo < q.RatioLow {
		q.RatioLow = lo
	}
	q.RatioHigh = max(q.RatioHigh, hi)
}

func (q *Quality) warn(format string, args ...any) {
	q.Warnings = append(q.Warnings, fmt.Sprintf(format, args...))
}
