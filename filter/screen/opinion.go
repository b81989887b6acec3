package screen

import "golang.org/x/arch/x86/x86asm"

// opinions asks x86asm for the length of every shape of instruction once. Both decoders' lengths depend on the shape alone, and x86asm is
// too slow to ask it a million times.
type opinions struct {
	seen [1024]uint32
}

// agree says whether x86asm, where it knows the instruction, finds the same length.
func (o *opinions) agree(code []byte, in *Inst, r *row) bool {
	h := shapeOf(in, r)
	if o.seen[h%1024] == h {
		return true
	}
	o.seen[h%1024] = h
	return sameLength(code, in, r)
}

// shapeOf mixes all that a decoder's length can depend on into one number: form, prefixes, and how ModRM and SIB address memory.
func shapeOf(in *Inst, r *row) uint32 {
	h := uint32(in.Len)<<28 | uint32(in.Prefixes)<<16 | uint32(in.slot())
	h = h*0x9E3779B1 ^ uint32(in.ModRM)<<8 ^ uint32(in.SIB&7) ^ uint32(r.iclass)<<16 ^ uint32(in.W)<<4 ^ uint32(in.Rex&0xF0) ^ uint32(in.L)<<5
	h *= 0x85EBCA6B
	return h ^ h>>15 | 1
}

func sameLength(code []byte, in *Inst, r *row) bool {
	if knownFault(in, r) {
		return true
	}
	x, err := x86asm.Decode(code[:min(len(code), maxLen)], 64)
	return err != nil || x.Op == 0 || x.Len == int(in.Len)
}

// knownFault lists where x86asm v0.32.0 is known to find a wrong length.
func knownFault(in *Inst, r *row) bool {
	switch r.iclass {
	case icVZEROUPPER, icVZEROALL:
		return true // reads a ModRM byte that is not there
	case icMOV_CR, icMOV_DR:
		return true // reads SIB and displacement, which the processor does not
	}
	return false
}
