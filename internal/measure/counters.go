package measure

import (
	"errors"
	"math"
	"slices"
	"syscall"
	"time"

	"webrunner/internal/autopsy"
	"webrunner/internal/cell"
	"webrunner/internal/wire"
	"webrunner/perf"
	"webrunner/perf/stats"
	"webrunner/trampoline"
)

// Laps of a record that reads counters. Where caches shall be cold, they
// are emptied behind these.
const (
	lapCounted = iota
	lapUncounted
)

// Every group is counted in a cell of its own, several times over so that an
// effect of layout shows. Many groups have one cell each: together they still
// say of cycles and instructions, which each of them counts, what cells differ by.
const (
	fewGroups      = 8  // that get MinCells cells each
	counterRecords = 33 // in a cell: 31 good ones and some that are not
	goodSamples    = 31
	mostRounds     = 8 // of cells, while counts are not precise
)

// group is a set of events that is counted at once, and what it counted.
type group struct {
	events []event
	rdpmc  bool // where the host allows it; not all events have a register of their own
	cells  [][]stats.Sample
	failed error // why it cannot be counted
}

type event struct {
	name, unit string
	attr       perf.Attr
}

// hardware returns the groups that a job asks for.
func hardware(job *wire.Job) []*group {
	var list []*group
	for _, events := range job.Groups {
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

// counting is the counting of groups of events around the calls of a subject.
type counting struct {
	timer
	record Record
	groups []*group
	beside map[string]float64 // events counted beside the readings of a record, by name
	doubts []string           // what speaks against readings
	broken autopsy.Broken
	plans  []cell.Plan // of the cells that counted
}

// newCounting begins to count the groups that the job of a subject asks for.
func newCounting(r Record, t timer) *counting {
	return &counting{timer: t, record: r, groups: hardware(t.subject.Job)}
}

// stopped tells why counting stopped; it is empty where nothing was counted.
func (c *counting) stopped() wire.StopReason {
	wanted := c.subject.Job.Budget.Precision
	switch {
	case !slices.ContainsFunc(c.groups, func(g *group) bool { return g.failed == nil }):
		return "" // the time stamps give the main figures after all
	case slices.ContainsFunc(c.groups, func(g *group) bool { return g.failed == nil && !g.precise(wanted) }):
		if c.left() <= 0 {
			return wire.StopDeadline
		}
		return wire.StopCells
	}
	return wire.StopPrecision
}

// count counts the groups, as often as their precision needs. One that cannot be counted is unavailable, with the reason;
// only a cell that ended otherwise than by returning is an error.
func (c *counting) count() error {
	wanted := c.subject.Job.Budget.Precision
	rounds, done := MinCells, func(g *group) bool { return g.precise(wanted) }
	if len(c.groups) > fewGroups { // repeating all of them for precision would take too long
		rounds, done = 1, (*group).sampled
	}
	waiting := rounds * len(c.groups) // cells that share the time
	for round := range mostRounds {
		for i, g := range c.groups {
			switch {
			case g.failed != nil || round >= rounds && done(g):
				continue
			case c.left() > 0 || round == 0 && i == 0:
			case round == 0:
				g.failed = errNoTime
				continue
			default:
				continue
			}
			if err := c.countInCell(g, c.left()/time.Duration(max(waiting, 1))); err != nil {
				return err
			}
			waiting--
		}
	}
	return nil
}

// sampled tells whether a group has enough good samples.
func (g *group) sampled() bool {
	n := 0
	for _, c := range g.cells {
		n += stats.Undisturbed(c)
	}
	return n >= goodSamples
}

// countInCell runs one more cell of a group, which has a share of the time.
func (c *counting) countInCell(g *group, share time.Duration) error {
	if c.beside == nil {
		if err := c.countReference(g); err != nil {
			g.failed = openError(g, err)
			return nil
		}
	}
	out, err := c.countOnce(g, share)
	var p *wire.Problem
	if errors.As(err, &p) {
		return p
	}
	if err == nil {
		var samples []stats.Sample
		if samples, err = c.countsOf(out, g); err == nil {
			g.cells = append(g.cells, samples)
			c.checkTotals(out, g)
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
		f, _, err := stats.EstimateCounter(g.readings(i))
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
func (g *group) readings(i int) []stats.Readings {
	var list []stats.Readings
	for _, c := range g.cells {
		list = append(list, stats.Readings{Samples: c, Counter: i})
	}
	return list
}

// addCounts adds the figures of all groups in the order of the request. What
// several groups count is one figure of all their cells.
func (c *counting) addCounts(f *Figures) {
	var done []string
	for _, g := range c.groups {
		for _, e := range g.events {
			if !slices.Contains(done, e.name) {
				done = append(done, e.name)
				c.addCount(e, f)
			}
		}
	}
}

func (c *counting) addCount(e event, f *Figures) {
	var cells []stats.Readings
	var failed error
	for _, g := range c.groups {
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
		f.unavailable(e.name, "%v", failed)
		return
	}
	fig, q, err := stats.EstimateCounter(cells)
	if err != nil {
		f.unavailable(e.name, "%v", err)
		return
	}
	f.add(e.name, e.unit, wire.PMU, f.perCall(fig), f.modes(q))
	f.warn(e.name, q)
}

// mode is how the counters of a group are read.
func (c *counting) mode(g *group) uint64 {
	if g.rdpmc && c.subject.Job.Host.RDPMC {
		return trampoline.ModeRDPMC
	}
	return trampoline.ModeRead
}

// countOnce runs one cell that reads the group around each call. Where rdpmc
// cannot be used, the cell may also make the system call read, on the group's
// leader, descriptor 0.
func (c *counting) countOnce(g *group, share time.Duration) (*cell.Outcome, error) {
	plan := c.plan(g, trampoline.Kernel, share)
	out, err := c.subject.Attempt(plan, func() {})
	if err != nil {
		return nil, openError(g, err)
	}
	if err := c.subject.Explain(out, plan); err != nil {
		return nil, err
	}
	c.broken, c.plans = c.broken.And(autopsy.BrokenBy(plan, out)), append(c.plans, plan)
	return out, nil
}

// plan is the plan of a cell that counts a group around calls of a kind.
func (c *counting) plan(g *group, call trampoline.Kind, share time.Duration) cell.Plan {
	plan := prepared(c.subject, []cell.Lap{
		lapCounted:   {Kind: call, Batch: c.record.Batch, Counted: true},
		lapUncounted: {Kind: trampoline.Empty, Batch: c.record.Batch, Counted: true},
	})
	if plan.Mode = c.mode(g); plan.Mode == trampoline.ModeRead {
		plan = c.subject.Reading(plan)
	}
	for i, e := range g.events {
		e.attr.Disabled = i == 0 // until the cell starts its group
		plan.Attrs = append(plan.Attrs, e.attr.Encode())
	}
	plan.Records = min(counterRecords, plan.MaxRecords())
	plan.Budget = c.record.Ticks(max(share, laterTime))
	return plan
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
func (c *counting) countsOf(o *cell.Outcome, g *group) ([]stats.Sample, error) {
	records := usable(c.subject, o)
	samples := make([]stats.Sample, 0, 2*len(records))
	mode, lost, host := c.mode(g), 0, &c.subject.Job.Host
	for _, rec := range records {
		if rec.Flags&trampoline.FlagCounter != 0 {
			if lost++; mode == trampoline.ModeRead {
				return nil, errOffPMU // a pinned group does not come back
			}
		}
		for sec, count := range rec.Counts {
			s := stats.Sample{
				Ticks: rec.Ticks[sec], Empty: sec == lapUncounted,
				Interrupted: host.Detectors.Interrupt == "" && rec.Flags>>sec&trampoline.FlagInterrupt != 0,
				// A counter that the kernel moved meanwhile is worth as little.
				Preempted: host.Detectors.Preempt == "" && rec.Flags>>sec&trampoline.FlagPreempt != 0 || rec.Flags&trampoline.FlagCounter != 0,
			}
			before, after := count.Before, count.After
			if mode == trampoline.ModeRead {
				if err := scheduled(before, after, len(g.events)); err != nil {
					return nil, err
				}
				before, after = before[cell.ReadHeader:], after[cell.ReadHeader:]
			}
			s.Counters = make([]uint64, len(after))
			for i := range after {
				s.Counters[i] = advance(before[i], after[i], mode, host.PMUWidth)
			}
			samples = append(samples, s)
		}
	}
	if lost > 0 && lost == len(records) {
		return nil, errOffPMU
	}
	return samples, nil
}

// scheduled checks two readings of a group by read(2). One that could not be
// scheduled reads as nothing at all (perf_event_open(2), "pinned").
func scheduled(before, after []uint64, events int) error {
	n := uint64(events)
	switch enabled, running := after[1]-before[1], after[2]-before[2]; {
	case before[0] != n || after[0] != n:
		return errOffPMU
	case enabled != running:
		return errMultiplexed
	}
	return nil
}

// advance is what a counter of so many bits advanced by. rdpmc gives the register,
// which wraps at its width (SDM vol. 3B, 21.2.2).
func advance(before, after, mode uint64, width int) uint64 {
	d := after - before
	if mode == trampoline.ModeRDPMC && width > 0 && width < 64 {
		d &= 1<<width - 1
	}
	return d
}
