package processor

import (
	"fmt"
	"io/fs"
	"slices"
	"strconv"
)

// probeTSC finds the frequency of the time-stamp counter. The order is that of
// trust: what the processor states exactly, what the hypervisor states, what
// Linux calibrated for hours, and last a measurement of our own.
func (h *HostInfo) probeTSC(fsys fs.FS, m machine) {
	h.TSCQuantum = max(1, m.quantum())
	if h.TSCHz, h.TSCSource = statedTSC(h, m.cpuid); h.TSCHz != 0 {
		return
	}
	for _, name := range []string{"sys/devices/system/cpu/cpu0/tsc_freq_khz", "sys/devices/system/clocksource/clocksource0/tsc_freq_khz"} {
		if khz, err := strconv.ParseUint(readTrimmed(fsys, name), 10, 64); err == nil && khz > 0 {
			h.TSCHz, h.TSCSource = khz*1000, "/"+name
			return
		}
	}
	hz, spread, err := m.measureTSC()
	if err != nil {
		h.TSCSource = "unknown: " + err.Error()
		return
	}
	h.TSCHz = hz
	h.TSCSource = fmt.Sprintf("measured against CLOCK_MONOTONIC_RAW, spread %.2g ppm", spread*1e6)
}

// statedTSC returns the frequency that CPUID states, or 0.
func statedTSC(h *HostInfo, cpuid func(leaf, sub uint32) (eax, ebx, ecx, edx uint32)) (uint64, string) {
	if h.Vendor == "GenuineIntel" {
		// SDM volume 2, leaf 0x15: TSC = crystal × EBX / EAX. Leaf 0x16 is
		// the rated base frequency, not the TSC's: it serves only to find a
		// crystal that 0x15 leaves out.
		den, num, crystal, _ := cpuid(0x15, 0)
		if den != 0 && num != 0 && crystal != 0 {
			return uint64(crystal) * uint64(num) / uint64(den), "CPUID 0x15"
		}
		if mhz, _, _, _ := cpuid(0x16, 0); den != 0 && num != 0 && mhz&0xffff != 0 {
			return uint64(mhz&0xffff) * 1e6, "CPUID 0x16 (the rated frequency, since 0x15 leaves out the crystal)"
		}
	}
	if h.Hypervisor != "" {
		// VMware's leaf, which KVM and others share: EAX is the TSC in kHz.
		if limit, _, _, _ := cpuid(0x40000000, 0); limit >= 0x40000010 && limit < 0x40001000 {
			if khz, _, _, _ := cpuid(0x40000010, 0); khz != 0 {
				return uint64(khz) * 1000, "CPUID 0x40000010 (" + h.Hypervisor + ")"
			}
		}
	}
	return 0, ""
}

// quantumOf returns the step in which stamps go: the greatest common divisor
// of the differences between neighbours. Virtual and some real counters step
// by more than one tick.
func quantumOf(stamps []uint64) uint64 {
	var g uint64
	for i := 1; i < len(stamps); i++ {
		for a := stamps[i] - stamps[i-1]; a != 0; {
			g, a = a, g%a
		}
	}
	return g
}

// clockPair is one simultaneous reading of both clocks.
type clockPair struct {
	tsc uint64 // ticks
	ns  int64
}

// rateOf returns ticks per second between pairs of the first and the second
// half, and the relative spread of the middle half of all such estimates.
func rateOf(pairs []clockPair) (hz uint64, spread float64) {
	var rates []float64
	half := len(pairs) / 2
	for i := range half {
		a, b := pairs[i], pairs[i+half]
		if b.ns > a.ns && b.tsc > a.tsc {
			rates = append(rates, float64(b.tsc-a.tsc)*1e9/float64(b.ns-a.ns))
		}
	}
	if len(rates) == 0 {
		return 0, 0
	}
	slices.Sort(rates)
	m := rates[len(rates)/2]
	return uint64(m + 0.5), (rates[len(rates)*3/4] - rates[len(rates)/4]) / m
}
