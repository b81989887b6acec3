package perf

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Encode returns the attribute as the kernel's struct perf_event_attr, for a
// process that opens the event without this package. Its size field says how
// much of it the kernel shall read.
func (a Attr) Encode() [128]byte {
	s := a.sys()
	s.Size = unix.PERF_ATTR_SIZE_VER5
	var b [128]byte
	copy(b[:], unsafe.Slice((*byte)(unsafe.Pointer(&s)), min(int(unsafe.Sizeof(s)), len(b))))
	return b
}
