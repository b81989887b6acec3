package screen

// vex reads the two-byte (C5) or three-byte (C4) VEX prefix and the opcode (SDM vol. 2, 2.3).
func (c *cursor) vex(in *Inst, op uint8) (form, Err) {
	if in.Rex != 0 || in.Prefixes&pfxNoVex != 0 {
		return bad, BadPrefix
	}
	in.Space = Vex
	if op == 0xC5 {
		if c.pos+2 > len(c.code) {
			return bad, Truncated
		}
		in.Map = 1
		in.Payload = c.code[c.pos]
		in.Op = c.code[c.pos+1]
		c.pos += 2
	} else if err := c.threeByte(in); err != OK {
		return bad, err
	} else {
		in.W = in.Payload >> 7
	}
	in.PP, in.L = in.Payload&3, in.Payload>>2&1
	switch in.Map {
	case 1:
		if in.Op == 0x77 {
			return none, OK // VZEROUPPER, VZEROALL
		}
		return in.vectorMap1(), OK
	case 2, 5:
		return mr, OK
	case 3:
		return mrb, OK
	case 7:
		return mr4, OK
	}
	return bad, BadOpcode
}

// threeByte reads map byte, payload and opcode of C4 and 8F.
func (c *cursor) threeByte(in *Inst) Err {
	if c.pos+3 > len(c.code) {
		return Truncated
	}
	in.P0, in.Payload, in.Op = c.code[c.pos], c.code[c.pos+1], c.code[c.pos+2]
	in.Map = in.P0 & 0x1F
	c.pos += 3
	return OK
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
func (c *cursor) evex(in *Inst) (form, Err) {
	if in.Rex != 0 || in.Prefixes&pfxNoVex != 0 {
		return bad, BadPrefix
	}
	if c.pos+4 > len(c.code) {
		return bad, Truncated
	}
	p := c.code[c.pos : c.pos+4]
	c.pos += 4
	in.Space = Evex
	in.P0, in.P1, in.Payload, in.Op = p[0], p[1], p[2], p[3]
	in.Map, in.W, in.PP, in.L = p[0]&7, p[1]>>7, p[1]&3, p[2]>>5&3
	switch in.Map {
	case 1:
		return in.vectorMap1(), OK
	case 2, 5, 6:
		return mr, OK
	case 3:
		return mrb, OK
	case 4:
		return in.promotedForm(), OK
	case 7:
		return mr4, OK
	}
	return bad, BadOpcode
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
func (c *cursor) xop(in *Inst) (form, Err) {
	if in.Rex != 0 || in.Prefixes&pfxNoVex != 0 {
		return bad, BadPrefix
	}
	if err := c.threeByte(in); err != OK {
		return bad, err
	}
	in.Space = Xop
	in.W, in.PP, in.L = in.Payload>>7, in.Payload&3, in.Payload>>2&1
	switch in.Map {
	case 8:
		return mrb, OK
	case 9:
		return mr, OK
	case 10:
		return mr4, OK
	}
	return bad, BadOpcode
}

// rex2 reads APX's REX2 prefix and the opcode (APX specification 355828, 3.1.1).
func (c *cursor) rex2(in *Inst) (form, Err) {
	if in.Rex != 0 {
		return bad, BadPrefix
	}
	if c.pos+2 > len(c.code) {
		return bad, Truncated
	}
	in.Space = Rex2
	in.Payload, in.Op = c.code[c.pos], c.code[c.pos+1]
	c.pos += 2
	in.Rex = 0x40 | in.Payload&0xF
	in.W = in.Payload >> 3 & 1
	in.Map = in.Payload >> 7
	f := in.rex2Form()
	if f == bad {
		return f, BadOpcode
	}
	return f, OK
}

// rex2Form leaves out the rows of the opcode maps that REX2 may not precede.
func (in *Inst) rex2Form() form {
	row := in.Op >> 4
	if in.Map == 1 {
		if row == 3 || row == 8 || in.Op == 0x0F {
			return bad
		}
		return in.twoByteForm(in.Op)
	}
	switch {
	case in.Op == 0xA1:
		return i8 // JMPABS
	case row == 4 || row == 7 || row == 0xA || row == 0xE || in.Op == 0x0F || leading[in.Op] != isOpcode:
		return bad
	}
	switch in.Op {
	case 0x62, 0xC4, 0xC5, 0xD5:
		return bad
	}
	return oneByte[in.Op]
}
