package events

import (
	"errors"
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

func TestSelect(t *testing.T) {
	skl := load(t, "SKL")
	for _, c := range []struct {
		list  []string
		check func([]Event) bool
	}{
		{[]string{"inst_retired.any", "INST_RETIRED.ANY"}, func(e []Event) bool { return len(e) == 1 && e[0].Name == "INST_RETIRED.ANY" }},
		{[]string{"uops_dispatched_port.port_?"}, func(e []Event) bool { return len(e) == 8 && e[7].Name == "UOPS_DISPATCHED_PORT.PORT_7" }},
		{[]string{"ports"}, func(e []Event) bool { return len(e) == 8 }},
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

func TestUnknownNamesGetTheNearest(t *testing.T) {
	skl := load(t, "SKL")
	for name, want := range map[string]string{
		"UOPS_ISUED.ANY":        "UOPS_ISSUED.ANY",
		"inst_retired.all":      "INST_RETIRED.ANY",
		"BR_MISP_RETIRED.ALL":   "BR_MISP_RETIRED.ALL_BRANCHES",
		"L1D_REPLACEMENT":       "L1D.REPLACEMENT",
		"UOPS_DISPATCHED_PORT.": "UOPS_DISPATCHED_PORT.PORT_0",
	} {
		_, err := skl.Select([]string{name})
		var unknown *UnknownError
		if !errors.As(err, &unknown) || !slices.Contains(unknown.Nearest, want) {
			t.Errorf("%s: %v, want %s among the nearest", name, err, want)
		}
	}
	if _, err := skl.Select([]string{"qqqqqqqq"}); err == nil || strings.Contains(err.Error(), "mean") {
		t.Errorf("nonsense: %v", err)
	}
	for _, bad := range []string{"event=0x1c0", "[", "NOTHING_*"} {
		if got, err := skl.Select([]string{bad}); err == nil {
			t.Errorf("%q selected %d events", bad, len(got))
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"abc", "abc", 0}, {"abc", "abd", 1}, {"abc", "ab", 1}, {"kitten", "sitting", 3}, {"abcdefgh", "", 6}, {"aaaaaaaa", "bbbbbbbb", 6}} {
		if got := distance(c.a, c.b, 5); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
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
			if set == "default" && len(got) < 4 {
				t.Errorf("%s: the default set is %v", name, Group{got}.Names())
			}
			if groups, _ := Plan(table, got, Machine{SMT: true}); set == "default" && len(groups) > 2 {
				t.Errorf("%s: the default set needs %d groups", name, len(groups))
			}
		}
	}
}
