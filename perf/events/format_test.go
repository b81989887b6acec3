package events

import (
	"strings"
	"testing"
)

// What perf(1) passes to perf_event_open for the same terms.
func TestEncodeLikePerf(t *testing.T) {
	intel, amd := BuiltinFormat(false), BuiltinFormat(true)
	for _, c := range []struct {
		f     Format
		terms string
		want  Encoding
	}{
		{intel, "event=0x3c", Encoding{Config: 0x3c}},
		{intel, "event=0xc0,umask=0x1", Encoding{Config: 0x1c0}},
		{intel, "event=0x79,umask=0x24,cmask=0x1", Encoding{Config: 0x1002479}},
		{intel, "event=0xc2,umask=0x1,cmask=0x1,inv=1", Encoding{Config: 0x18001c2}},
		{intel, "event=0x5e,umask=0x1,cmask=1,inv,edge", Encoding{Config: 0x184015e}},
		{intel, "event=0x3c,umask=0,any=1", Encoding{Config: 0x20003c}},
		{intel, "event=0xcd,umask=0x1,ldlat=0x3", Encoding{Config: 0x1cd, Config1: 3}},
		{intel, "event=0xb7,umask=0x1,offcore_rsp=0x10001", Encoding{Config: 0x1b7, Config1: 0x10001}},
		{intel, "event=0xc6,umask=0x1,frontend=0x500106", Encoding{Config: 0x1c6, Config1: 0x500106}},
		{intel, "event=0x0,umask=0x3", Encoding{Config: 0x300}},
		{intel, "event=0xa8,umask=0x1234", Encoding{Config: 0x1200000034a8}},
		{amd, "event=0x1a0,umask=0x1e", Encoding{Config: 0x100001ea0}},
		{amd, "event=0xfff,umask=0xff,edge=1,inv=1,cmask=0xff", Encoding{Config: 0xfff84ffff}},
		{amd, "event=0x3,umask=0x8", Encoding{Config: 0x803}},
		{amd, "config=0x76,config1=0x5", Encoding{Config: 0x76, Config1: 5}},
	} {
		if got, err := c.f.Encode(c.terms); err != nil || got != c.want {
			t.Errorf("%s = %#x, %v, want %#x", c.terms, got, err, c.want)
		}
	}
	for _, c := range []struct {
		f           Format
		terms, want string
	}{
		{intel, "event=0x1c0", "does not fit"},
		{amd, "event=0x1000", "does not fit"},
		{amd, "any=1", "no \"any\""},
		{intel, "event=ten", "not a number"},
		{intel, "edge=2", "does not fit"},
		{intel, "", "not a number"},
	} {
		if got, err := c.f.Encode(c.terms); err == nil || !strings.Contains(err.Error(), c.want) && c.terms != "" {
			t.Errorf("%q = %#x, %v, want an error with %q", c.terms, got, err, c.want)
		}
	}
}

func TestParseFormatRefusesNonsense(t *testing.T) {
	for _, s := range []string{"", "config", "config:", "config3:0-7", "config:7-0", "config:0-64", "config:-1", "config:a"} {
		if r, err := ParseFormat(s); err == nil {
			t.Errorf("%q parsed as %v", s, r)
		}
	}
}

func TestEncodingsOfNamedEvents(t *testing.T) {
	for _, c := range []struct {
		table, name string
		want        Encoding
	}{
		{"SPR", "INST_RETIRED.ANY", Encoding{Config: 0xc0}},
		{"SPR", "CPU_CLK_UNHALTED.REF_TSC", Encoding{Config: 0x300}},
		{"SPR", "TOPDOWN.SLOTS", Encoding{Config: 0x400}},
		{"SPR", "PERF_METRICS.RETIRING", Encoding{Config: 0x8000}},
		{"HSW", "CPU_CLK_UNHALTED.THREAD_P_ANY", Encoding{Config: 0x20003c}},
		{"HSW", "UOPS_RETIRED.STALL_CYCLES", Encoding{Config: 0x18001c2}},
		{"BNL", "PAGE_WALKS.WALKS", Encoding{Config: 0x4030c}},
		{"SKL", "FRONTEND_RETIRED.DSB_MISS", Encoding{Config: 0x1c6, Config1: 0x11}},
		{"ZEN5", "ls_not_halted_cyc", Encoding{Config: 0x76}},
		{"ZEN5", "de_no_dispatch_per_slot.backend_stalls", Encoding{Config: 0x100001ea0}},
		{"BULLDOZER", "RETIRED_INSTRUCTIONS", Encoding{Config: 0xc0}},
	} {
		table, err := Load(c.table)
		if err != nil {
			t.Fatal(err)
		}
		e, ok := table.Lookup(c.name)
		if !ok {
			t.Errorf("%s has no %s", c.table, c.name)
			continue
		}
		if got, err := e.Encode(BuiltinFormat(table.AMD)); err != nil || got != c.want {
			t.Errorf("%s %s = %#x, %v, want %#x", c.table, c.name, got, err, c.want)
		}
	}
}
