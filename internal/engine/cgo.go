//go:build cgo

package engine

// withCgo tells that C code is in the binary. Then the threads are the C
// library's, and the child cannot lock all of them down.
const withCgo = true
