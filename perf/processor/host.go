package processor

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"webrunner/perf"
	"webrunner/perf/uarch"
)

// HostInfo is what a measurement has to know and to say about its machine.
type HostInfo struct {
	CPU                     string // brand string
	Vendor                  string // CPUID vendor, such as GenuineIntel
	Family, Model, Stepping int    // display values: the extended fields are added in
	Hybrid                  bool   // the CPU has several core types; see CoreType
	CoreType                uint8  // CPUID 0x1A of the core asked: 0x40 core, 0x20 atom; 0 if not hybrid
	NativeModel             uint32 // CPUID 0x1A of the core asked, 24 bits
	AMX                     bool   // CPUID tells of AMX
	AVX10                   int    // version that CPUID tells of; 0 without
	Microcode               string // as /proc/cpuinfo has it; empty when unknown
	Name                    string // that the host gives itself; empty when unknown
	Linux                   string // release, such as 6.12.0; empty when unknown
	Hypervisor              string // CPUID signature, such as KVMKVMKVM; empty on bare metal

	TSCHz      uint64 // frequency of the time-stamp counter; 0 when unknown
	TSCSource  string // where TSCHz comes from, with the spread where measured
	TSCQuantum uint64 // the step that the counter goes in, ticks; at least 1
	Invariant  bool   // the TSC runs at one rate in all power states

	Caches   []uint64 // sizes of those that data go through, level 1 first, bytes; empty when unknown
	CPUs     []int    // those that this process may run on, by affinity
	SMT      bool     // hyper-threads of one core share it, as far as the guest is told
	Watchdog bool     // the NMI watchdog keeps a cycles counter for itself
	Paranoid int      // kernel.perf_event_paranoid; -2 when unknown
	RDPMC    string   // the PMU's sysfs attribute rdpmc: 0, 1 or 2; empty without a PMU

	PMU       bool   // hardware counters can be opened
	PMUReason string // why not, and what would change it
	PMUName   string // Linux's driver, /sys/…/caps/pmu_name; often empty
	PMUWidth  int    // bits of a general counter; 0 when unknown
	Counters  int    // general counters per hyper-thread; 0 when unknown
	Fixed     int    // fixed counters; 0 on AMD
}

// Core is what is known of the core that ProbeHost ran on.
func (h HostInfo) Core() uarch.Core {
	return uarch.Of(uarch.CPU{Vendor: h.Vendor, Family: h.Family, Model: h.Model, Stepping: h.Stepping, CoreType: h.CoreType, NativeModel: h.NativeModel,
		AMX: h.AMX, AVX10: h.AVX10})
}

// ParanoidUnknown is HostInfo.Paranoid where Linux does not tell.
const ParanoidUnknown = -2

// machine is the part of the processor and of Linux that ProbeHost asks;
// tests replace it.
type machine struct {
	cpuid      func(leaf, sub uint32) (eax, ebx, ecx, edx uint32)
	affinity   func() []int
	openCycles func() error
	uname      func() (name, release string)
	measureTSC func() (hz uint64, spread float64, err error)
	quantum    func() uint64
}

// ProbeHost asks the processor, Linux and the files under fsys, which is
// the root directory with proc and sys in it. It does not fail: what it cannot
// learn stays zero or carries the reason. It takes about a millisecond, or
// 10 ms where it must measure the TSC.
func ProbeHost(fsys fs.FS) HostInfo { return probeHost(fsys, thisMachine()) }

func probeHost(fsys fs.FS, m machine) HostInfo {
	h := HostInfo{Paranoid: ParanoidUnknown, CPUs: m.affinity()}
	h.Name, h.Linux = m.uname()
	h.identify(m.cpuid)
	h.Microcode = cpuinfoField(fsys, "microcode")
	if h.CPU == "" {
		h.CPU = cpuinfoField(fsys, "model name")
	}
	h.SMT = readTrimmed(fsys, "sys/devices/system/cpu/smt/active") == "1"
	h.Watchdog = readTrimmed(fsys, "proc/sys/kernel/nmi_watchdog") == "1"
	if n, err := strconv.Atoi(readTrimmed(fsys, "proc/sys/kernel/perf_event_paranoid")); err == nil {
		h.Paranoid = n
	}
	h.probeTSC(fsys, m)
	h.probePMU(fsys, m)
	return h
}

