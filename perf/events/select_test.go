package events

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func load(t *testing.T, name string) *Table {
	t.Helper()
	table, err := Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestSplitListKeepsRawEventsWhole(t *testing.T) {
	got := SplitList("A, UOPS_*,event=0x3c,umask=0x1,inv,cmask=2,event=0xc0,B,edge")
	want := []string{"A", "UOPS_*", "event=0x3c,umask=0x1,inv,cmask=2", "event=0xc0", "B", "edge"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestReadListIsBounded: what a client writes costs no more than what it may mean.
func TestReadListIsBounded(t *testing.T) {
	distinct := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "a%d,", i)
		}
		return b.String()
	}
	for s, want := range map[string]int{ // 0 is an error
		"A,B,A,,B":                        2,
		strings.Repeat("*,", MaxList/2):   1,
		distinct(MaxItems):                MaxItems,
		distinct(MaxItems + 1):            0,
		strings.Repeat("*,", MaxList/2+1): 0,
		strings.Repeat("a", MaxList):      1,
	} {
		got, err := ReadList(s)
		if len(got) != want || (err == nil) != (want > 0) {
			t.Errorf("%.40q: %d items, %v", s, len(got), err)
		}
	}
	for _, name := range Names() {
		table := load(t, name)
		for _, e := range table.Events {
			if len(e.Name) > longestGuess {
				t.Errorf("%s: no wrong name leads to %s, it is too long", name, e.Name)
			}
		}
		if _, err := table.Select([]string{strings.Repeat("a.", MaxList/2)}); err == nil || strings.Contains(err.Error(), "did you mean") {
			t.Errorf("%s: a long name is guessed at: %.80v", name, err)
		}
	}
}

func TestSelect(t *testing.T) {
	skl := load(t, "SKL")
	for _, c := range []struct {
		list  []string
		check func([]Event) bool
	}{
		{[]string{"inst_retired.any", "INST_RETIRED.ANY"}, func(e []Event) bool { return len(e) == 1 && e[0].Name == "INST_RETIRED.ANY" }},
		{[]string{"uops_dispatched_port.port_?"}, func(e []Event) bool { return len(e) == 8 && e[7].Name == "UOPS_DISPATCHED_PORT.PORT_7" }},
		{[]string{"ports"}, func(e []Event) bool { return len(e) == 8 }},
		{[]string{"ports"}, func(e []Event) bool { return e[0].Name == "UOPS_DISPATCHED_PORT.PORT_0" }},
		{[]string{"default"}, func(e []Event) bool { return len(e) == 6 && e[0].Name == "CPU_CLK_UNHALTED.THREAD" }},
		{[]string{"event=0xc4,umask=0x1"}, func(e []Event) bool {
			return len(e) == 1 && e[0].Terms() == "event=0xc4,umask=0x1" && e[0].Counters == 0xf
		}},
		{[]string{"all"}, func(e []Event) bool {
			return len(e) > 200 && !slices.ContainsFunc(e, func(e Event) bool { return e.Flags&(Offcore|Deprecated) != 0 })
		}},
		{[]string{"OFFCORE_RESPONSE.*"}, func(e []Event) bool { return len(e) > 100 }},
	} {
		if got, err := skl.Select(c.list); err != nil || !c.check(got) {
			t.Errorf("%q: %d events, %v", c.list, len(got), err)
		}
	}
}

