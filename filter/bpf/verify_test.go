package bpf_test

import (
	"errors"
	"slices"
	"testing"

	"webrunner/filter/bpf"
)

func ret(v uint32) bpf.Insn                { return bpf.Insn{Code: bpf.RET | bpf.K, K: v} }
func insn(code uint16, k uint32) bpf.Insn  { return bpf.Insn{Code: code, K: k} }
func jeq(k uint32, jt, jf uint8) bpf.Insn  { return bpf.Insn{bpf.JMP | bpf.JEQ | bpf.K, jt, jf, k} }
func repeat(in bpf.Insn, n int) []bpf.Insn { return slices.Repeat([]bpf.Insn{in}, n) }

// refused has one program for each edge of each check; want is what Verify
// says of it, nil for a program that is just good.
var refused = []struct {
	name string
	prog []bpf.Insn
	want error
}{
	{"empty", nil, bpf.Error{0, bpf.BadLength}},
	{"one return", []bpf.Insn{ret(0)}, nil},
	{"longest", repeat(ret(0), 4096), nil},
	{"too long", repeat(ret(0), 4097), bpf.Error{0, bpf.BadLength}},
	{"return A", []bpf.Insn{insn(bpf.RET|bpf.A, 0)}, nil},
	{"return X", []bpf.Insn{insn(bpf.RET|bpf.X, 0)}, bpf.Error{0, bpf.BadOpcode}},
	{"no return", []bpf.Insn{insn(bpf.LD|bpf.IMM, 0)}, bpf.Error{0, bpf.NoReturn}},
	{"mod", []bpf.Insn{insn(bpf.ALU|bpf.MOD|bpf.K, 3), ret(0)}, bpf.Error{0, bpf.BadOpcode}},
	{"load half", []bpf.Insn{insn(bpf.LD|bpf.H|bpf.ABS, 0), ret(0)}, bpf.Error{0, bpf.BadOpcode}},
	{"load byte", []bpf.Insn{insn(bpf.LD|bpf.B|bpf.ABS, 0), ret(0)}, bpf.Error{0, bpf.BadOpcode}},
	{"load indirect", []bpf.Insn{insn(bpf.LD|bpf.W|bpf.IND, 0), ret(0)}, bpf.Error{0, bpf.BadOpcode}},
	{"load header length", []bpf.Insn{insn(bpf.LDX|bpf.B|bpf.MSH, 0), ret(0)}, bpf.Error{0, bpf.BadOpcode}},
	{"high bits of opcode", []bpf.Insn{insn(0x100|bpf.LD|bpf.IMM, 0), ret(0)}, bpf.Error{0, bpf.BadOpcode}},
	{"load last word", []bpf.Insn{insn(bpf.LD|bpf.W|bpf.ABS, 60), ret(0)}, nil},
	{"load beyond", []bpf.Insn{insn(bpf.LD|bpf.W|bpf.ABS, 64), ret(0)}, bpf.Error{0, bpf.BadLoad}},
	{"load unaligned", []bpf.Insn{insn(bpf.LD|bpf.W|bpf.ABS, 2), ret(0)}, bpf.Error{0, bpf.BadLoad}},
	{"load ancillary", []bpf.Insn{insn(bpf.LD|bpf.W|bpf.ABS, 0xfffff000), ret(0)}, bpf.Error{0, bpf.BadLoad}},
	{"divide by 0", []bpf.Insn{insn(bpf.ALU|bpf.DIV|bpf.K, 0), ret(0)}, bpf.Error{0, bpf.DivByZero}},
	{"divide by 1", []bpf.Insn{insn(bpf.ALU|bpf.DIV|bpf.K, 1), ret(0)}, nil},
	{"shift 31", []bpf.Insn{insn(bpf.ALU|bpf.LSH|bpf.K, 31), ret(0)}, nil},
	{"shift left 32", []bpf.Insn{insn(bpf.ALU|bpf.LSH|bpf.K, 32), ret(0)}, bpf.Error{0, bpf.BadShift}},
	{"shift right 32", []bpf.Insn{insn(bpf.ALU|bpf.RSH|bpf.K, 32), ret(0)}, bpf.Error{0, bpf.BadShift}},
	{"store last", []bpf.Insn{insn(bpf.ST, 15), ret(0)}, nil},
	{"store beyond", []bpf.Insn{insn(bpf.ST, 16), ret(0)}, bpf.Error{0, bpf.BadScratch}},
	{"store X beyond", []bpf.Insn{insn(bpf.STX, 16), ret(0)}, bpf.Error{0, bpf.BadScratch}},
	{"fetch beyond", []bpf.Insn{insn(bpf.LD|bpf.MEM, 16), ret(0)}, bpf.Error{0, bpf.BadScratch}},
	{"fetch X beyond", []bpf.Insn{insn(bpf.LDX|bpf.MEM, 16), ret(0)}, bpf.Error{0, bpf.BadScratch}},
	{"fetch unwritten", []bpf.Insn{insn(bpf.LD|bpf.MEM, 0), ret(0)}, bpf.Error{0, bpf.Uninitialised}},
	{"fetch X unwritten", []bpf.Insn{insn(bpf.LDX|bpf.MEM, 0), ret(0)}, bpf.Error{0, bpf.Uninitialised}},
	{"fetch written", []bpf.Insn{insn(bpf.ST, 3), insn(bpf.LD|bpf.MEM, 3), ret(0)}, nil},
	{"fetch other", []bpf.Insn{insn(bpf.ST, 3), insn(bpf.LD|bpf.MEM, 2), ret(0)}, bpf.Error{1, bpf.Uninitialised}},
	{"written on one way", []bpf.Insn{jeq(0, 0, 1), insn(bpf.ST, 0), insn(bpf.LD|bpf.MEM, 0), ret(0)}, bpf.Error{2, bpf.Uninitialised}},
	{"written on both ways", []bpf.Insn{jeq(0, 0, 2), insn(bpf.ST, 0), insn(bpf.JMP|bpf.JA, 1), insn(bpf.STX, 0),
		insn(bpf.LD|bpf.MEM, 0), ret(0)}, nil},
	{"jumped over", []bpf.Insn{insn(bpf.JMP|bpf.JA, 1), insn(bpf.ST, 0), insn(bpf.LD|bpf.MEM, 0), ret(0)}, bpf.Error{2, bpf.Uninitialised}},
	{"unreachable fetch", []bpf.Insn{insn(bpf.JMP|bpf.JA, 1), insn(bpf.LD|bpf.MEM, 0), ret(0)}, nil},
	{"jump to last", []bpf.Insn{jeq(0, 0, 1), ret(0), ret(0)}, nil},
	{"jump beyond if so", []bpf.Insn{jeq(0, 1, 0), ret(0)}, bpf.Error{0, bpf.BadJump}},
	{"jump beyond if not", []bpf.Insn{jeq(0, 0, 1), ret(0)}, bpf.Error{0, bpf.BadJump}},
	{"goto last", []bpf.Insn{insn(bpf.JMP|bpf.JA, 0), ret(0)}, nil},
	{"goto beyond", []bpf.Insn{insn(bpf.JMP|bpf.JA, 1), ret(0)}, bpf.Error{0, bpf.BadJump}},
	{"goto wraps", []bpf.Insn{ret(0), insn(bpf.JMP|bpf.JA, 0xffffffff), ret(0)}, bpf.Error{1, bpf.BadJump}},
	{"goto at the end", []bpf.Insn{insn(bpf.JMP|bpf.JA, 0)}, bpf.Error{0, bpf.BadJump}},
}

func TestVerify(t *testing.T) {
	seen := map[bpf.Reason]bool{}
	for _, tt := range refused {
		got := bpf.Verify(tt.prog)
		if got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
		var e bpf.Error
		if errors.As(got, &e) {
			seen[e.Reason] = true
		}
	}
	for r := bpf.BadLength; r <= bpf.Uninitialised; r++ {
		if !seen[r] {
			t.Errorf("no case for %q", r)
		}
	}
}
