package child

import (
	"errors"
	"math"
	"slices"
	"syscall"
	"time"

	"webrunner/internal/cell"
	"webrunner/internal/wire"
	"webrunner/perf"
	"webrunner/trampoline"
)

// Sections of a record that reads counters. Where caches shall be cold, they
// are emptied behind these.
const (
	secCounted = iota
	secUncounted
)

// Every group is counted in a cell of its own, several times over so that an
// effect of layout shows. Many groups have one cell each: together they still
// say of cycles and instructions, which each of them counts, what cells differ by.
const (
	fewGroups      = 8  // that get minCells cells each
	counterRecords = 33 // in a cell: 31 good ones and some that are not
	goodSamples    = 31
	mostRounds     = 8 // of cells, while counts are not precise
)

// group is a set of events that is counted at once, and what it counted.
type group struct {
	events []event
	rdpmc  bool // where the host allows it; not all events have a register of their own
	cells  [][]perf.Sample
	failed error // why it cannot be counted
}

type event struct {
	name, unit string
	attr       perf.Attr
}

// hardware returns the groups that the job asks for.
func (r *runner) hardware() []*group {
	var list []*group
	for _, events := range r.job.Groups {
		g := &group{rdpmc: true}
		for i, e := range events {
			g.rdpmc = g.rdpmc && !e.MetricField
			g.events = append(g.events, event{e.Name, e.Unit, perf.Attr{
				Name: e.Name, Type: e.Type, Config: e.Config, Config1: e.Config1, Config2: e.Config2,
				ExcludeKernel: true, ExcludeHV: true,
				Pinned: i == 0, // on the counters all the time or not at all
			}})
		}
		list = append(list, g)
	}
	return list
}

// count counts groups and adds their figures, each event's once. A group that
// cannot be counted is unavailable, with the reason; only the kernel's own
// failure is a problem.
func (s *sampler) count(groups []*group) *wire.Problem {
	rounds, done := minCells, func(g *group) bool { return g.precise(s.job.Budget.Precision) }
	if len(groups) > fewGroups { // repeating all of them for precision would take too long
		rounds, done = 1, (*group).sampled
	}
	left := rounds * len(groups) // cells that share the time
	for round := range mostRounds {
		for i, g := range groups {
			switch {
			case g.failed != nil || round >= rounds && done(g):
				continue
			case s.sampling() > 0 || round == 0 && i == 0:
			case round == 0:
				g.failed = errNoTime
				continue
			default:
				continue
			}
			s.share = s.sampling() / time.Duration(max(left, 1))
			if p := s.countInCell(g); p != nil {
				return p
			}
			left--
		}
	}
	s.addCounts(groups)
	return nil
}

// sampled tells whether a group has enough good samples.
func (g *group) sampled() bool {
	n := 0
	for _, c := range g.cells {
		n += perf.Undisturbed(c)
	}
	return n >= goodSamples
}

// countInCell runs one more cell of a group.
func (s *sampler) countInCell(g *group) *wire.Problem {
	if s.beside == nil {
		if err := s.countReference(g); err != nil {
			g.failed = openError(g, err)
			return nil
		}
	}
	out, err := s.countOnce(g)
	var p *wire.Problem
	if errors.As(err, &p) {
		return p
	}
	if err == nil {
		var samples []perf.Sample
		if samples, err = s.countsOf(out, g); err == nil {
			g.cells = append(g.cells, samples)
			s.checkTotals(out, g)
		}
	}
	g.failed = err
	return nil
}

// precise tells whether no more cells are needed.
func (g *group) precise(precision float64) bool {
	if !g.sampled() {
		return false
	}
	for i := range g.events {
		f, _, err := perf.EstimateCounter(g.readings(i))
		if err != nil {
			return false
		}
		if !f.Exact && (f.CIHigh-f.CILow)/2 > max(precision*math.Abs(f.Value), 1) {
			return false
		}
	}
	return true
}

// readings are those of event i in every cell of the group.
func (g *group) readings(i int) []perf.Readings {
	var list []perf.Readings
	for _, c := range g.cells {
		list = append(list, perf.Readings{Samples: c, Counter: i})
	}
	return list
}

// addCounts adds the figures of all groups in the order of the request. What
// several groups count is one figure of all their cells.
func (s *sampler) addCounts(groups []*group) {
	var done []string
	for _, g := range groups {
		for _, e := range g.events {
			if !slices.Contains(done, e.name) {
				done = append(done, e.name)
				s.addCount(e, groups)
			}
		}
	}
}

func (s *sampler) addCount(e event, groups []*group) {
	var cells []perf.Readings
	var failed error
	for _, g := range groups {
		i := slices.IndexFunc(g.events, func(o event) bool { return o.name == e.name })
		switch {
		case i < 0:
		case g.failed != nil:
			failed = g.failed
		default:
			cells = append(cells, g.readings(i)...)
		}
	}
	if len(cells) == 0 && failed != nil {
		s.unavailable(e.name, "%v", failed)
		return
	}
	fig, q, err := perf.EstimateCounter(cells)
	if err != nil {
		s.unavailable(e.name, "%v", err)
		return
	}
	s.counter(e.name, e.unit, wire.PMU, s.perCall(fig), s.modes(q))
	s.warn(e.name, q)
}

