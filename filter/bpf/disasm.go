package bpf

import "fmt"

// Disasm prints a program, one instruction a line, in the notation of
// Linux's bpf_asm (Documentation/networking/filter.rst) with jumps as the
// counts of instructions they skip: "jeq #0xc000003e, 2, 0". An opcode that
// seccomp does not admit is printed as ".insn".
func Disasm(prog []Insn) []string {
	out := make([]string, len(prog))
	for i, in := range prog {
		out[i] = in.String()
	}
	return out
}

// String prints one instruction; see Disasm.
func (in Insn) String() string {
	if !allowed(in.Code) {
		return fmt.Sprintf(".insn %#04x, %d, %d, %#x", in.Code, in.Jt, in.Jf, in.K)
	}
	switch in.Code & 0x07 {
	case ALU:
		if in.Code == ALU|NEG {
			return "neg"
		}
		return in.aluName() + " " + in.source()
	case JMP:
		if in.Code == JMP|JA {
			return fmt.Sprintf("ja %d", in.K)
		}
		return fmt.Sprintf("%s %s, %d, %d", in.jumpName(), in.source(), in.Jt, in.Jf)
	}
	return in.moveText()
}

func (in Insn) source() string {
	if in.Code&X != 0 {
		return "x"
	}
	return fmt.Sprintf("#%#x", in.K)
}

func (in Insn) aluName() string {
	switch in.Code & 0xf0 {
	case ADD:
		return "add"
	case SUB:
		return "sub"
	case MUL:
		return "mul"
	case DIV:
		return "div"
	case OR:
		return "or"
	case AND:
		return "and"
	case LSH:
		return "lsh"
	case RSH:
		return "rsh"
	}
	return "xor"
}

func (in Insn) jumpName() string {
	switch in.Code & 0xf0 {
	case JEQ:
		return "jeq"
	case JGT:
		return "jgt"
	case JGE:
		return "jge"
	}
	return "jset"
}

func (in Insn) moveText() string {
	switch in.Code {
	case LD | W | ABS:
		return fmt.Sprintf("ld [%d]", in.K)
	case LD | W | LEN:
		return "ld len"
	case LDX | W | LEN:
		return "ldx len"
	case LD | IMM:
		return fmt.Sprintf("ld #%#x", in.K)
	case LDX | IMM:
		return fmt.Sprintf("ldx #%#x", in.K)
	case LD | MEM:
		return fmt.Sprintf("ld M[%d]", in.K)
	case LDX | MEM:
		return fmt.Sprintf("ldx M[%d]", in.K)
	case ST:
		return fmt.Sprintf("st M[%d]", in.K)
	case STX:
		return fmt.Sprintf("stx M[%d]", in.K)
	case MISC | TAX:
		return "tax"
	case MISC | TXA:
		return "txa"
	case RET | A:
		return "ret a"
	}
	return fmt.Sprintf("ret #%#x", in.K)
}
