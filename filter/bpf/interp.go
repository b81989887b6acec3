package bpf

// Trace is told each instruction that ran and, of a jump, whether its condition
// held.
type Trace func(pc int, held bool)

func (t Trace) ran(pc int, held bool) {
	if t != nil {
		t(pc, held)
	}
}

// machine is the register state of a run.
type machine struct {
	a, x uint32
	mem  [MemWords]uint32
}

// Run interprets prog on one system call and returns the filter's value
// (SECCOMP_RET_* with its data). It tells trace, which may be nil, what ran. Run
// never panics and always ends, also on a program that Verify refuses; what such
// a program may not do is an Error.
func Run(prog []Insn, d *Data, trace Trace) (uint32, error) {
	var m machine
	for pc := 0; pc < len(prog); {
		in := prog[pc]
		if in.Code&0x07 != JMP {
			trace.ran(pc, false)
		}
		skip := 0
		switch in.Code & 0x07 {
		case RET:
			return m.ret(in, pc)
		case JMP:
			n, ok := m.jump(in, pc, trace)
			if !ok {
				return 0, Error{pc, BadOpcode}
			}
			skip = n
		case ALU:
			zero, r := m.alu(in)
			if r != 0 {
				return 0, Error{pc, r}
			}
			if zero {
				return 0, nil
			}
		default:
			if r := m.move(in, d); r != 0 {
				return 0, Error{pc, r}
			}
		}
		pc += 1 + skip
	}
	return 0, Error{len(prog), NoReturn}
}

func (m *machine) ret(in Insn, pc int) (uint32, error) {
	switch in.Code {
	case RET | K:
		return in.K, nil
	case RET | A:
		return m.a, nil
	}
	return 0, Error{pc, BadOpcode}
}

// jump returns how many instructions to skip, and false for an unknown opcode.
func (m *machine) jump(in Insn, pc int, trace Trace) (int, bool) {
	if !allowed(in.Code) {
		return 0, false
	}
	if in.Code == JMP|JA {
		trace.ran(pc, true)
		return int(in.K), true
	}
	v := in.K
	if in.Code&X != 0 {
		v = m.x
	}
	var held bool
	switch in.Code & 0xf0 {
	case JEQ:
		held = m.a == v
	case JGT:
		held = m.a > v
	case JGE:
		held = m.a >= v
	case JSET:
		held = m.a&v != 0
	}
	trace.ran(pc, held)
	if held {
		return int(in.Jt), true
	}
	return int(in.Jf), true
}

// alu computes A. zero means a division by X = 0, which ends the filter with
// the value 0 (bpf_convert_filter emits that exit). Shifts by X use its low
// five bits, as eBPF's 32-bit shifts do.
func (m *machine) alu(in Insn) (zero bool, r Reason) {
	if !allowed(in.Code) {
		return false, BadOpcode
	}
	v := in.K
	if in.Code&X != 0 {
		v = m.x
	}
	switch in.Code & 0xf0 {
	case ADD:
		m.a += v
	case SUB:
		m.a -= v
	case MUL:
		m.a *= v
	case DIV:
		if v == 0 && in.Code&X == 0 {
			return false, DivByZero
		}
		if v == 0 {
			return true, 0
		}
		m.a /= v
	case OR:
		m.a |= v
	case AND:
		m.a &= v
	case XOR:
		m.a ^= v
	case NEG:
		m.a = -m.a
	case LSH, RSH:
		if v >= 32 && in.Code&X == 0 {
			return false, BadShift
		}
		if in.Code&0xf0 == LSH {
			m.a <<= v & 31
		} else {
			m.a >>= v & 31
		}
	}
	return false, 0
}

// move runs loads, stores and register copies.
func (m *machine) move(in Insn, d *Data) Reason {
	switch in.Code {
	case LD | W | ABS:
		if in.K >= DataSize || in.K%4 != 0 {
			return BadLoad
		}
		m.a = d.word(in.K)
		return 0
	case LD | W | LEN:
		m.a = DataSize
		return 0
	case LDX | W | LEN:
		m.x = DataSize
		return 0
	case LD | IMM:
		m.a = in.K
		return 0
	case LDX | IMM:
		m.x = in.K
		return 0
	case MISC | TAX:
		m.x = m.a
		return 0
	case MISC | TXA:
		m.a = m.x
		return 0
	}
	return m.scratch(in)
}

func (m *machine) scratch(in Insn) Reason {
	if !allowed(in.Code) {
		return BadOpcode
	}
	if in.K >= MemWords {
		return BadScratch
	}
	switch in.Code {
	case LD | MEM:
		m.a = m.mem[in.K]
	case LDX | MEM:
		m.x = m.mem[in.K]
	case ST:
		m.mem[in.K] = m.a
	case STX:
		m.mem[in.K] = m.x
	}
	return 0
}
