package perf

import "golang.org/x/sys/unix"

// The types of event that Linux knows without sysfs (perf_event_open(2)).
const (
	TypeHardware uint32 = unix.PERF_TYPE_HARDWARE
	TypeSoftware uint32 = unix.PERF_TYPE_SOFTWARE
	TypeRaw      uint32 = unix.PERF_TYPE_RAW
)

// Attr names one event to count and how.
type Attr struct {
	Name string // for messages and results only

	Type                     uint32 // one of the Type constants, or a PMU's number from sysfs
	Config, Config1, Config2 uint64

	ExcludeKernel bool // count in user mode alone
	ExcludeHV     bool // and not in the hypervisor, where the processor can tell
	Disabled      bool // start stopped, as the leader of a group always does
	Pinned        bool // of the leader: always on a counter, or in error
}

// attrSize is how much of an attribute Linux is to read: up to
// sample_max_stack, which Linux 4.8 has.
const attrSize = unix.PERF_ATTR_SIZE_VER5

// sys returns the attribute as perf_event_open(2) takes it. Every event of a
// group is read through its leader together with the times that tell
// multiplexing.
func (a Attr) sys() unix.PerfEventAttr {
	s := unix.PerfEventAttr{
		Type:        a.Type,
		Size:        attrSize,
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
		{a.Pinned, unix.PerfBitPinned},
		{a.ExcludeKernel, unix.PerfBitExcludeKernel},
		{a.ExcludeHV, unix.PerfBitExcludeHv},
	} {
		if f.set {
			s.Bits |= f.bit
		}
	}
	return s
}

// Known is an event that Linux gives a number of its own, the same on every
// machine.
type Known struct {
	Name   string // as perf(1) calls it
	Type   uint32
	Config uint64
	Unit   string // what the count is in
}

// HardwareEvents returns the events that every PMU driver maps to whatever
// its hardware has (include/uapi/linux/perf_event.h, enum perf_hw_id), cycles
// first.
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
