package bpf_test

import (
	"math/rand/v2"
	"testing"

	netbpf "golang.org/x/net/bpf"

	"webrunner/filter/bpf"
	"webrunner/filter/bpf/bpftest"
)

var call = bpf.Data{NR: 0x11, Arch: 0x22, IP: 0x4444444433333333,
	Args: [6]uint64{0x6666666655555555, 1, 2, 3, 4, 0xffffffffeeeeeeee}}

// load returns a program that puts a in A and x in X and then runs op.
func load(a, x uint32, op ...bpf.Insn) []bpf.Insn {
	p := append([]bpf.Insn{insn(bpf.LD|bpf.IMM, a), insn(bpf.LDX|bpf.IMM, x)}, op...)
	return append(p, insn(bpf.RET|bpf.A, 0))
}

func TestRun(t *testing.T) {
	field := func(off uint32) []bpf.Insn {
		return []bpf.Insn{insn(bpf.LD|bpf.W|bpf.ABS, off), insn(bpf.RET|bpf.A, 0)}
	}
	branch := func(code uint16, k uint32) []bpf.Insn {
		return []bpf.Insn{insn(bpf.LD|bpf.IMM, 6), insn(bpf.LDX|bpf.IMM, k), {code, 0, 1, k}, ret(1), ret(0)}
	}
	for _, tt := range []struct {
		name string
		prog []bpf.Insn
		want uint32
	}{
		{"nr", field(bpf.OffNR), 0x11},
		{"arch", field(bpf.OffArch), 0x22},
		{"ip low", field(bpf.OffIP), 0x33333333},
		{"ip high", field(bpf.OffIP + 4), 0x44444444},
		{"arg0 low", field(bpf.OffArgLow(0)), 0x55555555},
		{"arg0 high", field(bpf.OffArgHigh(0)), 0x66666666},
		{"arg5 low", field(bpf.OffArgLow(5)), 0xeeeeeeee},
		{"arg5 high", field(bpf.OffArgHigh(5)), 0xffffffff},
		{"length", []bpf.Insn{insn(bpf.LD|bpf.W|bpf.LEN, 0), insn(bpf.RET|bpf.A, 0)}, 64},
		{"length in X", []bpf.Insn{insn(bpf.LDX|bpf.W|bpf.LEN, 0), insn(bpf.MISC|bpf.TXA, 0), insn(bpf.RET|bpf.A, 0)}, 64},
		{"ret k", []bpf.Insn{ret(0xffffffff)}, 0xffffffff},
		{"add", load(7, 0, insn(bpf.ALU|bpf.ADD|bpf.K, 0xffffffff)), 6},
		{"add x", load(7, 3, insn(bpf.ALU|bpf.ADD|bpf.X, 99)), 10},
		{"sub", load(7, 0, insn(bpf.ALU|bpf.SUB|bpf.K, 8)), 0xffffffff},
		{"mul", load(0x10000, 0, insn(bpf.ALU|bpf.MUL|bpf.K, 0x10001)), 0x10000},
		{"div", load(0xfffffffe, 0, insn(bpf.ALU|bpf.DIV|bpf.K, 2)), 0x7fffffff},
		{"div x", load(9, 4, insn(bpf.ALU|bpf.DIV|bpf.X, 0)), 2},
		{"div by x 0 ends", load(9, 0, insn(bpf.ALU|bpf.DIV|bpf.X, 0), ret(5)), 0},
		{"or", load(5, 0, insn(bpf.ALU|bpf.OR|bpf.K, 2)), 7},
		{"and", load(7, 0, insn(bpf.ALU|bpf.AND|bpf.K, 0xa)), 2},
		{"xor", load(7, 0, insn(bpf.ALU|bpf.XOR|bpf.K, 2)), 5},
		{"neg", load(7, 0, insn(bpf.ALU|bpf.NEG, 0)), 0xfffffff9},
		{"lsh", load(3, 0, insn(bpf.ALU|bpf.LSH|bpf.K, 31)), 0x80000000},
		{"lsh x 33", load(3, 33, insn(bpf.ALU|bpf.LSH|bpf.X, 0)), 6},
		{"rsh", load(0x80000000, 0, insn(bpf.ALU|bpf.RSH|bpf.K, 31)), 1},
		{"tax", load(7, 1, insn(bpf.MISC|bpf.TAX, 0), insn(bpf.ALU|bpf.ADD|bpf.X, 0)), 14},
		{"scratch", load(7, 1, insn(bpf.ST, 15), insn(bpf.STX, 0), insn(bpf.LD|bpf.MEM, 0), insn(bpf.LDX|bpf.MEM, 15), insn(bpf.ALU|bpf.SUB|bpf.X, 0)), 0xfffffffa},
		{"ja", []bpf.Insn{insn(bpf.JMP|bpf.JA, 1), ret(1), ret(2)}, 2},
		{"jeq 6", branch(bpf.JMP|bpf.JEQ|bpf.K, 6), 1}, {"jeq 7", branch(bpf.JMP|bpf.JEQ|bpf.K, 7), 0},
		{"jgt 5", branch(bpf.JMP|bpf.JGT|bpf.K, 5), 1}, {"jgt 6", branch(bpf.JMP|bpf.JGT|bpf.K, 6), 0},
		{"jge 6", branch(bpf.JMP|bpf.JGE|bpf.X, 6), 1}, {"jge 7", branch(bpf.JMP|bpf.JGE|bpf.X, 7), 0},
		{"jset 2", branch(bpf.JMP|bpf.JSET|bpf.K, 2), 1}, {"jset 9", branch(bpf.JMP|bpf.JSET|bpf.K, 9), 0},
	} {
		if err := bpf.Verify(tt.prog); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if got, err := bpf.Run(tt.prog, &call, nil); got != tt.want || err != nil {
			t.Errorf("%s: got %#x, %v; want %#x", tt.name, got, err, tt.want)
		}
	}
}

