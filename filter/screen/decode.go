package screen

// cursor reads an instruction's bytes up to the limit: the end of the code or the 15th byte, whichever comes first.
type cursor struct {
	code []byte // at most maxLen bytes
	pos  int
}

// Decode finds the fields and the length of the instruction at the start of code. It does not look the instruction up: an encoding that
// follows the rules of length but is assigned to nothing is OK here and Unknown in Screen. Decode never allocates; in is overwritten.
func Decode(code []byte, in *Inst) Err {
	*in = Inst{}
	c := cursor{code: code}
	if len(code) > maxLen {
		c.code = code[:maxLen]
	}
	err := c.decode(in)
	if err == Truncated && len(c.code) == maxLen {
		return TooLong
	}
	return err
}

func (c *cursor) decode(in *Inst) Err {
	op, err := c.prefixes(in)
	if err != OK {
		return err
	}
	f, err := c.opcode(in, op)
	if err != OK {
		return err
	}
	if f&mr != 0 {
		if err := c.modRM(in); err != OK {
			return err
		}
		if f == mrg && in.ModRM&0x30 == 0 {
			f = ib
			if in.Op == 0xF7 {
				f = iz
			}
		}
	}
	return c.immediate(in, f&operand)
}

// Classes of the bytes that may stand before an opcode.
const (
	isOpcode = iota
	isRex
	isLegacy
	isRep
)

var leading = [256]uint8{
	0x26: isLegacy, 0x2E: isLegacy, 0x36: isLegacy, 0x3E: isLegacy, 0x64: isLegacy, 0x65: isLegacy,
	0x66: isLegacy, 0x67: isLegacy, 0xF0: isLegacy, 0xF2: isRep, 0xF3: isRep,
	0x40: isRex, 0x41: isRex, 0x42: isRex, 0x43: isRex, 0x44: isRex, 0x45: isRex, 0x46: isRex, 0x47: isRex,
	0x48: isRex, 0x49: isRex, 0x4A: isRex, 0x4B: isRex, 0x4C: isRex, 0x4D: isRex, 0x4E: isRex, 0x4F: isRex,
}

var prefixBit = [256]Prefix{
	0x26: PfxES, 0x2E: PfxCS, 0x36: PfxSS, 0x3E: PfxDS, 0x64: PfxFS, 0x65: PfxGS,
	0x66: Pfx66, 0x67: Pfx67, 0xF0: PfxLock, 0xF2: PfxF2, 0xF3: PfxF3,
}

// prefixes reads legacy prefixes and REX, and returns the byte after them. A REX counts only when nothing but the opcode follows.
func (c *cursor) prefixes(in *Inst) (op uint8, err Err) {
	for c.pos < len(c.code) {
		b := c.code[c.pos]
		c.pos++
		switch leading[b] {
		case isOpcode:
			in.W = in.Rex >> 3 & 1
			return b, OK
		case isRex:
			in.Rex = b
			continue
		case isRep:
			in.Rep = b
		}
		in.Prefixes |= prefixBit[b]
		in.Rex = 0
	}
	return 0, Truncated
}

// opcode reads the rest of the opcode, or the whole of a VEX, EVEX, XOP or REX2 prefix and its opcode.
func (c *cursor) opcode(in *Inst, op uint8) (form, Err) {
	in.Op = op
	switch op {
	case 0x0F:
		return c.escape(in)
	case 0xC4, 0xC5:
		return c.vex(in, op)
	case 0x62:
		return c.evex(in)
	case 0xD5:
		return c.rex2(in)
	case 0x8F:
		// POP r/m uses only ModRM.reg 0, so a map number of 8 and more is free for XOP (APM vol. 3, 1.9).
		if c.pos < len(c.code) && c.code[c.pos]&0x1F >= 8 {
			return c.xop(in)
		}
	}
	f := oneByte[op]
	if f == bad {
		return f, BadOpcode
	}
	return f, OK
}

// escape reads what follows 0F.
func (c *cursor) escape(in *Inst) (form, Err) {
	op, ok := c.next()
	if !ok {
		return bad, Truncated
	}
	in.Map, in.Op = 1, op
	switch op {
	case 0x0F:
		in.Map = Map3DNow
		return mrb, OK
	case 0x38, 0x3A:
		in.Map = 2
		f := mr
		if op == 0x3A {
			in.Map, f = 3, mrb
		}
		if in.Op, ok = c.next(); !ok {
			return bad, Truncated
		}
		return f, OK
	}
	f := in.twoByteForm(op)
	if f == bad {
		return f, BadOpcode
	}
	return f, OK
}

func (c *cursor) next() (uint8, bool) {
	if c.pos >= len(c.code) {
		return 0, false
	}
	b := c.code[c.pos]
	c.pos++
	return b, true
}

// modRM reads ModRM, SIB and displacement (SDM vol. 2, 2.1.5). 67 does not change their length in 64-bit mode.
func (c *cursor) modRM(in *Inst) Err {
	b, ok := c.next()
	if !ok {
		return Truncated
	}
	in.HasModRM, in.ModRM = true, b
	if b >= 0xC0 || in.Map == 1 && in.Space <= Rex2 && in.Op&^3 == 0x20 {
		return OK // a register; MOV to and from CR and DR ignores mod
	}
	mod, rm := b>>6, b&7
	switch mod {
	case 1:
		in.DispLen = 1
	case 2:
		in.DispLen = 4
	}
	if rm == 4 {
		if in.SIB, ok = c.next(); !ok {
			return Truncated
		}
		in.HasSIB = true
		rm = in.SIB & 7
	}
	if rm == 5 && mod == 0 {
		in.DispLen = 4
	}
	in.DispOff = uint8(c.pos)
	c.pos += int(in.DispLen)
	if c.pos > len(c.code) {
		return Truncated
	}
	return OK
}

// immediate skips the immediates and so ends the instruction.
func (c *cursor) immediate(in *Inst, f form) Err {
	in.ImmOff = uint8(c.pos)
	in.ImmLen = in.immediateLen(f)
	c.pos += int(in.ImmLen)
	if c.pos > len(c.code) {
		return Truncated
	}
	in.Len = uint8(c.pos)
	if in.Map == Map3DNow {
		in.Op = c.code[c.pos-1]
	}
	if f == jz && in.Prefixes&Pfx66 != 0 && in.W == 0 {
		return Ambiguous
	}
	return OK
}

func (in *Inst) immediateLen(f form) uint8 {
	switch f {
	case none, grp:
		return 0
	case ib:
		return 1
	case iw, i2b:
		return 2
	case ent:
		return 3
	case i4, jz:
		return 4
	case i8:
		return 8
	case mo:
		if in.Prefixes&Pfx67 != 0 {
			return 4
		}
		return 8
	case iv:
		if in.W == 1 {
			return 8
		}
	}
	if in.W == 0 && in.operandSize16() {
		return 2
	}
	return 4
}

// operandSize16 says whether the operand-size prefix is there: as a byte, or implied in APX's EVEX map 4.
func (in *Inst) operandSize16() bool {
	return in.Prefixes&Pfx66 != 0 || in.Space == Evex && in.PP == 1
}
