package uarch

import (
	"slices"
	"testing"
)

func TestOf(t *testing.T) {
	for _, tt := range []struct {
		cpu     CPU
		name    string
		costsOf string
		step    float64
		mix     float64
	}{
		{CPU{Vendor: amd, Family: 23, Model: 1}, "Zen", "Zen", 3, 0},
		{CPU{Vendor: amd, Family: 23, Model: 8}, "Zen+", "Zen+", 3, 0},
		{CPU{Vendor: amd, Family: 23, Model: 0x31}, "Zen 2", "Zen 2", 3, 0},
		{CPU{Vendor: amd, Family: 25, Model: 1}, "Zen 3", "Zen 3", 3, 0},
		{CPU{Vendor: amd, Family: 25, Model: 0x44}, "Zen 3+", "Zen 3", 3, 0},
		{CPU{Vendor: amd, Family: 25, Model: 17}, "Zen 4", "Zen 4", 3, 16.2 / 16},
		{CPU{Vendor: amd, Family: 25, Model: 0xa0}, "Zen 4c", "Zen 4", 3, 0},
		{CPU{Vendor: amd, Family: 26, Model: 2, Stepping: 1}, "Zen 5", "Zen 5", 3, 16.2 / 16},
		{CPU{Vendor: amd, Family: 26, Model: 0x44}, "Zen 5", "Zen 5", 3, 16.2 / 16},
		{CPU{Vendor: amd, Family: 26, Model: 0x11}, "Zen 5c", "Zen 5", 3, 0},
		{CPU{Vendor: amd, Family: 26, Model: 0x24}, "Zen 5/5c", "Zen 5/5c", 3, 0},
		{CPU{Vendor: amd, Family: 21, Model: 2}, "Piledriver", "Piledriver", 4, 0},
		{CPU{Vendor: intel, Family: 15, Model: 4}, "NetBurst", "NetBurst", 10, 0},
		{CPU{Vendor: intel, Family: 6, Model: 0x36}, "Saltwell", "Saltwell", 5, 0},
		{CPU{Vendor: intel, Family: 6, Model: 0x55, Stepping: 4}, "Skylake", "Skylake", 3, 0},
		{CPU{Vendor: intel, Family: 6, Model: 0x55, Stepping: 7}, "Cascade Lake", "Skylake", 3, 0},
		{CPU{Vendor: intel, Family: 6, Model: 0x6a}, "Sunny Cove", "Sunny Cove", 3, 0},
		{CPU{Vendor: intel, Family: 6, Model: 0x8f}, "Golden Cove", "Golden Cove", 3, 0},
		{CPU{Vendor: intel, Family: 6, Model: 0xcf}, "Raptor Cove", "Golden Cove", 3, 0},
		{CPU{Vendor: intel, Family: 6, Model: 0xad}, "Redwood Cove", "Redwood Cove", 3, 0},
		{CPU{Vendor: intel, Family: 6, Model: 0xaf}, "Crestmont", "Crestmont", 3, 0},
		{CPU{Vendor: intel, Family: 6, Model: 0x97}, "Alder Lake", "Alder Lake", 3, 0},
		{CPU{Vendor: intel, Family: 6, Model: 0x97, CoreType: big, NativeModel: 1}, "Golden Cove", "Golden Cove", 3, 0},
		{CPU{Vendor: intel, Family: 6, Model: 0x97, CoreType: small, NativeModel: 1}, "Gracemont", "Gracemont", 3, 0},
		{CPU{Vendor: intel, Family: 6, Model: 0xc5, CoreType: small, NativeModel: 3}, "Skymont", "Skymont", 3, 0},
		{CPU{Vendor: intel, Family: 6, Model: 0xc5, CoreType: small, NativeModel: 2}, "Crestmont", "Crestmont", 3, 0},
		{CPU{Vendor: intel, Family: 6, Model: 0xb5, CoreType: big, NativeModel: 2}, "Redwood Cove", "Redwood Cove", 3, 0},
		// Unknown ones.
		{CPU{Vendor: amd, Family: 26, Model: 0x30}, "", "", 3, 0},
		{CPU{Vendor: intel, Family: 6, Model: 0xff}, "", "", 3, 0},
		{CPU{Vendor: "VIA VIA VIA ", Family: 6, Model: 15}, "", "", 3, 0},
		{CPU{}, "", "", 3, 0},
	} {
		want := Core{tt.name, tt.costsOf, tt.step, tt.mix}
		if got := Of(tt.cpu); got != want {
			t.Errorf("%+v: %+v, want %+v", tt.cpu, got, want)
		}
	}
}

// TestFactsAreOfCores: no fact is of a name that no signature gives, and every
// signature can be met: those that are more particular stand above.
func TestFactsAreOfCores(t *testing.T) {
	var names []string
	for _, s := range signatures() {
		names = append(names, s.name)
		met := false
		for model := range 256 {
			for _, stepping := range []int{0, 7} {
				c := CPU{s.vendor, s.family, model, stepping, s.coreType, s.native}
				met = met || s.fits(c) && nameOf(c) == s.name
			}
		}
		if !met {
			t.Errorf("no processor is %+v", s)
		}
	}
	for _, f := range facts() {
		if !slices.Contains(names, f.name) || f.costsOf != "" && !slices.Contains(names, f.costsOf) {
			t.Errorf("%+v is of no core", f)
		}
	}
}
