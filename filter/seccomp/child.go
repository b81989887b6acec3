package seccomp

import (
	"slices"

	"webrunner/filter/bpf"
)

// ChildConfig is what the child's policy depends on.
type ChildConfig struct {
	PID  int  // of the child itself, as getpid gives it in its pid namespace
	Perf bool // event counters will be opened; otherwise perf_event_open is refused
}

// Child is stage 1: what the child may call once it is locked down, and what a
// cell, which starts as a copy of the child, may call until its stage 2. The
// child is a Go process with threads already running; it reads the job from
// descriptor 3, writes the report to 4 and trouble to 2, forks cells and
// supervises them by ptrace.
//
// Not here, and therefore deadly: every call that names a file or makes a
// socket, execve, clone3, memory that is writable and executable at once,
// ptrace of anything not a descendant (PTRACE_ATTACH), process_vm_*, io_uring,
// bpf, userfaultfd, keys, mounts, namespaces, modules, and the clock.
func Child(c ChildConfig) Policy {
	p := Policy{Stage: "child", Rules: descriptors()}
	p.Rules = append(p.Rules, memory()...)
	p.Rules = append(p.Rules, goRuntime(c.PID)...)
	p.Rules = append(p.Rules, poller()...)
	p.Rules = append(p.Rules, supervision()...)
	p.Rules = append(p.Rules, stub()...)
	if c.Perf {
		p.Rules = append(p.Rules, counters()...)
	}
	return p
}

// maxInt is the largest descriptor, process number or signal target: a C int.
// Tests against it refuse negative values, such as "every process", and values
// whose high half Linux would not look at.
const maxInt = 1<<31 - 1

// opened demands that argument i is a descriptor above stdin, stdout and stderr.
func opened(i int) ArgTest { return within(i, 3, maxInt) }

// process demands that argument i is one process, not a group and not all.
func process(i int) ArgTest { return within(i, 1, maxInt) }

// Program is the compiled policy of a child. That of one with all it may have, in a pid
// namespace of its own, where it is process 1, stands in this package (child_program.go):
// to compile it took a process that has just begun, and touches all its memory for the
// first time, longer than the rest of its lock-down.
func (c ChildConfig) Program() ([]bpf.Insn, error) {
	if c == (ChildConfig{PID: 1, Perf: true}) {
		return slices.Clone(childProgram[:]), nil
	}
	return Child(c).Compile()
}

func descriptors() []Rule {
	return []Rule{
		{0, "read", []ArgTest{opened(0)},
			"the job on descriptor 3, counters, and the runtime's own event descriptor; nothing else is open, and nothing can be opened"},
		{0, "read", []ArgTest{is(0, 0)},
			"a cell's group of counters, whose leader is its descriptor 0; the child's own is /dev/null"},
		{17, "pread64", []ArgTest{opened(0)},
			"the runtime rereads the cgroup's CPU limit, open since its start, about once a second (internal/runtime/cgroup)"},
		{1, "write", []ArgTest{is(0, 2)},
			"the runtime's last words when it fails; whoever started the child reads the pipe"},
		{1, "write", []ArgTest{is(0, 4)},
			"the report, to whoever gave the job"},
		{1, "write", []ArgTest{opened(0), is(2, 8)},
			"the runtime wakes its poller by writing 8 bytes to an eventfd whose number is not known beforehand (netpollBreak); no other descriptor takes a write"},
		{3, "close", []ArgTest{opened(0)},
			"counters of a finished group, and the job's pipe; Linux frees what is left when the child ends"},
		{72, "fcntl", []ArgTest{is(1, fGetFL)},
			"os.NewFile asks whether descriptors 3 and 4 are non-blocking"},
	}
}

