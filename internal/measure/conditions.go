package measure

import (
	"fmt"

	"webrunner/internal/wire"
	"webrunner/perf/stats"
)

// describe tells under which conditions the samples were taken.
func describe(s *sampler, f Figures, q stats.Quality) wire.Conditions {
	job, host := s.subject.Job, s.host()
	m := job.Measure
	c := wire.Conditions{
		Mode: wire.ModeLatency, Batch: s.record.Batch, Data: warmth(m.ColdData), Code: warmth(m.ColdCode), Pages: wire.Pages4K,
		Kernel: fmt.Sprintf("%#x", s.subject.Choice.Addr), Stack: m.StackOffset, Operands: s.subject.Offsets(),
		CPU: s.place.CPU, Pinned: s.pinning(), Sibling: sibling(host, f.calibrated(), q), Unseen: max(f.unseen, 0), Precision: s.achieved(f),
		Detectors: map[string]string{
			"interrupts": detector("ES selector", host.Detectors.Interrupt),
			"preemption": detector("rseq", host.Detectors.Preempt),
		},
	}
	if m.Throughput {
		c.Mode = wire.ModeThroughput
	}
	if m.HugePages {
		c.Pages = wire.Pages2M
	}
	if hz := float64(host.TSCHz); hz > 0 {
		c.MHz = [2]float64{q.RatioLow * hz / 1e6, q.RatioHigh * hz / 1e6}
	}
	return c
}

// achieved is the precision of the main figure. A clock whose steps are coarse may
// end sampling before it is what was wanted.
func (s *sampler) achieved(f Figures) wire.Precision {
	p := s.precision
	main := f.positive(wire.FigureCycles)
	if main == nil {
		main = f.positive(cyclesName(s.host()))
	}
	if main != nil {
		p.Achieved = (main.CI95[1] - main.CI95[0]) / 2 / main.Value
	}
	if p.Stopped == wire.StopPrecision && p.Achieved > p.Wanted {
		p.Stopped = wire.StopResolution
	}
	return p
}

// pinning tells how the CPU of the cells is known: Linux says of each that it could
// run on no other.
func (s *sampler) pinning() string {
	if s.place.Why != "" {
		return "not pinned: " + s.place.Why
	}
	for i, o := range s.outcomes {
		if o.CPU != s.on[i] {
			return fmt.Sprintf("cell %d could run elsewhere", i+1)
		}
	}
	return moved(s.on)
}

func warmth(cold bool) wire.CacheState {
	if cold {
		return wire.CacheCold
	}
	return wire.CacheWarm
}

func detector(means, why string) string {
	if why == "" {
		return means + ", proved"
	}
	return "not seen: " + why
}

// sibling tells of the core's other hyper-thread by the witnesses beside the samples
// of a figure.
func sibling(h *wire.Host, f *wire.Counter, q stats.Quality) string {
	if h.Calibration.WitnessCycles == 0 || f == nil {
		return "not known"
	}
	switch n := f.Samples.Rejected["contended"]; {
	case q.Contended:
		return "busy"
	case n > 0:
		return fmt.Sprintf("busy beside %d of %d samples, which are left out", n, f.Samples.Total)
	}
	return "idle, or there is none"
}
