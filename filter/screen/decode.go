package screen

// Decode finds the fields and the length of the instruction at the start of code. It does not look the instruction up: an encoding that
// follows the rules of length but is assigned to nothing is OK here and Unknown in Screen. Decode never allocates; in is overwritten.
func Decode(code []byte, in *Inst) Err {
	*in = Inst{}
	limited := len(code) >= maxLen
	if limited {
		code = code[:maxLen]
	}
	err := decode(code, in)
	if err == Truncated && limited {
		return TooLong
	}
	return err
}

// decode reads the instruction's parts one after the other; pos is where the next one begins.
func decode(code []byte, in *Inst) Err {
	lead, pos, err := prefixes(code, in)
	if err != OK {
		return err
	}
	f := oneByte[in.Op]
	if lead != isOpcode {
		if f, pos, err = opcode(code, pos, in, lead); err != OK {
			return err
		}
	}
	if f == bad {
		return BadOpcode
	}
	if f&mr != 0 {
		if pos, err = modRM(code, pos, in); err != OK {
			return err
		}
		if f == mrg {
			f = in.groupForm()
		}
	}
	return immediate(code, pos, in, f&operand)
}

// groupForm resolves TEST group 3: only /0 and /1 have an immediate.
func (in *Inst) groupForm() form {
	switch {
	case in.ModRM&0x30 != 0:
		return mr
	case in.Op == 0xF6:
		return mrb
	}
	return mrz
}

// Classes of the first bytes of an instruction.
const (
	isOpcode = iota
	isEscape
	isVex
	isEvex
	isXop // or POP
	isRex2
	isRex // prefixes from here on
	isLegacy
	isRep
)

var leading = [256]uint8{
	0x0F: isEscape, 0xC4: isVex, 0xC5: isVex, 0x62: isEvex, 0x8F: isXop, 0xD5: isRex2,
	0x26: isLegacy, 0x2E: isLegacy, 0x36: isLegacy, 0x3E: isLegacy, 0x64: isLegacy, 0x65: isLegacy,
	0x66: isLegacy, 0x67: isLegacy, 0xF0: isLegacy, 0xF2: isRep, 0xF3: isRep,
	0x40: isRex, 0x41: isRex, 0x42: isRex, 0x43: isRex, 0x44: isRex, 0x45: isRex, 0x46: isRex, 0x47: isRex,
	0x48: isRex, 0x49: isRex, 0x4A: isRex, 0x4B: isRex, 0x4C: isRex, 0x4D: isRex, 0x4E: isRex, 0x4F: isRex,
}

var prefixBit = [256]Prefix{
	0x26: PfxES, 0x2E: PfxCS, 0x36: PfxSS, 0x3E: PfxDS, 0x64: PfxFS, 0x65: PfxGS,
	0x66: Pfx66, 0x67: Pfx67, 0xF0: PfxLock, 0xF2: PfxF2, 0xF3: PfxF3,
}

// prefixes reads legacy prefixes and REX, and the byte after them into in.Op. A REX counts only when nothing but the opcode follows.
func prefixes(code []byte, in *Inst) (lead uint8, pos int, err Err) {
	for i, b := range code {
		lead := leading[b]
		if lead < isRex {
			in.Op = b
			in.W = in.Rex >> 3 & 1
			return lead, i + 1, OK
		}
		if lead == isRex {
			in.Rex = b
			continue
		}
		if lead == isRep {
			in.Rep = b
		}
		in.Prefixes |= prefixBit[b]
		in.Rex = 0
	}
	return 0, 0, Truncated
}

// opcode reads the rest of an opcode that begins with more than itself: the escape 0F, and VEX, EVEX, XOP and REX2.
func opcode(code []byte, pos int, in *Inst, lead uint8) (form, int, Err) {
	switch lead {
	case isEscape:
		return escape(code, pos, in)
	case isVex:
		return vex(code, pos, in)
	case isEvex:
		return evex(code, pos, in)
	case isRex2:
		return rex2(code, pos, in)
	}
	// POP r/m uses only ModRM.reg 0, so a map number of 8 and more is free for XOP (APM vol. 3, 1.9).
	if pos < len(code) && code[pos]&0x1F >= 8 {
		return xop(code, pos, in)
	}
	return mr, pos, OK
}

// escape reads what follows 0F.
func escape(code []byte, pos int, in *Inst) (form, int, Err) {
	if pos >= len(code) {
		return bad, pos, Truncated
	}
	op := code[pos]
	pos++
	in.Map, in.Op = 1, op
	switch op {
	case 0x0F:
		in.Map = Map3DNow
		return mrb, pos, OK
	case 0x38, 0x3A:
		if pos >= len(code) {
			return bad, pos, Truncated
		}
		in.Op = code[pos]
		if op == 0x38 {
			in.Map = 2
			return mr, pos + 1, OK
		}
		in.Map = 3
		return mrb, pos + 1, OK
	case 0x78:
		return in.form78(), pos, OK
	}
	return twoByte[op], pos, OK
}

// Followers of a ModRM byte in 64-bit mode (SDM vol. 2, table 2-2): the length of the displacement, and whether there is a SIB byte.
const (
	dispMask = 0x07
	hasSIB   = 0x08
	sibBase5 = 0x10 // SIB with base 5 has a displacement of 4 bytes
)

// modRM reads ModRM, SIB and displacement. 67 does not change their length in 64-bit mode.
func modRM(code []byte, pos int, in *Inst) (int, Err) {
	if pos >= len(code) {
		return pos, Truncated
	}
	b := code[pos]
	pos++
	in.HasModRM, in.ModRM = true, b
	if b >= 0xC0 || in.Op&^3 == 0x20 && in.Map == 1 && in.Space <= Rex2 {
		return pos, OK // a register; MOV to and from CR and DR ignores mod
	}
	followers := addressForms[b>>6<<3|b&7]
	if followers&hasSIB != 0 {
		if pos >= len(code) {
			return pos, Truncated
		}
		in.SIB, in.HasSIB = code[pos], true
		pos++
		if followers&sibBase5 != 0 && in.SIB&7 == 5 {
			followers |= 4
		}
	}
	in.DispOff, in.DispLen = uint8(pos), followers&dispMask
	return pos + int(in.DispLen), OK
}

// addressForms has the followers by mod and rm.
var addressForms = [24]uint8{
	0, 0, 0, 0, hasSIB | sibBase5, 4, 0, 0,
	1, 1, 1, 1, hasSIB | 1, 1, 1, 1,
	4, 4, 4, 4, hasSIB | 4, 4, 4, 4,
}

// immediate skips the immediates and so ends the instruction.
func immediate(code []byte, pos int, in *Inst, f form) Err {
	in.ImmOff = uint8(pos)
	if f != none {
		in.ImmLen = in.immediateLen(f)
		pos += int(in.ImmLen)
	}
	if pos > len(code) {
		return Truncated
	}
	in.Len = uint8(pos)
	if in.Map == Map3DNow {
		in.Op = code[pos-1]
	}
	if f == jz && in.Prefixes&Pfx66 != 0 && in.W == 0 {
		return Ambiguous
	}
	return OK
}

func (in *Inst) immediateLen(f form) uint8 {
	switch f {
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
