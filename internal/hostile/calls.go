package hostile

import (
	"fmt"

	"webrunner/internal/wire"
)

// minusOne is an argument of all ones: every process, no descriptor.
const minusOne = ^uint64(0)

const (
	syscall = "0f05"
	int80   = "cd80"
)

// A named system call with the arguments that would do harm. Pointers point at
// the kernel's own code or stack, so that nothing but the filter stops them.
type namedCall struct {
	nr    uint32
	name  string
	tries string
	args  []uint64
}

func args(v ...uint64) []uint64 { return v }

// namedCalls are the calls that somebody would really try.
func namedCalls() []namedCall {
	const code, stack = codeAddr, stackAddr
	return []namedCall{
		{57, "fork", "makes processes until there is room for no more", nil},
		{58, "vfork", "makes a process that borrows its memory", nil},
		{56, "clone", "makes a process of its own memory", args(17)},
		{56, "clone", "makes threads until there is room for no more", args(0x3d0f00, stack+0x8000)},
		{56, "clone", "makes a process in new namespaces, where it is root", args(0x7e020011)},
		{435, "clone3", "makes a process by the newer call", args(stack, 88)},
		{62, "kill", "kills every process that it may", args(minusOne, 9)},
		{62, "kill", "kills its parent", args(1, 9)},
		{62, "kill", "kills its own process group, siblings included", args(0, 9)},
		{62, "kill", "stops itself, to confuse who traces it", args(0, 19)},
		{200, "tkill", "kills a thread of its parent", args(1, 9)},
		{234, "tgkill", "kills a thread of its parent", args(1, 1, 9)},
		{129, "rt_sigqueueinfo", "sends a forged signal", args(1, 9, stack)},
		{424, "pidfd_send_signal", "signals by descriptor", args(0, 9, 0, 0)},
		{434, "pidfd_open", "opens its parent", args(1, 0)},
		{438, "pidfd_getfd", "takes a descriptor from its parent", args(0, 3, 0)},
		{101, "ptrace", "traces its parent", args(16, 1)},
		{101, "ptrace", "asks to be traced by another", args(0)},
		{310, "process_vm_readv", "reads its parent's memory", args(1, stack, 1, stack, 1, 0)},
		{311, "process_vm_writev", "writes its parent's memory", args(1, stack, 1, stack, 1, 0)},
		{440, "process_madvise", "throws out its parent's memory", args(0, stack, 1, 4, 0)},
		{9, "mmap", "maps memory that is writable and executable", args(0, 4096, 7, 0x22, minusOne, 0)},
		{9, "mmap", "maps memory until there is none left", args(0, 1<<40, 3, 0x4022, minusOne, 0)},
		{10, "mprotect", "makes its code writable", args(code, 4096, 7)},
		{10, "mprotect", "makes its stack executable", args(stack, 4096, 7)},
		{329, "pkey_mprotect", "makes its code writable, with a key", args(code, 4096, 7, minusOne)},
		{11, "munmap", "unmaps the stub under its supervisor", args(stubAddr, 4096)},
		{25, "mremap", "moves its code onto the stub", args(code, 4096, 4096, 3, stubAddr)},
		{12, "brk", "grows its heap", args(1 << 40)},
		{28, "madvise", "throws out the stub's page", args(stubAddr, 4096, 4)},
		{149, "mlock", "locks memory", args(stack, 4096)},
		{319, "memfd_create", "makes a file in memory to execute", args(code, 0)},
		{447, "memfd_secret", "makes memory that its tracer cannot read", args(0)},
		{29, "shmget", "makes shared memory that outlives it", args(0, 1<<30, 0x3ff)},
		{68, "msgget", "makes a message queue that outlives it", args(0, 0x3ff)},
		{240, "mq_open", "makes a message queue that outlives it", args(code, 0x42, 0x1ff, 0)},
		{2, "open", "opens a file", args(code, 0)},
		{257, "openat", "opens a file", args(minusOne-99, code, 0)},
		{437, "openat2", "opens a file", args(minusOne-99, code, stack, 24)},
		{85, "creat", "makes a file", args(code, 0x1ff)},
		{304, "open_by_handle_at", "opens a file past all directories", args(0, stack, 0)},
		{87, "unlink", "removes a file", args(code)},
		{82, "rename", "renames a file", args(code, code)},
		{90, "chmod", "changes the mode of a file", args(code, 0x1ff)},
		{165, "mount", "mounts", args(code, code, code, 0, 0)},
		{161, "chroot", "changes its root", args(code)},
		{155, "pivot_root", "changes its root", args(code, code)},
		{0, "read", "reads descriptor 0", args(0, stack, 4096)},
		{1, "write", "writes to descriptor 1", args(1, stack, 4096)},
		{1, "write", "writes a report of its own to descriptor 4", args(4, stack, 4096)},
		{20, "writev", "writes a report of its own to descriptor 4", args(4, stack, 1)},
		{40, "sendfile", "copies from one descriptor to another", args(4, 3, 0, 4096)},
		{72, "fcntl", "duplicates descriptors until there are no more", args(0, 0)},
		{32, "dup", "duplicates descriptors until there are no more", args(0)},
		{22, "pipe", "makes pipes until there are no more descriptors", args(stack)},
		{290, "eventfd2", "makes descriptors until there are no more", args(0, 0)},
		{291, "epoll_create1", "makes descriptors until there are no more", args(0)},
		{253, "inotify_init", "watches files", nil},
		{41, "socket", "opens a socket", args(2, 1, 0)},
		{53, "socketpair", "makes a pair of sockets", args(1, 1, 0, stack)},
		{42, "connect", "connects", args(0, stack, 16)},
		{49, "bind", "binds to an address", args(0, stack, 16)},
		{44, "sendto", "sends a packet", args(0, stack, 64, 0, stack, 16)},
		{46, "sendmsg", "sends a descriptor away", args(0, stack, 0)},
		{59, "execve", "executes another program", args(code, 0, 0)},
		{322, "execveat", "executes another program", args(0, code, 0, 0, 0x1000)},
		{105, "setuid", "becomes root", args(0)},
		{106, "setgid", "becomes root", args(0)},
		{116, "setgroups", "joins a group", args(1, stack)},
		{126, "capset", "takes capabilities", args(stack, stack)},
		{272, "unshare", "enters new namespaces, where it is root", args(0x7e020000)},
		{308, "setns", "enters its parent's namespaces", args(0, 0)},
		{317, "seccomp", "replaces its filter", args(0, 0, 0)},
		{157, "prctl", "lets itself be traced by all", args(0x59616d61, minusOne)},
		{157, "prctl", "forgets to die with its parent", args(1, 0)},
		{158, "arch_prctl", "moves its FS base", args(0x1002, code)},
		{154, "modify_ldt", "makes a call gate", args(1, stack, 16)},
		{172, "iopl", "asks for the machine's I/O ports", args(3)},
		{173, "ioperm", "asks for the machine's I/O ports", args(0, 1024, 1)},
		{169, "reboot", "reboots the machine", args(0xfee1dead, 672274793, 0)},
		{175, "init_module", "loads a module into Linux", args(code, 4096, code)},
		{246, "kexec_load", "loads another operating system", args(0, 0, 0, 0)},
		{160, "setrlimit", "raises its limits", args(0, stack)},
		{302, "prlimit64", "raises its limits", args(0, 0, stack, 0)},
		{203, "sched_setaffinity", "moves to another CPU", args(0, 8, stack)},
		{144, "sched_setscheduler", "becomes a real-time process", args(0, 1, stack)},
		{141, "setpriority", "becomes more important", args(0, 0, minusOne-19)},
		{35, "nanosleep", "sleeps without using CPU time", args(stack, 0)},
		{34, "pause", "sleeps for ever", nil},
		{202, "futex", "waits for ever", args(stack, 0, 0, 0)},
		{37, "alarm", "puts its alarm off", args(0)},
		{38, "setitimer", "puts its alarm off", args(0, 0, 0)},
		{222, "timer_create", "makes a timer that signals its parent", args(0, stack, stack)},
		{13, "rt_sigaction", "catches its alarm", args(14, code, 0, 8)},
		{14, "rt_sigprocmask", "blocks its alarm", args(0, code, 0, 8)},
		{15, "rt_sigreturn", "sets all its registers from its stack", nil},
		{131, "sigaltstack", "gets itself a signal stack", args(code, 0)},
		{109, "setpgid", "leaves its process group", args(0, 0)},
		{112, "setsid", "leaves its session", nil},
		{298, "perf_event_open", "counts what the whole machine does", args(stack, minusOne, 0, minusOne, 0)},
		{321, "bpf", "loads a program into Linux", args(0, stack, 64)},
		{425, "io_uring_setup", "makes calls by a ring that no filter sees", args(8, stack)},
		{323, "userfaultfd", "handles page faults for others", args(0)},
		{248, "add_key", "keeps a key in Linux", args(code, code, code, 8, minusOne)},
		{250, "keyctl", "reads its session's keys", args(0, minusOne-2, 0)},
		{103, "syslog", "reads Linux's log", args(3, stack, 4096)},
		{63, "uname", "asks for the name of the machine", args(stack)},
		{39, "getpid", "asks for its number", nil},
		{110, "getppid", "asks for its parent's number", nil},
		{318, "getrandom", "asks for random numbers", args(stack, 16, 0)},
		{228, "clock_gettime", "asks for the time", args(0, stack)},
		{61, "wait4", "waits for a child", args(minusOne, 0, 0, 0)},
		{334, "rseq", "registers another restartable sequence", args(stack, 32, 0, 0)},
		{60, "exit", "ends its thread with status 0", args(0)},
		{231, "exit_group", "ends at once with status 0, as if all were well", args(0)},
		{231, "exit_group", "ends at once with status 4, as if the child had failed", args(4)},
	}
}

