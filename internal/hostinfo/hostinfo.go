// Package hostinfo says what jobs and results say of a machine: the one place where
// what the processor and the kernel told becomes a wire.Host, and the other way.
package hostinfo

import (
	"cmp"
	"fmt"

	"webrunner/internal/wire"
	"webrunner/perf"
	"webrunner/perf/processor"
	"webrunner/perf/uarch"
)

// Generic is wire.Host.PMU where there is a PMU whose driver has no name.
const Generic = "generic"

// Of returns what a machine tells of itself. What only a child can find out,
// which is Calibration, Detectors and Rhythm, is still to come. A PMU counts only
// where a child, which holds no capability, may use it: a privileged server can
// be allowed more.
func Of(h processor.HostInfo) wire.Host {
	w := wire.Host{
		Machine: h.Name, CPU: h.CPU, Vendor: h.Vendor, Family: h.Family, Model: h.Model, Stepping: h.Stepping,
		Microarchitecture: h.Core().Name, Microcode: h.Microcode, Kernel: h.Linux,
		TSCHz: h.TSCHz, TSCQuantum: h.TSCQuantum, CPUs: h.CPUs, Caches: h.Caches,
		PMUReason: h.PMUReason,
	}
	switch {
	case !h.PMU:
	case h.Paranoid > perf.MaxParanoid:
		w.PMUReason = fmt.Sprintf("%s is %d; %s lets unprivileged processes count themselves", perf.ParanoidSysctl, h.Paranoid, perf.ParanoidMend)
	default:
		w.PMU, w.PMUWidth = cmp.Or(h.PMUName, Generic), h.PMUWidth
		w.RDPMC = h.RDPMC == "1" || h.RDPMC == "2"
	}
	return w
}

// WithoutPMU returns a host whose counters are left alone for a reason, also where
// there are some.
func WithoutPMU(w wire.Host, why string) wire.Host {
	w.PMU, w.PMUWidth, w.RDPMC = "", 0, false
	w.PMUReason = cmp.Or(w.PMUReason, why)
	return w
}

// Core is what is known of the processor of a host.
func Core(h *wire.Host) uarch.Core { return uarch.Named(h.Microarchitecture) }
