package seccomp_test

import (
	"fmt"

	"webrunner/filter/seccomp"
)

// A policy is data: it compiles to a filter, and says of any call why it is
// allowed or not.
func Example() {
	policy := seccomp.Policy{Stage: "example", Rules: []seccomp.Rule{
		{NR: 231, Name: "exit_group", Why: "the process ends"},
		{NR: 1, Name: "write", Args: []seccomp.ArgTest{{Index: 0, Op: seccomp.Equal, Value: 1}}, Why: "it writes its answer to descriptor 1"},
	}}
	prog, err := policy.Compile()
	fmt.Println(len(prog) > 0, err)
	for _, text := range []string{"exit_group", "write,x86_64,1", "write,x86_64,2", "socket", "exit_group,x32"} {
		call, err := seccomp.ParseCall(text)
		if err != nil {
			fmt.Println(err)
			return
		}
		d, err := seccomp.Check(policy, call)
		fmt.Printf("%s: %s, %s, %v\n", text, d.Action, d.Why, err)
	}
	// Output:
	// true <nil>
	// exit_group: allow, the process ends, <nil>
	// write,x86_64,1: allow, it writes its answer to descriptor 1, <nil>
	// write,x86_64,2: kill-process, no rule of this call takes these arguments, <nil>
	// socket: kill-process, no rule names this call, <nil>
	// exit_group,x32: kill-process, the number has the x32 bit, or is above it, <nil>
}
