package child

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// ignoreStops has Linux not signal this process when a cell stops or ends: who runs a cell
// waits for it. Else the Go runtime's handler, whose signal nothing here asks for, runs at each stop.
// The default action is taken, not SIG_IGN, with which cells would reap themselves (wait(2)).
func ignoreStops() {
	var action struct{ handler, flags, restorer, mask uint64 } // Linux's struct sigaction, SIG_DFL
	_, _, _ = unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(unix.SIGCHLD), uintptr(unsafe.Pointer(&action)), 0, 8, 0, 0)
}
