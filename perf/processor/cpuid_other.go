//go:build !amd64

package processor

// CPUID answers zeros: there is no such instruction here.
func CPUID(leaf, sub uint32) (eax, ebx, ecx, edx uint32) { return 0, 0, 0, 0 }

// XGETBV answers 0: there is no such instruction here.
func XGETBV() uint64 { return 0 }

// RDTSC answers 0: there is no such instruction here.
func RDTSC() uint64 { return 0 }
