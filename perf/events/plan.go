package events

import (
	"fmt"
	"slices"
)

// Machine is what bounds a group beyond the table.
type Machine struct {
	SMT      bool // hyper-threads are on
	Watchdog bool // the NMI watchdog keeps a cycles counter
	General  int  // general counters as CPUID tells; 0 takes the table's
	Fixed    int  // fixed counters likewise, only less than the table's counts; -1 for none
	// Bare leaves cycles and instructions out of the groups that do not ask
	// for them. By default every group has them, to check it by and to
	// normalise it with.
	Bare bool
}

// Group is events that fit on the counters together. The first one leads.
type Group struct {
	Events []Event
}

// Names returns the names of the group's events.
func (g Group) Names() []string {
	names := make([]string, len(g.Events))
	for i, e := range g.Events {
		names[i] = e.Name
	}
	return names
}

// Refusal is an event that no group can count on a machine, and why.
type Refusal struct {
	Event Event
	Why   string
}

// Plan packs events into few groups that each fit on the counters without
// multiplexing: first fit, those with the fewest usable counters first, with
// bipartite matching of events to counters as the test of fit. An event that
// has no room beside cycles and instructions is in a group without them.
func Plan(t *Table, list []Event, m Machine) ([]Group, []Refusal) {
	p := newPlanner(t, m)
	var refused []Refusal
	var order []demand
	for _, e := range list {
		if p.isBase(e) {
			continue
		}
		d := p.demand(e)
		if _, err := e.Encode(t.format); err != nil {
			refused = append(refused, Refusal{e, err.Error()})
			continue
		}
		if !p.open(d).add(d) {
			d.lone = true
			if !p.open(d).add(d) {
				refused = append(refused, Refusal{e, p.whyNot(d)})
				continue
			}
		}
		order = append(order, d)
	}
	slices.SortStableFunc(order, func(a, b demand) int { return a.difficulty() - b.difficulty() })
	var packs []*pack
	for _, d := range order {
		if !slices.ContainsFunc(packs, func(k *pack) bool { return k.add(d) }) {
			k := p.open(d)
			k.add(d)
			packs = append(packs, k)
		}
	}
	if !slices.ContainsFunc(packs, func(k *pack) bool { return !k.lone }) && slices.ContainsFunc(list, p.isBase) {
		packs = append(packs, p.open(demand{}))
	}
	groups := make([]Group, len(packs))
	for i, k := range packs {
		groups[i] = k.group(list)
	}
	return groups, refused
}

// planner holds the machine's counters.
type planner struct {
	table   *Table
	machine Machine
	general Counters // usable general counters
	fixed   Counters // usable fixed counters, and PERF_METRICS
	base    []demand // cycles and instructions
	halve   bool     // this Linux halves the counters of groups with exclusive events
}

func newPlanner(t *Table, m Machine) *planner {
	p := &planner{table: t, machine: m, fixed: t.Fixed}
	n := t.General
	if !m.SMT {
		n = t.GeneralAlone
	}
	if m.General > 0 {
		n = min(n, m.General)
	}
	if t.MetricFields > 0 {
		p.fixed |= 1 << 48
	}
	if m.Fixed < 0 {
		p.fixed = 0
	} else if m.Fixed > 0 {
		p.fixed &= (Counters(1)<<m.Fixed-1)<<32 | 1<<48
	}
	if m.Watchdog {
		const fixedCycles = 1 << 33
		if p.fixed&fixedCycles != 0 {
			p.fixed &^= fixedCycles
		} else {
			n--
		}
	}
	p.general = Counters(1)<<max(n, 0) - 1
	p.halve = m.SMT && slices.Contains([]string{"SNB", "JKT", "IVB", "IVT", "HSW", "HSX"}, t.Name)
	var wanted []Event
	if c, ok := t.Cycles(); ok {
		wanted = append(wanted, c)
	}
	if i, ok := t.Instructions(); ok {
		wanted = append(wanted, i)
	}
	if !m.Bare {
		for _, e := range wanted {
			p.base = append(p.base, p.demand(e))
		}
		if !p.open(demand{}).fits() {
			p.base = nil // a machine too small for both
		}
	}
	return p
}

func (p *planner) isBase(e Event) bool {
	return slices.ContainsFunc(p.base, func(b demand) bool { return b.event.Name == e.Name })
}

// demand is an event with the counters that it can have on this machine.
type demand struct {
	event     Event
	counters  Counters
	exclusive bool
	lone      bool // has no room beside cycles and instructions
}

// difficulty orders demands: those with the fewest choices come first.
func (d demand) difficulty() int {
	n := d.counters.Count()
	if d.event.Flags&Pair != 0 {
		n -= 48
	}
	if d.exclusive {
		n -= 64
	}
	if d.event.MSR != 0 {
		n -= 32
	}
	return n
}

