package processor

import (
	"slices"
	"testing"
)

// TestCaches reads leaves as processors have them.
func TestCaches(t *testing.T) {
	zen5 := map[[2]uint32][3]uint32{
		{0x80000000, 0}: {0x80000028},
		{0x8000001d, 0}: {0x4121, 0x2c0003f, 63},      // 48 KiB of data, 12 ways
		{0x8000001d, 1}: {0x4122, 0x1c0003f, 63},      // instructions
		{0x8000001d, 2}: {0x4143, 0x3c0003f, 1023},    // 1 MiB, 16 ways
		{0x8000001d, 3}: {0x3c163, 0x3c0003f, 0x7fff}, // 32 MiB, 16 ways
	}
	skylake := map[[2]uint32][3]uint32{
		{0, 0}: {0x16},
		{4, 0}: {0x1c004121, 0x1c0003f, 63}, {4, 1}: {0x1c004122, 0x1c0003f, 63}, {4, 2}: {0x1c004143, 0xc0003f, 1023},
		{4, 3}: {0x1c03c163, 0x3c0003f, 0x1fff},
	}
	// A hypervisor that tells nothing by the leaf of today.
	silent := map[[2]uint32][3]uint32{{0x80000000, 0}: {0x80000021}, {0x80000005, 0}: {0, 0, 0x300c0140}, {0x80000006, 0}: {0, 0, 0x4006140}}
	for _, row := range []struct {
		vendor string
		leaves map[[2]uint32][3]uint32
		want   []uint64
	}{
		{"AuthenticAMD", zen5, []uint64{48 << 10, 1 << 20, 32 << 20}},
		{"GenuineIntel", skylake, []uint64{32 << 10, 256 << 10, 8 << 20}},
		{"AuthenticAMD", silent, []uint64{48 << 10, 1 << 20}},
		{"AuthenticAMD", skylake, nil},
		{"GenuineIntel", nil, nil},
	} {
		got := caches(row.vendor, func(leaf, sub uint32) (a, b, c, d uint32) {
			r := row.leaves[[2]uint32{leaf, sub}]
			return r[0], r[1], r[2], 0
		})
		if !slices.Equal(got, row.want) {
			t.Errorf("%s: %v, want %v", row.vendor, got, row.want)
		}
	}
}
