package doctor

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"webrunner/perf"
	"webrunner/perf/processor"
)

const guestPMU = "give the guest a virtual PMU (QEMU and KVM: -cpu host,pmu=on; libvirt: <pmu state='on'/>; cloud: a metal instance)"

func numbers(h host) Finding {
	core := h.Perf.Core()
	if core.Numbered == "" {
		return well("%s (%s, family %d, model %d)", cmp.Or(core.Name, "not in the table of microarchitectures"), h.Perf.Vendor, h.Perf.Family, h.Perf.Model)
	}
	return Finding{State: Warn,
		Have: fmt.Sprintf("family %d, model %d are those of %s; it has instructions of %s", h.Perf.Family, h.Perf.Model, core.Numbered, cmp.Or(core.Name, "another")),
		Risk: "events of a PMU are looked up by these numbers, by Linux too: raw ones may count something else",
		Mend: "give the guest the host's own model (QEMU and KVM: -cpu host; libvirt: <cpu mode='host-passthrough'/>)"}
}

func pmu(h host) Finding {
	if h.Perf.PMU {
		name := h.Perf.PMUName
		if name == "" {
			name = "present"
		}
		return well("%s: %d general and %d fixed counters", name, h.Perf.Counters, h.Perf.Fixed)
	}
	f := Finding{State: Warn, Have: h.Perf.PMUReason,
		Risk: "cycles are calibrated from the time-stamp counter; no other hardware event can be counted"}
	switch {
	case strings.Contains(f.Have, "not permitted"):
		f.Mend = "see perf-event-paranoid below; a container's seccomp profile must allow perf_event_open"
	case h.Perf.Hypervisor != "":
		f.Have = "none in this virtual machine (" + h.Perf.Hypervisor + ")"
		f.Mend = guestPMU
	default:
		f.Mend = "enable performance counters in the firmware's setup"
	}
	return f
}

func paranoid(h host) Finding {
	const sysctl = perf.ParanoidSysctl
	n := h.Perf.Paranoid
	switch {
	case n == processor.ParanoidUnknown:
		return unknown("/proc/sys/kernel/perf_event_paranoid")
	case n <= perf.MaxParanoid:
		return well("%s=%d", sysctl, n)
	}
	return Finding{State: Warn, Have: fmt.Sprintf("%s=%d", sysctl, n),
		Risk: "a cell has no privilege, so it may count nothing: neither hardware nor software events",
		Mend: fmt.Sprintf("%s; echo %s=%d > /etc/sysctl.d/60-webrunner.conf", perf.ParanoidMend, sysctl, perf.MaxParanoid)}
}

func rdpmc(h host) Finding {
	switch h.Perf.RDPMC {
	case "":
		return well("no PMU")
	case "0":
		return Finding{State: Warn, Have: "never",
			Risk: "counters are read by system calls, with more overhead in each sample",
			Mend: "echo 1 > /sys/bus/event_source/devices/cpu/rdpmc"}
	}
	return well("%s", h.Perf.RDPMC)
}

func watchdog(h host) Finding {
	switch {
	case !h.Perf.Watchdog:
		return well("off")
	case !h.Perf.PMU:
		return well("on, and there is no PMU to share with it")
	}
	return Finding{State: Warn, Have: "on",
		Risk: "it keeps one counter of each CPU: more groups, and some events not at all",
		Mend: "sysctl -w kernel.nmi_watchdog=0"}
}