func (p *planner) demand(e Event) demand {
	c := e.Usable(p.machine.SMT)
	d := demand{event: e, counters: c.General()&p.general | c&^c.General()&p.fixed}
	// A fixed event that has a code counts on a general counter as well
	// (x86_pmu constraints of arch/x86/events/intel/core.c).
	const cyclesOrInstructions = 1<<32 | 1<<33
	if e.Flags&Fixed != 0 && c&cyclesOrInstructions != 0 && e.Code != 0 {
		d.counters |= p.general
	}
	if e.Flags&Pair != 0 {
		d.counters &= p.general >> 1 // the next one must be there too
	}
	// Retired memory operations leak between the hyper-threads of these cores;
	// Linux keeps the other thread's counter empty and halves what a thread
	// may use (x86_schedule_events, excl_cntrs).
	d.exclusive = p.halve && e.Code >= 0xd0 && e.Code <= 0xd3
	return d
}

func (p *planner) whyNot(d demand) string {
	switch {
	case d.event.Flags&MetricField != 0:
		return "this machine does not offer PERF_METRICS with its slots counter"
	case d.counters == 0:
		return fmt.Sprintf("it needs counters %#x, this machine offers %#x", uint64(d.event.Usable(p.machine.SMT)), uint64(p.general|p.fixed))
	}
	return "it does not fit on the counters even by itself"
}

// pack is a group being filled.
type pack struct {
	p      *planner
	wanted []demand
	lone   bool // without cycles and instructions
}

// open begins a pack for d.
func (p *planner) open(d demand) *pack {
	if d.lone {
		return &pack{p: p, lone: true}
	}
	return &pack{p: p, wanted: slices.Clone(p.base)}
}

// add puts a demand into the pack if the whole still fits.
func (k *pack) add(d demand) bool {
	n := len(k.wanted)
	if d.lone != k.lone || !k.registers(d) || !k.company(d) {
		return false
	}
	if d.event.Flags&MetricField != 0 && !k.hasSlots() {
		slots, ok := k.p.table.Lookup("TOPDOWN.SLOTS")
		if !ok {
			return false
		}
		k.wanted = append(k.wanted, k.p.demand(slots))
	}
	k.wanted = append(k.wanted, d)
	if k.fits() {
		return true
	}
	k.wanted = k.wanted[:n]
	return false
}

func (k *pack) hasSlots() bool {
	return slices.ContainsFunc(k.wanted, func(d demand) bool { return d.event.Name == "TOPDOWN.SLOTS" })
}

// registers tells whether the extra registers suffice: one value for each,
// and two for off-core responses, which have two registers (but on Nehalem,
// where they have one counter anyway).
func (k *pack) registers(d demand) bool {
	if d.event.MSR == 0 {
		return true
	}
	room := 1
	if isOffcore(d.event.MSR) {
		room = 2
	}
	var values []uint64
	for _, w := range k.wanted {
		same := w.event.MSR == d.event.MSR || isOffcore(w.event.MSR) && isOffcore(d.event.MSR)
		if same && w.event.MSR != 0 && !slices.Contains(values, w.event.MSRValue) {
			values = append(values, w.event.MSRValue)
		}
	}
	return slices.Contains(values, d.event.MSRValue) || len(values) < room
}

func isOffcore(msr uint32) bool { return msr == 0x1a6 || msr == 0x1a7 }

// company tells whether d tolerates those present and they it.
func (k *pack) company(d demand) bool {
	if d.event.Flags&TakenAlone != 0 {
		return !slices.ContainsFunc(k.wanted, programmable)
	}
	return !programmable(d) || !slices.ContainsFunc(k.wanted, func(w demand) bool { return w.event.Flags&TakenAlone != 0 })
}

// programmable tells of an event that only general counters count.
func programmable(d demand) bool { return d.counters&^d.counters.General() == 0 }

// fits tells whether every event gets a counter of its own.
func (k *pack) fits() bool {
	m := matching{}
	if slices.ContainsFunc(k.wanted, func(d demand) bool { return d.exclusive }) {
		m.limit = k.p.general.Count() / 2
	}
	for _, d := range k.wanted {
		if d.event.Flags&MetricField != 0 {
			continue // read beside the slots counter, takes none
		}
		m.wants = append(m.wants, want{d.counters, d.event.Flags&Pair != 0})
	}
	return m.solve()
}

// group returns the pack in the order of the request, the leader first: slots
// where there are PERF_METRICS, as Linux demands, else cycles.
func (k *pack) group(list []Event) Group {
	rank := func(d demand) int {
		switch {
		case d.event.Name == "TOPDOWN.SLOTS":
			return -2
		case k.p.isBase(d.event):
			return -1
		}
		return slices.IndexFunc(list, func(e Event) bool { return e.Name == d.event.Name })
	}
	slices.SortStableFunc(k.wanted, func(a, b demand) int { return rank(a) - rank(b) })
	var g Group
	for _, d := range k.wanted {
		g.Events = append(g.Events, d.event)
	}
	return g
}