// TestRunRefused runs what Verify refuses: an error where it matters, no panic.
func TestRunRefused(t *testing.T) {
	for _, tt := range refused {
		_, err := bpf.Run(tt.prog, &call, nil)
		if tt.want == nil && err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	for _, tt := range []struct {
		prog []bpf.Insn
		want error
	}{
		{nil, bpf.Error{0, bpf.NoReturn}},
		{[]bpf.Insn{insn(bpf.JMP|bpf.JA, 0xffffffff)}, bpf.Error{1, bpf.NoReturn}},
		{[]bpf.Insn{insn(bpf.ALU|bpf.DIV|bpf.K, 0)}, bpf.Error{0, bpf.DivByZero}},
		{[]bpf.Insn{insn(bpf.ALU|bpf.RSH|bpf.K, 32)}, bpf.Error{0, bpf.BadShift}},
		{[]bpf.Insn{insn(bpf.LD|bpf.W|bpf.ABS, 65)}, bpf.Error{0, bpf.BadLoad}},
		{[]bpf.Insn{insn(bpf.STX, 16)}, bpf.Error{0, bpf.BadScratch}},
		{[]bpf.Insn{insn(bpf.LDX|bpf.B|bpf.MSH, 0)}, bpf.Error{0, bpf.BadOpcode}},
		{[]bpf.Insn{insn(bpf.ALU|bpf.MOD|bpf.X, 0)}, bpf.Error{0, bpf.BadOpcode}},
		{[]bpf.Insn{insn(bpf.JMP|0x50, 0)}, bpf.Error{0, bpf.BadOpcode}},
		{[]bpf.Insn{insn(bpf.RET|bpf.X, 0)}, bpf.Error{0, bpf.BadOpcode}},
	} {
		_, err := bpf.Run(tt.prog, &call, nil)
		if e, ok := err.(bpf.Error); !ok || e.Reason != tt.want.(bpf.Error).Reason {
			t.Errorf("%q: got %v, want %v", bpf.Disasm(tt.prog), err, tt.want)
		}
	}
}

// FuzzRun holds the interpreter against golang.org/x/net/bpf on programs that
// Verify accepts, and demands that it never fails on these nor panics on others.
func FuzzRun(f *testing.F) {
	for seed := range uint64(2000) {
		f.Add(seed, uint8(seed%40))
	}
	f.Fuzz(func(t *testing.T, seed uint64, length uint8) {
		r := rand.New(rand.NewPCG(seed, 0))
		prog := bpftest.Random(r, 1+int(length), []uint32{0, 4, 8, 12, 16, 36, 60})
		d := bpftest.Data(r)
		got, err := bpf.Run(prog, &d, nil)
		if bpf.Verify(prog) != nil {
			return
		}
		if err != nil {
			t.Fatalf("%v in verified program %q", err, bpf.Disasm(prog))
		}
		want, ok := runNet(t, prog, d)
		if ok && got != want {
			t.Fatalf("got %#x, x/net says %#x: %q on %+v", got, want, bpf.Disasm(prog), d)
		}
	})
}

// runNet runs prog on golang.org/x/net/bpf's machine, whose loads are
// big-endian: the words are swapped for it. It returns false for programs on
// which the two differ: a shift by X of 32 or more is 0 there, by the low five
// bits here and in Linux; and neg and "ldx len" are unknown to it.
func runNet(t *testing.T, prog []bpf.Insn, d bpf.Data) (uint32, bool) {
	raw := make([]netbpf.RawInstruction, len(prog))
	for i, in := range prog {
		raw[i] = netbpf.RawInstruction{Op: in.Code, Jt: in.Jt, Jf: in.Jf, K: in.K}
		if in.Code == bpf.ALU|bpf.LSH|bpf.X || in.Code == bpf.ALU|bpf.RSH|bpf.X {
			return 0, false
		}
		if in.Code == bpf.LDX|bpf.W|bpf.LEN || in.Code == bpf.ALU|bpf.NEG {
			return 0, false // unknown there
		}
	}
	ins, ok := netbpf.Disassemble(raw)
	if !ok {
		t.Fatalf("x/net cannot read %q", bpf.Disasm(prog))
	}
	vm, err := netbpf.NewVM(ins)
	if err != nil {
		t.Fatalf("x/net refuses %q: %v", bpf.Disasm(prog), err)
	}
	v, err := vm.Run(bigEndian(d))
	if err != nil {
		t.Fatal(err)
	}
	return uint32(v), true
}

func bigEndian(d bpf.Data) []byte {
	words := []uint32{d.NR, d.Arch, uint32(d.IP), uint32(d.IP >> 32)}
	for _, a := range d.Args {
		words = append(words, uint32(a), uint32(a>>32))
	}
	var b []byte
	for _, w := range words {
		b = append(b, byte(w>>24), byte(w>>16), byte(w>>8), byte(w))
	}
	return b
}
