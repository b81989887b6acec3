package kernels

import "math"

// Rounding is how far rounding may move the results of a call, by which the default
// tolerance goes. Two functions that compute the same round differently, and a sum can
// be much smaller than what it is of; so nothing about the sum itself tells how much
// rounding there was in it. The reference tells, by what it makes of other contents.
//
// Of other signs (Enlarge): with all of them positive a sum is as large as its parts.
// Half a unit in the last place of that is what rounds in one step, and n of them bound
// a sum of n products in any order (Jeannerod and Rump, "Improved error bounds for inner
// products in floating-point arithmetic", SIAM J. Matrix Anal. Appl. 34(2), 2013).
//
// Of contents that differ in their last places (Spread): how far that moves an element
// is what any rounding on the way to it can do, whichever operations there are (a
// difference that no sign undoes, a function that is steep). A quarter of it counts, as
// numbers move by up to four units.
//
// By default a floating-point number is right that is within 4 units in the last place
// of the reference's, or within n+8 times the larger of both, element by element: n is
// the number of elements of the longest floating-point operand. A small element beside
// a large one is so held to its own size.
type Rounding struct {
	Operands [][]float64 // of each element of each operand; nil for one that does not round
	Result   []float64   // of the result, or of each element of a vector
}

// The default tolerance, see Rounding.
const (
	defaultULP  = 4
	defaultMore = 8
)

// result stands for an operand's index where the result is meant.
const result = -1

// Enlarge takes into account what the reference left for other signs of contents.
func (r *Rounding) Enlarge(c *Call, l Left) {
	c.rounded(func(operand int) {
		e := c.results(operand, l)
		half := math.Ldexp(1, -e.typ.format().significand-1)
		r.raise(c, operand, e.len(), func(k uint64) float64 { return half * e.float(k) })
	})
}

// Spread takes into account what the reference left for contents that differ in their
// last places, beside what it left for those of the case.
func (r *Rounding) Spread(c *Call, l, of Left) {
	c.rounded(func(operand int) {
		e, was := c.results(operand, l), c.results(operand, of)
		r.raise(c, operand, e.len(), func(k uint64) float64 { return (e.float(k) - was.float(k)) / nudges })
	})
}

// raise makes each element's rounding at least the absolute value of a number, if that is
// finite.
func (r *Rounding) raise(c *Call, operand int, n uint64, to func(uint64) float64) {
	list := &r.Result
	if operand != result {
		if r.Operands == nil {
			r.Operands = make([][]float64, len(c.Operands))
		}
		list = &r.Operands[operand]
	}
	if *list == nil {
		*list = make([]float64, n)
	}
	for k := range n {
		if v := math.Abs(to(k)); v > (*list)[k] && !math.IsInf(v, 0) {
			(*list)[k] = v
		}
	}
}

// rounded visits the operands, and the result, that hold floating-point numbers which
// the kernel computes.
func (c *Call) rounded(visit func(operand int)) {
	for i := range c.Operands {
		if b := &c.Operands[i]; b.Type.float() && b.Access != In {
			visit(i)
		}
	}
	if c.Spec.Result.elem().float() || c.Spec.Result.lane().float() {
		visit(result)
	}
}

// Rounds tells whether some result of the call is a floating-point number.
func (c *Call) Rounds() (any bool) {
	c.rounded(func(int) { any = true })
	return any
}

// results is what a call left in an operand, or as its result.
func (c *Call) results(operand int, l Left) elements {
	if operand != result {
		b := &c.Operands[operand]
		return elements{b.Type, l.Memory[operand][b.Offset:b.end()]}
	}
	if lane := c.Spec.Result.lane(); lane != 0 {
		return elements{lane, l.bytes()[:c.Spec.Result.Bytes()]}
	}
	t := c.Spec.Result.elem()
	return elements{t, l.bytes()[:t.Size()]}
}

// Signs says how Resign changes the signs of floating-point numbers.
type Signs uint8

// The ways to change signs.
const (
	Positive  Signs = iota // all numbers become positive
	Scattered              // each number gets a random sign
)

// Resign changes the signs of all floating-point numbers that the kernel is given, as
// far as their bounds allow: for Rounding.Enlarge. Vectors and numbers of the call
// change, too: it must be Drawn for this alone.
func (c *Call) Resign(mem [][]byte, signs Signs, seed uint64) {
	c.contents(mem, func(b *Buffer, m []byte, n uint64) {
		if !b.Type.float() || b.Access == Out {
			return
		}
		draw := drawer{mix(seed + mix(n))}
		sign := b.Type.format().sign()
		for k := range b.Count {
			bits := b.get(m, k) &^ sign
			if signs == Scattered && draw.next()>>63 != 0 {
				bits |= sign
			}
			if b.admits(b.Type.float64(bits)) {
				b.put(m, k, bits)
			}
		}
	})
}

// nudges is by how many units in the last place Nudge moves numbers at most.
const nudges = 4

// Nudge moves all floating-point numbers that the kernel is given by one to four units in
// their last places, up or down, as far as their bounds allow: for Rounding.Spread. A zero
// becomes as much of the operand's largest number or, where it has none, of the largest
// of all. The call must be Drawn for this alone.
func (c *Call) Nudge(mem [][]byte, seed uint64) {
	all := 0.0
	c.contents(mem, func(b *Buffer, m []byte, _ uint64) { all = max(all, b.most(m)) })
	c.contents(mem, func(b *Buffer, m []byte, n uint64) {
		if !b.Type.float() || b.Access == Out {
			return
		}
		draw := drawer{mix(seed + mix(n))}
		most := b.most(m)
		if most == 0 {
			most = min(all, b.Type.largest()) // of zeros alone
		}
		for k := range b.Count {
			v := b.Type.float64(b.get(m, k))
			unit := b.Type.unit(v)
			if v == 0 {
				unit = b.Type.unit(most)
			}
			random := draw.next()
			by := float64(1+random>>61%nudges) * unit
			if random>>63 != 0 {
				by = -by
			}
			if v += by; b.admits(v) && math.Abs(v) <= b.Type.largest() {
				b.put(m, k, b.Type.format().encode(v))
			}
		}
	})
}

// most is the largest absolute value of an operand that is read, of those that are finite.
func (b *Buffer) most(m []byte) (most float64) {
	if !b.Type.float() || b.Access == Out {
		return 0
	}
	for k := range b.Count {
		if v := math.Abs(b.Type.float64(b.get(m, k))); v > most && !math.IsInf(v, 0) {
			most = v
		}
	}
	return most
}
