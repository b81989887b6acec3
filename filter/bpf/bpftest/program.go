// Package bpftest helps to test filter programs: it makes random ones and asks
// the running Linux what it makes of them. No filter it installs outlives the
// short-lived process it was installed in. Only tests import it.
package bpftest

import (
	"math/rand/v2"
	"sync"

	"webrunner/filter/bpf"
)

// Opcodes are all instructions that seccomp admits.
var Opcodes = sync.OnceValue(opcodes)

func opcodes() []uint16 {
	var out []uint16
	for code := range uint16(256) {
		ret := bpf.Insn{Code: bpf.RET | bpf.K}
		prog := []bpf.Insn{{Code: bpf.ST, K: 4}, {Code: code, K: 4}, ret, ret, ret, ret, ret}
		if bpf.Verify(prog) == nil {
			out = append(out, code)
		}
	}
	return out
}

// Random returns a program of n instructions, each of which is likely to be
// well-formed; the program as a whole may not be. Loads are of the given
// offsets.
func Random(r *rand.Rand, n int, offsets []uint32) []bpf.Insn {
	codes := Opcodes()
	prog := make([]bpf.Insn, n)
	for pc := range prog {
		prog[pc] = random(r, codes[r.IntN(len(codes))], n-pc-1, offsets)
	}
	prog[n-1] = bpf.Insn{Code: bpf.RET | bpf.A}
	return prog
}

// random makes one instruction that left others follow.
func random(r *rand.Rand, code uint16, left int, offsets []uint32) bpf.Insn {
	in := bpf.Insn{Code: code, K: Word(r)}
	switch {
	case code&0x07 == bpf.RET && r.IntN(8) != 0: // most programs should be longer
		return bpf.Insn{Code: bpf.LD | bpf.W | bpf.ABS, K: offsets[r.IntN(len(offsets))]}
	case code == bpf.LD|bpf.W|bpf.ABS:
		in.K = offsets[r.IntN(len(offsets))]
	case code == bpf.ST || code == bpf.STX || code == bpf.LD|bpf.MEM || code == bpf.LDX|bpf.MEM:
		in.K = uint32(r.IntN(3)) // few words, so that most are written before they are read
	case code&0xf7 == bpf.ALU|bpf.LSH || code&0xf7 == bpf.ALU|bpf.RSH:
		in.K &= 31
	case code == bpf.JMP|bpf.JA:
		in.K = uint32(r.IntN(max(1, min(left, 5))))
	case code&0x07 == bpf.JMP:
		in.Jt, in.Jf = uint8(r.IntN(max(1, min(left, 9)))), uint8(r.IntN(max(1, min(left, 9))))
	}
	return in
}

// Word is a random 32-bit value, often one near an edge.
func Word(r *rand.Rand) uint32 {
	switch r.IntN(4) {
	case 0:
		return uint32(r.IntN(8))
	case 1:
		return uint32(1) << r.IntN(32)
	case 2:
		return uint32(1)<<r.IntN(32) - 1
	}
	return r.Uint32()
}

// Data is a random call.
func Data(r *rand.Rand) bpf.Data {
	d := bpf.Data{NR: Word(r), Arch: Word(r), IP: r.Uint64()}
	for i := range d.Args {
		d.Args[i] = uint64(Word(r))<<32 | uint64(Word(r))
	}
	return d
}
