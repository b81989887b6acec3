package hostile

import (
	"bytes"
	"fmt"
	"strings"

	"webrunner/trampoline"
)

// stubAttacks jump into the stub: to its own system calls with other numbers,
// to its breakpoint, to its exit, to its functions.
func stubAttacks() []strike {
	var list []strike
	for i, at := range stubCalls() {
		list = append(list, strike{
			name: fmt.Sprintf("stub-call-%d", i), tries: "opens a socket by a system call instruction of the stub", layer: Seccomp,
			setup: asm(call(41, 2, 1, 0), "49bb", at, "41ffe3"), ends: ends(forbidden("socket")), // mov r11, at; jmp r11
		}, strike{
			name: fmt.Sprintf("stub-call-%d-exit", i), tries: "exits by a system call instruction of the stub", layer: Integrity,
			setup: asm(call(231, 0), "49bb", at, "41ffe3"), ends: exitEnds(at), cycles: never,
		})
	}
	for _, s := range trampoline.Symbols() {
		list = append(list, strike{
			name: "stub-enter-" + strings.NewReplacer("_", "-", ".", "-").Replace(strings.Trim(s.Name, "_")), tries: "jumps to " + s.Name, layer: Gate,
			setup: asm("49bb", s.Addr, "41ffe3"), ends: contained(),
		})
	}
	return append(list, scriptAttacks()...)
}

// never is the cost of a call that never returned: no figure of it is right.
const never = 1e18

// exitEnds is how an exit by the stub's instruction at an address is seen. From
// the place where the stub leaves it cannot be told from a return, but for the
// samples that are not there.
func exitEnds(at uint64) []End {
	if at == exitCall() {
		return ends(forbidden("exit_group"), End{})
	}
	return ends(forbidden("exit_group"))
}

// scriptAttacks run the stub's script again, with a step of their own, or from
// its beginning.
func scriptAttacks() []strike {
	// The stub keeps the script's pointers in r12 (steps), r13 (done), r14
	// (results), r15 (control). A step on the stack: mmap, RWX.
	frame := asm(
		"6a00 6a00 6a22 6a07 6800100000 6a00 6a09",                                                   // push args 6 to 1, nr: a struct Step, downwards
		"4989e4 4531ed 41be", uint32(trampoline.ResultsAddr), "41bf", uint32(trampoline.ControlAddr)) // mov r12, rsp; xor r13d, r13d; mov r14d, …; mov r15d, …
	code := trampoline.Code()
	head := code[:bytes.Index(code, asm("49ffc5"))] // before inc r13: one more step is done
	next := stubAddr + uint64(len(head))
	last := func(instruction string) uint64 { return stubAddr + uint64(bytes.LastIndex(head, asm(instruction))) }
	var list []strike
	for _, at := range []struct {
		name, call string
		addr       uint64
	}{
		{"all", "prctl", last("4d8da7")}, // lea r12, [r15+Steps]
		{"head", "mmap", last("4d3baf")}, // cmp r13, [r15+StepCount]; jae
		{"count", "mmap", next},
		{"note", "mmap", next + 3}, // mov [r14+Step], r13
		{"load", "mmap", next + 10},
	} {
		list = append(list, strike{
			name: "script-again-" + at.name, tries: "runs the stub's script, with a step of its own or from the beginning", layer: Seccomp,
			setup: asm(frame, "49bb", at.addr, "41ffe3"), ends: ends(forbidden(at.call)),
		})
	}
	return list
}

// everywhere jumps to every byte of the stub, a quick run to some. Whatever it
// does there, nobody else may come to harm.
func everywhere(full bool) []Attack {
	var list []Attack
	step := 37
	if full {
		step = 1
	}
	for off := 0; off < len(trampoline.Code()); off += step {
		s := strike{
			name: fmt.Sprintf("stub-at-%d", off), tries: fmt.Sprintf("jumps to byte %d of the stub", off), layer: Gate,
			setup: asm("b8", uint32(stubAddr+off), "ffe0"), // mov eax, addr; jmp rax
			ends:  contained(),
		}
		list = append(list, s.attacks()[0])
	}
	return list
}
