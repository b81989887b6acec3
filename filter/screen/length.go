package screen

// maxLen is the longest instruction (SDM vol. 2, 2.3.11).
const maxLen = 15

// form says what follows an opcode.
type form uint8

const (
	none form = iota // nothing
	ib               // imm8
	iw               // imm16
	iz               // imm16 or imm32 by operand size
	iv               // imm16, imm32 or imm64 by operand size
	mo               // moffs: an address of 8 bytes, 4 with 67
	ent              // ENTER: imm16, imm8
	jz               // rel32; rel16 on AMD with 66
	grp              // TEST group: an immediate when ModRM.reg is 0 or 1
	i4               // imm32
	i8               // imm64
	i2b              // two imm8: EXTRQ, INSERTQ
	bad              // undefined in 64-bit mode

	mr      form = 0x10 // a ModRM byte comes first
	mrb          = mr | ib
	mrz          = mr | iz
	mrg          = mr | grp
	mr4          = mr | i4
	mr2b         = mr | i2b
	operand      = 0x0F
)

// oneByte are the forms of the one-byte opcodes (SDM vol. 2, table A-2). Prefixes and escapes are bad: after REX2 they are that.
var oneByte = [256]form{
	/*0*/ mr, mr, mr, mr, ib, iz, bad, bad, mr, mr, mr, mr, ib, iz, bad, bad,
	/*1*/ mr, mr, mr, mr, ib, iz, bad, bad, mr, mr, mr, mr, ib, iz, bad, bad,
	/*2*/ mr, mr, mr, mr, ib, iz, bad, bad, mr, mr, mr, mr, ib, iz, bad, bad,
	/*3*/ mr, mr, mr, mr, ib, iz, bad, bad, mr, mr, mr, mr, ib, iz, bad, bad,
	/*4*/ bad, bad, bad, bad, bad, bad, bad, bad, bad, bad, bad, bad, bad, bad, bad, bad,
	/*5*/ none, none, none, none, none, none, none, none, none, none, none, none, none, none, none, none,
	/*6*/ bad, bad, bad, mr, bad, bad, bad, bad, iz, mrz, ib, mrb, none, none, none, none,
	/*7*/ ib, ib, ib, ib, ib, ib, ib, ib, ib, ib, ib, ib, ib, ib, ib, ib,
	/*8*/ mrb, mrz, bad, mrb, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr,
	/*9*/ none, none, none, none, none, none, none, none, none, none, bad, none, none, none, none, none,
	/*A*/ mo, mo, mo, mo, none, none, none, none, ib, iz, none, none, none, none, none, none,
	/*B*/ ib, ib, ib, ib, ib, ib, ib, ib, iv, iv, iv, iv, iv, iv, iv, iv,
	/*C*/ mrb, mrb, iw, none, bad, bad, mrb, mrz, ent, none, iw, none, none, ib, bad, none,
	/*D*/ mr, mr, mr, mr, bad, bad, none, none, mr, mr, mr, mr, mr, mr, mr, mr,
	/*E*/ ib, ib, ib, ib, ib, ib, ib, ib, jz, jz, bad, ib, none, none, none, none,
	/*F*/ bad, none, bad, bad, none, none, mrg, mrg, none, none, none, none, none, none, mr, mr,
}

// twoByte are the forms of the opcodes after 0F (SDM vol. 2, table A-3); 0F 38, 0F 3A and 0F 0F never get here. UD0 (0F FF) has a ModRM byte
// on newer processors only, but nothing runs after it (SDM vol. 2, UD).
var twoByte = [256]form{
	/*0*/ mr, mr, mr, mr, bad, none, none, none, none, none, bad, none, bad, mr, none, bad,
	/*1*/ mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr,
	/*2*/ mr, mr, mr, mr, bad, bad, bad, bad, mr, mr, mr, mr, mr, mr, mr, mr,
	/*3*/ none, none, none, none, none, none, bad, none, bad, bad, bad, bad, bad, bad, bad, bad,
	/*4*/ mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr,
	/*5*/ mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr,
	/*6*/ mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr,
	/*7*/ mrb, mrb, mrb, mrb, mr, mr, mr, none, mr, mr, bad, bad, mr, mr, mr, mr,
	/*8*/ jz, jz, jz, jz, jz, jz, jz, jz, jz, jz, jz, jz, jz, jz, jz, jz,
	/*9*/ mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr,
	/*A*/ none, none, none, mr, mrb, mr, bad, bad, none, none, none, mr, mrb, mr, mr, mr,
	/*B*/ mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mrb, mr, mr, mr, mr, mr,
	/*C*/ mr, mr, mrb, mr, mrb, mrb, mrb, mr, none, none, none, none, none, none, none, none,
	/*D*/ mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr,
	/*E*/ mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr,
	/*F*/ mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr, mr,
}

// form78 is the form of 0F 78: VMREAD, or with 66 or F2 SSE4a's EXTRQ and INSERTQ.
func (in *Inst) form78() form {
	if in.Prefixes&Pfx66 != 0 || in.Rep == 0xF2 {
		return mr2b
	}
	return mr
}
