package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"webrunner/internal/runner"
	"webrunner/internal/speculation"
)

func user(h host) Finding {
	if !h.Root {
		return well("not root")
	}
	return Finding{State: Warn, Have: "root; children drop to nobody, the server itself does not",
		Risk: "a hole in the server would be root's",
		Mend: "serve by the systemd unit (DynamicUser=yes), or as another user"}
}

// mountedAt examines one of the kernel's file systems, which shows by a sign in it.
func mountedAt(at, kind, sign, risk string) func(host) Finding {
	return func(h host) Finding {
		if h.mounted(sign) {
			return well("mounted")
		}
		return Finding{State: Warn, Have: at + " is not mounted", Risk: risk, Mend: fmt.Sprintf("mount -t %s %s %s", kind, kind, at)}
	}
}

// userNamespaces: three switches close them (user_namespaces(7), Debian's
// patch, Ubuntu's AppArmor). For root only the first counts.
func userNamespaces(h host) Finding {
	const risk = "children share the host's view of users, processes and network; the other layers remain"
	closed := func(sysctl string, to int) Finding {
		return Finding{State: Warn, Have: "closed by " + sysctl, Risk: risk, Mend: fmt.Sprintf("sysctl -w %s=%d", sysctl, to)}
	}
	if !h.mounted(procSign) {
		return unknown("/proc/sys/user/max_user_namespaces")
	}
	most, ok := h.number("proc/sys/user/max_user_namespaces")
	switch {
	case !ok:
		return Finding{State: Warn, Have: "the kernel has none", Risk: risk, Mend: "boot a kernel with CONFIG_USER_NS=y"}
	case most == 0:
		return closed("user.max_user_namespaces", 1024)
	case h.Root:
		return well("open, as root")
	}
	if n, ok := h.number("proc/sys/kernel/unprivileged_userns_clone"); ok && n == 0 {
		return closed("kernel.unprivileged_userns_clone", 1)
	}
	if n, ok := h.number("proc/sys/kernel/apparmor_restrict_unprivileged_userns"); ok && n == 1 {
		return closed("kernel.apparmor_restrict_unprivileged_userns", 0)
	}
	return well("open")
}

// vsyscallPage is the one page that no process can unmap. The kernel gives it
// as readable and emulated, as execute-only, or not at all
// (arch/x86/entry/vsyscall/vsyscall_64.c).
func vsyscallPage(h host) Finding {
	maps, ok := h.text("proc/self/maps")
	if !ok {
		return unknown("/proc/self/maps")
	}
	for line := range strings.Lines(maps) {
		if !strings.HasSuffix(strings.TrimSpace(line), "[vsyscall]") {
			continue
		}
		if strings.Contains(line, " r") {
			return Finding{State: Warn, Have: "readable",
				Risk: "one page at a known address that a cell cannot unmap; calls through it are filtered",
				Mend: "add vsyscall=none to the kernel command line and boot"}
		}
		return well("execute-only; calls through it are filtered")
	}
	return well("no page")
}

// vulnerabilities lists what the kernel calls vulnerable
// (Documentation/admin-guide/hw-vuln).
func vulnerabilities(h host) Finding {
	const dir = "sys/devices/system/cpu/vulnerabilities"
	entries, err := fs.ReadDir(h.fsys, dir)
	if err != nil {
		return unknown("/" + dir)
	}
	var open []string
	for _, e := range entries {
		if s, ok := h.text(path.Join(dir, e.Name())); ok && strings.HasPrefix(s, "Vulnerable") {
			open = append(open, e.Name())
		}
	}
	if len(open) == 0 {
		return well("%d known ones, none open", len(entries))
	}
	f := Finding{State: Warn, Have: "open: " + strings.Join(open, ", "),
		Risk: "hostile code may read other memory by speculation",
		Mend: "install the vendor's microcode (apt install intel-microcode amd64-microcode); in a virtual machine its host must; keep no secret on this machine"}
	if cmdline, _ := h.text("proc/cmdline"); strings.Contains(cmdline, "mitigations=off") {
		f.Mend = "remove mitigations=off from the kernel command line and boot"
	}
	return f
}

