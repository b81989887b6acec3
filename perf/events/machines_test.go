package events

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"webrunner/perf/processor"
)

// Events as Linux's drivers export them: text of the files below events
// (arch/x86/events/intel/core.c, amd/core.c, with the hexadecimal that
// x86_event_sysfs_show prints).
const (
	intelGeneric = "cpu-cycles event=0x3c; instructions event=0xc0; cache-references event=0x2e,umask=0x4f; cache-misses event=0x2e,umask=0x41; " +
		"branch-instructions event=0xc4; branch-misses event=0xc5; bus-cycles event=0x3c,umask=0x01; ref-cycles event=0x00,umask=0x03; "
	haswellMemory  = "mem-loads event=0xcd,umask=0x1,ldlat=3; mem-stores event=0xd0,umask=0x82; "
	transactions   = "tx-start event=0xc9,umask=0x1; tx-abort event=0xc9,umask=0x4; cycles-t event=0x3c,in_tx=1; cycles-ct event=0x3c,in_tx=1,in_tx_cp=1; "
	oldTopDown     = "topdown-total-slots event=0x3c,umask=0x0,any=1; topdown-total-slots.scale 2; topdown-slots-issued event=0xe,umask=0x1; topdown-slots-retired event=0xc2,umask=0x2; topdown-fetch-bubbles event=0x9c,umask=0x1; topdown-recovery-bubbles event=0xd,umask=0x3,cmask=1,any=1; topdown-recovery-bubbles.scale 2; "
	iceLakeTopDown = "slots event=0x00,umask=0x4; topdown-retiring event=0x00,umask=0x80; topdown-bad-spec event=0x00,umask=0x81; topdown-fe-bound event=0x00,umask=0x82; topdown-be-bound event=0x00,umask=0x83; "
	goldenTopDown  = iceLakeTopDown + "topdown-heavy-ops event=0x00,umask=0x84; topdown-br-mispredict event=0x00,umask=0x85; topdown-fetch-lat event=0x00,umask=0x86; topdown-mem-bound event=0x00,umask=0x87; mem-loads event=0xcd,umask=0x1,ldlat=3; mem-stores event=0xcd,umask=0x2; mem-loads-aux event=0x03,umask=0x82; "
	zenGeneric     = "cpu-cycles event=0x76; instructions event=0xc0; cache-references event=0x60,umask=0xff; cache-misses event=0x64,umask=0x09; branch-instructions event=0xc2; branch-misses event=0xc3; stalled-cycles-frontend event=0x87,umask=0x02; "
)

// listedFiles makes the files of a folder from "name text; name text; ".
func listedFiles(s string) map[string]string {
	m := map[string]string{}
	for item := range strings.SplitSeq(s, ";") {
		if name, text, ok := strings.Cut(strings.TrimSpace(item), " "); ok {
			m[name] = text
		}
	}
	return m
}

// fullTree is the sysfs of a machine with what else stands there: other PMUs,
// and files of a PMU that are no concern of ours.
func fullTree(pmus ...fakePMU) fstest.MapFS {
	f := tree(pmus...)
	add := func(name, text string) { f[devices+"/"+name] = &fstest.MapFile{Data: []byte(text + "\n")} }
	for _, p := range pmus {
		add(p.name+"/perf_event_mux_interval_ms", "4")
		add(p.name+"/freeze_on_smi", "0")
		add(p.name+"/caps/max_precise", "3")
		add(p.name+"/caps/pmu_name", "model")
		add(p.name+"/uevent", "")
		add(p.name+"/power/control", "auto")
	}
	for i, n := range []string{"software", "tracepoint", "breakpoint", "msr", "uprobe", "kprobe"} {
		add(n+"/type", fmt.Sprint([]int{1, 2, 5, 9, 8, 7}[i]))
	}
	add("msr/format/event", "config:0-63")
	add("msr/events/tsc", "event=0x00")
	add("uncore_imc_0/type", "14")
	add("uncore_imc_0/cpumask", "0")
	return f
}

