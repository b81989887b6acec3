package events

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// Answers of one made-up call, worked out by hand for each kind of core. Every
// case has 1000 cycles.
func TestTopDownByHand(t *testing.T) {
	for _, c := range []struct {
		tables string
		counts map[string]float64
		want   map[string]float64
	}{
		{"SNB JKT IVB IVT HSW HSX BDW BDW-DE BDX SKL SKX CLX", map[string]float64{ // 4000 slots
			"IDQ_UOPS_NOT_DELIVERED.CORE": 400, "UOPS_ISSUED.ANY": 3000, "UOPS_RETIRED.RETIRE_SLOTS": 2800, "INT_MISC.RECOVERY_CYCLES": 50,
			"IDQ_UOPS_NOT_DELIVERED.CYCLES_0_UOPS_DELIV.CORE": 60,
		}, map[string]float64{"Frontend_Bound": 10, "Retiring": 70, "Bad_Speculation": 10, "Backend_Bound": 10, "Fetch_Latency": 6, "Fetch_Bandwidth": 4}},
		// Level 2 by the vendor's formulas; Instructions are 1000.
		{"SKL SKX CLX", map[string]float64{
			"IDQ_UOPS_NOT_DELIVERED.CORE": 400, "UOPS_ISSUED.ANY": 3000, "UOPS_RETIRED.RETIRE_SLOTS": 2800, "INT_MISC.RECOVERY_CYCLES": 50,
			"CYCLE_ACTIVITY.STALLS_MEM_ANY": 90, "EXE_ACTIVITY.BOUND_ON_STORES": 10, "CYCLE_ACTIVITY.STALLS_TOTAL": 100,
			"EXE_ACTIVITY.1_PORTS_UTIL": 20, "EXE_ACTIVITY.2_PORTS_UTIL": 100, "UOPS_RETIRED.MACRO_FUSED": 200,
			"BR_MISP_RETIRED.ALL_BRANCHES": 3, "MACHINE_CLEARS.COUNT": 1,
		}, map[string]float64{
			"Frontend_Bound": 10, "Retiring": 70, "Bad_Speculation": 10, "Backend_Bound": 10,
			"Memory_Bound": 5, "Core_Bound": 5, // 10 × 100/(100+20+0.7×100+10)
			"Heavy_Operations": 50, "Light_Operations": 20, // (2800+200-1000)/4000
			"Branch_Mispredicts": 7.5, "Machine_Clears": 2.5,
		}},
		{"HSW HSX BDW BDX", map[string]float64{
			"UOPS_ISSUED.ANY": 3000, "UOPS_RETIRED.RETIRE_SLOTS": 2800, "IDQ.MS_UOPS": 300,
		}, map[string]float64{"Retiring": 70, "Heavy_Operations": 7, "Light_Operations": 63}},
		{"SPR ADL-P EMR", map[string]float64{ // by PERF_METRICS, where they were asked for
			"TOPDOWN.SLOTS": 6000, "PERF_METRICS.FRONTEND_BOUND": 700, "PERF_METRICS.BAD_SPECULATION": 300, "PERF_METRICS.RETIRING": 2100, "PERF_METRICS.BACKEND_BOUND": 2900,
			"PERF_METRICS.MEMORY_BOUND": 1800, "INT_MISC.UOP_DROPPING": 60,
		}, map[string]float64{"Frontend_Bound": 100*700./6000 - 1, "Retiring": 35, "Backend_Bound": 100 * 2900. / 6000, "Bad_Speculation": 100*300./6000 + 1, "Memory_Bound": 30}},
		{"ICL ICX RKL TGL", map[string]float64{ // 5 wide, but the slots are counted
			"TOPDOWN.SLOTS_P": 4000, "IDQ_UOPS_NOT_DELIVERED.CORE": 800, "TOPDOWN.BACKEND_BOUND_SLOTS": 1200, "UOPS_RETIRED.SLOTS": 1600,
			"CYCLE_ACTIVITY.STALLS_MEM_ANY": 90, "EXE_ACTIVITY.BOUND_ON_STORES": 10, "CYCLE_ACTIVITY.STALLS_TOTAL": 100, "EXE_ACTIVITY.1_PORTS_UTIL": 50, "EXE_ACTIVITY.2_PORTS_UTIL": 100,
			"IDQ_UOPS_NOT_DELIVERED.CYCLES_0_UOPS_DELIV.CORE": 40, "BR_MISP_RETIRED.ALL_BRANCHES": 3, "MACHINE_CLEARS.COUNT": 1,
		}, map[string]float64{
			"Frontend_Bound": 20, "Backend_Bound": 30, "Retiring": 40, "Bad_Speculation": 10,
			"Memory_Bound": 15, "Core_Bound": 15, // 30 × 100/(100+50+0.4×100+10)
			"Fetch_Latency": 5, "Fetch_Bandwidth": 15, "Branch_Mispredicts": 7.5, "Machine_Clears": 2.5,
		}},
		{"ADL-P MTL-P SPR EMR GNR LNL-P ARL-P PTL-P NVL-P", map[string]float64{
			"TOPDOWN.SLOTS_P": 6000, "IDQ_BUBBLES.CORE": 600, "TOPDOWN.BACKEND_BOUND_SLOTS": 3000, "UOPS_RETIRED.SLOTS": 2100,
			"TOPDOWN.MEMORY_BOUND_SLOTS": 1800, "TOPDOWN.BR_MISPREDICT_SLOTS": 240, "UOPS_RETIRED.HEAVY": 300,
		}, map[string]float64{
			"Frontend_Bound": 10, "Backend_Bound": 50, "Retiring": 35, "Bad_Speculation": 5, "Memory_Bound": 30, "Core_Bound": 20,
			"Branch_Mispredicts": 4, "Machine_Clears": 1, "Heavy_Operations": 5, "Light_Operations": 30,
		}},
		{"ADL-E", efficient(5), efficientWant},
		{"MTL-E GRR SRF ARL-LPE", efficient(6), efficientWant},
		{"LNL-E ARL-E PTL-E CWF", efficient(8), efficientWant},
		{"EHL SNR", map[string]float64{"TOPDOWN_FE_BOUND.ALL": 400, "TOPDOWN_BE_BOUND.ALL": 2000, "TOPDOWN_BAD_SPECULATION.ALL": 200, "TOPDOWN_RETIRING.ALL": 1400},
			map[string]float64{"Frontend_Bound": 10, "Backend_Bound": 50, "Bad_Speculation": 5, "Retiring": 35}},
		{"GLM GLP", map[string]float64{"UOPS_NOT_DELIVERED.ANY": 300, "UOPS_RETIRED.ANY": 1500}, map[string]float64{"Frontend_Bound": 10, "Retiring": 50}},
		{"SLM KNL", map[string]float64{"UOPS_RETIRED.ALL": 500}, map[string]float64{"Retiring": 25}},
		{"NHM-EP NHM-EX WSM-EP-DP WSM-EP-SP WSM-EX", map[string]float64{"UOPS_RETIRED.RETIRE_SLOTS": 3000}, map[string]float64{"Retiring": 75}},
		{"ZEN1 ZEN2", map[string]float64{"ex_ret_cops": 1500}, map[string]float64{"Retiring": 25}},
		{"ZEN3", map[string]float64{"ex_ret_ops": 1500}, map[string]float64{"Retiring": 25}},
		{"ZEN4", map[string]float64{ // 6000 slots
			"de_no_dispatch_per_slot.no_ops_from_frontend": 600, "de_no_dispatch_per_slot.backend_stalls": 1200, "de_no_dispatch_per_slot.smt_contention": 60,
			"de_src_op_disp.all": 4140, "ex_ret_ops": 3900, "ex_no_retire.load_not_complete": 30, "ex_no_retire.not_complete": 120, "ex_ret_ucode_ops": 390,
		}, map[string]float64{
			"Frontend_Bound": 10, "Backend_Bound": 20, "Smt_Contention": 1, "Bad_Speculation": 4, "Retiring": 65,
			"Backend_Bound_Memory": 5, "Backend_Bound_Cpu": 15, "Retiring_Microcode": 6.5, "Retiring_Fastpath": 58.5,
		}},
		{"ZEN5", map[string]float64{ // 8000 slots
			"de_no_dispatch_per_slot.no_ops_from_frontend": 800, "de_no_dispatch_per_slot.backend_stalls": 1600, "de_src_op_disp.all": 5520, "ex_ret_ops": 5200,
		}, map[string]float64{"Frontend_Bound": 10, "Backend_Bound": 20, "Bad_Speculation": 4, "Retiring": 65}},
	} {
		for table := range strings.FieldsSeq(c.tables) {
			counts := map[string]float64{CyclesName: 1000, InstructionsName: 1000}
			for n, v := range c.counts {
				counts[n] = v
			}
			got := map[string]Derived{}
			for _, d := range Derive(counts, Work{}, load(t, table)) {
				got[d.Name] = d
			}
			for name, want := range c.want {
				d, ok := got[name]
				if !ok || math.Abs(d.Value-want) > 1e-9 || d.Unit != "percent" {
					t.Errorf("%s: %s = %+v, want %v %%", table, name, d, want)
				}
				if len(d.From) == 0 || slices.ContainsFunc(d.From, func(n string) bool { _, ok := counts[n]; return !ok }) {
					t.Errorf("%s: %s comes from %q, which are not the names of counts", table, name, d.From)
				}
			}
			for _, name := range []string{"Frontend_Bound", "Backend_Bound", "Bad_Speculation", "Retiring", "Memory_Bound"} {
				if _, wanted := c.want[name]; !wanted && got[name].Name != "" {
					t.Errorf("%s: %+v is made up", table, got[name])
				}
			}
		}
	}
}

