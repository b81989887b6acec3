//go:build amd64

package seccomp

import (
	"fmt"
	"math/rand/v2"
	"os"
	goruntime "runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"webrunner/filter/bpf"
	"webrunner/filter/bpf/bpftest"
	"webrunner/filter/internal/victim"
)

// deadly are calls that the child must not survive, by the reason why they
// would harm. Should a filter fail to stop one, it must do no harm here, where
// tests may run as root: arguments are 0 or malformed, and processes and
// descriptors named are those that do not exist. The filter decides before
// Linux looks at them.
var deadly = []string{
	// files
	"open", "openat", "openat2", "creat", "stat", "newfstatat", "statx", "access", "faccessat2", "readlink", "getdents64",
	"unlink", "rename", "mkdir", "chmod", "chown", "truncate", "ftruncate", "fallocate", "memfd_create", "memfd_secret",
	"name_to_handle_at", "open_by_handle_at", "inotify_init1", "fanotify_init", "chdir", "chroot", "pivot_root", "mount", "umount2",
	"fsopen", "open_tree", "move_mount", "swapon", "syncfs,x86_64,900", "lseek", "sendfile", "splice", "copy_file_range",
	// talking
	"socket", "socketpair", "connect", "bind", "listen", "accept4", "sendto", "recvfrom", "sendmsg", "recvmsg", "pipe", "pipe2",
	"dup", "dup2", "dup3", "shmget", "semget", "msgget", "mq_open",
	// becoming another, starting others
	"execve", "execveat", "vfork", "fork", "clone3", "unshare", "setns", "setuid", "setresuid", "setgroups", "capset", "personality",
	// reaching into others
	"process_vm_readv", "process_vm_writev", "pidfd_open,x86_64,1,2048", "pidfd_getfd,x86_64,1,3,0", "pidfd_send_signal", "kcmp", "tkill", "rt_sigqueueinfo",
	"process_madvise", "migrate_pages",
	// kernel surface
	"io_uring_setup", "io_setup", "bpf", "userfaultfd", "keyctl", "add_key", "perf_event_open", "init_module", "finit_module",
	"kexec_load,x86_64,0,0,0,-", "iopl", "ioperm", "modify_ldt", "landlock_create_ruleset", "syslog", "acct,x86_64,1", "quotactl", "reboot",
	"settimeofday,x86_64,1", "clock_settime", "adjtimex", "timer_create", "setitimer,x86_64,1", "shmat", "remap_file_pages", "mremap", "brk",
	"pkey_alloc", "pkey_mprotect", "map_shadow_stack", "mlock", "mlockall", "nfsservctl",
	// allowed with other arguments
	"write,x86_64,1,0,0", "write,x86_64,3,0,9", "read,x86_64,1", "read,x86_64,0x100000003", "close,x86_64,2", "fcntl,x86_64,3,4",
	"mmap,x86_64,0,4096,7,0x22,-,0", "mmap,x86_64,0,4096,5,0x22,-,0", "mmap,x86_64,0,4096,4,0x22,-,0", "mmap,x86_64,0,4096,1,2,3,0",
	"mmap,x86_64,0,4096,3,0x62,-,0", "mmap,x86_64,0,0,3,0x54140022,-,0", "mmap,x86_64,0,0,3,0x78140021,-,0", "mmap,x86_64,0,0,3,0x54040031,-,0",
	"mmap,x86_64,0,0,5,0x54140021,-,0", "mprotect,x86_64,0x10000,4096,7", "mprotect,x86_64,0x10000,4096,6", "mprotect,x86_64,0x10000,4096,0x1000001",
	"madvise,x86_64,0x10000,4096,100", "clone,x86_64,0x10000011", "clone,x86_64,0", "clone,x86_64,0x4111", "clone,x86_64,0x100000011",
	"ptrace,x86_64,16,0x7fffffff", "ptrace,x86_64,5,0x7fffffff", "ptrace,x86_64,4,0x7fffffff", "ptrace,x86_64,8,0x7fffffff", "ptrace,x86_64,0x420c,0x7fffffff",
	"kill,x86_64,0x7fffffff,15", "kill,x86_64,0,18", "kill,x86_64,-,18", "tgkill,x86_64,0x7fffffff,1,0", "prlimit64,x86_64,0x7fffffff,0,0,0",
	"sched_setaffinity,x86_64,-,0,0", "prctl,x86_64,4,2", "prctl,x86_64,22,2", "prctl,x86_64,8,1", "prctl,x86_64,1,0", "prctl,x86_64,38,0",
	"arch_prctl,x86_64,0x1012", "arch_prctl,x86_64,0x5001", "seccomp,x86_64,1,1", "seccomp,x86_64,1,8", "seccomp,x86_64,0,0",
	"close_range,x86_64,3,4,2", "epoll_pwait,x86_64,5,0,0,0,1", "eventfd2,x86_64,1,0", "epoll_create1,x86_64,0",
	"futex,x86_64,0,0", "futex,x86_64,0,6", "ioctl,x86_64,3,0x2400", "clock_gettime,x86_64,0xfffffffffffffffa",
	// no number, other entries
	"999", "1023", "0x40000027", "0x400000e7", "0xffffffff",
}

