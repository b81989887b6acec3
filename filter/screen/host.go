package screen

// Host answers what a processor and its operating system offer. The zero Host is no processor at all: Screen then checks no features.
type Host struct {
	// CPUID is the CPUID instruction. A leaf beyond the processor's last must read as zeros, or be cut off by leaves 0 and 80000000H.
	CPUID func(leaf, subleaf uint32) (eax, ebx, ecx, edx uint32)
	XCR0  uint64 // the state components that the operating system saves; 0 if it does not set OSXSAVE
	Name  string
}

// abilities is what was found out about a Host: one bit per feature.
type abilities struct {
	has  [len(features)]bool
	xcr0 uint64
}

// osxsaveBit of CPUID.1:ECX says that the operating system has switched XCR0 on.
const osxsaveBit = 27

func (h Host) abilities() *abilities {
	a := &abilities{xcr0: h.XCR0}
	for i := range features {
		a.has[i] = h.satisfies(&features[i])
	}
	if _, _, ecx, _ := h.cpuid(1, 0); ecx>>osxsaveBit&1 == 0 {
		a.xcr0 = 0
	}
	if a.feature("AVX10") {
		a.grantAVX10()
	}
	return a
}

// cpuid cuts off what lies beyond the last basic or extended leaf, where Intel processors repeat the last basic one (SDM vol. 2, CPUID).
func (h Host) cpuid(leaf, sub uint32) (eax, ebx, ecx, edx uint32) {
	last, _, _, _ := h.CPUID(leaf&0xFFFF0000, 0)
	if leaf > last {
		return 0, 0, 0, 0
	}
	return h.CPUID(leaf, sub)
}

func (h Host) satisfies(f *feature) bool {
	if f.sub > 0 {
		if top, _, _, _ := h.cpuid(f.leaf, 0); f.leaf == 7 && f.sub > top {
			return false
		}
	}
	var regs [4]uint32
	regs[0], regs[1], regs[2], regs[3] = h.cpuid(f.leaf, f.sub)
	return regs[f.reg]>>f.lo&(1<<f.width-1) >= uint32(f.min)
}

// feature says whether the host has a feature, by name.
func (a *abilities) feature(name string) bool {
	for i := range features {
		if features[i].name == name {
			return a.has[i]
		}
	}
	return false
}

// grantAVX10 adds the AVX-512 features that every AVX10 processor has, whether it still enumerates them one by one or not
// (AVX10 specification 361050, 1.2).
func (a *abilities) grantAVX10() {
	for i := range features {
		switch features[i].name {
		case "AVX512F", "AVX512CD", "AVX512BW", "AVX512DQ", "AVX512VL", "AVX512_IFMA", "AVX512_VBMI", "AVX512_VBMI2", "AVX512_VNNI",
			"AVX512_BITALG", "AVX512_VPOPCNTDQ", "AVX512_BF16", "AVX512_FP16":
			a.has[i] = true
		}
	}
}

// lacks gives what an ISA set needs and the host does not have: names of features, or of the state that the operating system withholds.
func (a *abilities) lacks(isa isaSet) (missing []string) {
	info := &isaInfos[isa]
	for _, n := range info.needs {
		if !a.has[n] {
			missing = append(missing, features[n].name)
		}
	}
	if len(missing) == 0 {
		if s := info.file.state(); s&^a.xcr0 != 0 {
			missing = append(missing, stateName(s&^a.xcr0))
		}
	}
	return missing
}

// stateName names the first of the state components in x that the operating system has not enabled.
func stateName(x uint64) string {
	switch {
	case x&xcr0AVX != 0:
		return "YMM state (XCR0)"
	case x&xcr0ZMM != 0:
		return "ZMM state (XCR0)"
	case x&xcr0Tile != 0:
		return "tile state (XCR0)"
	}
	return "APX state (XCR0)"
}
