package screen

import (
	"math/rand/v2"
)

// randomInst writes byte strings that tests decode: plain noise, noise behind prefixes, and encodings of the table's rows with every free
// field at random.
type randomInst struct{ *rand.Rand }

func newRandomInst(seed uint64) randomInst { return randomInst{rand.New(rand.NewPCG(seed, 0x5C12EE4))} }

// fill overwrites b.
func (r randomInst) fill(b []byte) {
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	switch r.IntN(4) {
	case 0:
	case 1:
		r.prefixes(b)
	default:
		r.row(b, r.IntN(len(rows)))
	}
}

// fillRow overwrites b with an encoding of row n and noise behind it.
func (r randomInst) fillRow(b []byte, n int) {
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	r.row(b, n)
}

var prefixBytes = []byte{0x66, 0x67, 0xF2, 0xF3, 0xF0, 0x2E, 0x36, 0x3E, 0x26, 0x64, 0x65, 0x40, 0x41, 0x44, 0x48, 0x4F, 0x0F, 0x62, 0xC4, 0xC5, 0x8F, 0xD5}

func (r randomInst) prefixes(b []byte) {
	for i := range 1 + r.IntN(4) {
		b[i] = prefixBytes[r.IntN(len(prefixBytes))]
	}
}

// pick is one of the values that a mask of the table allows.
func (r randomInst) pick(mask uint64, at, width int) byte {
	m := mask >> at & (1<<width - 1)
	if m == 0 {
		return 0
	}
	for {
		if v := r.IntN(width); m>>v&1 != 0 {
			return byte(v)
		}
	}
}

// row writes an encoding of row n, unless chance has it that an earlier row fits as well.
func (r randomInst) row(b []byte, n int) {
	m := rows[n].mask
	slot := slotOf(n)
	space, opmap := spaceOf(slot >> 8)
	at := 0
	put := func(x byte) { b[at] = x; at++ }
	vvvv := byte(r.IntN(16))
	if m>>atVvvv&1 == 0 {
		vvvv = 15
	}
	payload := r.pick(m, atW, 2)<<7 | vvvv<<3 | r.pick(m, atPP, 4)
	switch space {
	case Legacy:
		r.legacyRow(m, opmap, put)
	case Vex, Xop:
		head := byte(0xC4)
		if space == Xop {
			head = 0x8F
		}
		put(head)
		put(byte(r.IntN(8))<<5 | opmap)
		put(payload | r.pick(m, atL, 4)<<2)
	case Evex:
		put(0x62)
		put(byte(r.IntN(16))<<4 | opmap)
		put(payload | r.pick(m, atU, 2)<<2)
		p2 := r.pick(m, atZ, 2)<<7 | r.pick(m, atL, 4)<<5 | byte(r.IntN(2))<<3
		if opmap == 4 {
			p2 |= r.pick(m, atND, 2) << 4
		} else {
			p2 |= r.pick(m, atB, 2) << 4
		}
		if r.pick(m, atMask, 2) == 1 {
			p2 |= byte(1 + r.IntN(7))
		}
		put(p2)
	}
	op := byte(slot)
	modrm := r.pick(m, atMod, 4)<<6 | r.pick(m, atReg, 8)<<3 | r.pick(m, atRM, 8)
	if space == Legacy && opmap == Map3DNow {
		put(modrm | 0xC0)
		put(op) // the opcode comes last
		return
	}
	put(op)
	put(modrm)
}

func (r randomInst) legacyRow(m uint64, opmap byte, put func(byte)) {
	if m>>atLock&1 == 0 {
		put(0xF0)
	}
	if r.pick(m, atOsz, 2) == 1 {
		put(0x66)
	}
	switch r.pick(m, atRep, 4) {
	case 2:
		put(0xF2)
	case 3:
		put(0xF3)
	}
	rex := byte(0x40) | r.pick(m, atW, 2)<<3 | byte(r.IntN(4))<<1 | r.pick(m, atRexB, 2)
	if m>>atRex2&1 == 0 || opmap < 2 && m>>(atRex2+1)&1 != 0 && r.IntN(8) == 0 {
		put(0xD5)
		put(opmap<<7 | byte(r.IntN(8))<<4 | rex&15)
		return
	}
	if rex != 0x40 || r.IntN(8) == 0 {
		put(rex)
	}
	switch opmap {
	case 0:
		return
	case Map3DNow:
		put(0x0F)
		put(0x0F)
		return
	}
	put(0x0F)
	switch opmap {
	case 2:
		put(0x38)
	case 3:
		put(0x3A)
	}
}

// slotOf finds the slot of a row.
func slotOf(n int) int {
	lo, hi := 0, len(slots)-1
	for lo < hi {
		mid := (lo + hi + 1) / 2
		if int(slots[mid]) <= n {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	return lo
}

// spaceOf inverts Inst.slot.
func spaceOf(m int) (Space, byte) {
	for _, space := range []Space{Legacy, Vex, Evex, Xop} {
		for opmap := byte(0); opmap < 16; opmap++ {
			in := Inst{Space: space, Map: opmap}
			if validMap(space, opmap) && in.slot()>>8 == m {
				return space, opmap
			}
		}
	}
	panic(m)
}

func validMap(space Space, m byte) bool {
	switch space {
	case Legacy:
		return m <= 3 || m == Map3DNow
	case Vex:
		return m >= 1 && m <= 3 || m == 5 || m == 7
	case Evex:
		return m >= 1 && m <= 7
	}
	return m >= 8 && m <= 10
}