// callAttacks are the named calls in every form.
func callAttacks() []strike {
	var list []strike
	seen := make(map[string]int)
	for _, c := range namedCalls() {
		name := "call-" + dashed(c.name)
		if seen[name]++; seen[name] > 1 {
			name = fmt.Sprintf("%s-%d", name, seen[name])
		}
		list = append(list, strike{
			name: name, tries: c.tries, layer: Seccomp, setup: call(c.nr, c.args...), hidden: asm(syscall),
			rule: "system-call", ends: ends(forbidden(c.name)),
		})
	}
	return list
}

// The gates by which a system call can be tried.
type gate struct {
	name, tries string
	setup       func(nr uint32) []byte // after which hidden makes the call
	hidden      []byte
	rule        string
	ends        []End
	step        uint32 // between the numbers that a quick run tries
}

const lastCall = 1023

func gates() []gate {
	// Where the instruction does not exist, or Linux takes no 32-bit calls.
	faults := []End{crashed("SIGILL"), crashed("SIGSEGV"), {Class: wire.MissingISA}}
	// In 32-bit mode Linux fetches an argument from [ebp]; it must be there.
	const ebp = "48c7c500000010" // mov rbp, codeAddr
	return []gate{
		{"syscall", "makes the system call %d by syscall", func(nr uint32) []byte { return asm("b8", nr) }, asm(syscall), "system-call",
			ends(forbidden("")), 1},
		{"x32", "makes the system call %d of the x32 ABI", func(nr uint32) []byte { return asm("b8", nr|1<<30) }, asm(syscall), "system-call",
			ends(forbidden("")), 32},
		{"int80", "makes the 32-bit system call %d by int 0x80", func(nr uint32) []byte { return asm("b8", nr) }, asm(int80), "interrupt",
			append(ends(forbidden("")), faults...), 32},
		{"sysenter", "makes the 32-bit system call %d by sysenter", func(nr uint32) []byte { return asm(ebp, "b8", nr) }, asm("0f34"), "system-call",
			append(ends(forbidden("")), faults...), 128},
		{"far32", "makes the system call %d by int 0x80 from 32-bit code", func(nr uint32) []byte { return asm(farFrame, ebp, "b8", nr) },
			asm("48cb cd80"), "far-control", append(ends(forbidden("")), faults...), 64},
		{"far32-syscall", "makes the system call %d by syscall from 32-bit code", func(nr uint32) []byte { return asm(farFrame, ebp, "b8", nr) },
			asm("48cb 0f05"), "far-control", append(ends(forbidden("")), faults...), 256},
		{"far32-sysenter", "makes the system call %d by sysenter from 32-bit code", func(nr uint32) []byte { return asm(farFrame, ebp, "b8", nr) },
			asm("48cb 0f34"), "far-control", append(ends(forbidden("")), faults...), 256},
	}
}

