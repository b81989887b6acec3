package trampoline

// Fork calls the stub's copy at StubAddr, which makes a new process and returns
// its number in this one, or a negative error number. The new process stays in
// the stub. It needs no memory but the cell's, not even the caller's stack.
//
//go:noescape
func Fork() int

// maxFunctions is how many functions the blob has room for. The first begins it,
// the last ends it.
const maxFunctions = 64

// functions are the addresses of the blob's functions in this binary, 0 in free
// places. A Go function value would name a wrapper instead.
//
//go:noescape
func functions() *[maxFunctions]uintptr
