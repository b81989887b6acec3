package events

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"webrunner/perf"
	"webrunner/perf/processor"
)

// hostTree is the sysfs of a machine with one PMU cpu.
func hostTree(format, own map[string]string) fstest.MapFS {
	return tree(fakePMU{"cpu", 4, "", format, own})
}

func names(g []Counter) string {
	var s []string
	for _, c := range g {
		s = append(s, c.Name)
	}
	return strings.Join(s, " ")
}

// groupsOf plans the events of a list for a host of this probe and tree.
func groupsOf(info processor.HostInfo, fsys fs.FS, list []string) ([][]Counter, []Refusal, error) {
	h, err := ForHost(info, fsys)
	if err != nil {
		return nil, nil, err
	}
	return h.Groups(list)
}

func TestGroupsAreReadyToOpen(t *testing.T) {
	skl := processor.HostInfo{Vendor: "GenuineIntel", Family: 6, Model: 0x5e, PMU: true, SMT: true, Counters: 4, Fixed: 3}
	groups, refused, err := groupsOf(skl, hostTree(intelNewFormat, nil), []string{"inst_retired.any", "UOPS_RETIRED.STALL_CYCLES", "FRONTEND_RETIRED.DSB_MISS", "event=0xc4,umask=0x1"})
	base := []Counter{
		{Name: "CPU_CLK_UNHALTED.THREAD", Base: CyclesName, Unit: "cycles", Type: 4, Config: 0x3c},
		{Name: "INST_RETIRED.ANY", Base: InstructionsName, Unit: "instructions", Type: 4, Config: 0xc0},
	}
	want := [][]Counter{ // the front end's events must be alone
		append(slices.Clone(base), Counter{Name: "FRONTEND_RETIRED.DSB_MISS", Unit: "events", Type: 4, Config: 0x1c6, Config1: 0x11}),
		append(slices.Clone(base), Counter{Name: "UOPS_RETIRED.STALL_CYCLES", Unit: "cycles", Type: 4, Config: 0x18002c2},
			Counter{Name: "event=0xc4,umask=0x1", Unit: "events", Type: 4, Config: 0x1c4}),
	}
	if err != nil || len(refused) != 0 || !slices.EqualFunc(groups, want, slices.Equal) {
		t.Errorf("%+v\nwant %+v; refused %v, %v", groups, want, refused, err)
	}
}

// The same names mean another PMU, another table and another code on each kind
// of core.
func TestGroupsOfHybrids(t *testing.T) {
	alder := func(atom, lowPower string) fstest.MapFS {
		p := []fakePMU{{"cpu_core", 4, "0-15", intelNewFormat, nil}, {"cpu_atom", 10, atom, intelNewFormat, nil}}
		if lowPower != "" {
			p = append(p, fakePMU{"cpu_lowpower", 11, lowPower, intelNewFormat, nil})
		}
		return tree(p...)
	}
	for _, c := range []struct {
		what        string
		model       int
		kind        uint8
		native      uint32
		fs          fstest.MapFS
		table, pmu  string
		typ         uint32
		event       string
		config      uint64
		doubt, none string
	}{
		{"Alder Lake P", 0x97, 0x40, 1, alder("16-23", ""), "ADL-P", "cpu_core", 4, "TOPDOWN.BAD_SPEC_SLOTS", 0x4a4, "", ""},
		{"Alder Lake E", 0x97, 0x20, 1, alder("16-23", ""), "ADL-E", "cpu_atom", 10, "TOPDOWN_BE_BOUND.ALL", 0x74, "", ""},
		{"Arrow Lake LP", 0xc5, 0x20, 2, alder("16-23", "24-25"), "ARL-LPE", "cpu_lowpower", 11, "BR_INST_RETIRED.ALL_BRANCHES", 0xc4, "", ""},
		{"Arrow Lake LP on an older Linux", 0xc5, 0x20, 2, alder("16-25", ""), "ARL-LPE", "cpu_atom", 10, "BR_INST_RETIRED.ALL_BRANCHES", 0xc4, "", ""},
		{"a native model to come", 0xc5, 0x20, 9, alder("16-25", ""), "ARL-E", "cpu_atom", 10, "BR_INST_RETIRED.ALL_BRANCHES", 0xc4, "native model 0x9", ""},
		{"a guest on Alder Lake", 0x97, 0x40, 1, hostTree(intelNewFormat, nil), "ADL-P", "cpu", 4, "UOPS_ISSUED.ANY", 0x1ae, "", ""},
		{"E cores that Linux lacks", 0x97, 0x20, 1, tree(fakePMU{"cpu_core", 4, "0-3", intelNewFormat, nil}), "ADL-E", "", 0, "TOPDOWN_BE_BOUND.ALL", 0, "", "only cpu_core"},
	} {
		h, err := ForHost(processor.HostInfo{Vendor: "GenuineIntel", Family: 6, Model: c.model, Hybrid: true, CoreType: c.kind, NativeModel: c.native, PMU: true, Counters: 6, Fixed: 3}, c.fs)
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		if h.Table.Name != c.table || h.PMU.Name != c.pmu || h.PMU.Type != c.typ || !strings.Contains(h.Table.Doubt, c.doubt) || (c.doubt == "") != (h.Table.Doubt == "") {
			t.Errorf("%s: table %s, PMU %s type %d, doubt %q", c.what, h.Table.Name, h.PMU.Name, h.PMU.Type, h.Table.Doubt)
		}
		groups, refused, err := h.Groups([]string{c.event})
		if c.none != "" {
			if err != nil || len(groups) != 0 || len(refused) != 1 || !strings.Contains(refused[0].Why, c.none) {
				t.Errorf("%s: %v, refused %v, %v", c.what, groups, refused, err)
			}
			continue
		}
		if err != nil || len(groups) != 1 || len(refused) != 0 {
			t.Errorf("%s: %v, refused %v, %v", c.what, groups, refused, err)
			continue
		}
		last := groups[0][len(groups[0])-1]
		if last.Name != c.event || last.Config != c.config || last.Type != c.typ || groups[0][0].Base != CyclesName || groups[0][1].Base != InstructionsName {
			t.Errorf("%s: %+v", c.what, groups[0])
		}
	}
}

