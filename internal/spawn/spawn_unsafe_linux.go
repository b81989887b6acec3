package spawn

import (
	"syscall"
	"unsafe"
)

// The runtime's own hooks around fork: block all signals, and let them come again.

//go:linkname beforeFork syscall.runtime_BeforeFork
func beforeFork()

//go:linkname afterFork syscall.runtime_AfterFork
func afterFork()

// clone makes the new process; see spawn_amd64.s.
//
//go:noescape
func clone(nr, a1, a2 uintptr, b *block) (pid int)

// fork makes the new process, which goes its way through the steps.
//
//go:noinline
//go:norace
//go:nosplit
func fork(nr, a1, a2 uintptr, b *block) (pid int, errno syscall.Errno) {
	beforeFork()
	pid = clone(nr, a1, a2, b)
	afterFork()
	if pid < 0 {
		return 0, syscall.Errno(-pid)
	}
	return pid, 0
}

// blockIn is the block at the beginning of memory that the garbage collector does not know.
func blockIn(mem []byte) *block { return (*block)(unsafe.Pointer(unsafe.SliceData(mem))) }

// address is where the first byte of b lies.
func address(b []byte) uint64 { return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) }

const blockSize = unsafe.Sizeof(block{})

// words is n words of memory from its beginning on.
func words(mem []byte, n int) []uint64 {
	return unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(mem))), n)
}
