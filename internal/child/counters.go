package child

import (
	"errors"
	"slices"
	"syscall"

	"webrunner/internal/cell"
	"webrunner/internal/wire"
	"webrunner/perf"
	"webrunner/trampoline"
)

// Sections of a record that reads counters.
const (
	secCounted = iota
	secUncounted
)

// counterCells is how many cells count each group, and counterRecords the
// samples that each takes.
const (
	counterCells   = 3
	counterRecords = 101
)

// group is a set of events that is counted at once.
type group struct {
	events []perf.Known
	source wire.Source
	rdpmc  bool              // where the host allows it; the kernel's own events have no register
	names  map[string]string // kernel's name to ours; events without one are not shown
}

// hardware is counted where there is a PMU.
func hardware() group {
	return group{
		events: pick(perf.HardwareEvents(), "cycles", "instructions"),
		source: wire.PMU,
		rdpmc:  true,
		names:  map[string]string{"cycles": "Cycles", "instructions": "Instructions"},
	}
}

// software is counted everywhere. In user mode the kernel's own events, such
// as context switches, do not count: the sample loop sees those by rseq.
func software() group {
	return group{
		events: pick(perf.SoftwareEvents(), "page-faults", "alignment-faults"),
		source: wire.Software,
		names:  map[string]string{"page-faults": "Page faults", "alignment-faults": "Alignment faults"},
	}
}

func pick(all []perf.Known, names ...string) []perf.Known {
	return slices.DeleteFunc(all, func(k perf.Known) bool { return !slices.Contains(names, k.Name) })
}

// count counts a group and adds its figures. A group that cannot be counted
// is unavailable, with the reason; only the kernel's own failure is a problem.
func (r *runner) count(g group) *wire.Problem {
	var cells [][]perf.Sample
	for range counterCells {
		out, err := r.countOnce(g)
		var p *wire.Problem
		if errors.As(err, &p) {
			return p
		}
		if err == nil {
			var s []perf.Sample
			if s, err = r.countsOf(out, r.mode(g)); err == nil {
				cells = append(cells, s)
			}
		}
		if err != nil {
			r.groupUnavailable(g, err)
			return nil
		}
		if r.sampling(r.start) <= 0 {
			break
		}
	}
	for i, e := range g.events {
		fig, q, err := perf.EstimateCounter(cells, i)
		if err != nil {
			r.unavailable(g.names[e.Name], "%v", err)
			continue
		}
		r.counter(g.names[e.Name], e.Unit, g.source, fig)
		r.warnings = append(r.warnings, q.Warnings...)
	}
	return nil
}

func (r *runner) groupUnavailable(g group, err error) {
	for _, e := range g.events {
		r.unavailable(g.names[e.Name], "%v", err)
	}
}

// mode is how the counters of a group are read.
func (r *runner) mode(g group) uint64 {
	if g.rdpmc && r.job.Host.RDPMC {
		return trampoline.ModeRDPMC
	}
	return trampoline.ModeRead
}

// countOnce runs one cell that reads the group around each call. Where rdpmc
// cannot be used, the cell may also make the system call read, on the group's
// leader, descriptor 0.
func (r *runner) countOnce(g group) (*cell.Outcome, error) {
	plan := r.plan()
	plan.Mode = r.mode(g)
	if plan.Filter != nil && plan.Mode == trampoline.ModeRead {
		var err error
		if plan.Filter, err = filterFor(true); err != nil {
			return nil, err
		}
	}
	for i, e := range g.events {
		a := e.User()
		a.Disabled = i == 0 // until the cell starts its group
		plan.Attrs = append(plan.Attrs, a.Encode())
	}
	plan.Sections = []cell.Section{
		secCounted:   {Kind: trampoline.Kernel, Counted: true},
		secUncounted: {Kind: trampoline.Empty, Counted: true},
	}
	plan.Records = min(counterRecords, plan.MaxRecords())
	plan.Budget = r.ticks(laterCells)
	r.fill()
	out, err := r.space.Run(plan)
	var errno syscall.Errno
	switch {
	case errors.As(err, &errno): // the host refuses to open the events
		return nil, perf.NewOpenError(g.events[0].User(), 0, errno)
	case err != nil:
		return nil, err
	}
	if p := r.abnormal(out, plan); p != nil {
		return nil, p
	}
	return out, nil
}

// readHeader is what read(2) of a group puts before the counts: their number,
// the time enabled and the time running.
const readHeader = 3

// countsOf turns the readings of a cell into samples. A group that was not
// counting all the time is an error: nothing is scaled.
func (r *runner) countsOf(o *cell.Outcome, mode uint64) ([]perf.Sample, error) {
	var samples []perf.Sample
	for _, rec := range o.Samples.Records {
		for sec, c := range rec.Counts {
			s := perf.Sample{
				Ticks: rec.Ticks[sec], Empty: sec == secUncounted,
				Interrupted: rec.Flags>>sec&trampoline.FlagInterrupt != 0,
				// A counter that the kernel moved meanwhile is worth as little.
				Preempted: rec.Flags>>sec&trampoline.FlagPreempt != 0 || rec.Flags&trampoline.FlagCounter != 0,
			}
			before, after := c.Before, c.After
			if mode == trampoline.ModeRead {
				if after[1]-before[1] != after[2]-before[2] {
					return nil, errors.New("the counters were multiplexed; another user has them")
				}
				before, after = before[readHeader:], after[readHeader:]
			}
			for i := range after {
				s.Counters = append(s.Counters, r.advance(before[i], after[i], mode))
			}
			samples = append(samples, s)
		}
	}
	return samples, nil
}

// advance is what a counter advanced by. rdpmc gives the register, which wraps
// at its width (SDM vol. 3B, 21.2.2).
func (r *runner) advance(before, after, mode uint64) uint64 {
	d := after - before
	if w := r.job.Host.PMUWidth; mode == trampoline.ModeRDPMC && w > 0 && w < 64 {
		d &= 1<<w - 1
	}
	return d
}
