// Package heap has the Go runtime's heap lie in large pages. A process that lives for
// milliseconds touches most of its memory for the first time.
package heap

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// piece is what the Go runtime's heap grows by, in bytes, and what the address of each
	// such piece is a multiple of (runtime/mpagealloc.go, pallocChunkBytes).
	piece     = 4 << 20
	largePage = 2 << 20 // bytes
)

// Enlarge asks Linux to back the 4 MiB of the heap that the process uses next, which is all that a
// short-lived one needs, with pages of 2 MiB. It is to be called when the process begins. Where there
// are no such pages, or no room for them, nothing changes.
//
// On a virtual machine whose host keeps its page tables in software the first touch of a
// page of 4 KiB takes some 13 µs, and that of one of 2 MiB some 70; to exchange a hundred that
// are in use already takes 260. The process is also sooner taken apart.
func Enlarge() { enlarge(next()) }

// enlarge does so with the piece of the heap that an address is in. Large pages of it that are to come
// are taken when they are touched; the one that is in use is exchanged.
func enlarge(at uintptr) {
	_, _, _ = unix.Syscall(unix.SYS_MADVISE, at&^(piece-1), piece, unix.MADV_HUGEPAGE)
	_, _, _ = unix.Syscall(unix.SYS_MADVISE, at&^(largePage-1), largePage, unix.MADV_COLLAPSE)
}

// next is an address that the heap uses next.
//
//go:noinline
func next() uintptr {
	b := make([]byte, largeObject) // too large for a stack
	return uintptr(unsafe.Pointer(unsafe.SliceData(b)))
}

// largeObject is the size in bytes of an object that has memory of its own, which the
// runtime does not touch where it is new.
const largeObject = 128 << 10