// Slips of the finger, names of other processors, of perf and of 2016, and
// half-remembered ones, with what was meant.
func TestUnknownNamesGetTheNearest(t *testing.T) {
	for _, c := range []struct{ table, name, want string }{
		{"SKL", "UOPS_ISUED.ANY", "UOPS_ISSUED.ANY"},
		{"SKL", "UPOS_ISSUED.ANY", "UOPS_ISSUED.ANY"},
		{"SKL", "inst_retired.all", "INST_RETIRED.ANY"},
		{"SKL", "BR_MISP_RETIRED.ALL", "BR_MISP_RETIRED.ALL_BRANCHES"},
		{"SKL", "L1D_REPLACEMENT", "L1D.REPLACEMENT"},
		{"SKL", "L1D_REPL", "L1D.REPLACEMENT"},
		{"SKL", "UOPS_DISPATCHED_PORT.", "UOPS_DISPATCHED_PORT.PORT_0"},
		{"SKL", "UOPS_DISPATCHED.PORT_0", "UOPS_DISPATCHED_PORT.PORT_0"},
		{"SKL", "DISPATCHED_PORT.PORT_9", "UOPS_DISPATCHED_PORT.PORT_0"},
		{"SKL", "MEM_LOAD_UOPS_RETIRED.L1_MISS", "MEM_LOAD_RETIRED.L1_MISS"},
		{"SKL", "UOPS_RETIRED.ALL.STALLS", "UOPS_RETIRED.STALL_CYCLES"},
		{"SKL", "LONGEST_LAT_CACHE.MISSES", "LONGEST_LAT_CACHE.MISS"},
		{"SKL", "RETIRED.INST.ANY", "INST_RETIRED.ANY"},
		{"SPR", "UOPS_DISPATCHD.*", "UOPS_DISPATCHED.PORT_0"},
		{"SPR", "TOPDOWN_SLOTS_P", "TOPDOWN.SLOTS_P"},
		{"SPR", "MEM_LOAD_RETIRED.L2_MIS", "MEM_LOAD_RETIRED.L2_MISS"},
		{"HSW", "IDQ.ALL_DSB_CYCLES_4UOPS", "IDQ.ALL_DSB_CYCLES_4_UOPS"},
		{"HSW", "FP_ARITH_INST_RETIRED.256B", ""},
		{"ZEN4", "ex_ret_intsr", "ex_ret_instr"},
		{"ZEN4", "EX_RET_OP", "ex_ret_ops"},
		{"ZEN4", "ls_not_halted_cycles", "ls_not_halted_cyc"},
		{"ZEN4", "de_no_dispatch_per_slot.no_ops", "de_no_dispatch_per_slot.no_ops_from_frontend"},
		{"BOBCAT", "RETIRED_INSTRUCTION", "RETIRED_INSTRUCTIONS"},
		{"CLX", "OFFCORE_RESPONSE.DEMAND_RFO.ANY_RESPONSE", "OCR.DEMAND_RFO.ANY_RESPONSE"},
	} {
		_, err := load(t, c.table).Select([]string{c.name})
		var unknown *UnknownError
		if !errors.As(err, &unknown) || c.want != "" && !slices.Contains(unknown.Nearest, c.want) || len(unknown.Nearest) > 3 {
			t.Errorf("%s %s: %v, want %s among the nearest", c.table, c.name, err, c.want)
		}
	}
	skl := load(t, "SKL")
	for _, nonsense := range []string{"qqqqqqqq", "zz*", "*zzz*"} {
		if _, err := skl.Select([]string{nonsense}); err == nil || strings.Contains(err.Error(), "mean") {
			t.Errorf("%s: %v", nonsense, err)
		}
	}
	// The last ones are what becomes of umask=0x1,event=0xc4 and of perf's own
	// notation: a term alone would count something else.
	for _, bad := range []string{"event=0x1c0", "[", "NOTHING_*", "event=0xc4,umask=1,umask=2", "umask=0x1", "cpu/event=0xc4", "cpu/event=0xc4/"} {
		if got, err := skl.Select([]string{bad}); err == nil {
			t.Errorf("%q selected %d events", bad, len(got))
		}
	}
}

// Cycles and instructions have their names on every processor, and an event
// with a = in its name is not taken for a raw one.
func TestSelectByOtherNames(t *testing.T) {
	for _, name := range Names() {
		table := load(t, name)
		got, err := table.Select([]string{"cycles", "Instructions"})
		if err != nil || len(got) != 2 || table.Base(got[0]) != CyclesName || table.Base(got[1]) != InstructionsName {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	const odd = "OFFCORE_RESPONSE:request=DEMAND_RFO:response=ANY_RESPONSE"
	list := SplitList("event=0xc0,umask=0x1," + odd + "," + odd + ",cycles")
	if want := []string{"event=0xc0,umask=0x1", odd, odd, "cycles"}; !slices.Equal(list, want) {
		t.Errorf("%q, want %q", list, want)
	}
	got, err := load(t, "CLX").Select(list)
	if err != nil || len(got) != 3 || got[1].Name != odd || got[1].Code != 0xb7 {
		t.Errorf("%v, %v", got, err)
	}
}

// Every processor has a default, a branch and a memory set; ports and
// top-down only where the hardware can count them.
func TestSetsOfEveryTable(t *testing.T) {
	for _, name := range Names() {
		table := load(t, name)
		for _, set := range SetNames() {
			got, ok := table.Set(set)
			if !ok {
				t.Errorf("%s has no set %s", name, set)
			}
			if len(got) == 0 && set != "ports" {
				t.Errorf("%s: the set %s is empty", name, set)
			}
			codes := map[Encoding]string{}
			for _, e := range got {
				code, _ := e.Encode(table.format)
				if old, twice := codes[code]; twice && set != "all" && set != "2016" {
					t.Errorf("%s: the set %s counts %s and %s, which are one", name, set, old, e.Name)
				}
				codes[code] = e.Name
			}
			if empty := table.EmptySets([]string{"x", set}); len(empty) > 0 != (len(got) == 0) {
				t.Errorf("%s: the empty sets are %q", name, empty)
			}
			if set == "default" && len(got) < 4 {
				t.Errorf("%s: the default set is %v", name, Group{got}.Names())
			}
			if groups, _ := Plan(table, got, Machine{SMT: true}); set == "default" && len(groups) > 2 {
				t.Errorf("%s: the default set needs %d groups", name, len(groups))
			}
		}
	}
}
