// Package examples carries the objects that the demonstration and the
// self-test run, built from the sources beside it: kernels with known answers,
// and kernels that attack their host.
package examples

import (
	"embed"
	"fmt"
)

//go:embed objects/*.o
var objects embed.FS

// Example is one embedded object and what to expect of it.
type Example struct {
	Name   string // of the object, without ".o"
	Kernel string // specification to run it with
	Query  string // parameters in the form of a URL's query; empty for the defaults
	Doc    string // one line for people
	// Outcome is the class of the problem that running it must end in, empty
	// when it must run to its end.
	Outcome string
}

// List returns every example, harmless ones first.
func List() []Example {
	return []Example{
		{"playground", "playground", "", "counts down; from GNU as", ""},
		{"playground_nasm", "playground", "", "counts down; from NASM", ""},
		{"playme", "playground", "", "counts down, under the function name of the example of 2016", ""},
		{"peachpy", "playground", "", "adds a constant, in the file layout that PeachPy writes", ""},
		{"peachpy_nofile", "playground", "", "the same where symbol 0 is the constant", ""},
		{"imul", "playground", "", "dependent multiplications, 3 cycles each", ""},
		{"add", "playground", "", "dependent additions, 1 cycle each", ""},
		{"data", "playground", "", "reads .rodata, .data and .bss in every way", ""},
		{"memcpy", "playground", "", "calls memcpy, which it leaves undefined", ""},
		{"protector", "playground", "", "reads the stack guard at fs:0x28", ""},
		{"sdot", "blis/sdot", "", "dot product in SSE", ""},
		{"sdot_avx2", "blis/sdot", "", "dot product in AVX and FMA", ""},
		{"sgemm", "blis/sgemm", "cs_c=8", "8x2 micro-kernel in SSE", ""},
		{"sgemm_6x16", "blis/sgemm", "mr=6&nr=16&rs_c=16", "6x16 micro-kernel in AVX and FMA", ""},

		{"clobber", "playground", "", "changes callee-saved registers, which the answer tells", ""},
		{"socket", "playground", "", "opens a socket", "refused-instruction"},
		{"execve", "playground", "", "starts a shell", "refused-instruction"},
		{"fork", "playground", "", "forks", "refused-instruction"},
		{"open", "playground", "", "opens /etc/passwd", "refused-instruction"},
		{"write", "playground", "", "writes to descriptor 1", "refused-instruction"},
		{"exit", "playground", "", "ends its process", "refused-instruction"},
		{"socket_late", "playground", "", "opens a socket, unseen by the screen", "forbidden-syscall"},
		{"execve_late", "playground", "", "starts a shell, unseen by the screen", "forbidden-syscall"},
		{"fork_late", "playground", "", "forks, unseen by the screen", "forbidden-syscall"},
		{"open_late", "playground", "", "opens /etc/passwd, unseen by the screen", "forbidden-syscall"},
		{"write_late", "playground", "", "writes to descriptor 1, unseen by the screen", "forbidden-syscall"},
		{"exit_late", "playground", "", "ends its process, unseen by the screen", "forbidden-syscall"},
		{"loop", "playground", "", "never returns", "timeout"},
		{"wild", "playground", "", "writes where nothing is mapped", "crashed"},
		{"ud2", "playground", "", "executes an undefined instruction", "crashed"},
		{"recursion", "playground", "", "uses up the stack", "crashed"},
		{"overrun", "blis/sdot", "", "reads on past the end of y", "crashed"},
		{"undefined", "playground", "", "calls a function that nobody defines", "undefined-symbol"},
	}
}

// Object returns the ELF file of an example.
func Object(name string) ([]byte, error) {
	b, err := objects.ReadFile("objects/" + name + ".o")
	if err != nil {
		return nil, fmt.Errorf("examples: there is no object %q", name)
	}
	return b, nil
}
