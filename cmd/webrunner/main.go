// A child has five descriptors and no more. The runtime's watch on cgroup
// limits would hold two others open (runtime/cgroup_linux.go); neither process
// gains from it, as the server mostly waits and a child lives for milliseconds.
//
//go:debug containermaxprocs=0
//go:debug updatemaxprocs=0

// Webrunner runs untrusted x86-64 machine code in a sandbox and measures it,
// as an HTTP service or on the command line.
package main

import (
	"fmt"
	"os"

	"webrunner/internal/child"
	"webrunner/internal/heap"
	"webrunner/internal/runner"
)

func main() {
	if runner.IsChild(os.Args) {
		os.Exit(child.Main())
	}
	heap.Enlarge()
	a := &app{in: os.Stdin, out: &checked{file: os.Stdout}, err: os.Stderr}
	a.inColour()
	code := a.main(os.Args[1:])
	if err := a.lost(); err != nil {
		fmt.Fprintf(os.Stderr, "webrunner: the answer cannot be written: %v\n", err)
		code = max(code, exitUnfit)
	}
	os.Exit(code)
}
