package kernels

import (
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
// after the last element, the slack, holds zeros.
func (c *Call) Fill(mem [][]byte, seed uint64) {
	for i := range c.Operands {
		b := &c.Operands[i]
		m := mem[i][:b.Bytes]
		for j := range m[:b.Offset] {
			m[j] = margin
		}
		b.fill(m[b.Offset:b.end()], mix(seed+mix(uint64(i))))
		clear(m[b.end():])
	}
	for i := range c.Operands {
		if b := &c.Operands[i]; b.Fill == FillCopy {
			of := c.Spec.Operands[i].of
			b.copy(mem[i][b.Offset:b.end()], mem[of][c.Operands[of].Offset:c.Operands[of].end()], mix(seed+mix(uint64(i))))
		}
	}
}

// fill writes elements into m, which has room for all of them and no more.
func (b *Buffer) fill(m []byte, seed uint64) {
	switch {
	case b.said:
		fillConstant(m, b.bits, b.Type.Size())
		return
	case b.Fill == FillConstant:
		fillConstant(m, b.Type.encode(b.Value), b.Type.Size())
		return
	case b.bounds.given:
		b.bounded(m, seed)
		return
	case b.Fill == FillCopy: // once that is filled
		return
	case b.Fill != FillRandom && b.Fill != FillExact:
		b.special(m, seed)
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
	f := b.Type.format()
	switch {
	case b.Type == Bool:
		return 0x0101010101010101, 0
	case !b.Type.float():
		return math.MaxUint64, 0
	case b.Fill == FillExact:
		return b.exactMasks(f)
	}
	// Sign, the lowest bit of the exponent and the significand are random,
	// the other bits of the exponent give [0.5, 2).
	return b.Type.all(f.sign() | 1<<(f.significand+1) - 1), b.Type.all(f.one() &^ (1 << f.significand))
}

// exactMasks keeps as many significand bits s that Count products of two such
// numbers sum up exactly. Each number is a multiple of 2^-s below 2, so a
// product is a multiple of 2^-2s below 4, and Count of them stay within the
// precision p of the type when Count * 4 * 2^2s <= 2^p. At least one bit is
// kept, exact or not: there would be no two different numbers otherwise.
func (b *Buffer) exactMasks(f format) (and, or uint64) {
	s := max(1, min(8, (f.significand+1-2-bits.Len64(b.Count))/2))
	keep := uint64(1)<<f.significand - uint64(1)<<(f.significand-s)
	return b.Type.all(f.sign() | keep), b.Type.all(f.one())
}

// all repeats an element in every lane of a word.
func (t Type) all(lane uint64) uint64 {
	for width := 8 * t.Size(); width < 64; width *= 2 {
		lane |= lane << width
	}
	return lane
}

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
	case t.float():
		return t.format().encode(v)
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
