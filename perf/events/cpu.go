package events

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

//go:embed data/pmu-cpus.tsv
var cpusTSV string

// CPU identifies a kind of core by CPUID.
type CPU struct {
	Vendor                  string // such as GenuineIntel
	Family, Model, Stepping int    // display values
	CoreType                uint8  // of a hybrid processor: leaf 0x1A EAX[31:24]; else 0
	NativeModel             uint32 // likewise, EAX[23:0]
}

// UnknownCPUError says that no table is known for a processor.
type UnknownCPUError struct{ CPU CPU }

func (e *UnknownCPUError) Error() string {
	return fmt.Sprintf("events: no event table for %s family %#x model %#x", e.CPU.Vendor, e.CPU.Family, e.CPU.Model)
}

// cpuRow is what the list of processors says of one.
type cpuRow struct {
	table string
	role  string // of a core of a hybrid: Core, Atom or LowPower_Atom; else -
	doubt string // not empty if the row is not exactly of this core
}

// TableFor returns the name of the table of a processor and, where the table is
// not exactly of this core, a doubt in words. On a hybrid processor the core
// type decides; without one (0) its performance cores are meant. The error is
// an *UnknownCPUError.
func TableFor(c CPU) (name, doubt string, err error) {
	row, ok := tableOf(c)
	if !ok {
		return "", "", &UnknownCPUError{c}
	}
	return row.table, row.doubt, nil
}

// tableOf finds the row of a processor. A core of a hybrid whose native model
// is not listed has that of the first core of its type, with a doubt.
func tableOf(c CPU) (row cpuRow, ok bool) {
	for line := range strings.Lines(cpusTSV) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) != 8 || f[0] != c.Vendor || !inList(f[1], c.Family) || !inList(f[2], c.Model) || !hasDigit(f[3], c.Stepping) {
			continue
		}
		r := cpuRow{table: f[7], role: f[6]}
		if f[4] == "-" {
			return r, true
		}
		kind, _ := strconv.ParseUint(f[4], 0, 8)
		native, _ := strconv.ParseUint(f[5], 0, 32)
		switch {
		case uint8(kind) == c.CoreType && uint32(native) == c.NativeModel, c.CoreType == 0 && r.role == "Core":
			return r, true
		case uint8(kind) == c.CoreType && !ok:
			r.doubt = fmt.Sprintf("native model %#x of core type %#x is not known: the events of %s stand in", c.NativeModel, c.CoreType, r.table)
			row, ok = r, true
		}
	}
	return row, ok
}

// inList tells whether a hexadecimal list such as 10-1F,60 has v; * has all.
func inList(list string, v int) bool {
	if list == "*" {
		return true
	}
	for item := range strings.SplitSeq(list, ",") {
		lo, hi, isRange := strings.Cut(item, "-")
		if !isRange {
			hi = lo
		}
		a, err1 := strconv.ParseInt(lo, 16, 32)
		b, err2 := strconv.ParseInt(hi, 16, 32)
		if err1 == nil && err2 == nil && int64(v) >= a && int64(v) <= b {
			return true
		}
	}
	return false
}

// hasDigit tells whether a class such as [01234] has the stepping; - has all.
func hasDigit(class string, v int) bool {
	return class == "-" || v < 16 && strings.ContainsRune(strings.ToUpper(class), rune("0123456789ABCDEF"[v]))
}

// Find loads the table of a processor given as ParseCPU takes it; by the name of a
// microarchitecture as GCC, LLVM and PeachPy have it; or by the table's own name,
// which also tells the kinds of core of a hybrid apart.
func Find(s string) (*Table, error) {
	if !strings.Contains(s, ":") {
		cpu, known, err := findMicroarchitecture(s)
		switch {
		case err != nil:
			return nil, err
		case !known:
			if table := strings.ToUpper(s); slices.Contains(Names(), table) {
				return Load(table)
			}
			return nil, fmt.Errorf("events: no microarchitecture or table %q; there are %s; tables: %s",
				s, strings.Join(Microarchitectures(), " "), strings.Join(Names(), " "))
		case !strings.Contains(cpu, ":"):
			return Load(cpu)
		}
		s = cpu
	}
	c, err := ParseCPU(s)
	if err != nil {
		return nil, err
	}
	return ForCPU(c)
}

// ForCPU loads the table of a processor and adds the names that the service
// of 2016 had for it.
func ForCPU(c CPU) (*Table, error) {
	name, doubt, err := TableFor(c)
	if err != nil {
		return nil, err
	}
	t, err := Load(name)
	if err != nil {
		return nil, err
	}
	t.model, t.Doubt = c.Model, doubt
	return t, t.add2016()
}
