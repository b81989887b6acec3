package events

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// Formats as Linux's drivers export them (arch/x86/events/*/core.c).
var (
	intelFormat = map[string]string{
		"event": "config:0-7", "umask": "config:8-15", "edge": "config:18", "pc": "config:19", "any": "config:21",
		"inv": "config:23", "cmask": "config:24-31", "ldlat": "config1:0-15", "offcore_rsp": "config1:0-63",
	}
	intelNewFormat = map[string]string{
		"event": "config:0-7", "umask": "config:8-15", "edge": "config:18", "pc": "config:19", "inv": "config:23",
		"cmask": "config:24-31", "ldlat": "config1:0-15", "offcore_rsp": "config1:0-63", "frontend": "config1:0-23",
	}
	lunarFormat = map[string]string{
		"event": "config:0-7", "umask": "config:8-15,40-47", "edge": "config:18", "pc": "config:19", "inv": "config:23",
		"cmask": "config:24-31", "eq": "config:36", "ldlat": "config1:0-15", "offcore_rsp": "config1:0-63", "snoop_rsp": "config1:0-63",
	}
	amdFormat = map[string]string{
		"event": "config:0-7,32-35", "umask": "config:8-15", "edge": "config:18", "inv": "config:23", "cmask": "config:24-31",
	}
)

// fakePMU is one PMU of a machine.
type fakePMU struct {
	name   string
	typ    int
	cpus   string
	format map[string]string
	events map[string]string
}

func tree(pmus ...fakePMU) fstest.MapFS {
	fsys := fstest.MapFS{}
	for _, p := range pmus {
		put := func(name, text string) {
			fsys[devices+"/"+p.name+"/"+name] = &fstest.MapFile{Data: []byte(text + "\n")}
		}
		put("type", fmt.Sprint(p.typ))
		put("rdpmc", "1")
		if p.cpus != "" {
			put("cpus", p.cpus)
		}
		for n, f := range p.format {
			put("format/"+n, f)
		}
		for n, e := range p.events {
			put("events/"+n, e)
		}
	}
	return fsys
}

func TestFakeMachines(t *testing.T) {
	skylakeEvents := map[string]string{
		"cpu-cycles": "event=0x3c", "instructions": "event=0xc0", "mem-loads": "event=0xcd,umask=0x1,ldlat=3", "mem-stores": "event=0xd0,umask=0x82",
		"topdown-slots-issued": "event=0xe,umask=0x1", "topdown-slots-retired.scale": "4",
	}
	for _, m := range []struct {
		name    string
		fs      fstest.MapFS
		cpu     int
		pmu     string
		typ     uint32
		table   string
		event   string // of the table
		want    Encoding
		linux   string // an event of Linux's own
		wantOwn Encoding
	}{
		{"Core 2 era Atom", tree(fakePMU{"cpu", 4, "", intelFormat, map[string]string{"cache-misses": "event=0x2e,umask=0x41"}}),
			0, "cpu", 4, "BNL", "PAGE_WALKS.WALKS", Encoding{Config: 0x4030c}, "cache-misses", Encoding{Config: 0x412e}},
		{"Haswell", tree(fakePMU{"cpu", 4, "", intelFormat, skylakeEvents}),
			1, "cpu", 4, "HSW", "CPU_CLK_UNHALTED.THREAD_P_ANY", Encoding{Config: 0x20003c}, "mem-loads", Encoding{Config: 0x1cd, Config1: 3}},
		{"Skylake", tree(fakePMU{"cpu", 4, "", intelNewFormat, skylakeEvents}),
			3, "cpu", 4, "SKL", "FRONTEND_RETIRED.DSB_MISS", Encoding{Config: 0x1c6, Config1: 0x11}, "mem-stores", Encoding{Config: 0x82d0}},
		{"Sapphire Rapids", tree(fakePMU{"cpu", 4, "", intelNewFormat, map[string]string{"slots": "event=0x00,umask=0x4", "topdown-retiring": "event=0x00,umask=0x80"}}),
			7, "cpu", 4, "SPR", "TOPDOWN.SLOTS_P", Encoding{Config: 0x1a4}, "topdown-retiring", Encoding{Config: 0x8000}},
		{"Alder Lake, core", tree(fakePMU{"cpu_core", 4, "0-15", intelNewFormat, nil}, fakePMU{"cpu_atom", 10, "16-23", intelNewFormat, map[string]string{"topdown-be-bound": "event=0xa4,umask=0x02"}}),
			15, "cpu_core", 4, "ADL-P", "UOPS_DISPATCHED.PORT_0", Encoding{Config: 0x1b2}, "", Encoding{}},
		{"Alder Lake, atom", tree(fakePMU{"cpu_core", 4, "0-15", intelNewFormat, nil}, fakePMU{"cpu_atom", 10, "16-23", intelNewFormat, map[string]string{"topdown-be-bound": "event=0xa4,umask=0x02"}}),
			16, "cpu_atom", 10, "ADL-E", "TOPDOWN_BE_BOUND.ALL", Encoding{Config: 0x74}, "topdown-be-bound", Encoding{Config: 0x2a4}},
		{"Arrow Lake, low power", tree(fakePMU{"cpu_core", 4, "0-5", lunarFormat, nil}, fakePMU{"cpu_atom", 10, "6-13", lunarFormat, nil}, fakePMU{"cpu_lowpower", 11, "14-15", intelNewFormat, nil}),
			14, "cpu_lowpower", 11, "ARL-LPE", "BR_INST_RETIRED.ALL_BRANCHES", Encoding{Config: 0xc4}, "", Encoding{}},
		{"Bulldozer", tree(fakePMU{"cpu", 4, "", amdFormat, nil}),
			0, "cpu", 4, "BULLDOZER", "CYCLES_FPU_EMPTY", Encoding{Config: 1}, "", Encoding{}},
		{"Zen 3", tree(fakePMU{"cpu", 4, "", amdFormat, map[string]string{"stalled-cycles-backend": "event=0x187,umask=0x1"}}),
			2, "cpu", 4, "ZEN3", "ls_not_halted_cyc", Encoding{Config: 0x76}, "stalled-cycles-backend", Encoding{Config: 0x100000187}},
		{"Zen 5", tree(fakePMU{"cpu", 4, "", amdFormat, nil}),
			0, "cpu", 4, "ZEN5", "de_no_dispatch_per_slot.backend_stalls", Encoding{Config: 0x100001ea0}, "", Encoding{}},
	} {
		pmus, err := ReadPMUs(m.fs)
		if err != nil {
			t.Errorf("%s: %v", m.name, err)
			continue
		}
		p, ok := listing(pmus, m.cpu)
		if !ok || p.Name != m.pmu || p.Type != m.typ || p.RDPMC != 1 {
			t.Errorf("%s: CPU %d has PMU %+v", m.name, m.cpu, p)
			continue
		}
		table := load(t, m.table)
		e, ok := table.Lookup(m.event)
		if got, err := e.Encode(p.Format); !ok || err != nil || got != m.want {
			t.Errorf("%s: %s = %#x, %v, want %#x", m.name, m.event, got, err, m.want)
		}
		table.adopt(p)
		own, ok := table.Lookup(m.linux)
		if ok != (m.linux != "") {
			t.Errorf("%s: Linux's %s: %v", m.name, m.linux, ok)
		}
		if ok {
			if got, err := own.Encode(p.Format); err != nil || got != m.wantOwn {
				t.Errorf("%s: %s = %#x, %v, want %#x", m.name, m.linux, got, err, m.wantOwn)
			}
		}
	}
}

