package bpf

import (
	"errors"
	"fmt"
)

// Next as a jump's target means the instruction that follows.
const Next = ""

// Assembler builds a program front to back. Labels are resolved by Assemble;
// jumps go forward only, as the machine demands. Errors are kept and reported
// there, so that building code reads as a listing. The zero value is ready.
type Assembler struct {
	items  []item
	names  []string // of the labels, in order of definition
	labels map[string]*label
	errs   []error
}

// item is one instruction as written. A conditional jump whose target is more
// than 255 instructions away is followed by an unconditional one (far).
type item struct {
	insn           Insn
	yes, no        string
	yesFar, noFar  bool
	conditional    bool
	position, size int
}

// label stands before the item with its index.
type label struct {
	index int
	used  bool
}

func (a *Assembler) fail(format string, args ...any) {
	a.errs = append(a.errs, fmt.Errorf("bpf: "+format, args...))
}

// Emit appends an instruction that is not a jump.
func (a *Assembler) Emit(in Insn) {
	if in.Code&0x07 == JMP {
		a.fail("item %d: Emit of a jump; use If or Goto", len(a.items))
	}
	a.items = append(a.items, item{insn: in})
}

// Load loads the 32-bit word at byte offset off of Data into A.
func (a *Assembler) Load(off uint32) { a.Emit(Insn{Code: LD | W | ABS, K: off}) }

// Ret ends the filter with a value.
func (a *Assembler) Ret(value uint32) { a.Emit(Insn{Code: RET | K, K: value}) }

// If compares A with k by op (JEQ, JGT, JGE or JSET) and goes on at the label
// yes when the test holds, at no when it does not. Either may be Next.
func (a *Assembler) If(op uint16, k uint32, yes, no string) {
	in := Insn{Code: JMP | op | K, K: k}
	if !in.isJump() || !allowed(in.Code) {
		a.fail("item %d: %#x is no conditional jump", len(a.items), op)
	}
	if yes == no {
		a.fail("item %d: both ways lead to %q", len(a.items), yes)
	}
	a.items = append(a.items, item{insn: in, yes: yes, no: no, conditional: true})
}

// Goto goes on at a label.
func (a *Assembler) Goto(target string) {
	if target == Next {
		a.fail("item %d: goto nowhere", len(a.items))
	}
	a.items = append(a.items, item{insn: Insn{Code: JMP | JA}, yes: target})
}

// Label names the next instruction.
func (a *Assembler) Label(name string) {
	if a.labels == nil {
		a.labels = make(map[string]*label)
	}
	switch {
	case name == Next:
		a.fail("empty label")
	case a.labels[name] != nil:
		a.fail("label %q defined twice", name)
	}
	a.names = append(a.names, name)
	a.labels[name] = &label{index: len(a.items)}
}

// Assemble resolves the labels and returns the program, verified. Every label
// must be used. A conditional jump that reaches further than 255 instructions
// gets an unconditional one behind it as a trampoline.
func (a *Assembler) Assemble() ([]Insn, error) {
	a.resolve()
	if err := errors.Join(a.errs...); err != nil {
		return nil, err
	}
	for a.place() {
	}
	prog := a.encode()
	if err := Verify(prog); err != nil {
		return nil, err
	}
	return prog, nil
}

// resolve checks that each target exists and lies ahead, and each label is used.
func (a *Assembler) resolve() {
	for i, it := range a.items {
		for _, target := range []string{it.yes, it.no} {
			if target == Next {
				continue
			}
			l := a.labels[target]
			switch {
			case l == nil:
				a.fail("item %d: no label %q", i, target)
			case l.index <= i:
				a.fail("item %d: jump back to label %q", i, target)
			case l.index == len(a.items):
				a.fail("item %d: label %q is at the end, before no instruction", i, target)
			default:
				l.used = true
			}
		}
	}
	for _, name := range a.names {
		if !a.labels[name].used {
			a.fail("label %q is not used", name)
		}
	}
}

// place computes positions and marks the jumps that have become too far. It
// returns whether any was marked; jumps only grow, so this ends.
func (a *Assembler) place() bool {
	position := 0
	for i := range a.items {
		it := &a.items[i]
		it.position, it.size = position, 1
		if it.yesFar {
			it.size++
		}
		if it.noFar {
			it.size++
		}
		position += it.size
	}
	grown := false
	for i := range a.items {
		it := &a.items[i]
		if !it.conditional {
			continue
		}
		if !it.yesFar && a.distance(it, it.yes) > 255 {
			it.yesFar, grown = true, true
		}
		if !it.noFar && a.distance(it, it.no) > 255 {
			it.noFar, grown = true, true
		}
	}
	return grown
}

// distance counts the instructions between the first one of it and a target.
func (a *Assembler) distance(it *item, target string) int {
	if target == Next {
		return it.size - 1
	}
	return a.items[a.labels[target].index].position - it.position - 1
}

func (a *Assembler) encode() []Insn {
	var prog []Insn
	for i := range a.items {
		it := &a.items[i]
		in := it.insn
		switch {
		case it.conditional:
			prog = append(prog, a.encodeJump(it)...)
			continue
		case in.Code == JMP|JA:
			in.K = uint32(a.distance(it, it.yes))
		}
		prog = append(prog, in)
	}
	return prog
}

// encodeJump encodes a conditional jump and its trampolines, yes before no.
func (a *Assembler) encodeJump(it *item) []Insn {
	out := []Insn{it.insn}
	if it.yesFar {
		out = append(out, Insn{Code: JMP | JA, K: uint32(a.distance(it, it.yes) - len(out))})
	} else {
		out[0].Jt = uint8(a.distance(it, it.yes))
	}
	if it.noFar {
		out[0].Jf = uint8(len(out) - 1)
		out = append(out, Insn{Code: JMP | JA, K: uint32(a.distance(it, it.no) - len(out))})
	} else {
		out[0].Jf = uint8(a.distance(it, it.no))
	}
	return out
}