func memory() []Rule {
	return []Rule{
		{9, "mmap", []ArgTest{only(2, protRead|protWrite, 0), only(3, anonymous, mapAnonymous)},
			"the Go heap and stacks, the image, operands and sample pages: anonymous memory, never executable from birth"},
		{9, "mmap", []ArgTest{is(2, protRead|protWrite), is(3, mapShared|mapAnonymous|mapFixedNoReplace|mapHugeTLB|mapHuge2MB)},
			"operands on pages of 2 MiB, from the host's reserve of them"},
		{10, "mprotect", []ArgTest{only(2, protRead|protWrite, 0)},
			"guard pages, and image sections that become read-only"},
		{10, "mprotect", []ArgTest{is(2, protRead|protExec)},
			"code of the image and the stub, after it was written; with the rule above no page is ever writable and executable"},
		{11, "munmap", nil,
			"the runtime's aligned reservations, the image of a finished run, and the cell, which unmaps all but its own few pages"},
		{28, "madvise", []ArgTest{is(2, madvDontNeed)}, "the runtime returns memory to Linux (sysUnused)"},
		{28, "madvise", []ArgTest{is(2, madvFree)}, "the same where GODEBUG=madvdontneed=0"},
		{28, "madvise", []ArgTest{is(2, madvHugePage)}, "the runtime backs its heap's metadata with huge pages (sysHugePage)"},
		{28, "madvise", []ArgTest{is(2, madvNoHugePage)}, "the reverse of it (sysNoHugePage), and a cell's memory, whose pages are small unless it is asked for large ones"},
		{28, "madvise", []ArgTest{is(2, madvCollapse)}, "the same for pages already there (sysHugePageCollapse), and operands on pages of 2 MiB where there is no reserve"},
		{28, "madvise", []ArgTest{is(2, madvDontFork)}, "the child keeps its own memory out of the cells that it forks, and one function's out of another's"},
		{28, "madvise", []ArgTest{is(2, madvDoFork)}, "the reverse of it, when it is the other function's turn"},
		{157, "prctl", []ArgTest{is(0, prSetVMA), is(1, prSetVMAAnonName)},
			"the runtime names its mappings since Go 1.25 (setVMAName); a name is all it changes"},
	}
}

// goRuntime lists what Go's runtime calls at any time: runtime/sys_linux_amd64.s
// and runtime/os_linux.go of Go 1.26. Clocks are normally read in the vdso.
func goRuntime(pid int) []Rule {
	return []Rule{
		{202, "futex", []ArgTest{is(1, futexWaitPrivate)}, "the runtime's locks and idle threads sleep (futexsleep)"},
		{202, "futex", []ArgTest{is(1, futexWakePrivate)}, "and are woken (futexwakeup)"},
		{56, "clone", []ArgTest{is(0, cloneThread)},
			"a thread of the runtime, with exactly the flags of newosproc: it shares everything, filters included"},
		{60, "exit", nil, "a thread ends when its locked goroutine does"},
		{231, "exit_group", nil, "the child ends when its one job is done; the stub ends the cell"},
		{13, "rt_sigaction", nil, "handlers of the runtime"},
		{14, "rt_sigprocmask", nil, "the runtime blocks signals around clone and fork; a forked cell takes them again"},
		{15, "rt_sigreturn", nil, "every return from a signal handler"},
		{131, "sigaltstack", nil, "a signal stack for each thread; the stub takes it away from the cell"},
		{234, "tgkill", []ArgTest{is(0, uint64(max(pid, 0)))},
			"the runtime preempts goroutines by signalling its own threads (preemptM), and ends itself on a fatal signal"},
		{39, "getpid", nil, "the runtime before tgkill, the cell before it stops itself; tells only the own number"},
		{110, "getppid", nil, "the cell makes sure that its parent still lived when it asked to die with it"},
		{186, "gettid", nil, "each new thread learns its number (minit)"},
		{24, "sched_yield", nil, "spinning threads of the runtime let others run (osyield)"},
		{35, "nanosleep", nil, "short sleeps of the runtime and its monitor thread (usleep)"},
		{219, "restart_syscall", nil, "Linux puts it in place of a sleep that a stop signal or a tracer interrupted"},
		{228, "clock_gettime", []ArgTest{within(0, 0, clockTAI)},
			"where the vdso cannot read the clock source; named clocks only, none of another process"},
		{204, "sched_getaffinity", nil, "the runtime counts its CPUs again about once a second (getCPUCount)"},
		{318, "getrandom", nil, "where the vdso has no getrandom, or not yet a state for the thread"},
	}
}

// poller lists what the runtime needs for timers: the first one starts the
// network poller, though there is no network (netpollGenericInit).
func poller() []Rule {
	return []Rule{
		{291, "epoll_create1", []ArgTest{is(0, epollCloexec)}, "the poller (netpollinit)"},
		{290, "eventfd2", []ArgTest{is(0, 0), is(1, efdCloexec|efdNonblock)}, "its alarm bell (netpollinit)"},
		{233, "epoll_ctl", []ArgTest{is(1, epollCtlAdd)}, "the bell, and descriptors 3 and 4 if they are non-blocking (netpollopen)"},
		{233, "epoll_ctl", []ArgTest{is(1, epollCtlDel)}, "the end of a non-blocking descriptor (netpollclose)"},
		{281, "epoll_pwait", []ArgTest{is(4, 0)}, "an idle thread waits for the next timer (netpoll); it changes no signal mask"},
	}
}
