package cell

import (
	"fmt"
	"math"
	"testing"

	"webrunner/trampoline"
)

// asMicrosoft is a plan whose function is called by the Microsoft ABI.
func asMicrosoft(p Plan) Plan {
	p.Call.Microsoft = true
	return p
}

// TestMicrosoftArguments: a function finds its arguments by position, and may use its shadow space.
func TestMicrosoftArguments(t *testing.T) {
	// f(i, f, i, f, i, f): rax = rcx + 10·r8 + 100·[rsp+40]; xmm0 = xmm1 + xmm3 + [rsp+48]; all four words of shadow space are written.
	const code = "4889c8" + "4d6bc00a" + "4c01c0" + "486b54242864" + "4801d0" + "f20f10c1" + "f20f58c3" + "f20f58442430" +
		"48894c2408" + "4889442410" + "4889542418" + "4889542420" + "c3"
	p := asMicrosoft(onePlan(t))
	bits := math.Float64bits
	p.Call.Int, p.Call.Float = []uint64{1, 2, 3}, []uint64{bits(0.5), bits(0.25), bits(4)}
	p.Call.Order = []ArgKind{IntArg, FloatArg, IntArg, FloatArg, IntArg, FloatArg}
	o := run(t, newSpace(t, code), p)
	if o.End != Returned || o.Samples.RAX != 321 || math.Float64frombits(o.Samples.XMM0[0]) != 4.75 || o.Samples.Records[0].Flags&trampoline.ViolationMask != 0 {
		t.Errorf("%v %v: rax %d, xmm0 %g, flags %#x", o.End, o.Signal, o.Samples.RAX, math.Float64frombits(o.Samples.XMM0[0]), o.Samples.Records[0].Flags)
	}
}

// TestMicrosoftKeeps: what the Microsoft ABI has kept is looked at, however calls are made, and nothing else is.
func TestMicrosoftKeeps(t *testing.T) {
	tests := []struct {
		name, code string
		want       uint64
	}{
		{"none", "c3", 0},
		{"xor edi, edi", "31ffc3", trampoline.FlagRDI},
		{"xor esi, esi", "31f6c3", trampoline.FlagRSI},
		{"xorps xmm6, xmm6", "0f57f6c3", trampoline.FlagVectors},
		{"xorps xmm7, xmm7", "0f57ffc3", trampoline.FlagVectors},
		{"xorps xmm8, xmm8", "450f57c0c3", trampoline.FlagVectors},
		{"movsd xmm15, xmm0", "f2440f10f8c3", trampoline.FlagVectors},
		{"xorps xmm5, xmm5; xor ecx, ecx; xor r11d, r11d", "0f57ed31c94531dbc3", 0},
		{"inc rbx", "48ffc3c3", trampoline.FlagRBX},
		{"mov [rsp+48], rsp", "4889642430c3", trampoline.FlagFrame},
	}
	for _, laps := range [][]Lap{
		{{Kind: trampoline.Kernel}},
		{{Kind: trampoline.Kernel, Batch: 3}},
		{{Kind: trampoline.Witness, Turns: 3}, {Kind: trampoline.Kernel}, {Kind: trampoline.Empty}},
	} {
		for _, xsave := range []bool{true, false} {
			for _, tt := range tests {
				t.Run(fmt.Sprint(tt.name, laps, xsave), func(t *testing.T) {
					p := asMicrosoft(onePlan(t))
					p.Laps, p.XSave, p.Records = laps, xsave, 2
					p.Call.Int, p.Call.Order = []uint64{1, 2, 3, 4, 5}, []ArgKind{IntArg, IntArg, IntArg, IntArg, IntArg}
					o := run(t, newSpace(t, tt.code), p)
					for _, r := range o.Samples.Records {
						if got := r.Flags & trampoline.ViolationMask; o.End != Returned || got != tt.want {
							t.Errorf("%v %v: violations %#x, want %#x", o.End, o.Signal, got, tt.want)
						}
					}
				})
			}
		}
	}
	p := asMicrosoft(stepPlan(t, nil)) // a watched call
	p.Watch.After = func(WatchedCall) bool { return true }
	p.Call.Int, p.Call.Order = []uint64{1, 2, 3, 4, 5}, []ArgKind{IntArg, IntArg, IntArg, IntArg, IntArg}
	for _, tt := range tests {
		t.Run("watched "+tt.name, func(t *testing.T) {
			o := run(t, newSpace(t, tt.code), p)
			if got := o.Samples.Records[0].Flags & trampoline.ViolationMask; got != tt.want {
				t.Errorf("%v: violations %#x, want %#x", o.End, got, tt.want)
			}
		})
	}
}

// TestMicrosoftWatched: what the stub keeps of a call is not taken for the function's writing.
func TestMicrosoftWatched(t *testing.T) {
	p := stepPlan(t, nil)
	p.Watch.After = func(c WatchedCall) bool {
		if c.Wrote {
			t.Error("it wrote")
		}
		return true
	}
	run(t, newSpace(t, "be01000000"+"bf02000000"+"c3"), p) // mov esi, 1; mov edi, 2; ret
}

// TestMicrosoftCases: what is undefined at a call is filled, and what is kept is looked at, also where it was filled.
func TestMicrosoftCases(t *testing.T) {
	call := Call{Kernel: trampoline.ImageAddr, Int: []uint64{7}, Order: []ArgKind{IntArg}, Microsoft: true}
	for _, tt := range []struct {
		name, code string
		dirty      bool
		flags      uint64
	}{
		{"rdx", "4889d0c3", true, 0}, // an argument that is not there
		{"r9", "4c89c8c3", true, 0},
		{"xmm1", "66480f7ec8c3", true, 0},
		{"xmm5", "66480f7ee8c3", true, 0},
		{"keeps", "31c0c3", false, 0},
		{"xorps xmm6, xmm6", "0f57f631c0c3", false, trampoline.FlagVectors},
		{"xorps xmm12, xmm12", "450f57e431c0c3", false, trampoline.FlagVectors},
		{"xor esi, esi", "31f631c0c3", false, trampoline.FlagRSI},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var seen []SeenCase
			list := []Given{{Call: call, Garbage: Garbage{Seed: 1, In: AllUndefined}}, {Call: call, Garbage: Garbage{Seed: 2, In: InMasks}}, {Call: call, Garbage: Garbage{Seed: 3, In: InArguments}}}
			o := run(t, newSpace(t, tt.code), casesPlan(t, list, &seen))
			if o.End != Returned || len(seen) != len(list) {
				t.Fatalf("%v %v after %d calls", o.End, o.Signal, len(seen))
			}
			for i, c := range seen {
				if c.Flags != tt.flags {
					t.Errorf("case %d: violations %#x, want %#x", i, c.Flags, tt.flags)
				}
			}
			if (seen[0].RAX != 0) != tt.dirty {
				t.Errorf("found %#x", seen[0].RAX)
			}
		})
	}
}