func TestHostsThatCannotCount(t *testing.T) {
	vm := processor.HostInfo{Vendor: "AuthenticAMD", Family: 0x19, Model: 0x11, PMUReason: "a virtual machine"}
	groups, refused, err := groupsOf(vm, fstest.MapFS{}, []string{"ex_ret_ops", "ls_not_halted_cyc"})
	if err != nil || len(groups) != 0 || len(refused) != 2 || refused[0].Event.Name != "ex_ret_ops" || refused[0].Why != "no PMU: "+vm.PMUReason {
		t.Errorf("%v, refused %v, %v", groups, refused, err)
	}
	var unknown *UnknownError
	if _, _, err = groupsOf(vm, fstest.MapFS{}, []string{"ex_ret_opps"}); !errors.As(err, &unknown) || !slices.Contains(unknown.Nearest, "ex_ret_ops") {
		t.Errorf("a wrong name: %v", err)
	}
	// A Linux without the frontend term refuses what needs it, not the rest.
	skl := processor.HostInfo{Vendor: "GenuineIntel", Family: 6, Model: 0x5e, PMU: true, Counters: 4, Fixed: 3}
	groups, refused, err = groupsOf(skl, hostTree(intelFormat, nil), []string{"FRONTEND_RETIRED.DSB_MISS", "UOPS_ISSUED.ANY"})
	if err != nil || len(groups) != 1 || names(groups[0]) != "CPU_CLK_UNHALTED.THREAD INST_RETIRED.ANY UOPS_ISSUED.ANY" || len(refused) != 1 || !strings.Contains(refused[0].Why, `no "frontend"`) {
		t.Errorf("%v, refused %v, %v", groups, refused, err)
	}
	// A virtual machine may have no fixed counters.
	bare := processor.HostInfo{Vendor: "GenuineIntel", Family: 6, Model: 0x5e, PMU: true, Counters: 4}
	groups, refused, err = groupsOf(bare, hostTree(intelNewFormat, nil), []string{"UOPS_ISSUED.ANY", "L1D.REPLACEMENT", "UOPS_RETIRED.RETIRE_SLOTS"})
	if err != nil || len(groups) != 2 || len(groups[0]) != 4 || len(groups[1]) != 3 || len(refused) != 0 {
		t.Errorf("four counters in all: %v, refused %v, %v", groups, refused, err)
	}
	// Counters without sysfs are opened as raw ones.
	groups, _, err = groupsOf(skl, fstest.MapFS{}, []string{"default"})
	if err != nil || len(groups) != 1 || groups[0][0].Type != perf.TypeRaw {
		t.Errorf("without sysfs: %v, %v", groups, err)
	}
	if _, _, err = groupsOf(skl, tree(fakePMU{"cpu", -1, "", nil, nil}), nil); err == nil {
		t.Error("a broken sysfs passed")
	}
}

