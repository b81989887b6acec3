package step

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"webrunner/filter/screen"
)

// taken tells whether a conditional branch that stands before its execution will be
// taken. Of most branches that shows in where they go, but not of those that go to the
// next instruction in any case.
func taken(in *screen.Inst, regs *unix.PtraceRegsAmd64) bool {
	if in.Map == 1 || in.Op&0xF0 == 0x70 {
		return condition(in.Op&15, regs.Eflags)
	}
	mask := ^uint64(0)
	if in.Prefixes&screen.Pfx67 != 0 {
		mask = 1<<32 - 1
	}
	const zero = 1 << 6
	last := (regs.Rcx-1)&mask == 0
	switch in.Op {
	case 0xE0: // LOOPNE
		return !last && regs.Eflags&zero == 0
	case 0xE1: // LOOPE
		return !last && regs.Eflags&zero != 0
	case 0xE2: // LOOP
		return !last
	}
	return regs.Rcx&mask == 0 // JRCXZ
}

// condition tells whether a condition by its code holds in some flags (SDM vol. 1,
// appendix B).
func condition(code uint8, flags uint64) bool {
	bit := func(n int) bool { return flags>>n&1 != 0 }
	c, p, z, s, o := bit(0), bit(2), bit(6), bit(7), bit(11)
	holds := [...]bool{o, c, z, c || z, s, p, s != o, z || s != o}[code>>1]
	return holds != (code&1 != 0)
}

// branchTarget is where a conditional branch at an address goes.
func branchTarget(in *screen.Inst, code []byte, addr uint64) uint64 {
	next := addr + uint64(in.Len)
	if in.Map == 1 {
		return next + uint64(int32(binary.LittleEndian.Uint32(code[in.Len-4:])))
	}
	return next + uint64(int8(code[in.Len-1]))
}

// mayBeMade tells of instructions that a hypervisor may execute in place of the
// processor (SDM vol. 3, 26.1; APM vol. 2, 15.9). Not all of them stop behind these in
// single steps.
func mayBeMade(in *screen.Inst) bool {
	if in.Space != screen.Legacy {
		return false
	}
	reg := in.ModRM >> 3 & 7
	switch {
	case in.Map == 0:
		return in.Op == 0x90 // PAUSE
	case in.Map != 1:
		return false
	case in.Op == 0xA2, in.Op == 0x31, in.Op == 0x33: // CPUID, RDTSC, RDPMC
		return true
	case in.Op == 0x01: // XGETBV, RDTSCP and others
		return in.ModRM >= 0xC0
	case in.Op == 0xC7: // RDRAND, RDSEED, RDPID
		return in.ModRM >= 0xC0 && reg >= 6
	case in.Op == 0xAE: // CLFLUSH and its like
		return in.ModRM < 0xC0 && reg >= 6
	}
	return false
}
