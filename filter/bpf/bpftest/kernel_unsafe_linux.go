//go:build amd64

package bpftest

import (
	"errors"
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"webrunner/filter/bpf"
)

//go:linkname beforeFork syscall.runtime_BeforeFork
func beforeFork()

//go:linkname afterFork syscall.runtime_AfterFork
func afterFork()

//go:linkname afterForkInChild syscall.runtime_AfterForkInChild
func afterForkInChild()

// sockFprog is struct sock_fprog.
type sockFprog struct {
	length uint16
	filter *bpf.Insn
}

// Ask installs prog in a forked process, makes the calls there and returns the
// errno of each. Precondition: every path of prog returns SECCOMP_RET_ERRNO
// (0x50000) with a number below 4095, so that no call is ever executed; Go's
// system call stubs take 4095 for a result.
// Arch and IP of the calls are not used: Linux sets them.
func Ask(prog []bpf.Insn, calls []bpf.Data) ([]uint32, error) {
	if err := bpf.Verify(prog); err != nil {
		return nil, err
	}
	answers, free, err := sharedWords(len(calls) + 1)
	if err != nil {
		return nil, err
	}
	defer free()
	for i := range answers {
		answers[i] = unanswered
	}
	if len(calls) == 0 {
		return nil, errors.New("bpftest: nothing to ask")
	}
	status, err := forkAsker(sockFprog{uint16(len(prog)), &prog[0]}, calls, answers)
	if err != nil {
		return nil, err
	}
	if !status.Signaled() || status.Signal() != unix.SIGSEGV {
		return nil, fmt.Errorf("bpftest: asker ended with status %#x, install errno %d", status, answers[len(calls)])
	}
	return append([]uint32(nil), answers[:len(calls)]...), nil
}

// unanswered marks an answer that never came; no errno is that large.
const unanswered = 1 << 31

// sharedWords maps n words that a fork shares with its parent.
func sharedWords(n int) (words []uint32, free func(), err error) {
	b, err := unix.Mmap(-1, 0, 4*n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_ANONYMOUS)
	if err != nil {
		return nil, nil, err
	}
	return unsafe.Slice((*uint32)(unsafe.Pointer(&b[0])), n), func() { _ = unix.Munmap(b) }, nil
}

// forkAsker forks, waits, and returns how the fork ended: by SIGSEGV if all
// went well, because under its filter it cannot even exit.
//
//go:noinline
//go:norace
func forkAsker(fprog sockFprog, calls []bpf.Data, answers []uint32) (unix.WaitStatus, error) {
	beforeFork()
	pid, _, errno := syscall.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	if errno == 0 && pid == 0 {
		afterForkInChild()
		asker(&fprog, calls, answers)
	}
	afterFork()
	return reap(pid, errno)
}

func reap(pid uintptr, errno syscall.Errno) (unix.WaitStatus, error) {
	if errno != 0 {
		return 0, fmt.Errorf("bpftest: fork: %w", errno)
	}
	var status unix.WaitStatus
	for {
		_, err := unix.Wait4(int(pid), &status, 0, nil)
		if !errors.Is(err, unix.EINTR) {
			return status, err
		}
	}
}

// asker is the fork: no runtime, raw system calls only. It does not return.
//
//go:nosplit
//go:norace
func asker(fprog *sockFprog, calls []bpf.Data, answers []uint32) {
	syscall.RawSyscall6(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0)
	_, _, errno := syscall.RawSyscall6(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(fprog)), 0, 0, 0)
	answers[len(answers)-1] = uint32(errno)
	if errno != 0 {
		syscall.RawSyscall6(unix.SYS_EXIT_GROUP, 1, 0, 0, 0, 0, 0)
	}
	for i := range calls {
		c := &calls[i]
		_, _, errno := syscall.RawSyscall6(uintptr(c.NR), uintptr(c.Args[0]), uintptr(c.Args[1]), uintptr(c.Args[2]),
			uintptr(c.Args[3]), uintptr(c.Args[4]), uintptr(c.Args[5]))
		answers[i] = uint32(errno)
	}
	for {
		*(*uint32)(nil) = 0
	}
}

// Accepts asks Linux which of the programs it would install; none is.
// The trick: with SECCOMP_FILTER_FLAG_NEW_LISTENER Linux checks the
// program, and then fails with EMFILE for want of a descriptor
// (seccomp_set_mode_filter in kernel/seccomp.c), if it has not said EINVAL.
func Accepts(programs [][]bpf.Insn) ([]bool, error) {
	answers, free, err := sharedWords(len(programs) + 1)
	if err != nil {
		return nil, err
	}
	defer free()
	fprogs := make([]sockFprog, len(programs))
	for i, p := range programs {
		if len(p) > 0xffff {
			return nil, fmt.Errorf("bpftest: program %d has %d instructions", i, len(p))
		}
		fprogs[i] = sockFprog{uint16(len(p)), unsafe.SliceData(p)}
	}
	status, err := forkChecker(fprogs, answers)
	if err != nil {
		return nil, err
	}
	if !status.Exited() || status.ExitStatus() != 0 {
		return nil, fmt.Errorf("bpftest: checker ended with status %#x", status)
	}
	out := make([]bool, len(programs))
	for i := range out {
		switch syscall.Errno(answers[i]) {
		case syscall.EMFILE:
			out[i] = true
		case syscall.EINVAL:
		default:
			return nil, fmt.Errorf("bpftest: program %d: unexpected %w", i, syscall.Errno(answers[i]))
		}
	}
	return out, nil
}

// forkChecker forks and waits, as forkAsker does.
//
//go:noinline
//go:norace
func forkChecker(fprogs []sockFprog, answers []uint32) (unix.WaitStatus, error) {
	beforeFork()
	pid, _, errno := syscall.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	if errno == 0 && pid == 0 {
		afterForkInChild()
		checker(fprogs, answers)
	}
	afterFork()
	return reap(pid, errno)
}

// checker is the fork: no runtime, raw system calls only. It does not return.
//
//go:nosplit
//go:norace
func checker(fprogs []sockFprog, answers []uint32) {
	syscall.RawSyscall6(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0)
	var none [2]uint64 // struct rlimit: no descriptor may be opened
	syscall.RawSyscall6(unix.SYS_PRLIMIT64, 0, unix.RLIMIT_NOFILE, uintptr(unsafe.Pointer(&none)), 0, 0, 0)
	for i := range fprogs {
		_, _, errno := syscall.RawSyscall6(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER,
			unix.SECCOMP_FILTER_FLAG_NEW_LISTENER, uintptr(unsafe.Pointer(&fprogs[i])), 0, 0, 0)
		answers[i] = uint32(errno)
	}
	syscall.RawSyscall6(unix.SYS_EXIT_GROUP, 0, 0, 0, 0, 0, 0)
}