// speculationControl tells whether cells can do without the kinds of speculation that a
// process may switch off for itself (Documentation/userspace-api/spec_ctrl.rst).
func speculationControl(h host) Finding {
	var states, left []string
	open := false
	for _, k := range speculation.Kinds() {
		s, err := h.Speculation(k)
		switch {
		case err != nil:
			return Finding{State: Unknown, Have: err.Error()}
		case s.Off():
		case s.Controllable():
			open = true
		default:
			left = append(left, k.Name)
		}
		states = append(states, fmt.Sprintf("%s: %v", k.Name, s))
	}
	have := strings.Join(states, "; ")
	switch {
	case len(left) > 0:
		f := Finding{State: Warn, Have: have,
			Risk: "a cell may find out what other processes keep in a processor's predictors, or lead them astray",
			Mend: "install the vendor's microcode, boot with spec_store_bypass_disable=prctl spectre_v2_user=prctl, and serve with --speculation strict; in a virtual machine its host must show it the processor's controls"}
		if h.Strict {
			f.State = Bad
			f.Mend += "; or serve without --speculation strict"
		}
		return f
	case h.Strict && open:
		return well("%s; switched off in cells", have)
	case open:
		return well("%s; --speculation strict switches it off in cells, which makes some kernels slower", have)
	}
	return well("%s", have)
}

// splitLocks tells what becomes of a locked access to two lines of the cache, for which
// a processor stops all others (Documentation/arch/x86/buslock.rst). The screen cannot
// see one whose address is computed.
func splitLocks(h host) Finding {
	const (
		risk = "one job can slow all others, by locked accesses to two lines of the cache at once"
		boot = "add split_lock_detect=fatal to the kernel command line and boot"
	)
	info, ok := h.text("proc/cpuinfo")
	if !ok {
		return unknown("/proc/cpuinfo")
	}
	features := strings.Fields(info)
	split, bus := slices.Contains(features, "split_lock_detect"), slices.Contains(features, "bus_lock_detect")
	cmdline, _ := h.text("proc/cmdline")
	mode := "warn" // the default
	for _, word := range strings.Fields(cmdline) {
		if v, ok := strings.CutPrefix(word, "split_lock_detect="); ok {
			mode = v
		}
	}
	mitigate, told := h.number("proc/sys/kernel/split_lock_mitigate")
	switch {
	case !split && !bus:
		return Finding{State: Warn, Have: "not detected here: the processor, or the host of this virtual machine, shows neither split_lock_detect nor bus_lock_detect",
			Risk: risk, Mend: "give the service a machine of its own, or one whose processor has it (Intel since Tiger Lake, AMD since Zen 5)"}
	case mode == "off":
		return Finding{State: Warn, Have: "detection is off (split_lock_detect=off)", Risk: risk, Mend: boot}
	case mode == "fatal":
		return well("end the process with SIGBUS")
	case strings.HasPrefix(mode, "ratelimit:"):
		return well("limited to %s a second", strings.TrimPrefix(mode, "ratelimit:"))
	case split && told && mitigate == 1:
		return well("slowed down by the kernel, one at a time (kernel.split_lock_mitigate)")
	}
	return Finding{State: Warn, Have: "the kernel notes them, and slows nobody down", Risk: risk, Mend: boot}
}

// smt: a guest sees the hyper-threads that its host shows it, and none of who
// else runs on the cores of its own.
func smt(h host) Finding {
	const dir = "sys/devices/system/cpu/smt"
	active, ok := h.number(dir + "/active")
	if !ok {
		return unknown("/" + dir + "/active")
	}
	control, _ := h.text(dir + "/control")
	switch {
	case active == 0 && h.Perf.Hypervisor != "":
		return Finding{State: Unknown, Have: "none in this virtual machine (" + control + "); whether its cores share theirs with other machines, only the host tells"}
	case active == 0 && control == "notsupported":
		return well("the processor has none")
	case active == 0:
		return well("off (%s)", control)
	}
	return Finding{State: Warn, Have: "hyper-threads share cores",
		Risk: "a sibling disturbs figures, and hostile code can watch it through shared caches",
		Mend: "echo off > /" + dir + "/control"}
}

func swap(h host) Finding {
	table, ok := h.text("proc/swaps")
	if !ok {
		return unknown("/proc/swaps")
	}
	var on []string
	for i, line := range strings.Split(table, "\n") {
		if f := strings.Fields(line); i > 0 && len(f) > 0 && !strings.HasPrefix(f[0], "/dev/zram") {
			on = append(on, f[0])
		}
	}
	if len(on) == 0 {
		return well("none on disk")
	}
	return Finding{State: Warn, Have: strings.Join(on, ", "),
		Risk: "objects of clients may reach a disk; a sample may wait for one",
		Mend: "swapoff -a, and remove the entry from /etc/fstab"}
}

