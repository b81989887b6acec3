package events

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

func TestParseCPU(t *testing.T) {
	for s, want := range map[string]CPU{
		"GenuineIntel:6:143":       {Vendor: "GenuineIntel", Family: 6, Model: 143},
		"intel:6:0x55:7":           {Vendor: "GenuineIntel", Family: 6, Model: 0x55, Stepping: 7},
		"AMD:0x19:0x11":            {Vendor: "AuthenticAMD", Family: 0x19, Model: 0x11},
		"HygonGenuine:0x18:0x1:00": {Vendor: "HygonGenuine", Family: 0x18, Model: 1},
	} {
		if got, err := ParseCPU(s); err != nil || got != want {
			t.Errorf("%s = %+v, %v", s, got, err)
		}
	}
	for _, bad := range []string{"", "intel", "intel:6", ":6:1", "intel:6:x", "intel:6:1:2:3", "intel:-6:1", "intel:6:99999"} {
		if got, err := ParseCPU(bad); err == nil {
			t.Errorf("%q = %+v", bad, got)
		}
	}
}

func TestListing(t *testing.T) {
	table, err := ForCPU(CPU{Vendor: "GenuineIntel", Family: 6, Model: 0x3d})
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(table.List())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"table":"BDW"`,
		`{"name":"IDQ.ALL_MITE_CYCLES_4_UOPS","encoding":"event=0x79,umask=0x24,cmask=0x4","config":"0x4002479","counters":["0","1","2","3"],"source":"vendor","note":"mended: 79:18:4:0 in 2016 counted the DSB"}`,
		`{"name":"INST_RETIRED.ANY","encoding":"event=0xc0","config":"0xc0","counters":["fixed0"],"flags":["fixed"],"source":"vendor"}`,
		`"name":"UOPS_RETIRED.ALL.STALLS","encoding":"event=0xc2,umask=0x1,cmask=0x1,inv=0x1","config":"0x18001c2","counters":["0","1","2","3"],"source":"2016"}`,
	} {
		if !strings.Contains(string(b), want) {
			t.Errorf("the listing lacks %s", want)
		}
	}
	var text strings.Builder
	if err := table.List().WriteText(&text); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), "\nIDQ.ALL_MITE_CYCLES_4_UOPS  event=0x79,umask=0x24,cmask=0x4  counters 0,1,2,3  (mended: ") {
		t.Error("the text lacks an event")
	}
}

func TestPlanListing(t *testing.T) {
	skl := load(t, "SKL")
	list, err := skl.Select([]string{"UOPS_ISSUED.ANY", "L1D.REPLACEMENT"})
	if err != nil {
		t.Fatal(err)
	}
	groups, refused := Plan(skl, list, Machine{SMT: true})
	b, err := json.Marshal(skl.ListPlan(groups, refused, Machine{SMT: true}))
	want := `{"table":"SKL","room":{"general_counters":4,"fixed_counters":3,"hyper_threads":true,"nmi_watchdog":false},"groups":[["CPU_CLK_UNHALTED.THREAD","INST_RETIRED.ANY","UOPS_ISSUED.ANY","L1D.REPLACEMENT"]]}`
	if err != nil || string(b) != want {
		t.Errorf("%s, %v, want %s", b, err, want)
	}
	var text strings.Builder
	if err := skl.ListPlan(nil, nil, Machine{Watchdog: true}).WriteText(&text); err != nil || text.String() != "# SKL: 8 general and 2 fixed counters; hyper-threads off, NMI watchdog on\n" {
		t.Errorf("%q, %v", text.String(), err)
	}
	// A virtual machine with one general counter and no fixed ones.
	groups, refused = Plan(skl, list, Machine{SMT: true, General: 1, Fixed: -1})
	if len(groups) != 2 || len(groups[0].Events) != 1 || len(refused) != 0 {
		t.Errorf("one counter: %v, refused %v", groups, refused)
	}
	// With two, cycles and instructions have a group of their own if asked for.
	both, err := skl.Select([]string{"UOPS_ISSUED.ANY", "cycles"})
	if err != nil {
		t.Fatal(err)
	}
	if groups, _ = Plan(skl, both, Machine{General: 2, Fixed: -1}); len(groups) != 2 || len(groups[1].Events) != 2 || skl.Base(groups[1].Events[0]) != CyclesName {
		t.Errorf("cycles asked for beside what has no room beside them: %v", groups)
	}
	groups, refused = Plan(skl, list, Machine{SMT: true, General: 1, Fixed: -1, Watchdog: true})
	if len(groups) != 0 || len(refused) != 2 || refused[0].Why == "" {
		t.Errorf("no counter: %v, refused %v", groups, refused)
	}
	groups, refused = Plan(skl, list, Machine{SMT: true, General: 1, Fixed: -1, Bare: true})
	if len(groups) != 2 || len(refused) != 0 {
		t.Errorf("bare: %d groups, refused %v", len(groups), refused)
	}
}

func TestPlanOfMetricFieldsLeadsWithSlots(t *testing.T) {
	spr := load(t, "SPR")
	list, err := spr.Select([]string{"PERF_METRICS.RETIRING", "PERF_METRICS.BAD_SPECULATION", "UOPS_ISSUED.ANY"})
	if err != nil {
		t.Fatal(err)
	}
	groups, refused := Plan(spr, list, Machine{})
	if len(groups) != 1 || len(refused) != 0 || groups[0].Events[0].Name != "TOPDOWN.SLOTS" || len(groups[0].Events) != 6 {
		t.Errorf("%v, refused %v", groups, refused)
	}
}

func TestDerive(t *testing.T) {
	counts := map[string]float64{
		CyclesName: 1000, InstructionsName: 2500, RefCyclesName: 800, TimeName: 250,
		"IDQ_UOPS_NOT_DELIVERED.CORE": 400, "UOPS_ISSUED.ANY": 3000, "UOPS_RETIRED.RETIRE_SLOTS": 2800, "INT_MISC.RECOVERY_CYCLES": 50,
		"UOPS_DISPATCHED_PORT.PORT_0": 500,
	}
	got := map[string]Derived{}
	for _, d := range Derive(counts, Work{Elements: 500, Bytes: 8000, FLOPs: 1000}, load(t, "SKL")) {
		got[d.Name] = d
	}
	for name, want := range map[string]float64{
		"IPC": 2.5, "Core clock ratio": 1.25, "Cycles per element": 2, "Bytes per cycle": 8, "FLOPs per cycle": 1,
		"GFLOPS": 4, "Use of PORT_0": .5, "Retiring": 70, "Backend_Bound": 10,
	} {
		if d, ok := got[name]; !ok || math.Abs(d.Value-want) > 1e-9 || len(d.From) == 0 || d.Unit == "" {
			t.Errorf("%s = %+v, want %v", name, d, want)
		}
	}
	if d, ok := got["Cycles per iteration"]; ok {
		t.Errorf("made up: %+v", d)
	}
	if d := Derive(map[string]float64{CyclesName: 0, InstructionsName: 5}, Work{Bytes: 1}, nil); len(d) != 0 {
		t.Errorf("from zero cycles: %+v", d)
	}
}
