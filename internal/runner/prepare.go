package runner

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"webrunner/internal/wire"
)

// nobody is the user and group that a child runs as, both as its namespace
// shows it and, when the server is root, for the host. It is the kernel's
// default overflowuid (Documentation/admin-guide/sysctl/kernel.rst).
const nobody = 65534

// preparation is one step by which a child has less than its server before it
// runs its first instruction.
type preparation struct {
	layer     wire.LayerName
	act, left string
	do        func(f *forker, a *syscall.ProcAttr)
}

// preparations is all of them, in the order in which the new process takes
// them (forkAndExecInChild1 in syscall/exec_linux.go). The child's own steps
// follow.
func preparations() []preparation {
	return []preparation{
		{wire.LayerCgroup, "be born in a control group that limits memory and processes",
			"all that the server may do, within the group's amounts",
			func(f *forker, a *syscall.ProcAttr) {
				if f.group.dir != nil {
					a.Sys.UseCgroupFD, a.Sys.CgroupFD = true, int(f.group.dir.Fd())
				}
			}},
		{wire.LayerNamespaces, "be born in namespaces of its own: user, pid, ipc, uts, mount, cgroup; and net, or in one without an interface for all children, none of which can make a socket",
			"files of the host as the server's user; no process, network or queue of the host",
			func(f *forker, a *syscall.ProcAttr) { a.Sys.Cloneflags = f.flags }},
		// No session of its own: the scheduler would put each child into a group
		// of its own (kernel/sched/autogroup.c), which on a busy host doubles the
		// time of a short job, and no terminal can be opened anyway.
		{"", "lead a process group, which the server kills as one",
			"the same; nothing that it starts outlives it",
			func(_ *forker, a *syscall.ProcAttr) { a.Sys.Setpgid = true }},
		{"", "become nobody, where the server is root or there is a user namespace",
			"files that everybody may use",
			func(f *forker, a *syscall.ProcAttr) { f.becomeNobody(a.Sys) }},
		{wire.LayerCapabilities, "keep no capability but CAP_SETPCAP, to empty the bounding set with",
			"the same, and a capability that gives no access",
			func(f *forker, a *syscall.ProcAttr) {
				if f.setpcap {
					a.Sys.AmbientCaps = []uintptr{unix.CAP_SETPCAP}
				}
			}},
		{"", "leave the server's working directory for /",
			"the same, by absolute names only",
			func(_ *forker, a *syscall.ProcAttr) { a.Dir = "/" }},
		{"", "die with the server",
			"the same, no longer than the server lives",
			func(_ *forker, a *syscall.ProcAttr) { a.Sys.Pdeathsig = syscall.SIGKILL }},
		{"", "keep descriptors 0-4 and no other: twice /dev/null, pipes for crash text, job and report",
			"no connection and no file that the server has open",
			func(*forker, *syscall.ProcAttr) {}}, // child fills Files; hideInherited closes the rest
		{"", "execute this program anew with an empty environment",
			"no memory of the server and none of its variables",
			func(_ *forker, a *syscall.ProcAttr) { a.Env = []string{} }},
	}
}

// Steps returns the runner's part of the lock-down for explanations.
func Steps() []wire.Step {
	var list []wire.Step
	for _, p := range preparations() {
		list = append(list, wire.Step{By: "runner", Layer: p.layer, Act: p.act, Left: p.left})
	}
	return list
}

// attributes takes every preparation for a child with these descriptors.
func (f *forker) attributes(files ...uintptr) *syscall.ProcAttr {
	a := &syscall.ProcAttr{Files: files, Sys: &syscall.SysProcAttr{}}
	for _, p := range preparations() {
		p.do(f, a)
	}
	return a
}

// becomeNobody maps users where there is a user namespace.
func (f *forker) becomeNobody(sys *syscall.SysProcAttr) {
	root := os.Geteuid() == 0
	if root {
		sys.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	if f.flags&unix.CLONE_NEWUSER == 0 {
		return
	}
	uid, gid := os.Geteuid(), os.Getegid()
	if root {
		// Outside, too, the child is to be nobody: then no file of
		// root's is the child's own.
		uid, gid = nobody, nobody
	}
	sys.UidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: uid, Size: 1}}
	sys.GidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: gid, Size: 1}}
	sys.GidMappingsEnableSetgroups = root // an unprivileged parent must write "deny" (user_namespaces(7))
}
