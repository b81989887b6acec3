package child

import (
	"fmt"
	"slices"

	"webrunner/internal/wire"
	"webrunner/perf"
)

// describe tells under which conditions the samples were taken.
func (s *sampler) describe() {
	m := s.job.Manner
	s.precision.Wanted = s.job.Budget.Precision
	f := s.figure(wire.FigureCycles)
	if f == nil {
		f = s.figure(s.cyclesName())
	}
	if f != nil {
		s.precision.Achieved = (f.CI95[1] - f.CI95[0]) / 2 / f.Value
	}
	if p := &s.precision; p.Stopped == wire.StopPrecision && p.Achieved > p.Wanted {
		p.Stopped = wire.StopResolution
	}
	c := wire.Conditions{
		Mode: wire.ModeLatency, Batch: s.batch, Data: warmth(m.ColdData), Code: warmth(m.ColdCode), Pages: wire.Pages4K,
		Kernel: fmt.Sprintf("%#x", s.choice.Addr), Stack: m.StackOffset, Operands: s.offsets(),
		CPU: s.cpu, Pinned: s.pinning(), Sibling: s.sibling(), Precision: s.precision,
		Detectors: map[string]string{
			"interrupts": detector("ES selector", s.job.Host.Detectors.Interrupt),
			"preemption": detector("rseq", s.job.Host.Detectors.Preempt),
		},
	}
	if m.Throughput {
		c.Mode = wire.ModeThroughput
	}
	if m.HugePages {
		c.Pages = wire.Pages2M
	}
	if hz := float64(s.job.Host.TSCHz); hz > 0 {
		c.MHz = [2]float64{s.quality.RatioLow * hz / 1e6, s.quality.RatioHigh * hz / 1e6}
	}
	s.conditions = c
	if note := s.upperInUse(); note != "" {
		s.notes = append(s.notes, note)
	}
}

// pinning tells how the CPU of the cells is known: the kernel says of each that
// it could run on no other.
func (s *sampler) pinning() string {
	if s.pinned != "" {
		return s.pinned
	}
	moves := 0
	for i, o := range s.outcomes {
		if o.CPU != s.on[i] {
			return fmt.Sprintf("cell %d could run elsewhere", i+1)
		}
		if i > 0 && s.on[i] != s.on[i-1] {
			moves++
		}
	}
	switch moves {
	case 0:
		return "pinned, verified"
	case 1:
		return "pinned, verified; moved 1 time from a busy hyper-thread"
	}
	return fmt.Sprintf("pinned, verified; moved %d times from busy hyper-threads", moves)
}

// settle moves the next cells to another CPU where most samples of this one
// suffered from the core's other hyper-thread.
func (s *sampler) settle(samples []perf.Sample) {
	elsewhere := others(s.job.Host.CPUs, s.cpu)
	if s.pinned != "" || len(elsewhere) == 0 {
		return
	}
	fig, _, err := perf.EstimateCycles([][]perf.Sample{samples}, s.calibration(), s.job.Host.TSCQuantum)
	if err == nil && 2*fig.Rejected.Contended > fig.Total {
		s.pin(elsewhere)
	}
}

// others returns the CPUs but this one.
func others(cpus []int, cpu int) []int {
	return slices.DeleteFunc(slices.Clone(cpus), func(c int) bool { return c == cpu })
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

// sibling tells of the core's other hyper-thread by the witnesses beside the
// samples.
func (s *sampler) sibling() string {
	f, ok := s.cyclesFigure()
	switch n := f.Samples.Rejected["contended"]; {
	case s.job.Host.Calibration.WitnessCycles == 0 || !ok:
		return "not known"
	case s.quality.Contended:
		return "busy"
	case n > 0:
		return fmt.Sprintf("busy beside %d of %d samples, which are left out", n, f.Samples.Total)
	}
	return "idle, or there is none"
}

// figure returns a counter with a positive value, nil if there is none.
func (r *runner) figure(name string) *wire.Counter {
	for i := range r.counters {
		if c := &r.counters[i]; c.Name == name && c.Value > 0 {
			return c
		}
	}
	return nil
}

// cyclesFigure returns the figure that the witnesses belong to.
func (s *sampler) cyclesFigure() (wire.Counter, bool) {
	for _, c := range s.counters {
		if c.Source == wire.TSCCalibrated {
			return c, true
		}
	}
	return wire.Counter{}, false
}