// TestForbiddenCallsKill has each deadly call made for real, in a process of
// its own under stage 1, which must die by SIGSYS and nothing else.
func TestForbiddenCallsKill(t *testing.T) {
	for _, call := range deadly {
		r := startVictim(t, "call", "", strings.ReplaceAll(call, "-", "0xffffffffffffffff"))
		if !r.status.Signaled() || r.status.Signal() != unix.SIGSYS {
			t.Errorf("%s: %v", call, r)
		}
	}
}

// TestAllowedCallsReturn is the control: the same victim with calls that the
// policy allows comes to its end, whatever Linux makes of the call.
func TestAllowedCallsReturn(t *testing.T) {
	for _, call := range []string{"getpid", "write,x86_64,2,0,0", "close,x86_64,900", "mprotect,x86_64,0x10000,4096,5", "mmap,x86_64,0,0,3,0x54140021,0xffffffffffffffff,0", "kill,x86_64,0x7fffffff,9",
		"ptrace,x86_64,7,0x7fffffff", "prctl,x86_64,4,0", "seccomp,x86_64,1,0,0", "wait4,x86_64,0x7fffffff"} {
		if r := startVictim(t, "call", "", call); !r.status.Exited() || r.status.ExitStatus() != 0 || r.report != "returned" {
			t.Errorf("%s: %v", call, r)
		}
	}
}

func callVictim(args []string) {
	c, err := ParseCall(args[0])
	victim.Must(err, "parse")
	lockDown(false)
	syscall.RawSyscall6(uintptr(c.NR), uintptr(c.Args[0]), uintptr(c.Args[1]), uintptr(c.Args[2]),
		uintptr(c.Args[3]), uintptr(c.Args[4]), uintptr(c.Args[5]))
	_, err = unix.Write(4, []byte("returned"))
	victim.Must(err, "report")
}

// TestInt80Kills makes getpid through the i386 gate.
func TestInt80Kills(t *testing.T) {
	bare := startVictim(t, "int80", "", "unfiltered")
	if bare.report == "ready" {
		t.Skipf("this host has no 32-bit system calls (ia32_emulation=0, some hypervisors): int 0x80 ends by %v", bare)
	}
	if r := startVictim(t, "int80", ""); !r.status.Signaled() || r.status.Signal() != unix.SIGSYS || r.report != "ready" {
		t.Error(r)
	}
	if !bare.status.Exited() || bare.report != "readyreturned" {
		t.Errorf("without a filter: %v", bare)
	}
}

func int80Victim(args []string) {
	// mov eax, 20 (getpid of i386); int 0x80; ret
	gate := machineCode([]byte{0xb8, 20, 0, 0, 0, 0xcd, 0x80, 0xc3})
	if len(args) == 0 {
		lockDown(false)
	}
	_, err := unix.Write(4, []byte("ready"))
	victim.Must(err, "report")
	gate()
	_, err = unix.Write(4, []byte("returned"))
	victim.Must(err, "report")
}

// TestInstall covers what Install promises beside the filter itself.
func TestInstall(t *testing.T) {
	for _, tt := range []string{"no-new-privs", "malformed", "other-thread", "this-thread", "conflict"} {
		r := startVictim(t, "install", "", tt)
		switch tt {
		case "other-thread":
			if !r.status.Signaled() || r.status.Signal() != unix.SIGSYS || r.report != "parked" {
				t.Errorf("%s: %v", tt, r)
			}
		default:
			if !r.status.Exited() || r.status.ExitStatus() != 0 {
				t.Errorf("%s: %v", tt, r)
			}
		}
	}
}

