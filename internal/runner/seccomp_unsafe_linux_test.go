package runner

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// seccompKill installs prog for every thread (seccomp(2)).
func seccompKill(prog []unix.SockFilter) {
	f := unix.SockFprog{Len: uint16(len(prog)), Filter: &prog[0]}
	_ = unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
	_, _, _ = unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&f)))
}
