package seccomp

import (
	"testing"

	"webrunner/filter/bpf"
)

// BenchmarkCompile is what each child spends on its own program.
func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		if _, err := Child(ChildConfig{PID: 1, Perf: true}).Compile(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRun interprets the child's program on a call deep in its tree.
func BenchmarkRun(b *testing.B) {
	prog := compile(b, Child(ChildConfig{PID: 1, Perf: true}))
	d := bpf.Data{NR: 101, Arch: ArchX8664, Args: [6]uint64{ptracePeekData}}
	for b.Loop() {
		if got, err := bpf.Run(prog, &d, nil); got != RetAllow || err != nil {
			b.Fatal(got, err)
		}
	}
}
