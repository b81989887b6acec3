package rewrite

import "webrunner/filter/screen"

// A block's counter is bumped by INC, which changes all status flags but the carry. It
// may be where the code writes these flags before it reads them; elsewhere a longer way
// is taken. use is what an instruction does to them.
type use uint8

const (
	neutral use = iota // neither, or not for certain
	reads
	writes // all of them, whatever they were
)

// usesFlags classifies an instruction by its opcode (SDM vol. 1, appendix A). What is
// not known for certain to write is neutral, and what might read reads.
func usesFlags(in *screen.Inst) use {
	if in.Space != screen.Legacy {
		if in.Space == screen.Rex2 || in.Space == screen.Evex && in.Map == 4 {
			return reads
		}
		return neutral
	}
	switch in.Map {
	case 0:
		return byteUsesFlags(in)
	case 1:
		op := in.Op
		switch {
		case op >= 0x40 && op <= 0x4F, op >= 0x80 && op <= 0x9F: // CMOVcc, Jcc, SETcc
			return condition(op)
		case op == 0x2E || op == 0x2F: // UCOMISS and its like
			return writes
		}
	case 2:
		if in.Op == 0xF6 { // ADCX and ADOX
			return reads
		}
	}
	return neutral
}

func byteUsesFlags(in *screen.Inst) use {
	op, reg := in.Op, in.ModRM>>3&7
	switch {
	case op < 0x40 && op&7 < 6: // ADD to CMP; those that add or subtract the carry read nothing else
		return writes
	case op == 0x80, op == 0x81, op == 0x83, op == 0x84, op == 0x85, op == 0xA8, op == 0xA9: // the same with numbers; TEST
		return writes
	case (op == 0xFE || op == 0xFF) && reg < 2: // INC, DEC
		return writes
	case (op == 0xF6 || op == 0xF7) && (reg < 2 || reg == 3): // TEST, NEG
		return writes
	case op >= 0x70 && op <= 0x7F:
		return condition(op)
	case op == 0xE0, op == 0xE1, op == 0x9C, op == 0x9F: // LOOPNE, LOOPE, PUSHF, LAHF
		return reads
	case op >= 0xD8 && op <= 0xDF: // FCMOVcc and others of the x87
		return reads
	}
	return neutral
}

// condition is the use of flags by what has a condition code in its low four bits. Below
// and not below look at the carry alone.
func condition(op uint8) use {
	if op&0xE == 2 {
		return neutral
	}
	return reads
}
