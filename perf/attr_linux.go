package perf

import "golang.org/x/sys/unix"

// The types of event that the kernel knows without sysfs (perf_event_open(2)).
const (
	TypeHardware uint32 = unix.PERF_TYPE_HARDWARE
	TypeSoftware uint32 = unix.PERF_TYPE_SOFTWARE
	TypeHWCache  uint32 = unix.PERF_TYPE_HW_CACHE
	TypeRaw      uint32 = unix.PERF_TYPE_RAW
)

// Attr names one event to count and how.
type Attr struct {
	Name string // for messages and results only

	Type                     uint32 // one of the Type constants, or a PMU's number from sysfs
	Config, Config1, Config2 uint64

	ExcludeUser   bool
	ExcludeKernel bool
	ExcludeHV     bool
	Disabled      bool // start stopped, as the leader always does
	Pinned        bool // of the leader: always on a counter, or in error
	EnableOnExec  bool // of the leader: start at the next execve
	Inherit       bool // children count too; such a group has no rdpmc
}

// sys returns the kernel's form. Every event of a group is read through its
// leader together with the times that tell multiplexing.
func (a Attr) sys() unix.PerfEventAttr {
	s := unix.PerfEventAttr{
		Type:        a.Type,
		Config:      a.Config,
		Ext1:        a.Config1,
		Ext2:        a.Config2,
		Read_format: unix.PERF_FORMAT_GROUP | unix.PERF_FORMAT_TOTAL_TIME_ENABLED | unix.PERF_FORMAT_TOTAL_TIME_RUNNING,
	}
	for _, f := range [...]struct {
		set bool
		bit uint64
	}{
		{a.Disabled, unix.PerfBitDisabled},
		{a.Inherit, unix.PerfBitInherit},
		{a.Pinned, unix.PerfBitPinned},
		{a.ExcludeUser, unix.PerfBitExcludeUser},
		{a.ExcludeKernel, unix.PerfBitExcludeKernel},
		{a.ExcludeHV, unix.PerfBitExcludeHv},
		{a.EnableOnExec, unix.PerfBitEnableOnExec},
	} {
		if f.set {
			s.Bits |= f.bit
		}
	}
	return s
}

// Known is an event that the kernel gives a number of its own, the same on
// every machine.
type Known struct {
	Name   string // as perf(1) calls it
	Type   uint32
	Config uint64
	Unit   string // what the count is in
}

// SoftwareEvents returns the events that the kernel counts by itself, which
// need no PMU (include/uapi/linux/perf_event.h, enum perf_sw_ids).
func SoftwareEvents() []Known {
	return []Known{
		{"cpu-clock", TypeSoftware, unix.PERF_COUNT_SW_CPU_CLOCK, "ns"},
		{"task-clock", TypeSoftware, unix.PERF_COUNT_SW_TASK_CLOCK, "ns"},
		{"page-faults", TypeSoftware, unix.PERF_COUNT_SW_PAGE_FAULTS, "faults"},
		{"context-switches", TypeSoftware, unix.PERF_COUNT_SW_CONTEXT_SWITCHES, "switches"},
		{"cpu-migrations", TypeSoftware, unix.PERF_COUNT_SW_CPU_MIGRATIONS, "migrations"},
		{"minor-faults", TypeSoftware, unix.PERF_COUNT_SW_PAGE_FAULTS_MIN, "faults"},
		{"major-faults", TypeSoftware, unix.PERF_COUNT_SW_PAGE_FAULTS_MAJ, "faults"},
		{"alignment-faults", TypeSoftware, unix.PERF_COUNT_SW_ALIGNMENT_FAULTS, "faults"},
		{"emulation-faults", TypeSoftware, unix.PERF_COUNT_SW_EMULATION_FAULTS, "faults"},
	}
}

// HardwareEvents returns the events that every PMU driver maps to whatever
// its hardware has (enum perf_hw_id).
func HardwareEvents() []Known {
	return []Known{
		{"cycles", TypeHardware, unix.PERF_COUNT_HW_CPU_CYCLES, "cycles"},
		{"instructions", TypeHardware, unix.PERF_COUNT_HW_INSTRUCTIONS, "instructions"},
		{"cache-references", TypeHardware, unix.PERF_COUNT_HW_CACHE_REFERENCES, "accesses"},
		{"cache-misses", TypeHardware, unix.PERF_COUNT_HW_CACHE_MISSES, "misses"},
		{"branches", TypeHardware, unix.PERF_COUNT_HW_BRANCH_INSTRUCTIONS, "branches"},
		{"branch-misses", TypeHardware, unix.PERF_COUNT_HW_BRANCH_MISSES, "misses"},
		{"bus-cycles", TypeHardware, unix.PERF_COUNT_HW_BUS_CYCLES, "cycles"},
		{"stalled-cycles-frontend", TypeHardware, unix.PERF_COUNT_HW_STALLED_CYCLES_FRONTEND, "cycles"},
		{"stalled-cycles-backend", TypeHardware, unix.PERF_COUNT_HW_STALLED_CYCLES_BACKEND, "cycles"},
		{"ref-cycles", TypeHardware, unix.PERF_COUNT_HW_REF_CPU_CYCLES, "cycles"},
	}
}

// User returns the attribute that counts k in user mode only, which every
// process may ask for while perf_event_paranoid is at most 2.
func (k Known) User() Attr {
	return Attr{Name: k.Name, Type: k.Type, Config: k.Config, ExcludeKernel: true, ExcludeHV: true}
}
