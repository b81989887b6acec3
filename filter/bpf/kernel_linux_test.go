//go:build amd64

package bpf_test

import (
	"flag"
	"math/rand/v2"
	"testing"

	"webrunner/filter/bpf"
	"webrunner/filter/bpf/bpftest"
)

var randomPrograms = flag.Int("programs", 20_000, "random programs for TestVerifyAsKernel")

// TestVerifyAsKernel demands the judgement of the running Linux on the table, on
// every opcode and on random programs.
func TestVerifyAsKernel(t *testing.T) {
	var programs [][]bpf.Insn
	for _, tt := range refused {
		programs = append(programs, tt.prog)
	}
	for code := range 1 << 16 {
		if code < 0x200 || code&(code-1) == 0 {
			programs = append(programs, []bpf.Insn{insn(bpf.ST, 4), insn(uint16(code), 4), ret(0), ret(0), ret(0), ret(0), ret(0)})
		}
	}
	agree(t, programs)
	r := rand.New(rand.NewPCG(1, 2))
	good := 0
	for left := *randomPrograms; left > 0; left -= 10_000 {
		good += agree(t, randoms(r, min(left, 10_000)))
	}
	t.Logf("%d programs made by hand, %d random ones of which Linux accepts %d", len(programs), *randomPrograms, good)
	if good < *randomPrograms/5 || good > *randomPrograms*4/5 {
		t.Errorf("the sample is lopsided: %d of %d accepted", good, *randomPrograms)
	}
}

// randoms makes n programs, about half of which have a fault.
func randoms(r *rand.Rand, n int) [][]bpf.Insn {
	offsets := []uint32{0, 4, 8, 12, 16, 20, 24, 60, 61, 64, 1 << 31}
	programs := make([][]bpf.Insn, n)
	for i := range programs {
		p := bpftest.Random(r, 2+r.IntN(24), offsets[:8+r.IntN(4)])
		if r.IntN(4) == 0 { // spoil one
			p[r.IntN(len(p))] = insn(uint16(r.IntN(256)), bpftest.Word(r))
		}
		programs[i] = p
	}
	return programs
}

// agree demands that Verify and Linux judge alike, and counts the accepted.
func agree(t *testing.T, programs [][]bpf.Insn) (good int) {
	t.Helper()
	accepted, err := bpftest.Accepts(programs)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range programs {
		mine := bpf.Verify(p)
		if (mine == nil) != accepted[i] {
			t.Errorf("program %d: Verify says %v, Linux accepts: %v\n%q", i, mine, accepted[i], bpf.Disasm(p))
		}
		if accepted[i] {
			good++
		}
	}
	return good
}

// TestRunAsKernel has the running Linux execute random programs.
func TestRunAsKernel(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	const programs, calls = 200, 100
	answered := 0
	for range programs {
		prog := answering(r)
		list := make([]bpf.Data, calls)
		for i := range list {
			list[i] = bpftest.Data(r)
			list[i].NR, list[i].Arch = uint32(r.IntN(1024)), 0xc000003e
			if list[i].NR == 335 || list[i].NR == 336 {
				// uretprobe and uprobe go past every filter (seccomp_uprobe_exception).
				list[i].NR = 334
			}
		}
		got, err := bpftest.Ask(prog, list)
		if err != nil {
			t.Fatal(err)
		}
		for i := range list {
			want, err := bpf.Run(prog, &list[i], nil)
			if err != nil {
				t.Fatal(err)
			}
			if want == 0 { // a division by X = 0 ends the process; see answering
				t.Fatal("program divides by X")
			}
			if got[i] != want&0x7ff {
				t.Fatalf("Linux answers %#x, Run %#x: %q on %+v", got[i], want, bpf.Disasm(prog), list[i])
			}
			answered++
		}
	}
	t.Logf("%d answers of Linux agree", answered)
}

// answering returns a random program that ends with eleven bits of its result
// as an errno.
func answering(r *rand.Rand) []bpf.Insn {
	for {
		prog := bpftest.Random(r, 5+r.IntN(60), []uint32{0, 4, 16, 20, 24, 28, 56, 60})
		prog = prog[:len(prog)-1]
		prog = append(prog, insn(bpf.ALU|bpf.AND|bpf.K, 0x7ff), insn(bpf.ALU|bpf.OR|bpf.K, 0x50000), insn(bpf.RET|bpf.A, 0))
		if bpf.Verify(prog) == nil && !endsEarly(prog) {
			return prog
		}
	}
}

// endsEarly reports a return before the last instruction, or a division that
// may end the program.
func endsEarly(prog []bpf.Insn) bool {
	for _, in := range prog[:len(prog)-1] {
		if in.Code&0x07 == bpf.RET || in.Code == bpf.ALU|bpf.DIV|bpf.X {
			return true
		}
	}
	return false
}
