package cell

import (
	"math"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/trampoline"
)

// casesPlan makes the calls of a list, and notes what each did.
func casesPlan(t *testing.T, given []Given, seen *[]SeenCase) Plan {
	t.Helper()
	p := onePlan(t)
	p.Laps = []Lap{{Kind: trampoline.Case, Counted: true}}
	p.Records = p.MaxRecords()
	p.Cases = &Cases{
		Next: func() (g Given, ok bool) {
			if len(given) == 0 {
				return g, false
			}
			g, given = given[0], given[1:]
			g.Call.Kernel = trampoline.ImageAddr
			return g, true
		},
		Seen: func(c SeenCase) { *seen = append(*seen, c) },
	}
	return p
}

// TestCases: one process makes calls with other arguments each time, in registers and
// on the stack.
func TestCases(t *testing.T) {
	var given []Given
	order := make([]ArgKind, 9)
	order[8] = FloatArg
	for i := range uint64(300) {
		given = append(given, Given{
			Call:    Call{Int: []uint64{i, 0, 0, 0, 0, 0, 0, 1000 * i}, Float: []uint64{math.Float64bits(float64(i))}, Order: order},
			Garbage: Garbage{Seed: i, In: AllUndefined},
		})
	}
	var seen []SeenCase
	// mov rax, [rsp+16]; add rax, rdi; addsd xmm0, xmm0; ret
	o := run(t, newSpace(t, "488b4424104801f8f20f58c0c3"), casesPlan(t, given, &seen))
	if o.End != Returned || len(seen) != len(given) {
		t.Fatalf("ended by %v %v after %d calls", o.End, o.Signal, len(seen))
	}
	for i, c := range seen {
		if c.RAX != 1001*uint64(i) || math.Float64frombits(c.XMM[0][0]) != float64(2*i) || c.Flags != 0 {
			t.Fatalf("call %d: %+v", i, c)
		}
	}
}

// TestCasesAreBounded: a list that does not end is cut where there is no more room for
// records.
func TestCasesAreBounded(t *testing.T) {
	var seen []SeenCase
	p := casesPlan(t, make([]Given, 100_000), &seen)
	o := run(t, newSpace(t, "c3"), p)
	if o.End != Returned || len(seen) != p.Records {
		t.Errorf("ended by %v after %d calls, there is room for %d", o.End, len(seen), p.Records)
	}
}

// TestGarbage: what a call leaves undefined holds what it is given, and zeros where
// it is given nothing.
func TestGarbage(t *testing.T) {
	for _, tt := range []struct {
		name, code string
		in         Undefined
	}{
		{"rax", "48c1e808c3", InScratch},                              // shr rax, 8; ret
		{"r10", "4c89d0c3", InScratch},                                // mov rax, r10; ret
		{"r11", "4c89d8c3", InScratch},                                // mov rax, r11; ret
		{"rdi", "4889f8c3", InArguments},                              // mov rax, rdi; ret
		{"r9", "4c89c8c3", InArguments},                               // mov rax, r9; ret
		{"xmm3", "66480f7ed8c3", InArguments},                         // movq rax, xmm3; ret
		{"flags", "9c5825d5080000c3", InFlags},                        // pushfq; pop rax; and eax, 0x8d5; ret
		{"xmm15", "664c0f7ef8c3", InVectors},                          // movq rax, xmm15; ret
		{"direction", "9c582500040000c3", 0},                          // pushfq; pop rax; and eax, 0x400; ret
		{"upper half of ymm9", "c4437d19c801c461f97ec0c3", InVectors}, // vextractf128 xmm8, ymm9, 1; vmovq rax, xmm8
	} {
		t.Run(tt.name, func(t *testing.T) {
			var given []Given
			for i := range uint64(8) {
				given = append(given, Given{Garbage: Garbage{Seed: i, In: AllUndefined}}, Given{Garbage: Garbage{Seed: i, In: AllUndefined &^ tt.in}})
			}
			var seen []SeenCase
			p := casesPlan(t, given, &seen)
			o := run(t, newSpace(t, tt.code), p)
			if o.End == Signal && o.Signal == unix.SIGILL {
				t.Skip("this processor has no AVX")
			}
			if o.End != Returned || len(seen) != 16 {
				t.Fatalf("ended by %v %v at %#x after %d calls", o.End, o.Signal, o.Regs.Rip, len(seen))
			}
			dirty := 0
			for i, c := range seen {
				if i%2 == 1 && c.RAX != 0 {
					t.Errorf("call %d finds %#x where nothing was put", i, c.RAX)
				}
				if i%2 == 0 && c.RAX != 0 {
					dirty++
				}
			}
			if want := tt.in != 0; (dirty > 0) != want {
				t.Errorf("%d of 8 calls find something, want that: %v", dirty, want)
			}
		})
	}
}

// TestCasesEnd: a call that breaks the convention is told apart from others, and one
// that crashes or hangs ends the cell with the calls before it seen.
func TestCasesEnd(t *testing.T) {
	given := func(n ...uint64) (list []Given) {
		for _, v := range n {
			list = append(list, Given{Call: Call{Int: []uint64{v}, Order: []ArgKind{IntArg}}})
		}
		return list
	}
	for _, tt := range []struct {
		name, code string
		end        End
		seen       int
		flags      uint64
	}{
		{"all return", "c3", Returned, 4, 0},
		{"breaks a register", "83ff03750383cb01c3", Returned, 4, trampoline.FlagRBX}, // cmp edi, 3; jne 1f; or ebx, 1; 1: ret
		{"crashes", "83ff0375020f0bc3", Signal, 2, 0},                                // cmp edi, 3; jne 1f; ud2; 1: ret
		{"hangs", "83ff037402c390ebfe", Timeout, 2, 0},                               // cmp edi, 3; je 1f; ret; 1: jmp 1b
	} {
		t.Run(tt.name, func(t *testing.T) {
			var seen []SeenCase
			p := casesPlan(t, given(1, 2, 3, 4), &seen)
			p.Wall = 300 * time.Millisecond
			o := run(t, newSpace(t, tt.code), p)
			if o.End != tt.end || len(seen) != tt.seen {
				t.Fatalf("ended by %v %v after %d calls", o.End, o.Signal, len(seen))
			}
			for i, c := range seen {
				if want := tt.flags; i == 2 && c.Flags&trampoline.FlagRBX != want || i != 2 && c.Flags != 0 {
					t.Errorf("call %d broke %#x", i, c.Flags)
				}
			}
		})
	}
}

// TestCasesAreAlone: a plan of cases has no other laps.
func TestCasesAreAlone(t *testing.T) {
	var seen []SeenCase
	p := casesPlan(t, []Given{{}}, &seen)
	p.Laps = append(p.Laps, Lap{Kind: trampoline.Empty})
	if _, err := newSpace(t, "c3").Run(p); err == nil {
		t.Error("another lap beside cases")
	}
}
