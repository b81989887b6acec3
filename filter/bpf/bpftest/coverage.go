package bpftest

import (
	"fmt"

	"webrunner/filter/bpf"
)

// Coverage records which instructions of one program ran, and which way its
// conditional jumps went.
type Coverage struct {
	prog         []bpf.Insn
	ran, yes, no []bool
}

// NewCoverage returns an empty record for prog.
func NewCoverage(prog []bpf.Insn) *Coverage {
	n := len(prog)
	return &Coverage{prog, make([]bool, n), make([]bool, n), make([]bool, n)}
}

// Ran is a bpf.Trace.
func (c *Coverage) Ran(pc int, held bool) {
	c.ran[pc] = true
	if held {
		c.yes[pc] = true
	} else {
		c.no[pc] = true
	}
}

// Missing lists, as text, every instruction that never ran and every
// conditional jump that never went one of its two ways.
func (c *Coverage) Missing() []string {
	var out []string
	for pc, text := range bpf.Disasm(c.prog) {
		code := c.prog[pc].Code
		conditional := code&0x07 == bpf.JMP && code != bpf.JMP|bpf.JA
		switch {
		case !c.ran[pc]:
			out = append(out, fmt.Sprintf("%d: %s: never ran", pc, text))
		case conditional && !c.yes[pc]:
			out = append(out, fmt.Sprintf("%d: %s: never held", pc, text))
		case conditional && !c.no[pc]:
			out = append(out, fmt.Sprintf("%d: %s: never failed", pc, text))
		}
	}
	return out
}
