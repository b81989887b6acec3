package events

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"webrunner/perf"
	"webrunner/perf/processor"
)

// Host is the events of one machine: the vendor's table with Linux's own
// events beside it, the PMU by which Linux opens them, and what bounds a
// group. It does not change and may be used by many at once.
type Host struct {
	Table   *Table
	PMU     PMU // of the kind of core that the probe ran on; without a name where sysfs has none
	Machine Machine
	// Unusable says why nothing can be counted, and is empty where it can.
	Unusable string
}

// Counter is one event of a group, as perf_event_attr wants it.
type Counter struct {
	Name string // as the table spells it; a raw event is named by its terms
	// Base is CyclesName or InstructionsName for the two events that a group
	// has to be checked and normalised by, and empty for all others.
	Base                     string
	Unit                     string // what the count is in
	Type                     uint32 // perf_event_attr.type, of this kind of core on a hybrid
	Config, Config1, Config2 uint64
	// MetricField: rdpmc gives the register PERF_METRICS, with all of its fields,
	// in place of this one; read(2) gives slots.
	MetricField bool
}

// ForHost returns the events of a machine from the probe of it and from sysfs;
// fsys is the root directory. On a hybrid processor the probe's core type
// decides: what is planned counts only on the CPUs of Host.PMU.CPUs. A
// processor without a table is served by Linux's own events, which
// Table.Doubt says; without those either there is an *UnknownCPUError.
func ForHost(info processor.HostInfo, fsys fs.FS) (*Host, error) {
	pmus, err := ReadPMUs(fsys)
	if err != nil {
		return nil, err
	}
	cpu := cpuOf(info)
	h := &Host{Machine: machineOf(info)}
	row, known := tableOf(cpu)
	var found bool
	h.PMU, found = pmuOf(pmus, row.role)
	switch {
	case !info.PMU:
		h.Unusable = "no PMU: " + info.PMUReason
	case !found && len(pmus) > 0:
		h.Unusable = fmt.Sprintf("Linux shows no PMU for this kind of core, only %s", pmuNames(pmus))
	case !found:
		h.PMU.Type = perf.TypeRaw
	}
	if !known {
		h.Table, err = linuxTable(cpu, info, h.PMU)
		return h, err
	}
	if h.Table, err = ForCPU(cpu); err == nil {
		h.Table.adopt(h.PMU)
		if core := info.Core(); core.Numbered != "" {
			h.Table.Doubt = fmt.Sprintf("CPUID tells the numbers of %s, but instructions of %s: these events may be of another processor", core.Numbered, cmp.Or(core.Name, "another"))
		}
	}
	return h, err
}

// CPUsFor returns the CPUs of the kind of core that the probe of a machine ran on, from
// sysfs; fsys is the root directory. There are none where Linux does not tell kinds
// apart. It is PMU.CPUs of ForHost, which takes longer.
func CPUsFor(info processor.HostInfo, fsys fs.FS) []int {
	pmus, err := ReadPMUs(fsys)
	if err != nil {
		return nil
	}
	row, _ := tableOf(cpuOf(info))
	pmu, _ := pmuOf(pmus, row.role)
	return pmu.CPUs
}

// cpuOf is by what the tables know the processor of a machine.
func cpuOf(info processor.HostInfo) CPU {
	return CPU{
		Vendor: info.Vendor, Family: info.Family, Model: info.Model, Stepping: info.Stepping,
		CoreType: info.CoreType, NativeModel: info.NativeModel,
	}
}

// machineOf takes over what the probe learnt of the counters.
func machineOf(info processor.HostInfo) Machine {
	m := Machine{SMT: info.SMT, Watchdog: info.Watchdog}
	if info.PMU {
		m.General, m.Fixed = info.Counters, info.Fixed
		if info.Fixed == 0 && info.Counters > 0 {
			m.Fixed = -1
		}
	}
	return m
}

// pmuOf picks the PMU of a kind of core. In a virtual machine a hybrid's is
// plain cpu, and Linux before 6.13 counts the low-power cores as cpu_atom.
func pmuOf(pmus []PMU, role string) (PMU, bool) {
	names := []string{"cpu"}
	switch role {
	case "Core":
		names = []string{"cpu_core", "cpu"}
	case "Atom":
		names = []string{"cpu_atom", "cpu"}
	case "LowPower_Atom":
		names = []string{"cpu_lowpower", "cpu_atom", "cpu"}
	}
	for _, n := range names {
		if i := slices.IndexFunc(pmus, func(p PMU) bool { return p.Name == n }); i >= 0 {
			return pmus[i], true
		}
	}
	return PMU{}, false
}

func pmuNames(pmus []PMU) string {
	names := make([]string, len(pmus))
	for i, p := range pmus {
		names[i] = p.Name
	}
	return strings.Join(names, ", ")
}

// Groups plans the events that a list of names, globs, sets and raw events
// asks for: each group fits on the counters by itself and is to be opened and
// counted by itself.
//
// The first counter of a group is its leader: the slots event where the group
// has fields of PERF_METRICS, else cycles. Every group also counts cycles and
// instructions (Counter.Base), whether asked for or not, but those of an
// event that must be alone on the counters. What the machine cannot count is
// refused with the reason; a name that nobody knows is an *UnknownError.
func (h *Host) Groups(list []string) ([][]Counter, []Refusal, error) {
	chosen, err := h.Table.Select(list)
	if err != nil {
		return nil, nil, err
	}
	if h.Unusable != "" {
		refused := make([]Refusal, len(chosen))
		for i, e := range chosen {
			refused[i] = Refusal{e, h.Unusable}
		}
		return nil, refused, nil
	}
	planned, refused := Plan(h.Table, chosen, h.Machine)
	groups := make([][]Counter, len(planned))
	for i, g := range planned {
		for _, e := range g.Events {
			c, err := h.counter(e)
			if err != nil {
				return nil, nil, err
			}
			groups[i] = append(groups[i], c)
		}
	}
	return groups, refused, nil
}

// counter fills in the attribute of an event.
func (h *Host) counter(e Event) (Counter, error) {
	code, err := e.Encode(h.Table.format)
	if err != nil {
		return Counter{}, fmt.Errorf("%s: %w", e.Name, err) // Plan has tried it before
	}
	c := Counter{Name: e.Name, Base: h.Table.Base(e), Unit: e.unit(), Type: h.PMU.Type, Config: code.Config, Config1: code.Config1, Config2: code.Config2, MetricField: e.Flags&MetricField != 0}
	switch c.Base {
	case CyclesName:
		c.Unit = "cycles"
	case InstructionsName:
		c.Unit = "instructions"
	}
	return c, nil
}

// Base tells which of the two base events of the table e is: CyclesName, InstructionsName
// or neither, which is empty.
func (t *Table) Base(e Event) string {
	if c, ok := t.Cycles(); ok && c.Name == e.Name {
		return CyclesName
	}
	if i, ok := t.Instructions(); ok && i.Name == e.Name {
		return InstructionsName
	}
	return ""
}

// unit is what a count of e is in, as far as its encoding and its name tell. A
// counter mask without edge detection counts the cycles in which so much
// happened.
func (e Event) unit() string {
	upper := strings.ToUpper(e.Name)
	switch {
	case e.Cmask != 0 && !e.Edge, strings.HasPrefix(upper, "CPU_CLK_UNHALTED"), strings.HasSuffix(upper, "CYCLES"):
		return "cycles"
	case strings.HasPrefix(upper, "TOPDOWN"):
		return "slots"
	case strings.HasPrefix(upper, "UOPS_"):
		return "uops"
	}
	return "events"
}
