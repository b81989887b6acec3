package processor

import (
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"webrunner/perf"
)

type leaf struct{ leaf, sub uint32 }

// fakeMachine answers CPUID from a table.
func fakeMachine(answers map[leaf][4]uint32) machine {
	return machine{
		cpuid: func(l, s uint32) (a, b, c, d uint32) {
			r := answers[leaf{l, s}]
			return r[0], r[1], r[2], r[3]
		},
		affinity:   func() []int { return []int{2, 3} },
		openCycles: func() error { return nil },
		uname:      func() (string, string) { return "zen4", "6.12.0" },
		measureTSC: func() (uint64, float64, error) { return 2_600_000_123, 3e-7, nil },
		quantum:    func() uint64 { return 26 },
	}
}

// word packs four letters as CPUID does.
func word(s string) uint32 {
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}

func TestProbeHost(t *testing.T) {
	intel := [4]uint32{0x23, word("Genu"), word("ntel"), word("ineI")}
	amd := [4]uint32{0x10, word("Auth"), word("cAMD"), word("enti")}
	kvm := [4]uint32{0x40000001, word("KVMK"), word("VMKV"), word("M\x00\x00\x00")}
	vmware := [4]uint32{0x40000010, word("VMwa"), word("reVM"), word("ware")}
	for _, c := range []struct {
		name    string
		answers map[leaf][4]uint32
		files   map[string]string
		change  func(*machine)
		check   func(HostInfo) bool
	}{
		{"Sapphire Rapids on metal", map[leaf][4]uint32{
			{0, 0}: intel, {1, 0}: {0x000806f8}, {0x15, 0}: {2, 160, 25_000_000}, {0xa, 0}: {8<<8 | 48<<16 | 5, 0, 0, 4}, {0x80000007, 0}: {3: 1 << 8},
		}, map[string]string{
			"proc/cpuinfo":                                   "processor\t: 0\nmodel name\t: Xeon  X\nmicrocode\t: 0x2b\n\nprocessor\t: 1\nmicrocode\t: 0x99\n",
			"proc/sys/kernel/perf_event_paranoid":            "2\n",
			"proc/sys/kernel/nmi_watchdog":                   "1\n",
			"sys/devices/system/cpu/smt/active":              "1\n",
			"sys/bus/event_source/devices/cpu/rdpmc":         "1\n",
			"sys/bus/event_source/devices/cpu/caps/pmu_name": "sapphire_rapids\n",
		}, nil, func(h HostInfo) bool {
			return h.Vendor == "GenuineIntel" && h.Family == 6 && h.Model == 0x8f && h.Stepping == 8 && h.Microcode == "0x2b" && h.CPU == "Xeon  X" &&
				h.TSCHz == 2_000_000_000 && h.TSCSource == "CPUID 0x15" && h.Invariant && h.SMT && h.Watchdog && h.Paranoid == 2 &&
				h.PMU && h.PMUName == "sapphire_rapids" && h.RDPMC == "1" && h.Counters == 8 && h.Fixed == 4 && h.PMUWidth == 48 && h.Hypervisor == "" && !h.Hybrid
		}},
		{"Skylake without a stated crystal", map[leaf][4]uint32{
			{0, 0}: intel, {1, 0}: {0x000506e3}, {0x15, 0}: {2, 216, 0}, {0x16, 0}: {2600},
		}, nil, nil, func(h HostInfo) bool {
			return h.Model == 0x5e && h.TSCHz == 2_600_000_000 && strings.Contains(h.TSCSource, "0x16")
		}},
		{"Alder Lake, an efficient core", map[leaf][4]uint32{
			{0, 0}: intel, {1, 0}: {0x00090672}, {7, 0}: {3: 1 << 15}, {0x1a, 0}: {0x20000001}, {0xa, 0}: {6<<8 | 48<<16, 0, 0, 3},
			{0x23, 0}: {3}, {0x23, 1}: {0x3f, 7},
		}, map[string]string{"sys/bus/event_source/devices/cpu_core/rdpmc": "2"}, nil, func(h HostInfo) bool {
			return h.Hybrid && h.CoreType == 0x20 && h.NativeModel == 1 && h.Model == 0x97 && h.Counters == 6 && h.Fixed == 3 && h.RDPMC == "2"
		}},
		{"Granite Rapids behind the numbers of Rocket Lake", map[leaf][4]uint32{
			{0, 0}: intel, {1, 0}: {0x000a0671, 0, 1 << 31}, {7, 0}: {3: 0x23c14010}, {7, 1}: {0x1c30, 0, 0, 0x84000}, {0x24, 0}: {1: 0x70001},
		}, nil, nil, func(h HostInfo) bool {
			return h.Model == 0xa7 && h.AMX && h.AVX10 == 1 && !h.Hybrid && h.Core().Name == "Redwood Cove" && h.Core().Numbered == "Cypress Cove"
		}},
		{"Zen 4 in a machine of KVM, no PMU", map[leaf][4]uint32{
			{0, 0}: amd, {1, 0}: {0x00a10f11, 0, 1 << 31}, {0x40000000, 0}: kvm, {0x80000022, 0}: {1, 6},
			{0x80000002, 0}: {word("AMD "), word("EPYC"), 0, 0},
		}, nil, func(m *machine) {
			m.openCycles = func() error { return perf.NewOpenError(perf.Attr{Name: "cycles"}, 0, syscall.ENOENT) }
		}, func(h HostInfo) bool {
			return h.Family == 0x19 && h.Model == 0x11 && h.CPU == "AMD EPYC" && h.Hypervisor == "KVMKVMKVM" && !h.PMU && h.Counters == 0 &&
				strings.HasPrefix(h.PMUReason, "perf_event_open cycles: ") && strings.Contains(h.PMUReason, "KVMKVMKVM") &&
				h.TSCHz == 2_600_000_123 && strings.Contains(h.TSCSource, "0.3 ppm") && h.TSCQuantum == 26 && h.Paranoid == ParanoidUnknown
		}},
		{"VMware states the frequency; paranoid", map[leaf][4]uint32{
			{0, 0}: amd, {1, 0}: {0x00800f12, 0, 1 << 31}, {0x40000000, 0}: vmware, {0x40000010, 0}: {3_400_000}, {0x80000001, 0}: {2: 1 << 23},
		}, map[string]string{"proc/sys/kernel/perf_event_paranoid": "4"}, func(m *machine) {
			m.openCycles = func() error { return errors.New("EACCES") }
		}, func(h HostInfo) bool {
			return h.Family == 0x17 && h.Model == 1 && h.TSCHz == 3_400_000_000 && strings.Contains(h.TSCSource, "VMwareVMware") &&
				strings.Contains(h.PMUReason, "perf_event_paranoid is 4: sysctl -w kernel.perf_event_paranoid=2")
		}},
		{"Linux's calibration", map[leaf][4]uint32{{0, 0}: amd},
			map[string]string{"sys/devices/system/cpu/cpu0/tsc_freq_khz": "3700000\n"}, nil,
			func(h HostInfo) bool { return h.TSCHz == 3_700_000_000 && strings.HasPrefix(h.TSCSource, "/sys") }},
		{"nothing known", nil, nil, func(m *machine) {
			m.measureTSC = func() (uint64, float64, error) { return 0, 0, errors.New("no clock") }
			m.quantum = func() uint64 { return 0 }
		}, func(h HostInfo) bool {
			return h.TSCHz == 0 && h.TSCSource == "unknown: no clock" && h.TSCQuantum == 1 && h.Name == "zen4" && h.Linux == "6.12.0" && slices.Equal(h.CPUs, []int{2, 3})
		}},
	} {
		fsys := fstest.MapFS{}
		for name, text := range c.files {
			fsys[name] = &fstest.MapFile{Data: []byte(text)}
		}
		m := fakeMachine(c.answers)
		if c.change != nil {
			c.change(&m)
		}
		if h := probeHost(fsys, m); !c.check(h) {
			t.Errorf("%s: %+v", c.name, h)
		}
	}
}

