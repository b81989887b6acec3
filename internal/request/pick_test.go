package request

import (
	"strings"
	"testing"
	"testing/fstest"

	"webrunner/internal/trust"
	"webrunner/internal/wire"
	"webrunner/perf/events"
	"webrunner/perf/processor"
)

func counting(t *testing.T, info processor.HostInfo, why string) *Counting {
	t.Helper()
	h, err := events.ForHost(info, fstest.MapFS{})
	if err != nil {
		t.Fatal(err)
	}
	return NewCounting(h, why)
}

func names(groups []wire.Group) string {
	list := " "
	for _, g := range groups {
		for _, e := range g {
			list += e.Name + " "
		}
	}
	return list
}

// TestPickKnown: on every generation there are loads, stores, branches,
// operations, cycles and instructions to hold against the truth.
func TestPickKnown(t *testing.T) {
	for _, row := range []struct {
		info processor.HostInfo
		want string
	}{
		{processor.HostInfo{Vendor: "AuthenticAMD", Family: 0x19, Model: 0x11}, "Cycles Instructions ex_ret_ops ex_ret_brn ex_ret_brn_tkn ex_ret_cond ls_dispatch.ld_dispatch ls_dispatch.store_dispatch"},
		{processor.HostInfo{Vendor: "AuthenticAMD", Family: 0x15, Model: 0x01}, "Cycles Instructions RETIRED_UOPS RETIRED_BRANCH_INSTRUCTIONS RETIRED_TAKEN_BRANCH_INSTRUCTIONS"},
		{processor.HostInfo{Vendor: "GenuineIntel", Family: 6, Model: 0x3d}, "Cycles Instructions CPU_CLK_UNHALTED.REF_TSC UOPS_RETIRED.RETIRE_SLOTS MEM_UOPS_RETIRED.ALL_LOADS MEM_UOPS_RETIRED.ALL_STORES BR_INST_RETIRED.ALL_BRANCHES BR_INST_RETIRED.NOT_TAKEN"},
		{processor.HostInfo{Vendor: "GenuineIntel", Family: 6, Model: 0x8f}, "Cycles Instructions UOPS_RETIRED.SLOTS MEM_INST_RETIRED.ALL_LOADS MEM_INST_RETIRED.ALL_STORES BR_INST_RETIRED.ALL_BRANCHES BR_INST_RETIRED.NEAR_TAKEN BR_INST_RETIRED.COND_NTAKEN"},
	} {
		row.info.PMU, row.info.Counters, row.info.Fixed = true, 6, 3
		groups, err := counting(t, row.info, "").Pick(trust.Known)
		if err != nil || len(groups) < 1 {
			t.Errorf("%+v: %v %v", row.info, groups, err)
			continue
		}
		got := names(groups)
		for want := range strings.FieldsSeq(row.want) {
			if !strings.Contains(got, " "+want+" ") {
				t.Errorf("%s model %#x: no %s among%s", row.info.Vendor, row.info.Model, want, got)
			}
		}
		for _, g := range groups {
			for _, e := range g {
				if !trust.Known(e.Name) {
					t.Errorf("%s has no known answer", e.Name)
				}
			}
		}
	}
}

func TestPickWithoutPMU(t *testing.T) {
	zen := processor.HostInfo{Vendor: "AuthenticAMD", Family: 0x19, Model: 0x11, PMU: true, Counters: 6}
	if groups, err := counting(t, zen, "no permission").Pick(trust.Known); err != nil || len(groups) != 0 {
		t.Errorf("%v %v", groups, err)
	}
	if groups, err := NewCounting(nil, "").Pick(trust.Known); err != nil || names(groups) != " Cycles Instructions " {
		t.Errorf("an unknown processor: %v %v", groups, err)
	}
	if groups, err := counting(t, zen, "").Pick(func(string) bool { return false }); err != nil || len(groups) != 0 {
		t.Errorf("nothing picked: %v %v", groups, err)
	}
}