// memoryLimit looks for a limit on this process's own control group, in either
// version; without one a job's memory is the host's.
func memoryLimit(h host) Finding {
	groups, ok := h.text("proc/self/cgroup")
	if !ok {
		return unknown("/proc/self/cgroup")
	}
	for line := range strings.Lines(groups) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		if file, limit, ok := h.groupLimit(parts[1], parts[2]); ok {
			return well("%s is %s", file, limit)
		}
	}
	return Finding{State: Warn, Have: "no control group limits this process",
		Risk: "jobs that eat memory can starve the host",
		Mend: "serve by the systemd unit (Delegate=, MemoryMax=), or under systemd-run -p MemoryMax=2G"}
}

// unlimited1 is where version 1 begins to mean no limit: the largest number of
// pages, in bytes, is near 2^63.
const unlimited1 = "92233720368547"

// groupLimit walks up from a group to the root for a limit that is set.
func (t tree) groupLimit(controllers, group string) (file, limit string, ok bool) {
	root, name := "sys/fs/cgroup", "memory.max"
	if controllers == "memory" {
		root, name = "sys/fs/cgroup/memory", "memory.limit_in_bytes"
	} else if controllers != "" {
		return "", "", false
	}
	limited := func(at string) bool {
		file = path.Join(root, at, name)
		limit, ok = t.text(file)
		return ok && limit != "max" && !strings.HasPrefix(limit, unlimited1)
	}
	for at := path.Clean("/" + group); ; at = path.Dir(at) {
		if limited(at) || limited(path.Join(path.Dir(at), runner.ChildGroup)) {
			return "/" + file, limit, true
		}
		if at == "/" {
			return "", "", false
		}
	}
}

// controlGroup asks the runner for a group whose controllers it may hand down: then
// children get a group of their own.
func controlGroup(h host) Finding {
	const unit = "serve by the systemd unit (Delegate=memory pids), or under systemd-run -p 'Delegate=memory pids'"
	_, err := runner.OwnGroup(h.fsys)
	f := Finding{State: Warn, Risk: "children get no group of their own: memory and processes are limited by the server's, if at all"}
	switch {
	case err == nil:
		return well("version 2 with memory and pids")
	case errors.Is(err, runner.ErrNoHierarchy):
		f.Have, f.Mend = err.Error(), "boot with systemd.unified_cgroup_hierarchy=1, and "+unit
	case errors.Is(err, runner.ErrNotDelegated):
		f.Have, f.Mend = err.Error(), unit
	default:
		return unknown("/proc/self/cgroup")
	}
	return f
}

// coreDumps: cells and children have a limit of one byte, at which the kernel
// dumps nothing. The server has the limit that it was started with, and a
// program that core_pattern names gets its dump also at a limit of 0
// (fs/coredump.c).
func coreDumps(h host) Finding {
	const file = "proc/sys/kernel/core_pattern"
	pattern, ok := h.text(file)
	limits, also := h.text("proc/self/limits")
	if !ok || !also {
		return unknown("/" + file + " or /proc/self/limits")
	}
	soft := ""
	for line := range strings.Lines(limits) {
		if rest, ok := strings.CutPrefix(line, "Max core file size"); ok {
			soft = strings.Fields(rest + " ?")[0]
		}
	}
	piped := strings.HasPrefix(pattern, "|")
	if soft == "1" || soft == "0" && !piped {
		return well("none, by a limit of %s", soft)
	}
	f := Finding{State: Warn, Have: "of the server go to " + pattern + "; of children and cells there are none",
		Risk: "if the server itself crashes, its dump has clients' objects and the token",
		Mend: "serve by the systemd unit (LimitCORE=0), or after ulimit -c 0"}
	if piped {
		f.Mend = "serve by the systemd unit (LimitCORE=1), or under prlimit --core=1: a program is started also at a limit of 0"
	}
	return f
}

func overcommit(h host) Finding {
	const file = "proc/sys/vm/overcommit_memory"
	mode, ok := h.number(file)
	switch {
	case !ok:
		return unknown("/" + file)
	case mode == 2:
		return Finding{State: Warn, Have: "vm.overcommit_memory=2",
			Risk: "children reserve address space that is never used; under strict accounting they may not start",
			Mend: "sysctl -w vm.overcommit_memory=0"}
	}
	return well("vm.overcommit_memory=%d", mode)
}
