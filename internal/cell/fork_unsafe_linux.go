package cell

import (
	"syscall"
	_ "unsafe" // for go:linkname

	"webrunner/trampoline"
)

// The runtime's own hooks around fork: block all signals, hold the scheduler
// still, and in the child drop every handler. gVisor forks its stubs the same
// way.

//go:linkname beforeFork syscall.runtime_BeforeFork
func beforeFork()

//go:linkname afterFork syscall.runtime_AfterFork
func afterFork()

//go:linkname afterForkInChild syscall.runtime_AfterForkInChild
func afterForkInChild()

// fork makes the new process and sends it into the stub. It returns in the
// parent only.
//
// Precondition: the stub, the control block and the results are mapped, and
// the calling goroutine is locked to its thread.
//
// The child shares nothing with this process but the shared regions, yet it
// runs on a copy of one thread of a Go runtime: no allocation, no stack growth
// and no lock may happen before Enter.
//
//go:noinline
//go:norace
//go:nosplit
func fork() (pid uintptr, errno syscall.Errno) {
	beforeFork()
	pid, _, errno = syscall.RawSyscall6(syscall.SYS_CLONE, uintptr(syscall.SIGCHLD), 0, 0, 0, 0, 0)
	if errno != 0 || pid != 0 {
		afterFork()
		return pid, errno
	}
	afterForkInChild()
	trampoline.Enter()
	return 0, 0
}
