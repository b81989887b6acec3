package trampoline

import "unsafe"

// Code returns the bytes of the stub and of the supplied functions, to be
// copied to StubAddr.
func Code() []byte {
	at := functions()
	// The blob is read-only text of this binary, not memory of the Go heap.
	start := *(*unsafe.Pointer)(unsafe.Pointer(&at[0]))
	return unsafe.Slice((*byte)(start), at[maxFunctions-1]-at[0])
}
