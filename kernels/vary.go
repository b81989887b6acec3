package kernels

import (
	"encoding/binary"
	"math"
)

// Extremes is a set of contents that tests look for and measurements avoid.
type Extremes uint8

// The extremes. Only operands with random contents get them, within their bounds.
const (
	// Denormals makes all floating-point numbers denormal.
	Denormals Extremes = 1 << iota
	// Integers puts 0, 1, -1 and the limits of the type, or of the bounds, among the
	// integers.
	Integers
	// Zeros, Infinities and NaNs put these among the floating-point numbers, with
	// either sign.
	Zeros
	Infinities
	NaNs
)

// Extreme changes contents that Fill has written, and vectors of the call, which must be
// Drawn for this alone, to extreme ones.
func (c *Call) Extreme(mem [][]byte, kinds Extremes, seed uint64) {
	c.contents(mem, func(b *Buffer, m []byte, n uint64) {
		if b.Fill != FillRandom || b.Count == 0 {
			return
		}
		draw := drawer{mix(seed + mix(n))}
		switch {
		case !b.Type.float() && kinds&Integers != 0:
			b.sprinkle(m, b.limits(), &draw)
		case b.Type.float():
			if kinds&Denormals != 0 && b.admits(0) {
				b.denormal(m, &draw)
			}
			b.sprinkle(m, b.specials(kinds), &draw)
		}
	})
}

// Extremes are those that contents of the call can have, by their types: of integers, of
// floating-point numbers, or of both.
func (c *Call) Extremes() (kinds Extremes) {
	has := func(b *Buffer) {
		switch {
		case b.Fill != FillRandom:
		case b.Type.float():
			kinds |= Denormals | Zeros | Infinities | NaNs
		default:
			kinds |= Integers
		}
	}
	for i := range c.Operands {
		has(&c.Operands[i])
	}
	for i := range c.Args {
		if b := c.Args[i].contents; b != nil {
			has(b)
		}
	}
	return kinds
}

// contents visits the elements of operands and of vectors, and numbers that are passed by
// value, with another number for each to draw by.
func (c *Call) contents(mem [][]byte, visit func(b *Buffer, m []byte, n uint64)) {
	for i := range c.Operands {
		b := &c.Operands[i]
		visit(b, mem[i][b.Offset:b.end()], uint64(i))
	}
	for i := range c.Args {
		if a := &c.Args[i]; a.contents != nil {
			visit(a.contents, a.Vector, maxOperands+uint64(i))
		} else if b := c.number(i); b != nil {
			m := binary.LittleEndian.AppendUint64(nil, a.Bits)
			visit(b, m, maxOperands+uint64(i))
			a.Bits = binary.LittleEndian.Uint64(m)
		}
	}
}

// number describes a floating-point argument as an operand of one element, which keeps to
// the limits of the parameter that says it; nil for other arguments.
func (c *Call) number(arg int) *Buffer {
	a := &c.Spec.Args[arg]
	if a.Kind != ArgFloat32 && a.Kind != ArgFloat64 {
		return nil
	}
	b := &Buffer{Name: a.Name, Type: a.elem, Count: 1, Bytes: a.elem.Size(), Fill: FillConstant}
	if i := c.Spec.param(a.number.param); i >= 0 {
		p := &c.Spec.Params[i]
		b.bounds = bounds{given: true, low: math.Float64frombits(p.Min), high: math.Float64frombits(p.Max)}
	}
	return b
}

// admits tells whether a number is within the bounds, if there are some.
func (b *Buffer) admits(v float64) bool {
	return !b.bounds.given || v >= b.bounds.low && v <= b.bounds.high
}

// sprinkle gives about one in four elements one of some values.
func (b *Buffer) sprinkle(m []byte, values []uint64, draw *drawer) {
	if len(values) == 0 {
		return
	}
	for i := range b.Count {
		if r := draw.next(); r>>62 == 0 {
			b.put(m, i, values[r%uint64(len(values))])
		}
	}
}

// limits are the integers at which arithmetic changes.
func (b *Buffer) limits() (list []uint64) {
	if b.bounds.given {
		return []uint64{b.bounds.first, b.bounds.first + b.bounds.span}
	}
	most := b.Type.max()
	list = []uint64{0, 1, most}
	if b.Type.signed() {
		list = append(list, math.MaxUint64, ^most) // -1, and the least
	}
	return list
}

// specials are the floating-point numbers that are asked for.
func (b *Buffer) specials(kinds Extremes) (list []uint64) {
	f := b.Type.format()
	for _, s := range []struct {
		kind Extremes
		bits uint64
	}{{Zeros, 0}, {Infinities, f.infinity()}, {NaNs, f.infinity() | 1<<(f.significand-1)}} {
		if kinds&s.kind == 0 {
			continue
		}
		for _, bits := range []uint64{s.bits, s.bits | f.sign()} {
			if b.admits(f.decode(bits)) {
				list = append(list, bits)
			}
		}
	}
	return list
}

// infinity is the representation of the positive one.
func (f format) infinity() uint64 { return (1<<f.exponent - 1) << f.significand }

// denormal makes every element a denormal number of either sign, as the bounds allow.
func (b *Buffer) denormal(m []byte, draw *drawer) {
	f := b.Type.format()
	for i := range b.Count {
		r := draw.next()
		bits := max(r&(1<<f.significand-1), 1)
		if r>>63 != 0 {
			bits |= f.sign()
		}
		if !b.admits(f.decode(bits)) {
			bits ^= f.sign()
		}
		if b.admits(f.decode(bits)) {
			b.put(m, i, bits)
		}
	}
}

// Undefined has those bits of the register or stack slot of an argument set that a
// caller need not set: the upper half for an integer of 32 bits or less, which
// compilers take for extended to 32, and what a floating-point number does not have
// of 64 bits (psABI 3.2.3).
func (c *Call) Undefined(arg int) uint64 {
	a := &c.Spec.Args[arg]
	switch size := a.elem.Size(); {
	case c.Args[arg].Operand >= 0 || a.Kind == ArgPointer || a.Kind == ArgVector || size == 8:
		return 0
	case a.Kind == ArgInt:
		return ^uint64(math.MaxUint32)
	default:
		return ^uint64(0) << (8 * size)
	}
}
