package child

import (
	"webrunner/filter/seccomp"
	"webrunner/internal/cell"
)

// stage1 tells the policy of a child whose process number, in its own pid
// namespace, is pid.
func stage1(pid int) seccomp.ChildConfig { return seccomp.ChildConfig{PID: pid, Perf: true} }

// Policies returns every policy that a child installs, for explanations: its
// own, here as the first process of its pid namespace, and those of its cells.
func Policies() []seccomp.Policy {
	return []seccomp.Policy{seccomp.Child(stage1(1)), cell.Policy(false), cell.Policy(true)}
}
