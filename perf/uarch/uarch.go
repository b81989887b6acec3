// Package uarch is the table of what measuring has to know of each
// microarchitecture: how CPUID tells it, and facts that the host itself cannot
// be asked, each with its source.
package uarch

import (
	"slices"
	"strconv"
	"strings"
)

// CPU is what CPUID says of the core that one runs on.
type CPU struct {
	Vendor                  string // such as GenuineIntel
	Family, Model, Stepping int    // display values: the extended fields are added in
	CoreType                uint8  // leaf 0x1A, EAX[31:24], of a hybrid's core: 0x40 core, 0x20 atom; else 0
	NativeModel             uint32 // likewise, EAX[23:0]

	// What CPUID tells of instructions, where that proves a microarchitecture: some
	// hypervisors show the numbers of another one.
	AMX   bool // leaf 7, EDX[24]
	AVX10 int  // version, leaf 0x24, EBX[7:0]; 0 without
}

// Core is a row of the table.
type Core struct {
	// Name is such as "Zen 5". Where the cores of a hybrid processor are not told
	// apart it is the processor's, such as "Alder Lake".
	Name string
	// CostsOf names the microarchitecture whose published costs of instructions
	// hold for this one: itself, as a rule.
	CostsOf string
	// ChainStep is the latency of a dependent imul r32, r32, in core cycles.
	ChainStep float64
	// WitnessMix is what one mix of the witness (two loads, a store, three
	// additions) costs on a core without neighbours, in core cycles, with its share
	// of the end of the loop. It is 0 where nobody measured it.
	WitnessMix float64
	// Numbered is the name that family, model and stepping give, where instructions
	// that CPUID tells of prove another; else empty.
	Numbered string
}

// Of returns the row of a core. The name of an unknown one is empty; it has the
// chain step of nearly all.
func Of(c CPU) Core {
	numbered := nameOf(c)
	proved, contradicts := provedBy(c, numbered)
	if !contradicts {
		return Named(numbered)
	}
	core := Named(proved)
	core.Numbered = numbered
	return core
}

// Named returns the row of a core that is known by its name.
func Named(name string) Core {
	core := Core{Name: name, ChainStep: commonStep}
	core.CostsOf = core.Name
	for _, f := range facts() {
		if f.name != core.Name {
			continue
		}
		if f.costsOf != "" {
			core.CostsOf = f.costsOf
		}
		if f.chainStep != 0 {
			core.ChainStep = f.chainStep
		}
		core.WitnessMix = f.witnessMix
	}
	return core
}

// nameOf finds the microarchitecture by the first signature that fits.
func nameOf(c CPU) string {
	for _, s := range signatures() {
		if s.fits(c) {
			return s.name
		}
	}
	return ""
}

// provedBy tells whether CPUID tells of instructions that a microarchitecture does
// not have, and which one has them; that is empty where there are several.
func provedBy(c CPU, numbered string) (name string, contradicts bool) {
	if numbered == "" {
		return "", false
	}
	for _, p := range proofs() {
		if !p.shown(c) || slices.Contains(p.cores, numbered) {
			continue
		}
		if len(p.cores) == 1 {
			name = p.cores[0]
		}
		return name, true
	}
	return "", false
}

func (s signature) fits(c CPU) bool {
	return s.vendor == c.Vendor && s.family == c.Family && inList(s.models, c.Model) &&
		(s.steppings == "" || inList(s.steppings, c.Stepping)) &&
		(s.coreType == 0 || s.coreType == c.CoreType) &&
		(s.native == 0 || s.native == c.NativeModel)
}

// inList tells whether a list of hexadecimal numbers and ranges has v.
func inList(list string, v int) bool {
	for item := range strings.FieldsSeq(list) {
		lo, hi, isRange := strings.Cut(item, "-")
		if !isRange {
			hi = lo
		}
		a, err1 := strconv.ParseInt(lo, 16, 32)
		b, err2 := strconv.ParseInt(hi, 16, 32)
		if err1 == nil && err2 == nil && int(a) <= v && v <= int(b) {
			return true
		}
	}
	return false
}
