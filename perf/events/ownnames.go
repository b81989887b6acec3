package events

import (
	"fmt"
	"maps"
	"slices"

	"webrunner/perf/processor"
)

// adopt takes over from Linux how the machine's event select register is
// laid out, and its own names for events.
func (t *Table) adopt(p PMU) {
	if len(p.Format) > 0 {
		t.format = p.Format
	}
	for _, name := range slices.Sorted(maps.Keys(p.Events)) {
		e := t.Raw(name, p.Events[name])
		e.Note, e.source = "", linuxSource
		t.linux = append(t.linux, e)
	}
}

// linuxTable makes a table of Linux's own events for a processor that
// the vendors' data does not know.
func linuxTable(cpu CPU, info processor.HostInfo, p PMU) (*Table, error) {
	if len(p.Events) == 0 {
		return nil, &UnknownCPUError{cpu}
	}
	t := &Table{
		Name: "kernel", AMD: cpu.Vendor != "GenuineIntel",
		General: info.Counters, GeneralAlone: info.Counters, Fixed: (Counters(1)<<info.Fixed - 1) << 32,
		Doubt: fmt.Sprintf("there is no event table for this processor (%s family %#x model %#x): only Linux's own events have names", cpu.Vendor, cpu.Family, cpu.Model),
	}
	t.format = BuiltinFormat(t.AMD)
	t.adopt(p)
	t.Events, t.linux = t.linux, nil
	for i := range t.Events {
		t.Events[i].fixedLikeArchitecture(t)
	}
	return t, nil
}

// fixedLikeArchitecture lets e count on the fixed counter that architectural
// performance monitoring has for it (SDM volume 3, 20.2.2).
func (e *Event) fixedLikeArchitecture(t *Table) {
	var counter Counters
	switch e.Name {
	case "instructions":
		counter = 1 << 32
	case "cpu-cycles":
		counter = 1 << 33
	case "ref-cycles":
		if counter = 1 << 34; t.Fixed&counter != 0 {
			e.Counters, e.CountersAlone = 0, 0 // perf's code for it exists on no general counter
		}
	}
	e.Counters |= counter & t.Fixed
	e.CountersAlone |= counter & t.Fixed
}