// efficient is a call on an E core of that width.
func efficient(width float64) map[string]float64 {
	s := 1000 * width / 100 // a percent of the slots
	return map[string]float64{
		"TOPDOWN_FE_BOUND.ALL_P": 10 * s, "TOPDOWN_BE_BOUND.ALL_P": 50 * s, "TOPDOWN_BAD_SPECULATION.ALL_P": 5 * s, "TOPDOWN_RETIRING.ALL_P": 35 * s,
		"TOPDOWN_FE_BOUND.ALL": 10 * s, "TOPDOWN_BE_BOUND.ALL": 50 * s, "TOPDOWN_BAD_SPECULATION.ALL": 5 * s, "TOPDOWN_RETIRING.ALL": 35 * s,
		"TOPDOWN_BAD_SPECULATION.MISPREDICT": 4 * s, "TOPDOWN_BAD_SPECULATION.MACHINE_CLEARS": s,
		"TOPDOWN_FE_BOUND.FRONTEND_LATENCY": 3 * s, "TOPDOWN_FE_BOUND.FRONTEND_BANDWIDTH": 7 * s, "TOPDOWN_BE_BOUND.ALLOC_RESTRICTIONS": 2 * s,
	}
}

var efficientWant = map[string]float64{
	"Frontend_Bound": 10, "Backend_Bound": 50, "Bad_Speculation": 5, "Retiring": 35, "Branch_Mispredicts": 4, "Machine_Clears": 1,
	"IFetch_Latency": 3, "IFetch_Bandwidth": 7, "Core_Bound": 2, "Resource_Bound": 48,
}

