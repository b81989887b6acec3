package perf

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
	return fmt.Sprintf("perf: no figure from %d samples: %s%s", e.Total, e.Why, e.Rejected)
}

// ErrNoChain says that core cycles were asked for without a chain.
var ErrNoChain = errors.New("perf: core cycles need a calibration chain")

// EstimateCycles returns the core cycles of a call from the samples of several
// cells, by the chains around each sample. The quantum is that of the TSC.
// Empty calls among the samples give the overhead.
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
// counter, by the same rules; chains and witnesses, where there are any, only
// help to choose the samples.
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
	empties  []window  // by cell, ticks
	edges    []float64 // likewise
}

func estimate(cells [][]Sample, cal Calibration, quantum uint64, cycles bool) (Figure, Quality, error) {
	e := estimator{cal: cal, quantum: float64(max(1, quantum)), cycles: cycles}
	fig, q := Figure{}, Quality{}
	e.judge(cells, &fig)
	allow := e.choose(fig, &q)
	if allow == nil {
		return fig, q, &NoFigureError{Total: fig.Total, Rejected: fig.Rejected, Why: whyNone(fig)}
	}
	var parts []part
	for i, cell := range cells {
		if p := e.measure(i, cell, allow, &q); len(p.values) > 0 {
			parts = append(parts, p)
		}
	}
	combine(parts, e.quantum*parts[0].scale, &fig, &q)
	if !q.Contended {
		fig.widen(e.calibrationError(fig.Value, parts[0]))
	}
	return fig, q, nil
}

// calibrationError is half of the 95 % interval that the error of Edge makes:
// all cells share it. A kernel as long as a chain has the same edges, and no
// error in cycles.
func (e *estimator) calibrationError(value float64, p part) float64 {
	err := normal95 * e.cal.EdgeError
	if e.cycles {
		return err * math.Abs(value/e.cal.ChainCycles-1)
	}
	return err * p.perCycle
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
	for _, cell := range cells {
		empty, edge := emptyTicks(cell, e.quantum)
		f := filter{chains: true, overhead: edge, quantum: e.quantum, cal: e.cal}
		if e.cal.ChainCycles <= 0 { // chains of unknown length still compare with each other
			f.cal.ChainCycles, f.cal.WitnessCycles = 1, 0
		}
		v := make([]verdict, len(cell))
		for i, s := range cell {
			v[i] = f.judge(s)
			if e.cycles && (s.Before == 0 || heldUp(s, fastest)) {
				v[i] = broken
			}
		}
		markWarmUp(cell, v, e.quantum)
		e.lulls += markLulls(cell, v)
		for i, s := range cell {
			if !s.Empty {
				fig.Total++
				fig.Rejected.add(v[i])
			}
		}
		e.verdicts = append(e.verdicts, v)
		e.empties, e.edges = append(e.empties, empty), append(e.edges, edge)
	}
}

// choose returns the set of verdicts to accept: only clean samples if there
// are enough; else those of lulls; else, by which there are more of, interrupted
// or contended ones too; else whatever kept its processor; else whatever has a
// duration. It is nil if there is none.
func (e *estimator) choose(fig Figure, q *Quality) func(verdict) bool {
	r := fig.Rejected
	usable := fig.Total - r.Broken
	good := usable - r.Preempted - r.Interrupted - r.Unsteady - r.Contended - r.WarmUp
	need := min(minAccepted, max(1, (fig.Total+1)/2))
	switch {
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
		return func(v verdict) bool { return v != broken && v != preempted }
	case good+max(r.Interrupted, r.Contended) < need:
		q.Disturbed, q.Contended = true, r.Contended > 0
		q.warn("only %d of %d samples are undisturbed: the figure is of all of them", good, fig.Total)
		return func(v verdict) bool { return v != broken }
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

// part is what one cell contributes.
type part struct {
	values   []float64 // accepted, less overhead, sorted
	mean     float64
	stderr   float64
	overhead float64 // what was subtracted
	scale    float64 // unit per tick, typical
	perCycle float64 // unit per core cycle, likewise; 0 if unknown

	overheadErr float64 // standard error of overhead
}

// measure turns the accepted samples of a cell into the unit.
func (e *estimator) measure(i int, cell []Sample, allow func(verdict) bool, q *Quality) part {
	empty := e.empties[i]
	f := filter{overhead: e.edges[i], quantum: e.quantum, cal: e.cal}
	var raw, ratios []float64
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
				}
			}
		}
		raw = append(raw, (float64(s.Ticks)-empty.mean)*k)
	}
	if len(raw) == 0 {
		return part{}
	}
	p := part{scale: 1}
	if len(ratios) > 0 {
		slices.Sort(ratios)
		q.ratios(ratios[0], ratios[len(ratios)-1])
		if mid := ratios[len(ratios)/2]; e.cycles {
			p.scale, p.perCycle = mid, 1
		} else {
			p.perCycle = 1 / mid
		}
	}
	hidden := 0.0 // of a call's first cycles, by its edges
	if e.cal.Edge > 0 && p.perCycle > 0 {
		hidden = max(0, e.edges[i]*p.scale-e.cal.Edge*p.perCycle)
	}
	w := windowMean(raw, e.quantum*p.scale)
	p.mean = restore(w.mean, hidden)
	p.overhead = empty.mean*p.scale - (p.mean - w.mean)
	// What was subtracted as the empty call's and put back as hidden has no error
	// but that of Edge.
	if hidden == 0 || w.mean < hidden || e.edges[i] != empty.mean {
		p.overheadErr = empty.stdev * p.scale
	}
	p.stderr = math.Hypot(w.stdev, p.overheadErr)
	p.values = raw
	for j := range raw {
		raw[j] = restore(raw[j], hidden)
	}
	return p
}

// restore puts back the cycles of a call that overlap its entry and exit. A
// call longer than that shows everything but them; of a shorter one some
// part between nothing and all is hidden, and the straight line between is
// the least committal guess.
func restore(seen, hidden float64) float64 {
	if hidden <= 0 || seen <= 0 {
		return seen
	}
	return seen + hidden*min(1, seen/hidden)
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
