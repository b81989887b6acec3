package perf

import "unsafe"

// Encode returns the attribute as struct perf_event_attr, for a process that
// opens the event without this package. The size field says how much of it
// Linux is to read.
func (a Attr) Encode() [128]byte {
	s := a.sys()
	var b [128]byte
	copy(b[:], unsafe.Slice((*byte)(unsafe.Pointer(&s)), min(int(unsafe.Sizeof(s)), len(b))))
	return b
}
