package kernels

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/bits"
)

// margin is what memory outside an operand's elements, but inside its slack
// before the first element, is filled with.
const margin = 0xa5

// Fill writes the contents of the operands: mem[i] is the memory of
// Operands[i], Bytes long. The contents depend on the seed, the position of
// the operand and its description alone, hence are the same everywhere. Memory
// after the last element holds more elements, so that a kernel which reads
// ahead within the slack does not meet zeros or denormals there.
func (c *Call) Fill(mem [][]byte, seed uint64) {
	for i := range c.Operands {
		b := &c.Operands[i]
		m := mem[i][:b.Bytes]
		for j := range m[:b.Offset] {
			m[j] = margin
		}
		b.fill(m[b.Offset:], mix(seed+mix(uint64(i))))
	}
}

// fill writes elements into all of m.
func (b *Buffer) fill(m []byte, seed uint64) {
	if b.Fill == FillConstant {
		fillConstant(m, b.Type.encode(b.Value), b.Type.Size())
		return
	}
	and, or := b.masks()
	g := generator{state: seed, and: and, or: or, low: b.lanes()}
	whole := len(m) &^ 7
	g.words(m[:whole])
	var tail [8]byte
	g.words(tail[:])
	copy(m[whole:], tail[:])
}

// masks returns what turns 64 random bits into elements, in each lane: a sign,
// an exponent and a significand.
func (b *Buffer) masks() (and, or uint64) {
	if !b.Type.float() {
		return math.MaxUint64, 0
	}
	if b.Fill == FillExact {
		return b.exactMasks()
	}
	// Sign, the lowest bit of the exponent and the significand are random,
	// the other bits of the exponent give [0.5, 2).
	if b.Type == Float32 {
		return both(0x80ffffff), both(0x3f000000)
	}
	return 0x801fffffffffffff, 0x3fe0000000000000
}

// exactMasks keeps as many significand bits s that Count products of two such
// numbers sum up exactly. Each number is a multiple of 2^-s below 2, so a
// product is a multiple of 2^-2s below 4, and Count of them stay within the
// precision p of the type when Count * 4 * 2^2s <= 2^p. At least one bit is
// kept, exact or not: there would be no two different numbers otherwise.
func (b *Buffer) exactMasks() (and, or uint64) {
	precision, width := 24, 23
	if b.Type == Float64 {
		precision, width = 53, 52
	}
	s := max(1, min(8, (precision-2-bits.Len64(b.Count))/2))
	keep := uint64(1)<<width - uint64(1)<<(width-s)
	if b.Type == Float32 {
		return both(1<<31 | keep), both(0x3f800000)
	}
	return 1<<63 | keep, 0x3ff0000000000000
}

// both repeats a 32-bit lane.
func both(lane uint64) uint64 { return lane<<32 | lane }

// lanes has the lowest bit of every integer lane set, and is 0 for
// floating-point types, where no element can be zero anyway.
func (b *Buffer) lanes() uint64 {
	switch b.Type {
	case Int8, Uint8:
		return 0x0101010101010101
	case Int16, Uint16:
		return 0x0001000100010001
	case Int32, Uint32:
		return 0x0000000100000001
	case Int64, Uint64:
		return 1
	}
	return 0
}

// generator is SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom
// number generators", OOPSLA 2014), its output shaped into elements.
type generator struct {
	state   uint64
	and, or uint64
	low     uint64 // lanes of which none may be 0; 0 when there are none
}

// words fills m, a multiple of 8 bytes.
func (g *generator) words(m []byte) {
	state, and, or, low := g.state, g.and, g.or, g.low
	for ; len(m) >= 8; m = m[8:] {
		state += golden
		v := scramble(state)&and | or
		if low != 0 {
			v = nonzero(v, low)
		}
		binary.LittleEndian.PutUint64(m, v)
	}
	g.state = state
}

// nonzero sets the highest bit of the lanes of v that are 0. In a lane, adding
// ones to all bits but the highest carries into the highest exactly when one
// of them was set.
func nonzero(v, low uint64) uint64 {
	high := bits.RotateLeft64(low, -1)
	set := (v&^high + ^high) | v
	return v | ^set&high
}

// mix is one step of the generator from a given state.
func mix(state uint64) uint64 { return scramble(state + golden) }

// golden is the step of SplitMix64's state: 2^64 divided by the golden ratio.
const golden = 0x9e3779b97f4a7c15

// scramble is the output function of SplitMix64.
func scramble(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// encode is the representation of v as an element of type t.
func (t Type) encode(v float64) uint64 {
	switch {
	case t == Float32:
		return uint64(math.Float32bits(float32(v)))
	case t == Float64:
		return math.Float64bits(v)
	case v < 0:
		return uint64(int64(v))
	}
	return uint64(v)
}

// fillConstant repeats the low size bytes of bits.
func fillConstant(m []byte, bits, size uint64) {
	var word [8]byte
	binary.LittleEndian.PutUint64(word[:], bits)
	n := copy(m, word[:size])
	for n > 0 && n < len(m) {
		n += copy(m[n:], m[:n])
	}
}

// Change gives some elements of each operand that the kernel reads other values,
// such as Fill could have given them: the first one, and one that the seed says.
// It does so in each set of memory alike, and returns how many elements it changed;
// operands of constant elements stay as they are.
func (c *Call) Change(seed uint64, sets ...[][]byte) (changed int) {
	for i := range c.Operands {
		b := &c.Operands[i]
		if b.Access == Out || b.Fill == FillConstant || b.Count == 0 {
			continue
		}
		state := mix(seed + mix(uint64(i)))
		for _, at := range [...]uint64{0, state % b.Count} {
			size := b.Type.Size()
			from := b.Offset + at*size
			value := b.another(sets[0][i][from:from+size], state^at)
			for _, mem := range sets {
				copy(mem[i][from:], value)
			}
			changed++
		}
	}
	return changed
}

// another returns an element that differs from an old one.
func (b *Buffer) another(old []byte, seed uint64) []byte {
	and, or := b.masks()
	g := generator{state: seed, and: and, or: or, low: b.lanes()}
	var word [8]byte
	for {
		g.words(word[:])
		if value := word[:len(old)]; !bytes.Equal(value, old) {
			return value
		}
	}
}
