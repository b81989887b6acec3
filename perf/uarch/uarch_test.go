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
		{CPU{Vendor: intel, Family: 6, Model: 0xad}, "Redwood Cove", "Redwood Cove", 3, 64.15 / 64},
		{CPU{Vendor: intel, Family: 6, Model: 0xaf}, "Crestmont", "Crestmont", 3, 0},
		{CPU{Vendor: intel, Family: 6, Model: 0x97}, "Alder Lake", "Alder Lake", 3, 0},
		{CPU{Vendor: intel, Family: 6, Model: 0x97, CoreType: big, NativeModel: 1}, "Golden Cove", "Golden Cove", 3, 0},
		{CPU{Vendor: intel, Family: 6, Model: 0x97, CoreType: small, NativeModel: 1}, "Gracemont", "Gracemont", 3, 0},
		{CPU{Vendor: intel, Family: 6, Model: 0xc5, CoreType: small, NativeModel: 3}, "Skymont", "Skymont", 3, 0},
		{CPU{Vendor: intel, Family: 6, Model: 0xc5, CoreType: small, NativeModel: 2}, "Crestmont", "Crestmont", 3, 0},
		{CPU{Vendor: intel, Family: 6, Model: 0xb5, CoreType: big, NativeModel: 2}, "Redwood Cove", "Redwood Cove", 3, 64.15 / 64},
		// Numbers of one, instructions of another.
		{CPU{Vendor: intel, Family: 6, Model: 0xa7, AMX: true, AVX10: 1}, "Redwood Cove", "Redwood Cove", 3, 64.15 / 64},
		{CPU{Vendor: intel, Family: 6, Model: 0xad, AMX: true, AVX10: 1}, "Redwood Cove", "Redwood Cove", 3, 64.15 / 64},
		{CPU{Vendor: intel, Family: 6, Model: 0x8f, AMX: true}, "Golden Cove", "Golden Cove", 3, 0},
		{CPU{Vendor: intel, Family: 6, Model: 0x55, AMX: true}, "", "", 3, 0},
		{CPU{Vendor: intel, Family: 6, Model: 0xad}, "Redwood Cove", "Redwood Cove", 3, 64.15 / 64}, // hidden by the hypervisor
		{CPU{Vendor: intel, Family: 6, Model: 0xff, AMX: true, AVX10: 1}, "", "", 3, 0},
		// Unknown ones.
		{CPU{Vendor: amd, Family: 26, Model: 0x30}, "", "", 3, 0},
		{CPU{Vendor: intel, Family: 6, Model: 0xff}, "", "", 3, 0},
		{CPU{Vendor: "VIA VIA VIA ", Family: 6, Model: 15}, "", "", 3, 0},
		{CPU{}, "", "", 3, 0},
	} {
		want := Core{Name: tt.name, CostsOf: tt.costsOf, ChainStep: tt.step, WitnessMix: tt.mix}
		got := Of(tt.cpu)
		if (got.Numbered != "") != (got.Name != nameOf(tt.cpu)) {
			t.Errorf("%+v: numbered %q", tt.cpu, got.Numbered)
		}
		got.Numbered = ""
		if got != want {
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
				c := CPU{Vendor: s.vendor, Family: s.family, Model: model, Stepping: stepping, CoreType: s.coreType, NativeModel: s.native}
				met = met || s.fits(c) && nameOf(c) == s.name
			}
		}
		if !met {
			t.Errorf("no processor is %+v", s)
		}
	}
	for _, p := range proofs() {
		for _, name := range p.cores {
			if !slices.Contains(names, name) {
				t.Errorf("%s has instructions, and no numbers", name)
			}
		}
	}
	for _, f := range facts() {
		if !slices.Contains(names, f.name) || f.costsOf != "" && !slices.Contains(names, f.costsOf) {
			t.Errorf("%+v is of no core", f)
		}
	}
}
