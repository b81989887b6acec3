package bpf_test

import (
	"fmt"

	"webrunner/filter/bpf"
)

// A filter that allows one system call is assembled, printed and asked.
func Example() {
	const (
		allow = 0x7fff0000 // SECCOMP_RET_ALLOW
		kill  = 0x80000000 // SECCOMP_RET_KILL_PROCESS
	)
	var a bpf.Assembler
	a.Load(bpf.OffNR)
	a.If(bpf.JEQ, 231, bpf.Next, "deny") // exit_group
	a.Ret(allow)
	a.Label("deny")
	a.Ret(kill)
	prog, err := a.Assemble()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, line := range bpf.Disasm(prog) {
		fmt.Println(line)
	}
	for _, nr := range []uint32{231, 41} {
		answer, err := bpf.Run(prog, &bpf.Data{NR: nr}, nil)
		fmt.Printf("call %d: %#x %v\n", nr, answer, err)
	}
	// Output:
	// ld [0]
	// jeq #0xe7, 0, 1
	// ret #0x7fff0000
	// ret #0x80000000
	// call 231: 0x7fff0000 <nil>
	// call 41: 0x80000000 <nil>
}
