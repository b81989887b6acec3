package child

import "webrunner/filter/seccomp"

// stage1 is the policy of a child whose process number, in its own pid
// namespace, is pid.
func stage1(pid int) seccomp.Policy {
	return seccomp.Child(seccomp.ChildConfig{PID: pid, Perf: true})
}

// countersFD is the descriptor of a counter group's leader in a cell, which
// has no other descriptors.
const countersFD = 0

// stage2 is the policy of a cell. Where counters are read by system call, the
// cell may read their group's leader.
func stage2(reads bool) seccomp.Policy {
	if !reads {
		return seccomp.Cell(nil)
	}
	p := seccomp.Cell([]int{countersFD})
	p.Stage = "cell that reads counters"
	return p
}

// Policies returns every policy that a child installs, for explanations: its
// own, here as the first process of its pid namespace, and those of its cells.
func Policies() []seccomp.Policy {
	return []seccomp.Policy{stage1(1), stage2(false), stage2(true)}
}
