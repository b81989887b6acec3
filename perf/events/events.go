// Package events knows the counter events of x86-64 processors: their names
// and encodings, which counters can count them, and how to pack them into
// groups that need no multiplexing.
//
// The tables come from the vendors (see NOTICE) as text under data and are
// embedded compressed; nothing is expanded before the first Load.
package events

import (
	"fmt"
	"math/bits"
	"strings"
)

// Flags are the properties of an event that the vendor's data states.
type Flags uint16

// The flags, with their letter in the data.
const (
	Deprecated  Flags = 1 << iota // D: another name has taken its place
	TakenAlone                    // A: must be the only programmable event of its group
	PreciseOnly                   // P: meant for precise sampling
	Offcore                       // O: needs an off-core response register
	Erratum                       // E: the vendor lists an erratum against it
	Fixed                         // F: counted by a fixed counter
	MetricField                   // M: a field of PERF_METRICS, which needs slots as its leader
	Pair                          // 2: takes an even counter and the next one (AMD)
)

const flagLetters = "DAPOEFM2"

func (f Flags) String() string {
	var s strings.Builder
	for i := range flagLetters {
		if f&(1<<i) != 0 {
			s.WriteByte(flagLetters[i])
		}
	}
	return s.String()
}

func parseFlags(s string) (f Flags, err error) {
	for _, c := range s {
		i := strings.IndexRune(flagLetters, c)
		if i < 0 {
			return 0, fmt.Errorf("flag %q", c)
		}
		f |= 1 << i
	}
	return f, nil
}

// Counters is a set of counters: bit n is general counter n, bit 32+n fixed
// counter n, bit 48 the PERF_METRICS register.
type Counters uint64

// General is the set's general counters.
func (c Counters) General() Counters { return c & (1<<32 - 1) }

// Fixed is the set's fixed counters, without PERF_METRICS.
func (c Counters) Fixed() Counters { return c & (1<<48 - 1) &^ (1<<32 - 1) }

// Count is the size of the set.
func (c Counters) Count() int { return bits.OnesCount64(uint64(c)) }

// Event is one event as a table has it.
type Event struct {
	Name           string
	Code           uint16 // 8 bits on Intel, 12 on AMD; 0 for fixed events without a code
	Umask          uint16 // 16 bits where Intel extends it, else 8
	Cmask          uint8
	Inv, Edge, Any bool
	MSR            uint32 // the extra register, 0 for none
	MSRValue       uint64
	Counters       Counters // usable while the core's hyper-threads are on
	CountersAlone  Counters // usable while they are off
	Flags          Flags
	Note           string // what to know about it: unverified, mended, …
	raw            string // terms of a raw event, in place of the fields above
	source         source // who names it so
}

// source tells who gives an event its name.
type source uint8

const (
	vendorSource source = iota
	oldSource           // only the service of 2016
	linuxSource         // Linux, in sysfs
)

func (s source) String() string { return [...]string{"vendor", "2016", "kernel"}[s] }

// Usable returns the counters that can count e.
func (e Event) Usable(smt bool) Counters {
	if smt {
		return e.Counters
	}
	return e.CountersAlone
}

// Terms returns the event in the notation of perf(1) and of sysfs, such as
// event=0x79,umask=0x24,cmask=0x1.
func (e Event) Terms() string {
	if e.raw != "" {
		return e.raw
	}
	var s strings.Builder
	fmt.Fprintf(&s, "event=%#x", e.Code)
	for _, t := range e.fields() {
		if t.value != 0 {
			fmt.Fprintf(&s, ",%s=%#x", t.name, t.value)
		}
	}
	return s.String()
}

type field struct {
	name  string
	value uint64
}

// fields lists all but the code under their names in sysfs.
func (e Event) fields() []field {
	bit := func(b bool) uint64 {
		if b {
			return 1
		}
		return 0
	}
	return []field{
		{"umask", uint64(e.Umask)},
		{"cmask", uint64(e.Cmask)},
		{"inv", bit(e.Inv)},
		{"edge", bit(e.Edge)},
		{"any", bit(e.Any)},
		{msrField(e.MSR), e.MSRValue},
	}
}

// msrField is the sysfs name of an extra register.
func msrField(msr uint32) string {
	switch msr {
	case 0x3f6:
		return "ldlat"
	case 0x3f7:
		return "frontend"
	case 0x3e0:
		return "omr_rsp"
	}
	return "offcore_rsp"
}
