package events

import (
	"os"
	"strings"
	"testing"
)

// The seven processors of 2016 with how many counters each had.
func TestCountersOf2016AreAllThere(t *testing.T) {
	for _, c := range []struct {
		cpu   CPU
		name  string
		count int
	}{
		{CPU{Vendor: "GenuineIntel", Family: 6, Model: 0x47}, "broadwell", 59},
		{CPU{Vendor: "GenuineIntel", Family: 6, Model: 0x3c}, "haswell", 44},
		{CPU{Vendor: "GenuineIntel", Family: 6, Model: 0x3a}, "ivybridge", 45},
		{CPU{Vendor: "GenuineIntel", Family: 6, Model: 0x1c}, "atom", 56},
		{CPU{Vendor: "AuthenticAMD", Family: 0x15, Model: 0x01}, "bulldozer", 46},
		{CPU{Vendor: "AuthenticAMD", Family: 0x15, Model: 0x30}, "steamroller", 45},
		{CPU{Vendor: "AuthenticAMD", Family: 0x14, Model: 0x02}, "bobcat", 36},
	} {
		old, err := events2016(c.name)
		if err != nil || len(old) != c.count {
			t.Errorf("%s had %d counters, want %d (%v)", c.name, len(old), c.count, err)
		}
		table, err := ForCPU(c.cpu)
		if err != nil {
			t.Fatal(err)
		}
		set, _ := table.Set("2016")
		if len(set) != c.count+2 {
			t.Errorf("%s: the set 2016 has %d events, want %d and cycles and instructions", c.name, len(set), c.count)
		}
		groups, refused := Plan(table, set, Machine{SMT: true})
		if len(groups) == 0 || len(refused) != 0 {
			t.Errorf("%s: %d groups, refused %v", c.name, len(groups), refused)
		}
	}
}

// What 2016 had wrong, and what is right (perfmon, and the SDM for inversion).
func TestWrongEncodingsOf2016AreMended(t *testing.T) {
	for _, c := range []struct {
		cpu         CPU
		name, terms string
	}{
		{CPU{Vendor: "GenuineIntel", Family: 6, Model: 0x3d}, "IDQ.ALL_MITE_CYCLES_ANY_UOPS", "event=0x79,umask=0x24,cmask=0x1"},
		{CPU{Vendor: "GenuineIntel", Family: 6, Model: 0x3d}, "IDQ.ALL_MITE_CYCLES_4_UOPS", "event=0x79,umask=0x24,cmask=0x4"},
		{CPU{Vendor: "GenuineIntel", Family: 6, Model: 0x3d}, "UOPS_EXECUTED.THREAD.STALLS", "event=0xb1,umask=0x1,cmask=0x1,inv=0x1"},
		{CPU{Vendor: "GenuineIntel", Family: 6, Model: 0x3d}, "FP_ASSIST.ANY", "event=0xca,umask=0x1e,cmask=0x1"},
		{CPU{Vendor: "GenuineIntel", Family: 6, Model: 0x3c}, "IDQ.ALL_DSB_CYCLES_4_UOPS", "event=0x79,umask=0x18,cmask=0x4"},
		{CPU{Vendor: "GenuineIntel", Family: 6, Model: 0x3a}, "SIMD_FP_256.PACKED_DOUBLE", "event=0x11,umask=0x2"},
		{CPU{Vendor: "GenuineIntel", Family: 6, Model: 0x1c}, "FP_ASSIST.AR", "event=0x11,umask=0x81"},
		{CPU{Vendor: "GenuineIntel", Family: 6, Model: 0x1c}, "SIMD_SAT_INSTR_RETIRED", "event=0xcf"},
		{CPU{Vendor: "GenuineIntel", Family: 6, Model: 0x1c}, "SEGMENT_REG_LOADS.ANY", "event=0x6,umask=0x80"},
		{CPU{Vendor: "AuthenticAMD", Family: 0x15, Model: 0x01}, "FP_SCHEDULER.BUSY", "event=0x1,cmask=0x1,inv=0x1"},
		{CPU{Vendor: "AuthenticAMD", Family: 0x14, Model: 0x01}, "FP_SCHEDULER.BUSY", "event=0x1,cmask=0x1,inv=0x1"},
	} {
		table, err := ForCPU(c.cpu)
		if err != nil {
			t.Fatal(err)
		}
		e, ok := table.Lookup(c.name)
		if !ok || e.Terms() != c.terms {
			t.Errorf("%s %s is %q, want %q", table.Name, c.name, e.Terms(), c.terms)
		}
		if !strings.HasPrefix(e.Note, "mended:") {
			t.Errorf("%s %s does not say that it was mended: %q", table.Name, c.name, e.Note)
		}
	}
}

// A name of 2016 that the vendor has too must mean the same in both, but for
// what is noted.
func TestNamesOf2016AgreeWithTheVendor(t *testing.T) {
	for _, name := range []string{"BDW", "HSW", "IVB", "BNL", "BULLDOZER", "BOBCAT"} {
		table, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		old, err := events2016(processor2016(name, 0))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range old {
			if v, ok := table.Lookup(c.Name); ok && v.Terms() != c.Terms() {
				t.Errorf("%s %s: %s, the vendor has %s", name, c.Name, c.Terms(), v.Terms())
			}
		}
	}
}

// RATIONALE.md lists whatever is not as it was in 2016, with both encodings of
// what was wrong.
func TestRationaleListsWhatWasMended(t *testing.T) {
	text, err := os.ReadFile("../../RATIONALE.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := 0
	for _, p := range []string{"broadwell", "haswell", "ivybridge", "atom", "bulldozer", "steamroller", "bobcat"} {
		old, err := events2016(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range old {
			if c.was == "" && c.why == "" {
				continue
			}
			listed++
			if !strings.Contains(string(text), c.Name) || !strings.Contains(string(text), c.was) && !strings.Contains(c.why, "contested") {
				t.Errorf("%s %s (%s, %s) is not listed", p, c.Name, c.was, c.why)
			}
		}
	}
	if listed != 21 {
		t.Errorf("%d counters differ from 2016, want 21", listed)
	}
}

// What 2016 had as a comment only has the counters that Linux would give it.
func TestX87OfSteamroller(t *testing.T) {
	table, err := ForCPU(CPU{Vendor: "AuthenticAMD", Family: 0x15, Model: 0x30})
	if err != nil {
		t.Fatal(err)
	}
	for name, terms := range map[string]string{"ADDSUB": "event=0x1c0,umask=0x1", "MUL": "event=0x1c0,umask=0x2", "DIVSQRT": "event=0x1c0,umask=0x4"} {
		e, ok := table.Lookup("RETIRED_X87_FLOPS." + name)
		if !ok || e.Terms() != terms || e.Counters != 0x38 || e.CountersAlone != 0x38 {
			t.Errorf("%s: %+v", name, e)
		}
	}
	bulldozer, err := ForCPU(CPU{Vendor: "AuthenticAMD", Family: 0x15, Model: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := bulldozer.Lookup("RETIRED_X87_FLOPS.MUL"); ok {
		t.Error("Bulldozer has what 2016 had of Steamroller")
	}
}
