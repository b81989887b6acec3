package screen

import (
	"fmt"
	"strings"
)

// Assume gives the host that a named microarchitecture would be, under an operating system that enables all its state. The names are
// those of GCC's -march, and so is what a name promises: features that some models of a microarchitecture lack are left out.
func Assume(name string) (Host, error) {
	m := findMicroarchitecture(name)
	if m == nil {
		return Host{}, fmt.Errorf("screen: unknown microarchitecture %q; known are %s", name, strings.Join(Microarchitectures(), ", "))
	}
	regs := synthetic{}
	for ; m != nil; m = findMicroarchitecture(m.base) {
		for _, feature := range strings.Fields(m.adds) {
			regs.set(feature)
		}
	}
	return Host{CPUID: regs.cpuid, XCR0: regs.xcr0(), Name: name}, nil
}

// Microarchitectures are the names that Assume knows.
func Microarchitectures() []string {
	var names []string
	for i := range microarchitectures {
		names = append(names, microarchitectures[i].name)
	}
	return names
}

func findMicroarchitecture(name string) *microarchitecture {
	for i := range microarchitectures {
		if strings.EqualFold(microarchitectures[i].name, name) {
			return &microarchitectures[i]
		}
	}
	return nil
}

// synthetic is a made-up CPUID.
type synthetic map[[2]uint32][4]uint32

func (s synthetic) set(name string) {
	for i := range features {
		f := &features[i]
		if f.name != name {
			continue
		}
		at := [2]uint32{f.leaf, f.sub}
		regs := s[at]
		regs[f.reg] |= uint32(f.min) << f.lo
		s[at] = regs
	}
}

func (s synthetic) has(name string) bool {
	for i := range features {
		if f := &features[i]; f.name == name {
			return s[[2]uint32{f.leaf, f.sub}][f.reg]>>f.lo&(1<<f.width-1) >= uint32(f.min)
		}
	}
	return false
}

// cpuid answers like a processor whose last leaves are beyond all that the table asks for.
func (s synthetic) cpuid(leaf, sub uint32) (eax, ebx, ecx, edx uint32) {
	r := s[[2]uint32{leaf, sub}]
	switch {
	case leaf&0xFFFF == 0:
		r[0] = leaf | 0xFFFF
	case leaf == 7 && sub == 0:
		r[0] = 2
	}
	return r[0], r[1], r[2], r[3]
}

func (s synthetic) xcr0() uint64 {
	x := uint64(1 | xcr0SSE)
	if s.has("AVX") {
		x |= xcr0AVX
	}
	if s.has("AVX512F") {
		x |= xcr0ZMM
	}
	if s.has("AMX_TILE") {
		x |= xcr0Tile
	}
	if s.has("APX_F") {
		x |= xcr0APX
	}
	return x
}
