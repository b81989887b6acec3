package trampoline

// Fork calls the stub's copy at StubAddr, which makes a new process and returns
// its number in this one, or a negative error number. The new process stays in
// the stub. It needs no memory but the cell's, not even the caller's stack.
//
//go:noescape
func Fork() int

// The functions of the blob. They are never called from Go: they are copied.
func blob()
func before()
func stackArgs()
func frame()
func exit()
func empty()
func imulChain()
func straight()
func addChain()
func witness()
func flush()
func memcpy()
func memmove()
func memset()
func memcmp()
func strlen()
func stackChkFail()
func abort()
func blobEnd()

// Only the assembly of entries uses the declarations; this is for checkers that
// do not read it.
var _ = [...]func(){blob, before, stackArgs, frame, exit, empty, imulChain, straight, addChain, witness, flush, memcpy, memmove, memset, memcmp, strlen, stackChkFail, abort, blobEnd}

// entries writes the addresses of the blob's functions, in the order above. A
// Go function value would name a wrapper instead.
//
//go:noescape
func entries(to *[functions]uintptr)
