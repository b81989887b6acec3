package cell

import (
	"bytes"
	"testing"

	"webrunner/trampoline"
)

// TestPlaceVectors: vectors share the registers of floating-point numbers, and lie on the stack
// at multiples of their size where none is left (psABI 3.2.3).
func TestPlaceVectors(t *testing.T) {
	vector := func(size int, b byte) []byte { return bytes.Repeat([]byte{b}, size) }
	word := func(b byte) uint64 { return 0x0101010101010101 * uint64(b) }
	var c trampoline.Control
	call := Call{Float: []uint64{7, 8}, Vector: [][]byte{vector(16, 1)}, Order: []ArgKind{FloatArg, VectorArg, FloatArg}}
	if n, err := call.place(&c, 0); err != nil || n != 3 || c.Wide != 16 || c.Vector[0] != (trampoline.Vector{7}) || c.Vector[1] != (trampoline.Vector{word(1), word(1)}) || c.Vector[2] != (trampoline.Vector{8}) || c.StackArgs != 0 {
		t.Errorf("%d registers, %v: %v, %d bytes", n, err, c.Vector, c.Wide)
	}
	for offset := uint64(0); offset < MaxStackOffset; offset += 16 {
		call = Call{Returns: 64, Float: []uint64{7}, Int: make([]uint64, 7)}
		for range 7 {
			call.Order = append(call.Order, IntArg)
		}
		call.Int[6] = 9
		for i := range 8 {
			call.Vector, call.Order = append(call.Vector, vector(32, byte(i))), append(call.Order, VectorArg)
		}
		call.Vector = append(call.Vector, vector(64, 100), vector(16, 101), vector(32, 102))
		call.Order = append(call.Order, VectorArg, VectorArg, FloatArg, VectorArg)
		n, err := call.place(&c, offset)
		if err != nil || n != 8 || c.Wide != 32 || c.Returns != 64 {
			t.Fatalf("%d registers, %v, %d bytes", n, err, c.Wide)
		}
		want := map[int]uint64{0: 9, 8: word(100), 15: word(100), 16: word(101), 17: word(101), 18: 7, 20: word(102), 23: word(102)}
		for i, v := range want {
			if c.Stack[i] != v {
				t.Errorf("word %d of the stack is %#x, want %#x", i, c.Stack[i], v)
			}
		}
		if c.StackArgs != 24 || c.EntrySP%64 != 0 || c.Frame != c.EntrySP+24*8 || c.Frame > trampoline.StackAddr+StackSize-8*trampoline.FrameWords || c.Frame+offset+24*8+128 < trampoline.StackAddr+StackSize {
			t.Errorf("%d words from %#x", c.StackArgs, c.EntrySP)
		}
	}
	for name, call := range map[string]Call{
		"of 8 bytes": {Vector: [][]byte{vector(8, 1)}, Order: []ArgKind{VectorArg}},
		"left out":   {Vector: [][]byte{vector(16, 1)}},
		"absent":     {Order: []ArgKind{VectorArg}},
	} {
		if _, err := call.place(&c, 0); err == nil {
			t.Errorf("a vector %s is placed", name)
		}
	}
}

// TestGarbageAboveVectors: what is above a vector in its register is garbage, in the whole
// register, and the vector is not.
func TestGarbageAboveVectors(t *testing.T) {
	parts := []component{{number: numberAVX}, {number: numberZMM}}
	call := Call{Float: []uint64{7}, Vector: [][]byte{bytes.Repeat([]byte{1}, 32)}, Order: []ArgKind{FloatArg, VectorArg}}
	var c trampoline.Control
	n, err := call.place(&c, 0)
	if err != nil {
		t.Fatal(err)
	}
	Garbage{Seed: 5, In: AllUndefined}.put(&c, call, n, parts)
	if c.Wide != 64 || c.Vector[0][0] != 7 || c.Vector[1][3] != 0x0101010101010101 {
		t.Errorf("%d bytes: %v", c.Wide, c.Vector)
	}
	for i, v := range c.Vector {
		for k, w := range v {
			if given := i == 0 && k < 1 || i == 1 && k < 4; !given && w == 0 {
				t.Errorf("register %d has no garbage in word %d", i, k)
			}
		}
	}
	for _, tt := range []struct {
		parts []component
		want  uint64
	}{{nil, 16}, {parts[:1], 32}, {parts, 64}} {
		if got := widest(tt.parts); got != tt.want {
			t.Errorf("%d bytes, want %d", got, tt.want)
		}
	}
}
