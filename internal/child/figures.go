package child

import (
	"fmt"
	"slices"
	"time"

	"webrunner/internal/wire"
	"webrunner/perf"
)

// enough tells whether the figure for cycles is as precise as was asked for. One
// process is enough where there is little time.
func (s *sampler) enough(f perf.Figure, q perf.Quality) bool {
	if s.quick() {
		return perf.Precise(f, s.job.Budget.Precision) && !q.Contended && !q.Disturbed
	}
	if s.record > longRecord && len(s.cells) >= minCells { // each call is interrupted, which is little of it
		return perf.Precise(f, s.job.Budget.Precision) && !q.Contended
	}
	return perf.Enough(f, q, s.job.Budget.Precision)
}

// longRecord is longer than the period of any timer.
const longRecord = 20 * time.Millisecond

func (s *sampler) estimate() (perf.Figure, perf.Quality, error) {
	return perf.EstimateCycles(s.cells, s.calibration(), s.job.Host.TSCQuantum)
}

// calibration is the host's, for the chain of this run.
func (s *sampler) calibration() perf.Calibration {
	cal := perf.Calibration(s.job.Host.Calibration)
	cal.ChainCycles = float64(s.chain) * s.turnCycles()
	return cal
}

// cycles adds the figures that come from time stamps.
func (s *sampler) cycles() {
	fig, q, err := s.estimate()
	if err != nil {
		s.unavailable(wire.FigureCycles, "%v", err)
	} else {
		s.quality = q
		fig = s.perCall(fig)
		s.counter(s.cyclesName(), "cycles", wire.TSCCalibrated, fig, s.modes(q))
		s.warn("", q)
		s.tellShort(fig)
		if len(s.cells) == 1 {
			s.notes = append(s.notes, "the samples are of one process: what others differ by is not known, and the interval supposes that it is little")
		}
	}
	ref, q, err := perf.EstimateTSC(s.cells, s.calibration(), s.job.Host.TSCQuantum)
	if err != nil {
		s.unavailable(wire.FigureReferenceCycles, "%v", err)
		return
	}
	ref = s.perCall(ref)
	s.counter(wire.FigureReferenceCycles, "cycles", wire.TSC, ref, s.modes(q))
	if hz := float64(s.job.Host.TSCHz); hz > 0 {
		s.counter(wire.FigureTime, "ns", wire.TSC, scaled(ref, 1e9/hz), nil)
	}
}

// warn passes on what is said of a figure. Values in it are of a batch.
func (s *sampler) warn(name string, q perf.Quality) {
	if name != "" {
		name += ": "
	}
	if s.batch > 1 {
		name += fmt.Sprintf("of %d calls at a time: ", s.batch)
	}
	for _, w := range q.Warnings {
		s.warnings = append(s.warnings, name+w)
	}
}

// perCall turns a figure for a batch into one for a call.
func (s *sampler) perCall(f perf.Figure) perf.Figure {
	if s.batch == 1 {
		return f
	}
	return scaled(f, 1/float64(s.batch))
}

// modes does the same for the values of a figure that has several.
func (s *sampler) modes(q perf.Quality) []wire.Mode {
	var list []wire.Mode
	for _, m := range q.Modes {
		list = append(list, wire.Mode{Value: m.Value / float64(s.batch), Share: m.Share})
	}
	return list
}

// cyclesName keeps the calibrated figure apart from the PMU's own.
func (s *sampler) cyclesName() string {
	if s.job.Host.PMU == "" {
		return wire.FigureCycles
	}
	return wire.FigureCyclesByTSC
}

// countHardware adds the PMU's figures, where there is one. They come first.
func (s *sampler) countHardware() *wire.Problem {
	groups := s.hardware()
	if len(groups) == 0 {
		return nil
	}
	p := s.count(groups)
	switch {
	case !slices.ContainsFunc(groups, func(g *group) bool { return g.failed == nil }):
		// The time stamps give the main figures after all.
	case slices.ContainsFunc(groups, func(g *group) bool { return g.failed == nil && !g.precise(s.job.Budget.Precision) }):
		s.precision.Stopped = wire.StopCells
		if s.sampling() <= 0 {
			s.precision.Stopped = wire.StopDeadline
		}
	default:
		s.precision.Stopped = wire.StopPrecision
	}
	return p
}

// tellShort says of a call that it cannot be told from none.
func (s *sampler) tellShort(f perf.Figure) {
	switch {
	case f.CILow > 0:
	case s.batch > 1:
		s.notes = append(s.notes, fmt.Sprintf("a call costs no more than an empty one, whose %.1f cycles are subtracted: back to back it hides behind it", f.Overhead))
	case f.CIHigh < shortCall:
		s.notes = append(s.notes, "a call takes less than can be told from an empty one between two time stamps; mode=throughput shows what it adds to others")
	default:
		s.warnings = append(s.warnings, "the samples scatter so much that a call cannot be told from an empty one")
	}
}

// shortCall is how many cycles may hide between two time stamps.
const shortCall = 50

// otherFigures adds those of the time-stamp counter, then what the operating
// system counts.
func (s *sampler) otherFigures() *wire.Problem {
	s.cycles()
	s.missing = append(s.missing, s.job.Refused...)
	s.pageFaults()
	return nil
}

// pageFaults adds those of the watched calls, which the operating system has
// counted from stop to stop. The first call of a process is not like those that are
// measured.
func (s *sampler) pageFaults() {
	calls := s.audited.calls
	if len(calls) > 1 {
		calls = calls[1:]
	}
	var samples []perf.Sample
	for _, w := range calls {
		samples = append(samples, perf.Sample{Ticks: 1, Counters: []uint64{uint64(w.call.Faults)}}, perf.Sample{Ticks: 1, Empty: true, Counters: []uint64{uint64(w.empty.Faults)}})
	}
	fig, q, err := perf.EstimateCounter([]perf.Readings{{Samples: samples}})
	if err != nil {
		s.unavailable(wire.FigurePageFaults, "%v", err)
		return
	}
	s.counter(wire.FigurePageFaults, "faults", wire.Software, fig, s.modes(q))
}

// scaled multiplies a figure by a constant.
func scaled(f perf.Figure, k float64) perf.Figure {
	for _, v := range []*float64{&f.Value, &f.CILow, &f.CIHigh, &f.Min, &f.P10, &f.P90, &f.Overhead} {
		*v *= k
	}
	return f
}

// counter adds a figure to the answer.
func (r *runner) counter(name, unit string, source wire.Source, f perf.Figure, modes []wire.Mode) {
	r.counters = append(r.counters, wire.Counter{
		Name: name, Value: f.Value, Unit: unit, Source: source,
		CI95: [2]float64{f.CILow, f.CIHigh}, Min: f.Min, P10: f.P10, P90: f.P90, Overhead: f.Overhead,
		Samples: wire.Samples{Accepted: f.Accepted, Total: f.Total, Rejected: f.Rejected.Counts()},
		Cells:   f.Cells, Exact: f.Exact, Modes: modes,
	})
}

// unavailable notes a figure that cannot be had, with the reason.
func (r *runner) unavailable(name, format string, args ...any) {
	r.missing = append(r.missing, wire.Unavailable{Name: name, Reason: fmt.Sprintf(format, args...)})
}