// listing returns the PMU that lists a CPU, or that lists none and has all.
func listing(pmus []PMU, cpu int) (PMU, bool) {
	i := slices.IndexFunc(pmus, func(p PMU) bool { return len(p.CPUs) == 0 || slices.Contains(p.CPUs, cpu) })
	if i < 0 {
		return PMU{}, false
	}
	return pmus[i], true
}

// The builtin formats must say what Linux's files say.
func TestBuiltinFormatsAreLinuxs(t *testing.T) {
	for _, c := range []struct {
		amd   bool
		files map[string]string
	}{{false, intelFormat}, {false, intelNewFormat}, {true, amdFormat}} {
		builtin := BuiltinFormat(c.amd)
		for name, text := range c.files {
			want, err := ParseFormat(text)
			if err != nil {
				t.Fatal(err)
			}
			got := builtin[name]
			if name == "umask" && !c.amd {
				got = got[:1] // the extension came with Lunar Lake
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s = %v, want %v", name, got, want)
			}
		}
	}
}

func TestBrokenTrees(t *testing.T) {
	if pmus, err := ReadPMUs(fstest.MapFS{}); len(pmus) != 0 || err != nil {
		t.Errorf("without sysfs: %v, %v", pmus, err)
	}
	for what, change := range map[string]func(fstest.MapFS){
		"no type":    func(f fstest.MapFS) { delete(f, devices+"/cpu/type") },
		"bad type":   func(f fstest.MapFS) { f[devices+"/cpu/type"].Data = []byte("four") },
		"bad cpus":   func(f fstest.MapFS) { f[devices+"/cpu/cpus"].Data = []byte("0-x") },
		"bad format": func(f fstest.MapFS) { f[devices+"/cpu/format/event"].Data = []byte("config9:1") },
	} {
		f := tree(fakePMU{"cpu", 4, "0-3", maps.Clone(amdFormat), nil})
		change(f)
		if pmus, err := ReadPMUs(f); err == nil || !strings.Contains(err.Error(), "cpu:") {
			t.Errorf("%s: %+v, %v", what, pmus, err)
		}
	}
}

func TestParseCPUList(t *testing.T) {
	if got, err := ParseCPUList("0-3,8,10-11"); err != nil || !slices.Equal(got, []int{0, 1, 2, 3, 8, 10, 11}) {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"3-1", "a", "-1", "0-", "0,,1", "0-999999999"} {
		if got, err := ParseCPUList(bad); err == nil {
			t.Errorf("%q parsed as %v", bad, got)
		}
	}
}