// farFrame pushes the 32-bit code segment and the address behind the far return
// that is hidden at the beginning of the code: push 0x23; push codeAddr+hideAt+2.
const farFrame = "6a23 6804000010"

// numberedCalls are all system calls by all gates, late. A quick run has every
// number below 548, the last that Linux gives meaning to, by syscall, and a
// sample of the rest.
func numberedCalls(full bool) []Attack {
	var list []Attack
	for _, g := range gates() {
		for nr := uint32(0); nr <= lastCall; nr++ {
			if !full && nr%g.step != 0 || !full && g.step == 1 && nr > 547 && nr%32 != 0 {
				continue
			}
			s := strike{
				name: fmt.Sprintf("%s-%d", g.name, nr), tries: fmt.Sprintf(g.tries, nr), layer: Seccomp,
				setup: g.setup(nr), hidden: g.hidden, rule: g.rule, ends: endsOf(g, nr),
			}
			list = append(list, Attack{
				Name: s.name, Form: Late, Layer: s.layer, Tries: s.tries, Ends: s.ends, Kernel: kernelName,
				Object: func() []byte { return s.object(Late) },
			})
		}
	}
	return list
}

// endsOf is what becomes of a call by its number. Linux keeps two from every
// filter since 6.14, uretprobe and uprobe (kernel/seccomp.c); from code that
// Linux did not place they do nothing but fail or trap.
func endsOf(g gate, nr uint32) []End {
	if g.name == "syscall" && (nr == 335 || nr == 336) {
		return append(ends(crashed("SIGILL"), End{Class: ""}), g.ends...)
	}
	return g.ends
}

