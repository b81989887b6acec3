package measure

import (
	"fmt"

	"webrunner/internal/wire"
	"webrunner/perf/stats"
)

// Figures are what is known of one call, and what there is to say of that.
type Figures struct {
	Counters []wire.Counter
	Missing  []wire.Unavailable
	Warnings []string // doubts
	Notes    []string // things to know that cast no doubt

	unseen float64 // see wire.Conditions

	batch int // calls between two time stamps, which values of samples are of
}

// cyclesName keeps the calibrated figure apart from the PMU's own.
func cyclesName(h *wire.Host) string {
	if h.PMU == "" {
		return wire.FigureCycles
	}
	return wire.FigureCyclesByTSC
}

// cycles adds the figures that come from time stamps, and returns what is to say of
// that for cycles, nothing where there is no such figure.
func (f *Figures) cycles(s *sampler) (quality stats.Quality) {
	hidden := 0.0 // cycles
	if s.record.Batch == 1 {
		hidden = calibration(*s.host(), s.record).Hidden()
	}
	fig, q, err := s.estimate()
	if err != nil {
		f.unavailable(wire.FigureCycles, "%v", err)
	} else {
		quality, fig = q, unhidden(noLess(f.perCall(fig)), hidden)
		f.add(cyclesName(s.host()), "cycles", wire.TSCCalibrated, fig, f.modes(quality))
		f.warn("", quality)
		f.tellShort(fig)
		f.unseen = fig.Unseen / (1 + fig.Unseen)
		f.tellUnseen()
		if len(s.cells) == 1 {
			f.Notes = append(f.Notes, "the samples are of one process: what others differ by is not known, and the interval supposes that it is little")
		}
	}
	ref, q, err := stats.EstimateTSC(s.cells, calibration(*s.host(), s.record), s.host().TSCQuantum)
	if err != nil {
		f.unavailable(wire.FigureReferenceCycles, "%v", err)
		return quality
	}
	ref = noLess(f.perCall(ref))
	if q.RatioLow > 0 {
		ref = unhidden(ref, hidden/q.RatioLow)
	}
	f.add(wire.FigureReferenceCycles, "cycles", wire.TSC, ref, f.modes(q))
	if hz := float64(s.host().TSCHz); hz > 0 {
		f.add(wire.FigureTime, "ns", wire.TSC, scaled(ref, 1e9/hz), nil)
	}
	return quality
}

// pageFaults adds how many there are in a call.
func (f *Figures) pageFaults(samples []stats.Sample) {
	fig, q, err := stats.EstimateCounter([]stats.Readings{{Samples: samples}})
	if err != nil {
		f.unavailable(wire.FigurePageFaults, "%v", err)
		return
	}
	f.add(wire.FigurePageFaults, "faults", wire.Software, fig, modesOf(q, 1))
}

// tellShort says of a call that it cannot be told from none.
func (f *Figures) tellShort(fig stats.Figure) {
	switch {
	case fig.CILow > 0:
	case f.batch > 1:
		f.Notes = append(f.Notes, fmt.Sprintf("a call costs no more than an empty one, whose %.1f cycles are subtracted: back to back it hides behind it", fig.Overhead))
	case fig.CIHigh < shortCall:
		f.Notes = append(f.Notes, "a call takes less than can be told from an empty one between two time stamps; mode=throughput shows what it adds to others")
	default:
		f.Warnings = append(f.Warnings, "the samples scatter so much that a call cannot be told from an empty one")
	}
}

// tellUnseen says what the host took from a call without a trace in the guest.
func (f *Figures) tellUnseen() {
	if f.unseen > tellUnseen {
		f.Notes = append(f.Notes, fmt.Sprintf("the host took %.1f %% of the time of chains as long as the calls, and nothing but their length shows it: cycles are without that, times are with it", 100*f.unseen))
	}
}

// tellUnseen is from which share on a reader is told.
const tellUnseen = 0.005

// shortCall is how many cycles may hide between two time stamps.
const shortCall = 50

// warn passes on what is said of a figure. Values in it are of a batch.
func (f *Figures) warn(name string, q stats.Quality) {
	if name != "" {
		name += ": "
	}
	if f.batch > 1 {
		name += fmt.Sprintf("of %d calls at a time: ", f.batch)
	}
	for _, w := range q.Warnings {
		f.Warnings = append(f.Warnings, name+w)
	}
}

// perCall turns a figure for a batch into one for a call.
func (f *Figures) perCall(fig stats.Figure) stats.Figure {
	if f.batch == 1 {
		return fig
	}
	return scaled(fig, 1/float64(f.batch))
}

// noLess makes a time that is below nothing nothing, as far as its interval allows: what an empty call
// takes is subtracted, and no call takes less than that.
func noLess(fig stats.Figure) stats.Figure {
	fig.Value = max(fig.Value, min(0, fig.CIHigh))
	return fig
}

// unhidden lets the interval of a call that what is around it may hide reach as far as
// such calls do. A figure that is less than nothing beyond its interval is no call's.
func unhidden(fig stats.Figure, most float64) stats.Figure {
	if fig.Value < most && fig.CIHigh >= 0 {
		fig.CIHigh = max(fig.CIHigh, most)
	}
	return fig
}

// modes are the values of a figure that has several, for a call.
func (f *Figures) modes(q stats.Quality) []wire.Mode { return modesOf(q, f.batch) }

func modesOf(q stats.Quality, batch int) (list []wire.Mode) {
	for _, m := range q.Modes {
		list = append(list, wire.Mode{Value: m.Value / float64(batch), Share: m.Share})
	}
	return list
}

// scaled multiplies a figure by a constant.
func scaled(f stats.Figure, k float64) stats.Figure {
	for _, v := range []*float64{&f.Value, &f.CILow, &f.CIHigh, &f.Min, &f.P10, &f.P90, &f.Overhead} {
		*v *= k
	}
	return f
}

// add adds a figure.
func (f *Figures) add(name, unit string, source wire.Source, fig stats.Figure, modes []wire.Mode) {
	f.Counters = append(f.Counters, wire.Counter{
		Name: name, Value: fig.Value, Unit: unit, Source: source,
		CI95: [2]float64{fig.CILow, fig.CIHigh}, Min: fig.Min, P10: fig.P10, P90: fig.P90, Overhead: fig.Overhead,
		Samples: wire.Samples{Accepted: fig.Accepted, Total: fig.Total, Rejected: fig.Rejected.Counts()},
		Cells:   fig.Cells, Exact: fig.Exact, Modes: modes,
	})
}

// unavailable notes a figure that cannot be had, with the reason.
func (f *Figures) unavailable(name, format string, args ...any) {
	f.Missing = append(f.Missing, wire.Unavailable{Name: name, Reason: fmt.Sprintf(format, args...)})
}

// positive returns a figure with a positive value, nil if there is none.
func (f *Figures) positive(name string) *wire.Counter {
	for i := range f.Counters {
		if c := &f.Counters[i]; c.Name == name && c.Value > 0 {
			return c
		}
	}
	return nil
}

// calibrated returns the figure that the witnesses belong to.
func (f *Figures) calibrated() *wire.Counter {
	for i := range f.Counters {
		if c := &f.Counters[i]; c.Source == wire.TSCCalibrated {
			return c
		}
	}
	return nil
}
