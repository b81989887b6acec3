package bpf

import "fmt"

// A Reason says why Linux would refuse a program.
type Reason uint8

// The reasons for a refusal, each one EINVAL of Linux's.
const (
	_             Reason = iota
	BadLength            // not 1 to MaxInsns instructions (bpf_check_basics_ok)
	BadOpcode            // not an instruction of classic BPF, or not one seccomp admits
	DivByZero            // division by the constant 0
	BadShift             // shift by a constant of 32 or more
	BadScratch           // scratch word beyond MemWords
	BadJump              // jump beyond the end
	BadLoad              // load that is unaligned or beyond struct seccomp_data
	NoReturn             // the last instruction is not a return
	Uninitialised        // scratch word read that no path, or not every path, has written
)

// String names the reason.
func (r Reason) String() string {
	switch r {
	case BadLength:
		return "length is not 1 to 4096 instructions"
	case BadOpcode:
		return "opcode not allowed in a seccomp filter"
	case DivByZero:
		return "division by constant zero"
	case BadShift:
		return "shift by a constant of 32 or more"
	case BadScratch:
		return "scratch word out of range"
	case BadJump:
		return "jump beyond the end"
	case BadLoad:
		return "load unaligned or beyond struct seccomp_data"
	case NoReturn:
		return "last instruction is not a return"
	case Uninitialised:
		return "scratch word read before it is written"
	}
	return fmt.Sprintf("Reason(%d)", uint8(r))
}

// Error is a refusal, or a fault of the interpreter, at instruction PC.
// Values compare with ==.
type Error struct {
	PC     int
	Reason Reason
}

// Error describes the refusal.
func (e Error) Error() string { return fmt.Sprintf("bpf: instruction %d: %v", e.PC, e.Reason) }

// Verify reports whether Linux would take prog as a seccomp filter. It
// mirrors bpf_check_basics_ok, bpf_check_classic, check_load_and_stores
// (net/core/filter.c) and seccomp_check_filter (kernel/seccomp.c); Linux
// answers EINVAL where Verify returns an Error.
func Verify(prog []Insn) error {
	if len(prog) == 0 || len(prog) > MaxInsns {
		return Error{0, BadLength}
	}
	for pc, in := range prog {
		if r := checkInsn(in, pc, len(prog)); r != 0 {
			return Error{pc, r}
		}
	}
	last := len(prog) - 1
	if c := prog[last].Code; c != RET|K && c != RET|A {
		return Error{last, NoReturn}
	}
	return checkScratch(prog)
}

// checkInsn is what can be said of one instruction on its own.
func checkInsn(in Insn, pc, n int) Reason {
	if !allowed(in.Code) {
		return BadOpcode
	}
	switch in.Code {
	case LD | W | ABS:
		if in.K >= DataSize || in.K%4 != 0 {
			return BadLoad
		}
	case ALU | DIV | K:
		if in.K == 0 {
			return DivByZero
		}
	case ALU | LSH | K, ALU | RSH | K:
		if in.K >= 32 {
			return BadShift
		}
	case LD | MEM, LDX | MEM, ST, STX:
		if in.K >= MemWords {
			return BadScratch
		}
	case JMP | JA:
		if uint64(in.K) >= uint64(n-pc-1) {
			return BadJump
		}
	}
	if in.isJump() && (pc+1+int(in.Jt) >= n || pc+1+int(in.Jf) >= n) {
		return BadJump
	}
	return 0
}

// allowed reports whether seccomp admits an opcode: the intersection of the
// tables in chk_code_allowed and seccomp_check_filter. MOD, every load of bytes
// and halves, and indirect loads are classic BPF that seccomp refuses.
func allowed(code uint16) bool {
	switch code {
	case LD | W | ABS, LD | W | LEN, LDX | W | LEN,
		LD | IMM, LDX | IMM, LD | MEM, LDX | MEM, ST, STX,
		MISC | TAX, MISC | TXA, RET | K, RET | A,
		ALU | ADD | K, ALU | ADD | X, ALU | SUB | K, ALU | SUB | X,
		ALU | MUL | K, ALU | MUL | X, ALU | DIV | K, ALU | DIV | X,
		ALU | AND | K, ALU | AND | X, ALU | OR | K, ALU | OR | X,
		ALU | XOR | K, ALU | XOR | X, ALU | LSH | K, ALU | LSH | X,
		ALU | RSH | K, ALU | RSH | X, ALU | NEG,
		JMP | JA, JMP | JEQ | K, JMP | JEQ | X, JMP | JGE | K, JMP | JGE | X,
		JMP | JGT | K, JMP | JGT | X, JMP | JSET | K, JMP | JSET | X:
		return true
	}
	return false
}

// checkScratch demands that every scratch word is written on every path before
// it is read. Jumps only go forward, so one pass in order suffices: valid holds
// the words written on the way here, at[pc] those written on every jump to pc.
func checkScratch(prog []Insn) error {
	at := make([]uint16, len(prog))
	for i := range at {
		at[i] = ^uint16(0)
	}
	valid := uint16(0)
	for pc, in := range prog {
		valid &= at[pc]
		switch {
		case in.Code == ST || in.Code == STX:
			valid |= 1 << in.K
		case in.Code == LD|MEM || in.Code == LDX|MEM:
			if valid&(1<<in.K) == 0 {
				return Error{pc, Uninitialised}
			}
		case in.Code == JMP|JA:
			at[pc+1+int(in.K)] &= valid
			valid = ^uint16(0)
		case in.isJump():
			at[pc+1+int(in.Jt)] &= valid
			at[pc+1+int(in.Jf)] &= valid
			valid = ^uint16(0)
		}
	}
	return nil
}
