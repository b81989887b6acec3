// Package heap has the Go runtime's heap lie in large pages. A process that lives for
// milliseconds touches most of its memory for the first time.
package heap

import (
	"runtime"
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

// Bytes returns zeroed memory of a size in bytes, for what is read at once. Where it is long enough it lies in
// large pages.
func Bytes(size int) []byte {
	b := make([]byte, size)
	advise(b)
	return b
}

// Grow has the heap grow by a size in bytes at once, in large pages, which the process takes only as it
// touches them. It is for a process that has begun work on something large: it collects garbage.
//
// The runtime maps its heap piece by piece, and advice is for what is mapped. So pieces that make
// up the size are allocated, advised, and given back to the heap untouched. One allocation would not do: the runtime
// clears all of one that has a byte of used memory in it (runtime/mheap.go, allocNeedsZero), page by page.
func Grow(size int) {
	pieces := make([][]byte, size/piece)
	for i := range pieces {
		pieces[i] = make([]byte, piece)
		advise(pieces[i])
	}
	runtime.KeepAlive(pieces)
	runtime.GC()
}

// advise asks for large pages for the memory of b, which is not touched, and for what of the heap is in
// the same pages.
func advise(b []byte) {
	at := uintptr(unsafe.Pointer(unsafe.SliceData(b)))
	from, to := at&^(largePage-1), (at+uintptr(len(b))+largePage-1)&^(largePage-1)
	if len(b) >= largePage {
		_, _, _ = unix.Syscall(unix.SYS_MADVISE, from, to-from, unix.MADV_HUGEPAGE)
	}
	runtime.KeepAlive(b)
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