// governor: a CPU of changing frequency still counts cycles right, but time
// per call moves, and so do cycles that are calibrated from the TSC.
func governor(h host) Finding {
	const pattern = "sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor"
	files, err := fs.Glob(h.fsys, pattern)
	if err != nil || len(files) == 0 {
		return well("the kernel does not set frequencies here")
	}
	var names []string
	for _, f := range files {
		if s, ok := h.text(f); ok {
			names = append(names, s)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	have := strings.Join(names, ", ")
	if have == "performance" {
		return well("performance")
	}
	return Finding{State: Warn, Have: have,
		Risk: "frequency follows load: time per call moves",
		Mend: "echo performance | tee /" + pattern}
}

func turbo(h host) Finding {
	const intel, generic = "sys/devices/system/cpu/intel_pstate/no_turbo", "sys/devices/system/cpu/cpufreq/boost"
	name, value, ok := h.first(intel, generic)
	if !ok {
		return well("no switch for it here")
	}
	off := "0"
	if name == intel {
		off = "1"
	}
	if value == off {
		return well("off")
	}
	return Finding{State: Warn, Have: "on",
		Risk: "frequency follows heat and neighbours: time per call moves",
		Mend: "echo " + off + " > /" + name}
}

// tsc: without the invariant bit (SDM volume 3, 18.17) the counter may stop or
// change its rate, and a kernel that saw it go wrong has left it.
func tsc(h host) Finding {
	const file = "sys/devices/system/clocksource/clocksource0/current_clocksource"
	source, ok := h.text(file)
	steady := slices.Contains([]string{"tsc", "kvm-clock", "hyperv_clocksource_tsc_page"}, source)
	switch {
	case !h.Perf.Invariant && h.Perf.Hypervisor != "":
		return Finding{State: Warn, Have: "the guest is not told that it is invariant",
			Risk: "cycles and times may be wrong", Mend: "let the host show it (QEMU and KVM: -cpu host,migratable=no,+invtsc)"}
	case !h.Perf.Invariant:
		return Finding{State: Warn, Have: "not invariant", Risk: "cycles and times may be wrong", Mend: "disable frequency changes in the firmware's setup, or use a newer processor"}
	case !ok:
		return unknown("/" + file)
	case !steady:
		return Finding{State: Warn, Have: "the kernel's clock is " + source,
			Risk: "the kernel does not trust the time-stamp counter, from which cycles and times come",
			Mend: "dmesg | grep -i tsc says why; update the firmware"}
	}
	return well("invariant, in steps of %d ticks; the kernel's clock is %s", max(h.Perf.TSCQuantum, 1), source)
}

// speculating tells how the kernel's defences change what a kernel costs in
// user mode (Documentation/userspace-api/spec_ctrl.rst, hw-vuln). Most do not;
// one that binds processes with a filter, as before Linux 5.16, binds cells and
// not the programs that the figures are meant for.
func speculating(h host) Finding {
	const dir = "sys/devices/system/cpu/vulnerabilities"
	bypass, ok := h.text(dir + "/spec_store_bypass")
	if !ok {
		return unknown("/" + dir + "/spec_store_bypass")
	}
	if strings.Contains(bypass, "seccomp") {
		return Finding{State: Warn, Have: "loads may not pass stores in processes with a filter",
			Risk: "kernels that load soon after they store are slower in a cell than in other programs",
			Mend: "add spec_store_bypass_disable=prctl to the kernel command line, or boot Linux 5.16 or newer"}
	}
	var slow []string
	if strings.HasSuffix(bypass, "Bypass disabled") {
		slow = append(slow, "loads that pass stores")
	}
	if gather, _ := h.text(dir + "/gather_data_sampling"); strings.HasPrefix(gather, "Mitigation: Microcode") {
		slow = append(slow, "gathers")
	}
	if len(slow) > 0 {
		return well("a cell is as fast as other programs of this host; in all of them defences slow %s", strings.Join(slow, " and "))
	}
	return well("a cell is as fast as other programs of this host")
}

// microcode: a revision can change what instructions cost, so it stands in
// every result; it should be the same wherever a cell may run.
func microcode(h host) Finding {
	info, ok := h.text("proc/cpuinfo")
	if !ok {
		return unknown("/proc/cpuinfo")
	}
	var revisions []string
	for line := range strings.Lines(info) {
		if key, value, _ := strings.Cut(line, ":"); strings.TrimSpace(key) == "microcode" {
			revisions = append(revisions, strings.TrimSpace(value))
		}
	}
	slices.Sort(revisions)
	revisions = slices.Compact(revisions)
	switch {
	case len(revisions) == 0:
		return unknown("the revision in /proc/cpuinfo")
	case len(revisions) == 1:
		return well("revision %s", revisions[0])
	}
	return Finding{State: Warn, Have: "CPUs differ: " + strings.Join(revisions, ", "),
		Risk: "figures may depend on the CPU that a job meets",
		Mend: "boot, so that all are updated early (apt install intel-microcode amd64-microcode); or taskset the service to equal ones"}
}

// hugePages: operands are shared anonymous memory, for which shmem_enabled
// counts (Documentation/admin-guide/mm/transhuge.rst).
func hugePages(h host) Finding {
	const file = "sys/kernel/mm/transparent_hugepage/shmem_enabled"
	mode, ok := h.chosen(file)
	switch {
	case !ok && !h.mounted(sysSign):
		return unknown("/" + file)
	case !ok:
		return well("not in this kernel")
	case mode == "never" || mode == "deny" || mode == "advise":
		return well("operands get small pages (%s); 2 MiB pages in reserve for jobs that ask: %s", mode, h.reserve())
	}
	return Finding{State: Warn, Have: "operands may get huge pages (" + mode + ")",
		Risk: "figures of large operands depend on what memory is free",
		Mend: "echo never > /" + file}
}

// reserve is the host's free huge pages (Documentation/admin-guide/mm/hugetlbpage.rst).
func (t tree) reserve() string {
	n, ok := t.text("sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages")
	if !ok {
		return "none"
	}
	return n
}

// cpus: one CPU is shared by the supervisor and the cell. Isolation is a hint:
// the kernel schedules nothing else on isolated CPUs, and without ticks nothing
// interrupts them (Documentation/admin-guide/kernel-parameters.txt).
func cpus(h host) Finding {
	isolated, _ := h.text("sys/devices/system/cpu/isolated")
	ticks, _ := h.text("sys/devices/system/cpu/nohz_full")
	if len(h.Perf.CPUs) == 1 {
		return Finding{State: Warn, Have: "one",
			Risk: "server and cells take turns on it: many samples are disturbed and dropped",
			Mend: "allow it a second CPU"}
	}
	if isolated == "" {
		return well("%d; none is isolated: isolcpus= and nohz_full= on the kernel command line, and taskset, would give cells one to themselves", len(h.Perf.CPUs))
	}
	if ticks == "" || ticks == "(null)" {
		ticks = "none"
	}
	return well("%d; isolated: %s; without ticks: %s", len(h.Perf.CPUs), isolated, ticks)
}