func TestQuantumOf(t *testing.T) {
	for _, c := range []struct {
		stamps []uint64
		want   uint64
	}{{[]uint64{26, 52, 130, 156}, 26}, {[]uint64{0, 6, 10}, 2}, {[]uint64{1, 2, 3}, 1}, {[]uint64{5}, 0}, {[]uint64{5, 5, 5}, 0}} {
		if got := quantumOf(c.stamps); got != c.want {
			t.Errorf("%v: %d, want %d", c.stamps, got, c.want)
		}
	}
}

func TestRateOf(t *testing.T) {
	var pairs []clockPair
	for i := range 8 {
		jitter := uint64(i % 2)
		pairs = append(pairs, clockPair{tsc: uint64(i)*2_600 + jitter, ns: int64(i) * 1000})
	}
	if hz, spread := rateOf(pairs); hz < 2_599_000_000 || hz > 2_601_000_000 || spread > 1e-3 {
		t.Errorf("%d Hz, spread %v", hz, spread)
	}
	if hz, _ := rateOf([]clockPair{{1, 5}, {1, 9}}); hz != 0 {
		t.Errorf("a counter that stands still runs at %d Hz", hz)
	}
}

// On the machine itself the answers must agree with each other.
func TestThisHost(t *testing.T) {
	a, b := RDTSC(), RDTSC()
	if thisHasCPUID() && b <= a {
		t.Errorf("the TSC went from %d to %d", a, b)
	}
	h := probeHost(fstest.MapFS{}, thisMachine())
	if len(h.CPUs) == 0 || h.Linux == "" {
		t.Errorf("%+v", h)
	}
	if h.PMU == (h.PMUReason != "") {
		t.Errorf("PMU %v, reason %q", h.PMU, h.PMUReason)
	}
	if thisHasCPUID() && (h.TSCHz < 100e6 || h.TSCHz > 20e9 || h.TSCQuantum == 0 || h.Vendor == "") {
		t.Errorf("%+v", h)
	}
	if hz, spread, err := MeasureTSC(); thisHasCPUID() && (err != nil || spread > 0.01 || float64(hz)/float64(h.TSCHz) > 1.01 || float64(hz)/float64(h.TSCHz) < .99) {
		t.Errorf("measured %d Hz ± %v, %v, told %d", hz, spread, err, h.TSCHz)
	}
}

func thisHasCPUID() bool {
	a, _, _, _ := CPUID(0, 0)
	return a != 0
}