// A processor of no table has the names that Linux gives, and says so.
func TestUnknownProcessors(t *testing.T) {
	own := map[string]string{"cpu-cycles": "event=0x3c", "instructions": "event=0xc0", "ref-cycles": "event=0x00,umask=0x03", "branch-misses": "event=0xc5", "cache-misses": "event=0x2e,umask=0x41"}
	info := processor.HostInfo{Vendor: "GenuineIntel", Family: 19, Model: 1, PMU: true, Counters: 2, Fixed: 3, SMT: true}
	h, err := ForHost(info, hostTree(intelNewFormat, own))
	if err != nil || !strings.Contains(h.Table.Doubt, "no event table") || h.Table.Name != "kernel" {
		t.Fatalf("%+v, %v", h, err)
	}
	groups, refused, err := h.Groups([]string{"default", "*-misses", "ref-cycles", "event=0x3c,umask=0x1", "event=0x2e,umask=0x4f"}) // four for two counters, the others have fixed ones
	if err != nil || len(refused) != 0 || len(groups) != 2 || groups[0][0].Base != CyclesName || groups[0][0].Config != 0x3c || groups[1][1].Base != InstructionsName {
		t.Errorf("%v, refused %v, %v", groups, refused, err)
	}
	var unknown *UnknownCPUError
	if _, err = ForHost(info, fstest.MapFS{}); !errors.As(err, &unknown) {
		t.Errorf("nothing known: %v", err)
	}
	if _, _, err = h.Groups([]string{"UOPS_ISSUED.ANY"}); err == nil {
		t.Error("another processor's event was found")
	}
}

// On a known processor Linux's names are a second source: they are found,
// listed last, and in no set.
func TestLinuxsOwnNames(t *testing.T) {
	own := map[string]string{"mem-loads": "event=0xcd,umask=0x1,ldlat=3", "topdown-retiring": "event=0x00,umask=0x80", "slots": "event=0x00,umask=0x4", "slots.scale": "1"}
	spr := processor.HostInfo{Vendor: "GenuineIntel", Family: 6, Model: 0x8f, PMU: true, Counters: 8, Fixed: 4}
	h, err := ForHost(spr, hostTree(intelNewFormat, own))
	if err != nil {
		t.Fatal(err)
	}
	groups, refused, err := h.Groups([]string{"topdown-retiring", "mem-l*"})
	if err != nil || len(refused) != 0 || len(groups) != 1 {
		t.Fatalf("%v, refused %v, %v", groups, refused, err)
	}
	g := groups[0]
	if g[0].Config != 0x400 || g[1].Base != CyclesName || g[2].Base != InstructionsName || g[3].Config != 0x8000 || g[4].Config != 0x1cd || g[4].Config1 != 3 {
		t.Errorf("%+v", g)
	}
	for name, want := range map[string]Counters{"slots": 1 << 35, "topdown-retiring": 1 << 48} {
		if e, ok := h.Table.Lookup(name); !ok || e.Counters != want {
			t.Errorf("%s counts on %#x, want %#x", name, e.Counters, want)
		}
	}
	list := h.Table.List().Events
	if last := list[len(list)-1]; last.Name != "topdown-retiring" || last.Source != "kernel" {
		t.Errorf("listed last: %+v", last)
	}
	all, _ := h.Table.Set("all")
	if slices.ContainsFunc(all, func(e Event) bool { return e.source == linuxSource }) {
		t.Error("the set all has Linux's names")
	}
}

// A pair of counters that has no room beside cycles and instructions is
// counted without them, and draws no other event into its group.
func TestEventsWithoutRoomForTheBase(t *testing.T) {
	zen := processor.HostInfo{Vendor: "AuthenticAMD", Family: 0x19, Model: 0x11, PMU: true, Counters: 3}
	groups, refused, err := groupsOf(zen, hostTree(amdFormat, nil), []string{"fp_ret_sse_avx_ops.all", "ex_ret_brn"})
	if err != nil || len(refused) != 0 || len(groups) != 2 {
		t.Fatalf("%v, refused %v, %v", groups, refused, err)
	}
	for _, g := range groups {
		if n := names(g); n != "fp_ret_sse_avx_ops.all" && n != "ls_not_halted_cyc ex_ret_instr ex_ret_brn" {
			t.Errorf("a group of %s", n)
		}
	}
}