// Machines as Linux describes them, from the probe to the attributes.
func TestRealMachines(t *testing.T) {
	with := func(format map[string]string, more string) map[string]string {
		all := listedFiles(more)
		for k, v := range format {
			all[k] = v
		}
		return all
	}
	transactional := "in_tx config:32; in_tx_cp config:33"
	alder := func() fstest.MapFS {
		return fullTree(
			fakePMU{"cpu_core", 4, "0-15", with(intelNewFormat, transactional), listedFiles(intelGeneric + goldenTopDown)},
			fakePMU{"cpu_atom", 10, "16-23", intelFormat, listedFiles(intelGeneric + "mem-loads event=0xd0,umask=0x5,ldlat=3; mem-stores event=0xd0,umask=0x6; topdown-fe-bound event=0x71,umask=0x0; topdown-be-bound event=0x74,umask=0x0; topdown-retiring event=0xc2,umask=0x0; topdown-bad-spec event=0x73,umask=0x0; ")})
	}
	intel := func(model int, kind uint8, native uint32, counters, fixed int) processor.HostInfo {
		return processor.HostInfo{Vendor: "GenuineIntel", Family: 6, Model: model, CoreType: kind, NativeModel: native, Hybrid: kind != 0, PMU: true, SMT: kind == 0, Counters: counters, Fixed: fixed}
	}
	zen := func(family, model, counters int) processor.HostInfo {
		return processor.HostInfo{Vendor: "AuthenticAMD", Family: family, Model: model, PMU: true, SMT: true, Watchdog: true, Counters: counters}
	}
	for _, m := range []struct {
		name    string
		host    processor.HostInfo
		fs      fstest.MapFS
		typ     uint32
		cpus    int
		list    []string
		want    []string // name config config1 of each but the base events
		refused []string // names of all the table's events that its Linux cannot express
	}{
		{"Sandy Bridge", intel(0x2a, 0, 0, 4, 3), fullTree(fakePMU{"cpu", 4, "", intelFormat, listedFiles(intelGeneric + "stalled-cycles-frontend event=0x0e,umask=0x01,inv,cmask=0x01; stalled-cycles-backend event=0xb1,umask=0x01,inv,cmask=0x01; mem-loads event=0xcd,umask=0x1,ldlat=3; mem-stores event=0xcd,umask=0x2; ")}),
			4, 0, []string{"UOPS_DISPATCHED_PORT.PORT_0", "stalled-cycles-backend", "mem-loads", "OFFCORE_RESPONSE.DEMAND_DATA_RD.LLC_HIT.ANY_RESPONSE"},
			[]string{"UOPS_DISPATCHED_PORT.PORT_0 0x1a1 0x0", "stalled-cycles-backend 0x18001b1 0x0", "mem-loads 0x1cd 0x3", "OFFCORE_RESPONSE.DEMAND_DATA_RD.LLC_HIT.ANY_RESPONSE 0x1b7 0x3f803c0001"}, nil},
		{"Haswell", intel(0x3c, 0, 0, 4, 3), fullTree(fakePMU{"cpu", 4, "", with(intelFormat, transactional), listedFiles(intelGeneric + haswellMemory + transactions + oldTopDown)}),
			4, 0, []string{"UOPS_RETIRED.ALL.ACTIVE", "cycles-ct", "topdown-recovery-bubbles"},
			[]string{"UOPS_RETIRED.ALL.ACTIVE 0x10001c2 0x0", "cycles-ct 0x30000003c 0x0", "topdown-recovery-bubbles 0x120030d 0x0"}, nil},
		{"Skylake-SP", func() processor.HostInfo { h := intel(0x55, 0, 0, 4, 3); h.Stepping = 4; return h }(), fullTree(fakePMU{"cpu", 4, "", with(intelNewFormat, "any config:21;"+transactional), listedFiles(intelGeneric + haswellMemory + transactions + oldTopDown)}),
			4, 0, []string{"FRONTEND_RETIRED.LATENCY_GE_4", "mem-stores", "event=0xc2,umask=0x2,cmask=0x10,inv"},
			[]string{"FRONTEND_RETIRED.LATENCY_GE_4 0x1c6 0x400406", "mem-stores 0x82d0 0x0", "event=0xc2,umask=0x2,cmask=0x10,inv 0x108002c2 0x0"}, nil},
		{"Ice Lake", intel(0x7e, 0, 0, 8, 4), fullTree(fakePMU{"cpu", 4, "", with(intelNewFormat, transactional), listedFiles(intelGeneric + haswellMemory + iceLakeTopDown)}),
			4, 0, []string{"topdown-be-bound", "PERF_METRICS.RETIRING", "TOPDOWN.SLOTS_P"},
			[]string{"TOPDOWN.SLOTS 0x400 0x0", "topdown-be-bound 0x8300 0x0", "PERF_METRICS.RETIRING 0x8000 0x0", "TOPDOWN.SLOTS_P 0x1a4 0x0"}, nil},
		{"Alder Lake, performance core", intel(0x97, 0x40, 1, 8, 4), alder(), 4, 16, []string{"MEM_TRANS_RETIRED.LOAD_LATENCY_GT_64", "mem-loads-aux", "UOPS_DISPATCHED.PORT_5_11"},
			[]string{"MEM_TRANS_RETIRED.LOAD_LATENCY_GT_64 0x1cd 0x40", "mem-loads-aux 0x8203 0x0", "UOPS_DISPATCHED.PORT_5_11 0x20b2 0x0"}, nil},
		{"Alder Lake, efficient core", intel(0x97, 0x20, 1, 6, 3), alder(), 10, 8, []string{"topdown-be-bound", "UOPS_RETIRED.MS", "mem-loads"},
			[]string{"topdown-be-bound 0x74 0x0", "UOPS_RETIRED.MS 0x1c2 0x0", "mem-loads 0x5d0 0x3"}, nil},
		{"Sapphire Rapids", intel(0x8f, 0, 0, 8, 4), fullTree(fakePMU{"cpu", 4, "", with(intelNewFormat, transactional), listedFiles(intelGeneric + goldenTopDown + transactions)}),
			4, 0, []string{"topdown-mem-bound", "OCR.DEMAND_DATA_RD.L3_MISS"},
			[]string{"TOPDOWN.SLOTS 0x400 0x0", "topdown-mem-bound 0x8700 0x0", "OCR.DEMAND_DATA_RD.L3_MISS 0x12a 0x3fbfc00001"}, nil},
		{"Zen 2", zen(0x17, 0x31, 6), fullTree(fakePMU{"cpu", 4, "", amdFormat, listedFiles(zenGeneric + "stalled-cycles-backend event=0x87,umask=0x01; ")}),
			4, 0, []string{"fp_ret_sse_avx_ops.all", "stalled-cycles-frontend", "ex_ret_cops"},
			[]string{"fp_ret_sse_avx_ops.all 0xff03 0x0", "stalled-cycles-frontend 0x287 0x0", "ex_ret_cops 0xc1 0x0"}, nil},
		{"Zen 4", zen(0x19, 0x61, 6), fullTree(fakePMU{"cpu", 4, "", amdFormat, listedFiles(zenGeneric + "ref-cycles event=0x120,umask=0x1; ")}),
			4, 0, []string{"de_no_dispatch_per_slot.backend_stalls", "ref-cycles", "event=0x1a0,umask=0x60"},
			[]string{"de_no_dispatch_per_slot.backend_stalls 0x100001ea0 0x0", "ref-cycles 0x100000120 0x0", "event=0x1a0,umask=0x60 0x1000060a0 0x0"}, nil},
		{"a guest on Skylake with two counters", func() processor.HostInfo { h := intel(0x5e, 0, 0, 2, 3); h.SMT = false; return h }(), fullTree(fakePMU{"cpu", 4, "", intelFormat, listedFiles(intelGeneric)}),
			4, 0, []string{"cache-misses", "L1D.REPLACEMENT", "UOPS_ISSUED.ANY"},
			[]string{"cache-misses 0x412e 0x0", "L1D.REPLACEMENT 0x151 0x0", "UOPS_ISSUED.ANY 0x10e 0x0"}, []string{"FRONTEND_RETIRED.", "LD_LAT", "CYCLE_ACTIVITY.", "L1D_PEND_MISS.", "MEM_TRANS_RETIRED."}},
	} {
		h, err := ForHost(m.host, m.fs)
		if err != nil {
			t.Errorf("%s: %v", m.name, err)
			continue
		}
		if h.PMU.Type != m.typ || len(h.PMU.CPUs) != m.cpus || h.PMU.RDPMC != 1 || h.Unusable != "" || h.Table.Doubt != "" {
			t.Errorf("%s: %+v", m.name, h.PMU)
		}
		groups, refused, err := h.Groups(m.list)
		if err != nil || len(refused) != 0 {
			t.Errorf("%s: refused %v, %v", m.name, refused, err)
		}
		var got []string
		for _, c := range slices.Concat(groups...) {
			const firstMetric, lastMetric = 0x8000, 0x8700 // INTEL_TD_METRIC_… of arch/x86/include/asm/perf_event.h
			if c.MetricField != (c.Config >= firstMetric && c.Config <= lastMetric && c.Config&0xff == 0) {
				t.Errorf("%s: %s is a field of PERF_METRICS: %v", m.name, c.Name, c.MetricField)
			}
			if c.Type != m.typ {
				t.Errorf("%s: %+v, want type %d", m.name, c, m.typ)
			}
			if c.Base == "" {
				got = append(got, fmt.Sprintf("%s %#x %#x", c.Name, c.Config, c.Config1))
			}
		}
		slices.Sort(got)
		slices.Sort(m.want)
		if !slices.Equal(got, m.want) {
			t.Errorf("%s: %q, want %q", m.name, got, m.want)
		}
		// Linux's own names and all of the vendor's must be expressible,
		// but for what this machine does not have.
		own := make([]string, 0, len(h.PMU.Events))
		for name := range h.PMU.Events {
			own = append(own, name)
		}
		_, refused, err = h.Groups(append(own, "all"))
		if err != nil {
			t.Errorf("%s: %v", m.name, err)
		}
		for _, r := range refused {
			if !slices.ContainsFunc(m.refused, func(p string) bool { return strings.HasPrefix(r.Event.Name, p) }) {
				t.Errorf("%s: %s refused: %s", m.name, r.Event.Name, r.Why)
			}
		}
		if len(refused) == 0 && len(m.refused) > 0 {
			t.Errorf("%s: nothing refused", m.name)
		}
	}
}

// A virtual machine without a PMU has the other devices, and gives the reason.
func TestMachineWithoutPMU(t *testing.T) {
	h, err := ForHost(processor.HostInfo{Vendor: "AuthenticAMD", Family: 0x19, Model: 0x11, SMT: true, PMUReason: "a virtual machine (KVMKVMKVM)"}, fullTree())
	if err != nil || h.PMU.Name != "" || h.Table.Name != "ZEN4" {
		t.Fatalf("%+v, %v", h, err)
	}
	groups, refused, err := h.Groups([]string{"default"})
	if err != nil || len(groups) != 0 || len(refused) != 5 {
		t.Errorf("%v, refused %v, %v", groups, refused, err)
	}
	for _, r := range refused {
		if !strings.Contains(r.Why, "a virtual machine") {
			t.Errorf("%s: %q", r.Event.Name, r.Why)
		}
	}
}
