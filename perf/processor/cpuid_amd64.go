package processor

func cpuid(leaf, sub uint32) (eax, ebx, ecx, edx uint32)
func xgetbv() uint64
func rdtsc() uint64

// CPUID returns what the CPUID instruction answers to a leaf and sub-leaf.
// A leaf above the highest one of its range answers zeros, not the data of
// another leaf as Intel processors do. The range at 0x40000000 belongs to
// the hypervisor and means nothing without one.
func CPUID(leaf, sub uint32) (eax, ebx, ecx, edx uint32) {
	if limit, _, _, _ := cpuid(leaf&0xc0000000, 0); leaf > limit {
		return 0, 0, 0, 0
	}
	return cpuid(leaf, sub)
}

// XGETBV returns XCR0, the processor state that the system saves, or 0 where
// the system has not enabled XSAVE.
func XGETBV() uint64 {
	const osxsave = 1 << 27 // CPUID.1:ECX
	if _, _, ecx, _ := cpuid(1, 0); ecx&osxsave == 0 {
		return 0
	}
	return xgetbv()
}

// RDTSC reads the time-stamp counter, in ticks, ordered against the
// instructions before and after it.
func RDTSC() uint64 { return rdtsc() }
