package kernels

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// special writes contents of which an element depends on its place, or on
// others, into the memory of the elements.
func (b *Buffer) special(elements []byte, state uint64) {
	draw := drawer{state}
	switch b.Fill {
	case FillIndex:
		for i := range b.Count {
			b.put(elements, i, b.numeral(i))
		}
	case FillPermutation, FillCycle:
		b.shuffle(elements, &draw)
	case FillText:
		for i := range elements[:b.Count-1] {
			elements[i] = draw.letter()
		}
		elements[b.Count-1] = 0
	case FillUTF8, FillMaybeUTF8:
		for i := 0; i < len(elements); {
			i += draw.character(elements[i:], 1+int(draw.below(uint64(min(utf8.UTFMax, len(elements)-i)))))
		}
		if b.Fill == FillMaybeUTF8 && len(elements) > 0 && draw.below(2) == 1 {
			e := draw.fault(elements)
			copy(elements[e.at:], e.to)
		}
	case FillValues, FillBytes, FillFile:
		clear(elements[copy(elements, b.data):])
	case FillPointers:
		for i := range b.Count {
			b.put(elements, i, b.first+i*b.step)
		}
	}
}

// bounded draws elements between bounds into all of m.
func (b *Buffer) bounded(m []byte, state uint64) {
	draw := drawer{state}
	size := int(b.Type.Size())
	var word [8]byte
	for len(m) > 0 {
		binary.LittleEndian.PutUint64(word[:], b.between(&draw))
		m = m[copy(m, word[:size]):]
	}
}

// between draws one element between the bounds.
func (b *Buffer) between(draw *drawer) uint64 {
	if !b.Type.float() {
		return b.bounds.first + draw.upTo(b.bounds.span)
	}
	low, high := b.bounds.low, b.bounds.high
	part := float64(draw.next()>>11) / (1 << 53)
	return b.Type.encode(min(max(low+(high-low)*part, low), high))
}

// numeral is the element that means the number i.
func (b *Buffer) numeral(i uint64) uint64 {
	if b.Type.float() {
		return b.Type.encode(float64(i))
	}
	return i
}

// shuffle writes a permutation (R. Durstenfeld, "Algorithm 235", Communications
// of the ACM 7(7), 1964) or, if it never leaves an element in its place, one of a
// single cycle (Sattolo).
func (b *Buffer) shuffle(m []byte, draw *drawer) {
	for i := range b.Count {
		b.put(m, i, i)
	}
	for i := b.Count; i > 1; i-- {
		last := i - 1
		j := draw.below(last)
		if b.Fill == FillPermutation {
			j = draw.below(i)
		}
		b.swap(m, last, j)
	}
}

func (b *Buffer) swap(m []byte, i, j uint64) {
	x, y := b.get(m, i), b.get(m, j)
	b.put(m, i, y)
	b.put(m, j, x)
}

// get is element i as it is stored, zero-extended.
func (b *Buffer) get(m []byte, i uint64) uint64 { return elements{b.Type, m}.bits(i) }

// put stores the low bits of v as element i.
func (b *Buffer) put(m []byte, i, v uint64) {
	switch b.Type.Size() {
	case 1:
		m[i] = byte(v)
	case 2:
		binary.LittleEndian.PutUint16(m[2*i:], uint16(v))
	case 4:
		binary.LittleEndian.PutUint32(m[4*i:], uint32(v))
	default:
		binary.LittleEndian.PutUint64(m[8*i:], v)
	}
}

// drawer draws random numbers with SplitMix64.
type drawer struct{ state uint64 }

func (d *drawer) next() uint64 {
	d.state += golden
	return scramble(d.state)
}

// below draws a number below n, which is not 0. What is not even about it is
// less than n in 2^64 (D. Lemire, "Fast random integer generation in an
// interval", ACM TOMACS 29(1), 2019).
func (d *drawer) below(n uint64) uint64 {
	high, _ := bits.Mul64(d.next(), n)
	return high
}

// upTo draws a number from 0 to n, both included.
func (d *drawer) upTo(n uint64) uint64 {
	if n+1 == 0 {
		return d.next()
	}
	return d.below(n + 1)
}

func (d *drawer) letter() byte {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	return letters[d.below(uint64(len(letters)))]
}

// character writes a random character of size bytes in UTF-8 and returns size.
func (d *drawer) character(m []byte, size int) int {
	ranges := [...][2]uint64{1: {' ', '~'}, 2: {0x80, 0x7ff}, 3: {0x800, 0xffff - 0x800}, 4: {0x10000, utf8.MaxRune}}
	r := ranges[size][0] + d.upTo(ranges[size][1]-ranges[size][0])
	if size == 3 && r >= 0xd800 {
		r += 0x800 // past the surrogates
	}
	return utf8.EncodeRune(m, rune(r))
}
