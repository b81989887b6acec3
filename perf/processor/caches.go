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
	if a, _, _, _ := cpuid(leaf, 0); most < leaf || a&31 == 0 {
		return olderCaches(most, cpuid)
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

// olderCaches reads levels 1 and 2 as AMD has told them since the K6 (APM volume 3,
// appendix E.4, leaves 0x80000005 and 0x80000006), and as some hypervisors of today do. Of
// level 3 these leaves tell the sum over the package, of which a core has a part only.
func olderCaches(most uint32, cpuid func(leaf, sub uint32) (eax, ebx, ecx, edx uint32)) (sizes []uint64) {
	if most < 0x80000006 {
		return nil
	}
	_, _, first, _ := cpuid(0x80000005, 0)
	_, _, second, _ := cpuid(0x80000006, 0)
	for _, kib := range []uint32{first >> 24, second >> 16} {
		if kib == 0 {
			break
		}
		sizes = append(sizes, uint64(kib)<<10)
	}
	return sizes
}