// identify fills what CPUID knows (SDM volume 2, CPUID; AMD APM volume 3,
// appendix E).
func (h *HostInfo) identify(cpuid func(leaf, sub uint32) (eax, ebx, ecx, edx uint32)) {
	_, b, c, d := cpuid(0, 0)
	h.Vendor = letters(b, d, c)
	sig, _, ecx, _ := cpuid(1, 0)
	h.Family, h.Model, h.Stepping = decodeSignature(sig)
	if ecx&(1<<31) != 0 {
		_, b, c, d := cpuid(0x40000000, 0)
		h.Hypervisor = letters(b, c, d)
	}
	_, _, _, extended := cpuid(7, 0)
	h.AMX = extended&(1<<24) != 0
	if _, _, _, edx := cpuid(7, 1); edx&(1<<19) != 0 {
		_, version, _, _ := cpuid(0x24, 0)
		h.AVX10 = int(version & 255)
	}
	if extended&(1<<15) != 0 {
		h.Hybrid = true
		a, _, _, _ := cpuid(0x1a, 0)
		h.CoreType, h.NativeModel = uint8(a>>24), a&0xffffff
	}
	if _, _, _, edx := cpuid(0x80000007, 0); edx&(1<<8) != 0 {
		h.Invariant = true
	}
	h.CPU = brand(cpuid)
	h.Caches = caches(h.Vendor, cpuid)
	h.counters(cpuid)
}

// decodeSignature takes apart CPUID.1:EAX.
func decodeSignature(eax uint32) (family, model, stepping int) {
	family, model, stepping = int(eax>>8&15), int(eax>>4&15), int(eax&15)
	if family == 6 || family == 15 {
		model |= int(eax >> 16 & 15 << 4)
	}
	if family == 15 {
		family += int(eax >> 20 & 255)
	}
	return family, model, stepping
}

// counters fills the number and width of the counters that a guest or a host
// has: leaf 0xA, or 0x23 where that exists, on Intel; 0x80000022 on AMD since
// Zen 4, and the core extension bit of 0x80000001 before.
func (h *HostInfo) counters(cpuid func(leaf, sub uint32) (eax, ebx, ecx, edx uint32)) {
	switch h.Vendor {
	case "GenuineIntel":
		a, _, _, d := cpuid(0xa, 0)
		h.Counters, h.PMUWidth, h.Fixed = int(a>>8&255), int(a>>16&255), int(d&31)
		if subleaves, _, _, _ := cpuid(0x23, 0); subleaves&2 != 0 {
			gp, fixed, _, _ := cpuid(0x23, 1)
			h.Counters, h.Fixed = ones(gp), ones(fixed)
		}
	case "AuthenticAMD", "HygonGenuine":
		h.PMUWidth = 48
		h.Counters = 4
		if _, _, ecx, _ := cpuid(0x80000001, 0); ecx&(1<<23) != 0 {
			h.Counters = 6 // PerfCtrExtCore
		}
		if a, b, _, _ := cpuid(0x80000022, 0); a&1 != 0 {
			h.Counters = int(b & 15)
		}
	}
}

func ones(v uint32) (n int) {
	for ; v != 0; v &= v - 1 {
		n++
	}
	return n
}

// brand returns the processor's name from leaves 0x80000002 to 4.
func brand(cpuid func(leaf, sub uint32) (eax, ebx, ecx, edx uint32)) string {
	var s strings.Builder
	for leaf := uint32(0x80000002); leaf <= 0x80000004; leaf++ {
		a, b, c, d := cpuid(leaf, 0)
		s.WriteString(letters(a, b, c, d))
	}
	return strings.Join(strings.Fields(s.String()), " ")
}

// letters returns the text that CPUID spreads over registers, without zeros.
func letters(words ...uint32) string {
	var b []byte
	for _, w := range words {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	return string(bytes.ReplaceAll(b, []byte{0}, nil))
}

// probePMU tells whether hardware counters can be opened, by opening one.
func (h *HostInfo) probePMU(fsys fs.FS, m machine) {
	device := "sys/bus/event_source/devices/cpu"
	if _, err := fs.Stat(fsys, device); err != nil {
		device = "sys/bus/event_source/devices/cpu_core"
	}
	h.RDPMC = readTrimmed(fsys, device+"/rdpmc")
	h.PMUName = readTrimmed(fsys, device+"/caps/pmu_name")
	err := m.openCycles()
	if err == nil {
		h.PMU = true
		return
	}
	h.Counters, h.Fixed, h.PMUWidth = 0, 0, 0
	h.PMUReason = err.Error()
	if h.Hypervisor != "" {
		h.PMUReason += fmt.Sprintf("; a virtual machine (%s)", h.Hypervisor)
	}
	if h.Paranoid > perf.MaxParanoid {
		h.PMUReason += fmt.Sprintf("; %s is %d: %s", perf.ParanoidSysctl, h.Paranoid, perf.ParanoidMend)
	}
}

// cpuinfoField returns a field of the first processor in /proc/cpuinfo.
func cpuinfoField(fsys fs.FS, name string) string {
	text, err := fs.ReadFile(fsys, "proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == name {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// readTrimmed returns the text of a small file, or nothing.
func readTrimmed(fsys fs.FS, name string) string {
	b, err := fs.ReadFile(fsys, name)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}
