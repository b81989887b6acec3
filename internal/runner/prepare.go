package runner

import (
	"os"

	"golang.org/x/sys/unix"

	"webrunner/internal/spawn"
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
	do        func(f *forker, p *spawn.Plan, files []uintptr)
}

// preparations is all of them, in the order in which the new process takes
// them. The child's own steps follow.
func preparations() []preparation {
	return []preparation{
		{wire.LayerCgroup, "be born in a control group that limits memory and processes",
			"all that the server may do, within the group's amounts",
			func(f *forker, p *spawn.Plan, _ []uintptr) { p.Group = f.group.dir }},
		{wire.LayerNamespaces, "be born in namespaces of its own: user, pid, ipc, uts, mount, cgroup; and net, or in one without an interface for all children, none of which can make a socket",
			"files of the host as the server's user; no process, network or queue of the host",
			func(f *forker, p *spawn.Plan, _ []uintptr) { p.Flags = f.flags }},
		// No session of its own: the scheduler would put each child into a group
		// of its own (kernel/sched/autogroup.c), which on a busy host doubles the
		// time of a short job, and no terminal can be opened anyway.
		{"", "lead a process group, which the server kills as one",
			"the same; nothing that it starts outlives it",
			func(_ *forker, p *spawn.Plan, _ []uintptr) { p.Call("setpgid", unix.SYS_SETPGID, 0, 0) }},
		{"", "become nobody, where the server is root or there is a user namespace",
			"files that everybody may use",
			func(f *forker, p *spawn.Plan, _ []uintptr) { f.becomeNobody(p) }},
		{wire.LayerCapabilities, "keep no capability but CAP_SETPCAP, to empty the bounding set with",
			"the same, and a capability that gives no access",
			func(f *forker, p *spawn.Plan, _ []uintptr) {
				if f.setpcap {
					keepSetpcap(p)
				}
			}},
		{"", "leave the server's working directory for /",
			"the same, by absolute names only",
			func(_ *forker, p *spawn.Plan, _ []uintptr) { p.Call("chdir", unix.SYS_CHDIR, p.Text("/")) }},
		{"", "die with the server",
			"the same, no longer than the server lives",
			// A server that died before is known by its pipes, which are closed.
			func(_ *forker, p *spawn.Plan, _ []uintptr) {
				p.Call("prctl", unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG, uint64(unix.SIGKILL))
			}},
		{"", "keep descriptors 0-4 and no other: twice /dev/null, pipes for crash text, job and report",
			"no connection and no file that the server has open",
			func(_ *forker, p *spawn.Plan, files []uintptr) { p.Descriptors(files...) }}, // hideInherited closes the rest
		{"", "execute this program anew with an empty environment",
			"no memory of the server and none of its variables",
			func(f *forker, p *spawn.Plan, _ []uintptr) { p.Execute(f.exe, f.argv, nil) }},
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

// start starts a process that has taken every preparation, with these descriptors as its
// first.
func (f *forker) start(files ...uintptr) (pid int, err error) {
	p, err := spawn.NewPlan()
	if err != nil {
		return 0, err
	}
	defer p.Close()
	for _, step := range preparations() {
		step.do(f, p, files)
	}
	return p.Start()
}

// becomeNobody makes the process nobody's, and maps users where there is a user namespace.
func (f *forker) becomeNobody(p *spawn.Plan) {
	root := os.Geteuid() == 0
	if f.flags&unix.CLONE_NEWUSER != 0 {
		uid, gid := os.Geteuid(), os.Getegid()
		if root {
			// Outside, too, the child is to be nobody: then no file of
			// root's is the child's own.
			uid, gid = nobody, nobody
		}
		p.User, p.Groups = &spawn.Map{ID: nobody, Outside: uid}, &spawn.Map{ID: nobody, Outside: gid}
		p.SetGroups = root // an unprivileged parent must write "deny" (user_namespaces(7))
	}
	if !root {
		return
	}
	if f.setpcap {
		p.Call("prctl", unix.SYS_PRCTL, unix.PR_SET_KEEPCAPS, 1) // for the step behind this one
	}
	p.Call("setgroups", unix.SYS_SETGROUPS, 0, 0)
	p.Call("setgid", unix.SYS_SETGID, nobody)
	p.Call("setuid", unix.SYS_SETUID, nobody)
}

// keepSetpcap gives up every capability but CAP_SETPCAP, and keeps that when a program is
// executed (capabilities(7), ambient set).
func keepSetpcap(p *spawn.Plan) {
	const only = 1 << unix.CAP_SETPCAP
	header := p.Words(unix.LINUX_CAPABILITY_VERSION_3)             // and 0, the calling thread
	data := p.Words( /* effective, permitted */ only<<32, only, 0) // inheritable; three more of capabilities from 32 on
	p.Call("capset", unix.SYS_CAPSET, header, data)
	p.Call("prctl", unix.SYS_PRCTL, unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_RAISE, unix.CAP_SETPCAP)
}