// What the set topdown counts must be enough for the method: level 1 whole on
// all cores that have it, in few groups.
func TestTopDownSetIsEnough(t *testing.T) {
	whole := 0
	for _, name := range Names() {
		table := load(t, name)
		set, _ := table.Set("topdown")
		groups, refused := Plan(table, set, Machine{SMT: true})
		if len(refused) > 0 || len(groups) > 6 {
			t.Errorf("%s: %d groups, refused %v", name, len(groups), refused)
		}
		counts := map[string]float64{CyclesName: 1000, InstructionsName: 900}
		for i, e := range set {
			if table.Base(e) == "" {
				counts[e.Name] = float64(10 + i)
			}
		}
		level1 := 0
		for _, d := range Derive(counts, Work{}, table) {
			if slices.Contains([]string{"Frontend_Bound", "Backend_Bound", "Bad_Speculation", "Retiring"}, d.Name) {
				level1++
			}
		}
		if level1 == 4 {
			whole++
		}
	}
	if whole < 38 {
		t.Errorf("level 1 can be had on %d tables", whole)
	}
}

// A count answers to every name of its encoding, and a part of the
// floating-point events is not taken for the whole.
func TestDeriveFindsCounts(t *testing.T) {
	skl := load(t, "SKL")
	counts := map[string]float64{CyclesName: 100, InstructionsName: 2000, "event=0xe,umask=0x1": 300, "event=0xc2,umask=0x2": 280, "INT_MISC.RECOVERY_CYCLES": 5,
		"BR_MISP_RETIRED.ALL_BRANCHES": 4, "L1D.REPLACEMENT": 20, "event=0xa1,umask=0x20": 50}
	get := func(counts map[string]float64, name string) (Derived, bool) {
		all := Derive(counts, Work{}, skl)
		i := slices.IndexFunc(all, func(d Derived) bool { return d.Name == name })
		if i < 0 {
			return Derived{}, false
		}
		return all[i], true
	}
	for name, want := range map[string]Derived{
		"Bad_Speculation":                      {Value: 10, From: []string{"event=0xe,umask=0x1", "event=0xc2,umask=0x2", "INT_MISC.RECOVERY_CYCLES", CyclesName}},
		"Branch misses per 1000 instructions":  {Value: 2, From: []string{"BR_MISP_RETIRED.ALL_BRANCHES", InstructionsName}},
		"L1 data misses per 1000 instructions": {Value: 10, From: []string{"L1D.REPLACEMENT", InstructionsName}},
		"Use of PORT_5":                        {Value: .5, From: []string{"event=0xa1,umask=0x20", CyclesName}},
	} {
		if d, ok := get(counts, name); !ok || math.Abs(d.Value-want.Value) > 1e-9 || !slices.Equal(d.From, want.From) {
			t.Errorf("%s = %+v, want %+v", name, d, want)
		}
	}
	flops := map[string]float64{CyclesName: 100}
	for i, f := range flopEvents[:6] { // Skylake has no vectors of 512 bits
		flops[f.name] = float64(10 * (i + 1))
	}
	// 10+20+2×30+4×40+4×50+8×60 = 930
	if d, ok := get(flops, "Counted FLOPs per cycle"); !ok || math.Abs(d.Value-9.3) > 1e-9 || len(d.From) != 7 {
		t.Errorf("FLOPs: %+v", d)
	}
	delete(flops, "FP_ARITH_INST_RETIRED.SCALAR_SINGLE")
	if d, ok := get(flops, "Counted FLOPs per cycle"); ok {
		t.Errorf("a part of the FLOPs: %+v", d)
	}
	for _, few := range []map[string]float64{nil, {}, {CyclesName: 100}, {"UOPS_ISSUED.ANY": 3}, {"no such event": 1, CyclesName: 2}} {
		if got := Derive(few, Work{}, skl); len(got) != 0 {
			t.Errorf("from %v alone: %+v", few, got)
		}
	}
	zen := Derive(map[string]float64{CyclesName: 100, "fp_ret_sse_avx_ops.all": 1600}, Work{}, load(t, "ZEN4"))
	if !slices.ContainsFunc(zen, func(d Derived) bool { return d.Name == "Counted FLOPs per cycle" && d.Value == 16 }) {
		t.Errorf("Zen 4: %+v", zen)
	}
}
