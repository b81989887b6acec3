package rewrite

import (
	"encoding/binary"

	"webrunner/filter/screen"
)

// flow is what an instruction does to control, as far as its copy must know.
type flow uint8

const (
	next         flow = iota
	branch            // jcc rel
	loop              // LOOP, LOOPE, LOOPNE, JRCXZ
	jump              // jmp rel
	call              // call rel
	jumpIndirect      // jmp r/m
	callIndirect      // call r/m
	ret
	stop // a trap, or what cannot be copied or must not be: the copy traps there
)

// flowOf classifies an instruction.
func flowOf(in *screen.Inst) flow {
	if in.Space == screen.Rex2 || in.Space == screen.Evex && in.Map == 4 {
		return stop // APX: its jumps and its stack instructions are not copied
	}
	if in.Space != screen.Legacy {
		return next
	}
	switch in.Map {
	case 0:
		return flowOfByte(in)
	case 1:
		switch {
		case in.Op >= 0x80 && in.Op <= 0x8F:
			return branch
		case in.Op == 0x0B, in.Op == 0x05, in.Op == 0x34: // UD2, SYSCALL, SYSENTER
			return stop
		case tells(in):
			return stop
		}
	}
	return next
}

func flowOfByte(in *screen.Inst) flow {
	switch {
	case in.Op >= 0x70 && in.Op <= 0x7F:
		return branch
	case in.Op >= 0xE0 && in.Op <= 0xE3:
		return loop
	case in.Op == 0xE8:
		return call
	case in.Op == 0xE9, in.Op == 0xEB:
		return jump
	case in.Op == 0xC2, in.Op == 0xC3:
		return ret
	case in.Op == 0xFF:
		indirect := in.Prefixes&(screen.Pfx66|screen.PfxFS|screen.PfxGS) == 0
		switch in.ModRM >> 3 & 7 {
		case 2:
			return pick(indirect, callIndirect)
		case 4:
			return pick(indirect, jumpIndirect)
		case 3, 5:
			return stop
		}
	case (in.Op == 0xD9 || in.Op == 0xDD) && in.ModRM < 0xC0 && in.ModRM>>3&7 == 6: // FNSTENV, FNSAVE
		return stop // they store where the last x87 instruction lies
	case in.Op == 0xC7 && in.ModRM == 0xF8, in.Op == 0xC6 && in.ModRM == 0xF8, // XBEGIN, XABORT
		in.Op >= 0xCA && in.Op <= 0xCF, in.Op == 0xF1, in.Op == 0xF4:
		return stop
	}
	return next
}

// tells tells of instructions of map 1 from which code could learn that it is a copy and
// where this lies: what stores the address of the last x87 instruction, and what reads a
// clock, by which it could search memory for the copy and its counters.
func tells(in *screen.Inst) bool {
	reg := in.ModRM >> 3 & 7
	plain := in.Rep == 0 && in.Prefixes&screen.Pfx66 == 0
	switch in.Op {
	case 0x31, 0x33: // RDTSC, RDPMC
		return true
	case 0x01:
		return in.ModRM == 0xF9 || in.ModRM == 0xFD // RDTSCP, RDPRU
	case 0xAE:
		return plain && in.ModRM < 0xC0 && (reg == 0 || reg == 4 || reg == 6) // FXSAVE, XSAVE, XSAVEOPT
	case 0xC7:
		return in.ModRM < 0xC0 && (reg == 4 || reg == 5) // XSAVEC, XSAVES
	}
	return false
}

func pick(ok bool, f flow) flow {
	if ok {
		return f
	}
	return stop
}

// ends tells whether control does not go on behind an instruction.
func (f flow) ends() bool { return f == jump || f == jumpIndirect || f == ret || f == stop }

// direct tells whether the instruction itself says where it goes.
func (f flow) direct() bool { return f >= branch && f <= call }

// target is where a direct branch goes that lies at an address. Its distance is its last
// four bytes behind E8, E9 or 0F 8x, and else its last one: no prefix looks like these.
func target(code []byte, addr uint64) uint64 {
	n := len(code)
	to := addr + uint64(n)
	if n >= 5 && code[n-5]&^1 == 0xE8 || n >= 6 && code[n-6] == 0x0F && code[n-5]&0xF0 == 0x80 {
		return to + uint64(int32(binary.LittleEndian.Uint32(code[n-4:])))
	}
	return to + uint64(int8(code[n-1]))
}

// ripRelative tells whether an instruction addresses memory from where it lies.
func ripRelative(in *screen.Inst) bool {
	return in.HasModRM && in.ModRM&0xC7 == 5 && in.DispLen == 4
}
