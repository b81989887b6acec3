//go:build amd64

package seccomp

import (
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"webrunner/filter/bpf"
	"webrunner/filter/internal/victim"
)

//go:linkname beforeFork syscall.runtime_BeforeFork
func beforeFork()

//go:linkname afterFork syscall.runtime_AfterFork
func afterFork()

//go:linkname afterForkInChild syscall.runtime_AfterForkInChild
func afterForkInChild()

// cellKind is what a test's cell does after stage 2.
type cellKind int

const (
	cellExits cellKind = iota
	cellCalls
	cellLoops
)

// forkCell forks as the child does. The fork shares nothing with its parent
// and has no runtime, so that only raw system calls may follow in it.
//
//go:noinline
//go:norace
func forkCell(prog []bpf.Insn, what cellKind) (int, syscall.Errno) {
	fprog := sockFprog{uint16(len(prog)), &prog[0]}
	fp := uintptr(unsafe.Pointer(&fprog))
	beforeFork()
	pid, _, errno := syscall.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	if errno != 0 || pid != 0 {
		afterFork()
		return int(pid), errno
	}
	afterForkInChild()
	cellMain(fp, what)
	return 0, 0
}

// cellMain makes every call of the stub.
//
//go:nosplit
//go:norace
func cellMain(fprog uintptr, what cellKind) {
	raw(unix.SYS_RT_SIGACTION, uintptr(unix.SIGHUP), 0, 0)
	raw(unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0)
	raw(unix.SYS_GETPPID, 0, 0, 0)
	raw(unix.SYS_PRLIMIT64, 0, unix.RLIMIT_CPU, 0)
	raw(unix.SYS_PTRACE, unix.PTRACE_TRACEME, 0, 0)
	raw(unix.SYS_PRCTL, unix.PR_SET_DUMPABLE, 1, 0)
	raw(unix.SYS_RT_SIGPROCMASK, 0, 0, 0)
	runtime.Breakpoint()
	raw(unix.SYS_CLOSE_RANGE, 0, ^uintptr(0)>>32, 0)
	raw(unix.SYS_ARCH_PRCTL, archSetGS, 0, 0)
	raw(unix.SYS_SIGALTSTACK, 0, 0, 0)
	raw(unix.SYS_RSEQ, 0, 0, 1)
	raw(unix.SYS_MUNMAP, 0x10000, 0x1000, 0)
	raw(unix.SYS_MADVISE, 0x10000, 0x1000, madvPopulateWrite)
	raw(unix.SYS_MPROTECT, 0x10000, 0x1000, protRead)
	raw(unix.SYS_SETITIMER, itimerReal, 1, 0) // no address of anything
	if raw(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0) != 0 || raw(unix.SYS_SECCOMP, 1, 0, fprog) != 0 {
		raw(unix.SYS_EXIT_GROUP, 99, 0, 0)
	}
	if what == cellCalls {
		raw(unix.SYS_GETPID, 0, 0, 0)
	}
	//lint:ignore SA5002 the supervisor must end it
	for what == cellLoops {
	}
	raw(unix.SYS_EXIT_GROUP, 7, 0, 0)
}

//go:nosplit
//go:norace
func raw(nr, a, b, c uintptr) uintptr {
	r, _, _ := syscall.RawSyscall6(nr, a, b, c, 0, 0, 0)
	return r
}

// machineCode makes a function of position-independent code that keeps all
// registers but RAX.
func machineCode(code []byte) func() {
	page, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	victim.Must(err, "mmap")
	copy(page, code)
	victim.Must(unix.Mprotect(page, unix.PROT_READ|unix.PROT_EXEC), "mprotect")
	entry := &page[0]
	funcValue := &entry
	return *(*func())(unsafe.Pointer(&funcValue))
}
