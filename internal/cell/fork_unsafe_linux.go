package cell

import (
	"syscall"
	_ "unsafe" // for go:linkname

	"webrunner/trampoline"
)

// The runtime's own hooks around fork: block all signals and hold the scheduler
// still.

//go:linkname beforeFork syscall.runtime_BeforeFork
func beforeFork()

//go:linkname afterFork syscall.runtime_AfterFork
func afterFork()

// fork makes the new process, which goes its way in the stub.
//
// Precondition: the stub, the control block and the results are mapped, and
// the calling goroutine is locked to its thread.
//
// The new process begins with all signals blocked and never runs Go code.
//
//go:noinline
//go:norace
//go:nosplit
func fork() (pid int, errno syscall.Errno) {
	beforeFork()
	pid = trampoline.Fork()
	afterFork()
	if pid < 0 {
		return 0, syscall.Errno(-pid)
	}
	return pid, 0
}
