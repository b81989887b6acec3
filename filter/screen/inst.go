package screen

// Space is the encoding space of an instruction.
type Space uint8

// The encoding spaces of 64-bit mode.
const (
	Legacy Space = iota
	Rex2         // APX: D5 and a payload byte
	Vex
	Evex
	Xop
)

// Prefix is a set of legacy prefixes.
type Prefix uint16

// The legacy prefixes.
const (
	Pfx66   Prefix = 1 << iota // operand size
	Pfx67                      // address size
	PfxLock                    // F0
	PfxF2
	PfxF3
	PfxES
	PfxCS
	PfxSS
	PfxDS
	PfxFS
	PfxGS

	pfxSegment = PfxFS | PfxGS // the two overrides that change an address in 64-bit mode
	pfxNoVex   = Pfx66 | PfxLock | PfxF2 | PfxF3
)

// Map3DNow is the Map of the 3DNow! instructions, whose opcode is the byte after the operands.
const Map3DNow = 0xF

// Inst is the skeleton of one instruction: where its fields are, not yet what it means.
type Inst struct {
	Len      uint8 // bytes, 1 to 15
	Space    Space
	Map      uint8 // 0–3 legacy, 1–7 VEX and EVEX, 8–10 XOP, Map3DNow
	Op       uint8
	Prefixes Prefix
	Rep      uint8 // the last of F2 and F3, which is the one that counts; 0 if there is none
	Rex      uint8 // REX that stands directly before the opcode, or the low nibble of REX2 with 40 set; 0 if there is none
	PP       uint8 // VEX, EVEX, XOP: the implied prefix
	W        uint8 // operand size bit of REX, REX2, VEX, EVEX, XOP
	L        uint8 // vector length field: 0 128, 1 256, 2 512
	Payload  uint8 // last byte of a VEX or EVEX prefix; REX2's payload
	P0, P1   uint8 // EVEX: the bytes before Payload; three-byte VEX and XOP: P0 and Payload
	HasModRM bool
	ModRM    uint8
	SIB      uint8
	HasSIB   bool
	DispOff  uint8 // where the displacement begins, in bytes from the start
	DispLen  uint8
	ImmOff   uint8
	ImmLen   uint8 // all immediates together
}

// memory says whether ModRM names a memory operand.
func (in *Inst) memory() bool { return in.HasModRM && in.ModRM < 0xC0 }

// ripRelative says whether the memory operand is addressed from the next instruction.
func (in *Inst) ripRelative() bool { return in.HasModRM && in.ModRM&0xC7 == 5 }

// Err says why bytes are no instruction. It is comparable and never allocated.
type Err uint8

// The reasons.
const (
	OK        Err = iota
	Truncated     // the bytes end inside the instruction
	TooLong       // more than 15 bytes
	BadOpcode     // undefined in 64-bit mode
	BadPrefix     // a prefix combination that always raises #UD
	Ambiguous     // Intel and AMD disagree on its length
	Unknown       // decodes, but the encoding is not in the table
)

func (e Err) Error() string {
	switch e {
	case OK:
		return "no error"
	case Truncated:
		return "the section ends inside the instruction"
	case TooLong:
		return "longer than 15 bytes"
	case BadOpcode:
		return "undefined opcode"
	case BadPrefix:
		return "a prefix which is not allowed before VEX, EVEX, XOP or REX2"
	case Ambiguous:
		return "Intel and AMD processors disagree on the length of this instruction"
	case Unknown:
		return "no such instruction"
	}
	return "invalid Err"
}
