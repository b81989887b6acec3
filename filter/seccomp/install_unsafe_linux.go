//go:build amd64

package seccomp

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"

	"webrunner/filter/bpf"
)

// sockFprog is struct sock_fprog of include/uapi/linux/filter.h.
type sockFprog struct {
	length uint16
	filter *bpf.Insn
}

// ErrNewPrivs means that the calling thread may still gain privileges by
// execve, so that a filter could be turned against a set-uid program.
var ErrNewPrivs = errors.New("seccomp: no_new_privs is not set; call prctl(PR_SET_NO_NEW_PRIVS, 1) on every thread first")

// ThreadError is a refusal of SECCOMP_FILTER_FLAG_TSYNC: thread TID has filters
// of its own that are not those of the caller. No thread was changed.
type ThreadError struct{ TID int }

// Error describes the refusal.
func (e ThreadError) Error() string {
	return fmt.Sprintf("seccomp: thread %d has other filters; nothing was installed", e.TID)
}

// Install puts prog in force for good: on the calling thread alone, or with
// tsync on every thread of the process in one step, new ones included.
//
// Precondition: no_new_privs is set on the calling thread, which the caller has
// locked since (runtime.LockOSThread); TSYNC carries it to the others. Install demands it also of a privileged caller, whom Linux
// would let off.
func Install(prog []bpf.Insn, tsync bool) error {
	if err := bpf.Verify(prog); err != nil {
		return err
	}
	// The check and the call must concern the same thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	nnp, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
	if err != nil {
		return fmt.Errorf("seccomp: prctl(PR_GET_NO_NEW_PRIVS): %w", err)
	}
	if nnp != 1 {
		return ErrNewPrivs
	}
	flags := uintptr(0)
	if tsync {
		flags = unix.SECCOMP_FILTER_FLAG_TSYNC
	}
	fprog := sockFprog{uint16(len(prog)), &prog[0]}
	tid, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags, uintptr(unsafe.Pointer(&fprog)))
	switch {
	case errno != 0:
		return fmt.Errorf("seccomp(SECCOMP_SET_MODE_FILTER, %#x): %w", flags, errno)
	case tid != 0:
		return ThreadError{int(tid)}
	}
	return nil
}