// gateAttacks are the gates in every form, each with one call.
func gateAttacks() []strike {
	var list []strike
	for _, g := range gates() {
		list = append(list, strike{
			name: "gate-" + g.name, tries: fmt.Sprintf(g.tries, 20), layer: Seccomp,
			setup: g.setup(20), hidden: g.hidden, rule: g.rule, ends: g.ends,
		})
	}
	return append(list, strike{
		name: "vsyscall", tries: "asks for the time through Linux's vsyscall page", layer: Seccomp,
		setup: asm("48c7c0000060ff 31ff 31f6 ffd0"), // mov rax, 0xffffffffff600000; xor edi, edi; xor esi, esi; call rax
		ends:  ends(End{Class: wire.ForbiddenSyscall}, fault("execute", 0xffffffffff600000)),
	}, strike{
		name: "vsyscall-getcpu", tries: "asks for the CPU through Linux's vsyscall page", layer: Seccomp,
		setup: asm("48c7c0000860ff 31ff 31f6 ffd0"), // … 0xffffffffff600800
		ends:  ends(End{Class: wire.ForbiddenSyscall}, fault("execute", 0xffffffffff600800)),
	}, strike{
		name: "vsyscall-middle", tries: "jumps into the middle of the vsyscall page", layer: Space,
		setup: asm("48c7c0100060ff ffe0"), // mov rax, 0xffffffffff600010; jmp rax
		ends:  ends(crashed("SIGSEGV")),
	})
}

func dashed(name string) string {
	b := []byte(name)
	for i, c := range b {
		if c == '_' {
			b[i] = '-'
		}
	}
	return string(b)
}
