package screen

import (
	"math/bits"

	"golang.org/x/arch/x86/x86asm"
)

// agrees says whether x86asm, where it knows the instruction, finds the same length. It is asked for every shape of a kind once: both
// decoders' lengths depend on the shape alone, and x86asm is too slow to be asked of every instruction.
func (k *kind) agrees(code []byte, in *Inst) bool {
	odd := 0
	if in.Prefixes&^(Pfx66|PfxF2|PfxF3) != 0 {
		odd = 1
	}
	bit := uint64(1) << in.shape()
	if k.asked[odd]&bit != 0 {
		return true
	}
	k.asked[odd] |= bit
	return knownFault(k.row) || sameLength(code, in)
}

// shape numbers what the length of a row's instructions depends on: how ModRM and SIB address memory, the operand size, the presence of REX.
func (in *Inst) shape() uint8 {
	s := in.addressing()
	if in.Prefixes&Pfx66 != 0 {
		s |= 8
	}
	if in.Rex != 0 {
		s |= 32
	}
	return s | in.W<<4
}

// addressing numbers the eight ways in which ModRM and SIB can have followers.
func (in *Inst) addressing() uint8 {
	const register, sib, sibDisp = 0, 4, 2
	if !in.memory() {
		return register
	}
	n := uint8(bits.Len8(in.DispLen)) // 0, 1 or 3
	if in.HasSIB {
		return sib + n
	}
	if in.ripRelative() {
		return sibDisp
	}
	if n == 0 {
		return 6
	}
	return n
}

func sameLength(code []byte, in *Inst) bool {
	x, err := x86asm.Decode(code[:min(len(code), maxLen)], 64)
	return err != nil || x.Op == 0 || x.Len == int(in.Len)
}

// knownFault lists where x86asm v0.32.0 is known to find a wrong length.
func knownFault(r *row) bool {
	switch r.iclass {
	case icVZEROUPPER, icVZEROALL:
		return true // reads a ModRM byte that is not there
	case icMOV_CR, icMOV_DR:
		return true // reads SIB and displacement, which the processor does not
	}
	return false
}
