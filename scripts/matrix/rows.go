package main

import "strings"

// row is one host and what is expected of it.
type row struct {
	name    string
	kernel  string // vmlinuz-KERNEL in the folder of kernels
	cpu     string // QEMU's -cpu
	cmdline string // more kernel parameters
	cpus    int    // 0 means one

	noProc, noSys, noDev, readOnly bool
	delegated                      bool
	uid                            int
	write                          map[string]string // /proc and /sys files

	layers   map[string]string // layer: how its state begins, where it differs from the plain host
	refusal  string            // words of the refusal; empty when the host is fit
	without  []string          // layers to give up after the refusal
	doctor   map[string]string // finding: its state
	noAVX    bool              // AVX kernels are refused as missing-isa
	counts   bool              // software events can be counted
	brief    bool              // only doctor, self-test and one kernel
	optional bool              // the kernel may be unobtainable
	hostile  bool              // the self-test makes every attack, which takes long
	posture  bool              // /proc of child and cell is compared, by root
	init     bool              // the program under test is process 1 itself, with nothing mounted
}

const (
	userns     = "/proc/sys/user/max_user_namespaces"
	clone      = "/proc/sys/kernel/unprivileged_userns_clone"
	paranoid   = "/proc/sys/kernel/perf_event_paranoid"
	yama       = "/proc/sys/kernel/yama/ptrace_scope"
	corePipe   = "/proc/sys/kernel/core_pattern"
	overcommit = "/proc/sys/vm/overcommit_memory"
)

type states = map[string]string

// rows is the matrix. The plain host is Debian's kernel for clouds, which sets
// perf_event_paranoid to 3, with a processor that has all that QEMU knows;
// the other rows differ from it in what their names say.
func rows() []row {
	return []row{
		{name: "plain", kernel: "6.1", cpu: "max", posture: true, layers: states{"landlock": "enforced (ABI 2)"},
			doctor: states{"landlock": "warn", "user": "warn", "perf-event-paranoid": "warn", "pmu": "warn", "proc": "ok", "seccomp": "ok", "vsyscall": "ok", "ptrace": "ok"}},
		{name: "webrunner as process 1", kernel: "6.1", cpu: "max", init: true, layers: states{"namespaces": "enforced (pid, net, ipc, uts, mount, cgroup)"}},
		{name: "no AVX, no XSAVE", kernel: "6.1", cpu: "qemu64", noAVX: true},
		{name: "AVX, but noxsave", kernel: "6.1", cpu: "max", cmdline: "noxsave", noAVX: true, brief: true},
		{name: "Linux 5.10", kernel: "5.10", cpu: "max", optional: true,
			refusal: "older than 5.13", without: []string{"landlock"}, doctor: states{"landlock": "bad"}},
		{name: "Linux 6.12", kernel: "6.12", cpu: "max", posture: true, optional: true, layers: states{"landlock": "enforced (ABI 6)"}, doctor: states{"landlock": "ok"}},
		{name: "newest of backports", kernel: "newest", cpu: "max", posture: true, optional: true, layers: states{"landlock": "enforced (ABI 1"}, doctor: states{"landlock": "ok", "sealed-mappings": "ok"}},
		{name: "two processors", kernel: "6.1", cpu: "max", cpus: 2, brief: true, doctor: states{"cpus": "ok"}},
		{name: "landlock not in lsm=", kernel: "6.1", cpu: "max", cmdline: "lsm=yama,apparmor",
			refusal: "disabled at boot", without: []string{"landlock"}, doctor: states{"landlock": "bad"}},
		{name: "perf_event_paranoid=3 (kernel command line)", kernel: "6.1", cpu: "max", brief: true, cmdline: "sysctl.kernel.perf_event_paranoid=3",
			doctor: states{"perf-event-paranoid": "warn"}},
		{name: "perf_event_paranoid=2", kernel: "6.1", cpu: "max", brief: true, counts: true,
			write: states{paranoid: "2"}, doctor: states{"perf-event-paranoid": "ok"}},
		{name: "user namespaces off", kernel: "6.1", cpu: "max", brief: true, posture: true,
			write: states{userns: "0"}, layers: states{"namespaces": "enforced (pid, net, ipc, uts, mount, cgroup)"}, doctor: states{"user-namespaces": "warn"}},
		{name: "user 1000", kernel: "6.1", cpu: "max", uid: 1000, doctor: states{"user": "ok", "user-namespaces": "ok"}},
		{name: "user 1000, no namespaces", kernel: "6.1", cpu: "max", uid: 1000, brief: true,
			write: states{clone: "0"}, layers: states{"namespaces": "absent: ", "capabilities": "enforced (none held; the bounding set"}, doctor: states{"user-namespaces": "warn"}},
		{name: "delegated control group", kernel: "6.1", cpu: "max", delegated: true, brief: true, posture: true,
			layers: states{"cgroup": "enforced (memory"}, doctor: states{"memory-limit": "ok", "control-group": "ok"}},
		{name: "the same for user 1000", kernel: "newest", cpu: "max", uid: 1000, delegated: true, brief: true, optional: true,
			layers: states{"cgroup": "enforced (memory"}, doctor: states{"memory-limit": "ok", "control-group": "ok", "user": "ok"}},
		{name: "no /proc", kernel: "6.1", cpu: "max", noProc: true, brief: true,
			layers: states{"namespaces": "enforced (pid, net, ipc, uts, mount, cgroup)"}, doctor: states{"proc": "warn", "vsyscall": "unknown"}},
		{name: "no /sys", kernel: "6.1", cpu: "max", noSys: true, brief: true, doctor: states{"sys": "warn", "smt": "unknown"}},
		{name: "read-only root", kernel: "6.1", cpu: "max", readOnly: true, brief: true},
		{name: "bare: no /proc, /sys, /dev; read-only; user 1000", kernel: "6.1", cpu: "max", noProc: true, noSys: true, noDev: true, readOnly: true, uid: 1000, brief: true,
			layers: states{"namespaces": "absent: ", "capabilities": "enforced (none held; the bounding set"}, doctor: states{"proc": "warn", "sys": "warn"}},
		{name: "ptrace_scope=2", kernel: "6.1", cpu: "max", brief: true, write: states{yama: "2"},
			refusal: "ptrace", doctor: states{"ptrace": "bad"}},
		{name: "ptrace_scope=3", kernel: "6.1", cpu: "max", brief: true, write: states{yama: "3"},
			refusal: "ptrace", doctor: states{"ptrace": "bad"}},
		{name: "core dumps piped", kernel: "6.1", cpu: "max", brief: true, write: states{corePipe: "|/init " + coreHandler}, doctor: states{"core-dumps": "warn"}},
		{name: "strict overcommit", kernel: "6.1", cpu: "max", brief: true, write: states{overcommit: "2"}, doctor: states{"overcommit": "warn"}},
		{name: "vsyscall page, no SMAP, no PTI", kernel: "6.1", cpu: "max", cmdline: "vsyscall=emulate nosmap nosmep nopti mitigations=off", brief: true,
			doctor: states{"vsyscall": "warn"}},
	}
}

