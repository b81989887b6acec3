package cell

import (
	"webrunner/filter/bpf"
	"webrunner/filter/seccomp"
)

// countersFD is the descriptor of a counter group's leader in a cell, which
// has no other descriptors.
const countersFD = 0

// Policy is what system calls a cell may make. One whose counters are read by system
// call may also read their group's leader.
func Policy(reads bool) seccomp.Policy {
	if !reads {
		return seccomp.Cell(nil)
	}
	p := seccomp.Cell([]int{countersFD})
	p.Stage = "cell that reads counters"
	return p
}

// Filter compiles the policy to the program of a Plan.
func Filter(reads bool) ([]uint64, error) {
	prog, err := Policy(reads).Compile()
	if err != nil {
		return nil, err
	}
	return bpf.Words(prog), nil
}
