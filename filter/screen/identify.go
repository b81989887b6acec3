package screen

// row is one line of the generated table: the encodings it allows and what they are.
type row struct {
	mask   uint64 // allowed field values; see key
	iclass iclass
	isa    isaSet
	ring0  bool
	access access
}

type (
	iclass uint16 // the name of an instruction; 0 is none
	isaSet uint16 // the ISA set that a form belongs to; 0 is none
)

// Places of the fields in row.mask and in key; gen/read.go has the same. Every field is one-hot, so that a row allows an instruction
// exactly when key&^mask is 0.
const (
	atPP   = 0
	atW    = 4
	atL    = 6
	atMod  = 10
	atReg  = 14
	atRM   = 22
	atZ    = 30
	atMask = 32
	atB    = 34
	atU    = 36
	atND   = 38
	atRex2 = 40
	atRexB = 42
	atRep  = 44
	atOsz  = 48
	atLock = 50
	atVvvv = 52
	atVNew = 53 // EVEX.V', the fifth bit of vvvv

	atNever = 63 // no row allows it
)

// slot is the place of map and opcode in slots; gen/read.go lists the maps in this order.
func (in *Inst) slot() int {
	var m uint8
	switch in.Space {
	case Legacy, Rex2:
		if m = in.Map; m == Map3DNow {
			m = 4
		}
	case Vex:
		switch m = in.Map + 4; in.Map {
		case 5:
			m = 8
		case 7:
			m = 9
		}
	case Evex:
		m = 9 + in.Map
	case Xop:
		m = 9 + in.Map
	}
	return int(m)<<8 | int(in.Op)
}

// identify finds the table's row for a decoded instruction, or nil.
func identify(in *Inst) *row {
	if i, ok := find(in); ok {
		return &rows[i]
	}
	return nil
}

// find is identify by number.
func find(in *Inst) (number uint16, ok bool) {
	key := in.key()
	slot := in.slot()
	for i, end := slots[slot], slots[slot+1]; i < end; i++ {
		if key&^rows[i].mask == 0 {
			return i, true
		}
	}
	return 0, false
}

// key spells the fields of an instruction as one bit each. Fields that the instruction's space lacks stay empty and match every row.
func (in *Inst) key() uint64 {
	k := uint64(1) << (atW + in.W)
	if in.HasModRM {
		k |= 1<<(atReg+in.ModRM>>3&7) | 1<<(atRM+in.ModRM&7)
		mod := in.ModRM >> 6
		k |= 1 << (atMod + mod)
	}
	if in.Space <= Rex2 {
		return k | in.legacyKey()
	}
	k |= 1<<(atPP+in.PP) | 1<<(atL+in.L) | 1<<atLock
	vvvv := in.Payload
	if in.Space == Evex {
		vvvv = in.P1
		k |= in.evexKey()
	}
	if vvvv&0x78 != 0x78 {
		k |= 1 << atVvvv
	}
	return k
}

func (in *Inst) legacyKey() uint64 {
	var k uint64 = 1 << atRep
	switch in.Rep {
	case 0xF2:
		k = 1 << (atRep + 2)
	case 0xF3:
		k = 1 << (atRep + 3)
	}
	if in.Space == Rex2 {
		k |= 1 << (atRex2 + 1)
	} else {
		k |= 1 << atRex2
	}
	k |= uint64(1) << (atRexB + in.Rex&1)
	k |= uint64(1) << (atOsz + uint8(in.Prefixes&Pfx66))
	if in.Prefixes&PfxLock != 0 {
		return k | 1<<(atLock+1)
	}
	return k | 1<<atLock
}

func (in *Inst) evexKey() uint64 {
	p2 := in.Payload
	k := uint64(1) << (atZ + p2>>7)
	if p2&7 == 0 {
		k |= 1 << atMask
		k |= uint64(p2>>7) << atNever // zeroing needs a mask
	} else {
		k |= 1 << (atMask + 1)
	}
	if in.Map == 4 {
		return k | uint64(1)<<(atND+p2>>4&1) | in.uKey()
	}
	k |= uint64(1)<<(atB+p2>>4&1) | uint64(^p2>>3&1)<<atVNew
	if in.L == 3 && (p2>>4&1 == 0 || in.ModRM < 0xC0) {
		k |= 1 << atNever // no such vector length; with a rounding mode the field means another thing
	}
	return k | in.uKey()
}

// uKey is EVEX.U, which is APX's X4 where there is a memory operand, and reads as 1 then.
func (in *Inst) uKey() uint64 {
	if in.ModRM < 0xC0 {
		return 1 << (atU + 1)
	}
	return 1 << (atU + in.P1>>2&1)
}