// pass is one turn through the commands.
type pass struct {
	without []string
	refused bool
}

// passes is one for a fit host. An unfit one must first refuse, and then work
// without what it lacks.
func (r row) passes() []pass {
	if r.refusal == "" {
		return []pass{{}}
	}
	list := []pass{{refused: true}}
	if len(r.without) > 0 {
		list = append(list, pass{without: r.without})
	}
	return list
}

// plan is what the guest has to do for the row.
func (r row) plan() plan {
	p := plan{Proc: !r.noProc, Sys: !r.noSys, Dev: !r.noDev, ReadOnly: r.readOnly, Delegated: r.delegated, UID: r.uid, Write: r.write}
	for _, pass := range r.passes() {
		p.Commands = append(p.Commands, r.commands(pass)...)
	}
	return p
}

// slow is a deadline for an emulated processor.
const slow = "60s"

// commands is what one pass runs.
func (r row) commands(p pass) [][]string {
	list := [][]string{
		{"doctor", "-o", "json"},
		{"selftest", "-o", "json"},
		{"run", objects + "playground.o", "--kernel", "playground", "--param", "iterations=1000", "--timeout", slow, "-o", "json"},
	}
	if r.init {
		return list[1:2]
	}
	if r.hostile {
		list[1] = append(list[1], "--hostile")
	}
	if !r.brief {
		list = append(list,
			[]string{"run", objects + "sdot.o", "--kernel", "blis/sdot", "--timeout", slow, "-o", "json"},
			[]string{"run", objects + "socket_late.o", "--kernel", "playground", "--timeout", slow, "-o", "json"})
		if !p.refused {
			list = append(list, []string{"demo", "--timeout", slow})
		}
	}
	if r.posture {
		list = append(list, []string{posture, "-test.v", "-test.run", "^(TestPosture|TestNothingOutlivesTheServer)$"})
	}
	for i := range list {
		for _, l := range p.without {
			list[i] = append(list[i], "--without", l)
		}
	}
	return list
}

// service says what the row's host is expected to do.
func (r row) service() string {
	switch {
	case r.refusal == "":
		return "serves"
	case len(r.without) == 0:
		return "refuses"
	}
	return "refuses; serves --without " + strings.Join(r.without, ",")
}
