package screen

// vex reads the two-byte (C5) or three-byte (C4) VEX prefix and the opcode (SDM vol. 2, 2.3).
func vex(code []byte, pos int, in *Inst) (form, int, Err) {
	if in.Rex != 0 || in.Prefixes&pfxNoVex != 0 {
		return bad, pos, BadPrefix
	}
	in.Space = Vex
	if in.Op == 0xC5 {
		if pos+2 > len(code) {
			return bad, pos, Truncated
		}
		in.Map = 1
		in.Payload = code[pos]
		in.Op = code[pos+1]
		pos += 2
	} else {
		if pos+3 > len(code) {
			return bad, pos, Truncated
		}
		pos = in.threeByte(code, pos)
	}
	in.PP, in.L = in.Payload&3, in.Payload>>2&1
	switch in.Map {
	case 1:
		if in.Op == 0x77 {
			return none, pos, OK // VZEROUPPER, VZEROALL
		}
		return in.vectorMap1(), pos, OK
	case 2, 5:
		return mr, pos, OK
	case 3:
		return mrb, pos, OK
	case 7:
		return mr4, pos, OK
	}
	return bad, pos, BadOpcode
}

// threeByte reads map byte, payload and opcode after C4 and 8F.
func (in *Inst) threeByte(code []byte, pos int) int {
	p := code[pos : pos+3]
	in.P0, in.Payload, in.Op = p[0], p[1], p[2]
	in.Map, in.W = in.P0&0x1F, in.Payload>>7
	return pos + 3
}

// vectorMap1 is the form of VEX and EVEX map 1: the shifts and shuffles there keep the immediate of their SSE ancestors.
func (in *Inst) vectorMap1() form {
	switch in.Op {
	case 0x70, 0x71, 0x72, 0x73, 0xC2, 0xC4, 0xC5, 0xC6:
		return mrb
	}
	return mr
}

// evex reads the EVEX prefix and the opcode (SDM vol. 2, 2.7; APX specification 355828, 3.1.3).
func evex(code []byte, pos int, in *Inst) (form, int, Err) {
	if in.Rex != 0 || in.Prefixes&pfxNoVex != 0 {
		return bad, pos, BadPrefix
	}
	if pos+4 > len(code) {
		return bad, pos, Truncated
	}
	p := code[pos : pos+4]
	pos += 4
	in.Space = Evex
	in.P0, in.P1, in.Payload, in.Op = p[0], p[1], p[2], p[3]
	in.Map, in.W, in.PP, in.L = p[0]&7, p[1]>>7, p[1]&3, p[2]>>5&3
	switch in.Map {
	case 1:
		return in.vectorMap1(), pos, OK
	case 2, 5, 6:
		return mr, pos, OK
	case 3:
		return mrb, pos, OK
	case 4:
		return in.promotedForm(), pos, OK
	case 7:
		return mr4, pos, OK
	}
	return bad, pos, BadOpcode
}

// promotedForm is the form of EVEX map 4, where APX keeps the promoted one-byte instructions.
func (in *Inst) promotedForm() form {
	switch in.Op {
	case 0x80, 0x83, 0x6B, 0xC0, 0xC1, 0x24, 0x2C:
		return mrb
	case 0x81, 0x69:
		return mrz
	case 0xF6, 0xF7:
		return mrg
	}
	return mr
}

// xop reads AMD's XOP prefix and the opcode (APM vol. 6, 1.2).
func xop(code []byte, pos int, in *Inst) (form, int, Err) {
	if in.Rex != 0 || in.Prefixes&pfxNoVex != 0 {
		return bad, pos, BadPrefix
	}
	if pos+3 > len(code) {
		return bad, pos, Truncated
	}
	pos = in.threeByte(code, pos)
	in.Space = Xop
	in.PP, in.L = in.Payload&3, in.Payload>>2&1
	switch in.Map {
	case 8:
		return mrb, pos, OK
	case 9:
		return mr, pos, OK
	case 10:
		return mr4, pos, OK
	}
	return bad, pos, BadOpcode
}

// rex2 reads APX's REX2 prefix and the opcode (APX specification 355828, 3.1.1).
func rex2(code []byte, pos int, in *Inst) (form, int, Err) {
	if in.Rex != 0 {
		return bad, pos, BadPrefix
	}
	if pos+2 > len(code) {
		return bad, pos, Truncated
	}
	in.Space = Rex2
	in.Payload, in.Op = code[pos], code[pos+1]
	pos += 2
	in.Rex = 0x40 | in.Payload&0xF
	in.W = in.Payload >> 3 & 1
	in.Map = in.Payload >> 7
	return in.rex2Form(), pos, OK
}

// rex2Form leaves out the rows of the opcode maps that REX2 may not precede.
func (in *Inst) rex2Form() form {
	switch row := in.Op >> 4; {
	case in.Map == 1 && (row == 3 || row == 8 || in.Op == 0x0F):
		return bad
	case in.Map == 1 && in.Op == 0x78:
		return in.form78()
	case in.Map == 1:
		return twoByte[in.Op]
	case in.Op == 0xA1:
		return i8 // JMPABS
	case row == 4 || row == 7 || row == 0xA || row == 0xE:
		return bad
	}
	return oneByte[in.Op]
}
