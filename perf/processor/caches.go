package processor

// caches returns the sizes in bytes of the caches that data go through, that of level 1
// first, as the processor tells them: Intel by leaf 4 (SDM volume 2, CPUID), AMD by leaf
// 0x8000001D with the same layout (APM volume 3, appendix E). There are none where it
// does not tell.
func caches(vendor string, cpuid func(leaf, sub uint32) (eax, ebx, ecx, edx uint32)) (sizes []uint64) {
	leaf := uint32(4)
	if vendor == "AuthenticAMD" || vendor == "HygonGenuine" {
		leaf = 0x8000001d
	}
	most, _, _, _ := cpuid(leaf&0x80000000, 0)
	if most < leaf {
		return nil
	}
	const instructions, mostCaches = 2, 16
	for sub := range uint32(mostCaches) {
		a, b, c, _ := cpuid(leaf, sub)
		kind, level := a&31, int(a>>5&7)
		if kind == 0 {
			break
		}
		if kind == instructions || level != len(sizes)+1 {
			continue
		}
		line, partitions, ways, sets := uint64(b&0xfff)+1, uint64(b>>12&0x3ff)+1, uint64(b>>22)+1, uint64(c)+1
		sizes = append(sizes, line*partitions*ways*sets)
	}
	return sizes
}
