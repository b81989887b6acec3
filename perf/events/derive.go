package events

import (
	"slices"
	"strings"
)

// Work is what one call of a kernel does by its specification; 0 means
// unknown.
type Work struct {
	Elements, Iterations float64
	Bytes                float64 // loaded and stored
	FLOPs                float64
}

// Derived is a figure computed from counts.
type Derived struct {
	Name  string
	Value float64
	Unit  string
	From  []string // the counts that it rests on: its source is the weakest of theirs
}

// The names under which Derive looks for counts that every source may have.
const (
	CyclesName       = "Cycles"
	InstructionsName = "Instructions"
	RefCyclesName    = "Reference cycles"
)

// Derive computes what the counts of one call allow: ratios that any source
// of cycles and instructions gives and, with a table, the use of each port
// and the vendor's top-down levels 1 and 2. Counts are per call, under the
// names above or those of the table's events. What cannot be computed is
// left out.
func Derive(counts map[string]float64, w Work, t *Table) []Derived {
	d := deriver{counts: counts}
	d.ratio("IPC", "instructions/cycle", InstructionsName, CyclesName)
	d.ratio("Core clock ratio", "core/reference", CyclesName, RefCyclesName)
	d.per("Cycles per element", "cycles", CyclesName, w.Elements)
	d.per("Cycles per iteration", "cycles", CyclesName, w.Iterations)
	d.per("Instructions per element", "instructions", InstructionsName, w.Elements)
	d.perCycle("Bytes per cycle", "bytes/cycle", w.Bytes)
	d.perCycle("FLOPs per cycle", "FLOPs/cycle", w.FLOPs)
	if t != nil {
		d.ports(t)
		d.metrics(t)
	}
	return d.out
}

type deriver struct {
	counts map[string]float64
	out    []Derived
}

func (d *deriver) add(name, unit string, value float64, from ...string) {
	d.out = append(d.out, Derived{Name: name, Value: value, Unit: unit, From: from})
}

func (d *deriver) ratio(name, unit, over, under string) {
	a, ok1 := d.counts[over]
	b, ok2 := d.counts[under]
	if ok1 && ok2 && b > 0 {
		d.add(name, unit, a/b, over, under)
	}
}

func (d *deriver) per(name, unit, count string, by float64) {
	if v, ok := d.counts[count]; ok && by > 0 {
		d.add(name, unit, v/by, count)
	}
}

func (d *deriver) perCycle(name, unit string, amount float64) {
	if c, ok := d.counts[CyclesName]; ok && c > 0 && amount > 0 {
		d.add(name, unit, amount/c, CyclesName)
	}
}

// ports gives the share of cycles in which each port took a micro-operation.
func (d *deriver) ports(t *Table) {
	set, _ := t.Set("ports")
	for _, e := range set {
		short := e.Name[strings.LastIndexByte(e.Name, '.')+1:]
		d.ratio("Use of "+short, "uops/cycle", e.Name, CyclesName)
	}
}

// metrics gives those of levels 1 and 2 whose events were all counted, the
// first formula of a name that works.
func (d *deriver) metrics(t *Table) {
	all, err := t.Metrics()
	if err != nil {
		return // the embedded formulas all parse; a test holds that
	}
	cycles, _ := t.Cycles()
	instructions, _ := t.Instructions()
	count := func(name string) (float64, bool) {
		v, ok := d.counts[name]
		if !ok && name == cycles.Name {
			v, ok = d.counts[CyclesName]
		}
		if !ok && name == instructions.Name {
			v, ok = d.counts[InstructionsName]
		}
		return v, ok
	}
	for _, m := range all {
		if m.Level != "1" && m.Level != "2" || slices.ContainsFunc(d.out, func(o Derived) bool { return o.Name == m.Name }) {
			continue
		}
		if v, err := m.Eval(false, count); err == nil {
			d.add(m.Name, m.Unit, v, m.Needs(false)...)
		}
	}
}