// mode is how the counters of a group are read.
func (r *runner) mode(g *group) uint64 {
	if g.rdpmc && r.job.Host.RDPMC {
		return trampoline.ModeRDPMC
	}
	return trampoline.ModeRead
}

// countOnce runs one cell that reads the group around each call. Where rdpmc
// cannot be used, the cell may also make the system call read, on the group's
// leader, descriptor 0.
func (s *sampler) countOnce(g *group) (*cell.Outcome, error) {
	plan, err := s.countPlan(g, trampoline.Kernel)
	if err != nil {
		return nil, err
	}
	s.fill()
	out, err := s.space.Run(plan)
	if err != nil {
		return nil, openError(g, err)
	}
	if p := s.abnormal(out, plan); p != nil {
		return nil, p
	}
	return out, nil
}

// countPlan is the plan of a cell that counts a group around calls of a kind.
func (s *sampler) countPlan(g *group, call trampoline.Kind) (cell.Plan, error) {
	plan := s.emptyCaches(s.plan(), []cell.Section{
		secCounted:   {Kind: call, Batch: s.batch, Counted: true},
		secUncounted: {Kind: trampoline.Empty, Batch: s.batch, Counted: true},
	})
	plan.Mode = s.mode(g)
	if plan.Filter != nil && plan.Mode == trampoline.ModeRead {
		if s.reading == nil {
			var err error
			if s.reading, err = filterFor(true); err != nil {
				return plan, err
			}
		}
		plan.Filter = s.reading
	}
	for i, e := range g.events {
		e.attr.Disabled = i == 0 // until the cell starts its group
		plan.Attrs = append(plan.Attrs, e.attr.Encode())
	}
	plan.Records = min(counterRecords, plan.MaxRecords())
	plan.Budget = s.ticks(max(s.share, laterTime))
	return plan, nil
}

// openError names the event that the host refuses, where it is known.
func openError(g *group, err error) error {
	var step *cell.StepError
	if !errors.As(err, &step) {
		return err
	}
	i := step.Step.Index
	if step.Step.Kind != cell.StepOpenCounter || i >= len(g.events) {
		return step
	}
	return perf.NewOpenError(g.events[i].attr, i, syscall.Errno(step.Errno))
}

// Reasons why a group has no counts. Nothing is scaled.
var (
	errOffPMU      = errors.New("the group did not get onto the counters; another user has them")
	errNoTime      = errors.New("the deadline came before its turn; ask for fewer events, or for more time")
	errMultiplexed = errors.New("the counters were multiplexed; another user has them")
)

// countsOf turns the readings of a cell into samples.
func (r *runner) countsOf(o *cell.Outcome, g *group) ([]perf.Sample, error) {
	records := r.usable(o)
	samples := make([]perf.Sample, 0, 2*len(records))
	mode, lost := r.mode(g), 0
	for _, rec := range records {
		if rec.Flags&trampoline.FlagCounter != 0 {
			if lost++; mode == trampoline.ModeRead {
				return nil, errOffPMU // a pinned group does not come back
			}
		}
		for sec, c := range rec.Counts {
			s := perf.Sample{
				Ticks: rec.Ticks[sec], Empty: sec == secUncounted,
				Interrupted: r.job.Host.Detectors.Interrupt == "" && rec.Flags>>sec&trampoline.FlagInterrupt != 0,
				// A counter that the kernel moved meanwhile is worth as little.
				Preempted: r.job.Host.Detectors.Preempt == "" && rec.Flags>>sec&trampoline.FlagPreempt != 0 || rec.Flags&trampoline.FlagCounter != 0,
			}
			before, after := c.Before, c.After
			if mode == trampoline.ModeRead {
				if err := counting(before, after, len(g.events)); err != nil {
					return nil, err
				}
				before, after = before[cell.ReadHeader:], after[cell.ReadHeader:]
			}
			s.Counters = make([]uint64, len(after))
			for i := range after {
				s.Counters[i] = r.advance(before[i], after[i], mode)
			}
			samples = append(samples, s)
		}
	}
	if lost > 0 && lost == len(records) {
		return nil, errOffPMU
	}
	return samples, nil
}

// counting checks two readings of a group by read(2). One that could not be
// scheduled reads as nothing at all (perf_event_open(2), "pinned").
func counting(before, after []uint64, events int) error {
	n := uint64(events)
	switch enabled, running := after[1]-before[1], after[2]-before[2]; {
	case before[0] != n || after[0] != n:
		return errOffPMU
	case enabled != running:
		return errMultiplexed
	}
	return nil
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
