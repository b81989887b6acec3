package cell

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxExtendedState is more than the registers of any processor take, with tiles, in
// bytes.
const maxExtendedState = 16 << 10

// extendedState reads the registers beside the general ones of a stopped cell.
func extendedState(pid int) ([]byte, error) {
	const noteXState = 0x202 // NT_X86_XSTATE of linux/elf.h
	buf := make([]byte, maxExtendedState)
	iov := unix.Iovec{Base: &buf[0], Len: uint64(len(buf))}
	_, _, errno := unix.RawSyscall6(unix.SYS_PTRACE, unix.PTRACE_GETREGSET, uintptr(pid), noteXState, uintptr(unsafe.Pointer(&iov)), 0, 0)
	if errno != 0 {
		return nil, fmt.Errorf("cell: ptrace: %w", errno)
	}
	return buf[:iov.Len], nil
}