func installVictim(args []string) {
	prog, err := Child(ChildConfig{PID: os.Getpid()}).Compile()
	victim.Must(err, "compile")
	switch args[0] {
	case "no-new-privs":
		if err := Install(prog, true); err != ErrNewPrivs {
			victim.GiveUp("got %v", err)
		}
	case "malformed":
		victim.Must(unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
		if err := Install(prog[:len(prog)-2], true); err == nil {
			victim.GiveUp("installed without a return")
		}
	case "other-thread": // a thread that was there before is bound as well
		go1 := onOwnThread(func() { syscall.RawSyscall(unix.SYS_SOCKET, unix.AF_UNIX, unix.SOCK_STREAM, 0) })
		_, err := unix.Write(4, []byte("parked"))
		victim.Must(err, "report")
		lockDown(false)
		go1()
	case "this-thread": // without tsync only the calling thread is bound
		other := onOwnThread(func() {
			fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
			victim.Must(err, "socket on unfiltered thread")
			victim.Must(unix.Close(fd), "close")
		})
		goruntime.LockOSThread()
		victim.Must(unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
		victim.Must(Install(prog, false), "install")
		other()
	case "conflict":
		conflict(prog)
	}
}

// conflict has another thread install a filter of its own; TSYNC must name it.
func conflict(prog []bpf.Insn) {
	var tid int
	goruntime.LockOSThread()
	victim.Must(unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
	onOwnThread(func() {
		victim.Must(unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
		victim.Must(Install(prog, false), "install")
		tid = unix.Gettid()
	})()
	if err := Install(prog, true); err != (ThreadError{tid}) {
		victim.GiveUp("got %v, want %v", err, ThreadError{tid})
	}
}

// onOwnThread starts a thread that waits; the returned function makes it run f
// and returns when f has. The thread then waits for ever.
func onOwnThread(f func()) func() {
	ready, start, done := make(chan bool), make(chan bool), make(chan bool)
	go func() {
		goruntime.LockOSThread()
		ready <- true
		<-start
		f()
		done <- true
		select {}
	}()
	<-ready
	return func() {
		start <- true
		<-done
	}
}

// TestPoliciesAsKernel asks the running Linux about random calls: each policy
// is compiled to answer with errnos 100 and 101 instead of allowing and
// killing, so that no call is executed.
func TestPoliciesAsKernel(t *testing.T) {
	const allow, deny = 0x50000 | 100, 0x50000 | 101
	for name, p := range programs(t) {
		prog, err := p.compile(allow, deny)
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(5, 6))
		calls := directed(p)
		for range 20000 {
			calls = append(calls, likely(r, p))
		}
		kept := calls[:0]
		for _, c := range calls {
			if c.Arch == ArchX8664 && !unfiltered(c.NR) {
				kept = append(kept, c)
			}
		}
		got, err := bpftest.Ask(prog, kept)
		if err != nil {
			t.Fatal(err)
		}
		allowed := 0
		for i, c := range kept {
			ok, _ := p.Allows(c.NR, c.Arch, c.Args)
			if want := map[bool]uint32{true: 100, false: 101}[ok]; got[i] != want {
				t.Fatalf("%s: Linux answers %d to %+v, the tables %d", name, got[i], c, want)
			}
			if ok {
				allowed++
			}
		}
		t.Logf("%s: Linux agrees on %d calls, %d allowed", name, len(kept), allowed)
	}
}

// TestUnfiltered shows, where Linux has them, the calls that no filter sees.
func TestUnfiltered(t *testing.T) {
	r := startVictim(t, "call", "", "uprobe")
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		t.Fatal(err)
	}
	switch {
	case r.status.Exited() && r.report == "returned": // ENXIO outside a trampoline
	case r.status.Signaled() && r.status.Signal() == unix.SIGSYS: // a Linux before the exception
	default:
		t.Error(r)
	}
	t.Log(unix.ByteSliceToString(u.Release[:]), fmt.Sprint(r))
}
