package kernels

import (
	"fmt"
	"math"
)

// maxWork bounds how many products a reference computes, about 10 ns each.
const maxWork = 1 << 26

// num is an element of any type.
type num struct {
	typ  Type
	bits uint64 // as memory holds it
}

func (e elements) number(i uint64) num { return num{e.typ, e.bits(i)} }

func (n num) float() float64 { return n.typ.float64(n.bits) }

// scalar is a parameter as the kernel gets it, of type t.
func (o *outcome) scalar(name string, t Type) num {
	if t.float() {
		return num{t, t.encode(math.Float64frombits(o.values[name]))}
	}
	return num{t, o.values[name]}
}

// products is a sum of products of up to three numbers, which a kernel computes in
// type typ: integers modulo 2^64; others with what bounds the rounding.
type products struct {
	typ     Type
	integer uint64
	sum     float64
	abs     float64 // the sum of the absolute values
	unit    int     // every product is a multiple of 2^unit
	terms   uint64
	factors int // the most of any product
}

func newProducts(t Type) products { return products{typ: t, unit: math.MaxInt16} }

// add adds a product, or subtracts it where the sign is negative.
func (p *products) add(sign int, factors ...num) {
	p.terms++
	p.factors = max(p.factors, len(factors))
	if !p.typ.float() {
		product := uint64(int64(sign))
		for _, f := range factors {
			product *= f.typ.extend(f.bits)
		}
		p.integer += product
		return
	}
	product, unit := float64(sign), 0
	for _, f := range factors {
		product *= f.float()
		unit += f.typ.lowBit(f.bits)
	}
	p.sum += product
	p.abs += math.Abs(product)
	p.unit = min(p.unit, unit)
}

// tolerance bounds the error of the sum in any order and with or without FMA. With
// two factors at most it is dotError. A third one is multiplied to each product, or to
// sums of them: then no product takes part in more than terms + 1 operations, of which
// each changes it by a factor of 1 + u at most (N. Higham, "Accuracy and Stability of
// Numerical Algorithms", 2nd ed., lemma 3.1).
func (p *products) tolerance() float64 {
	tol := dotError(p.typ, p.terms, p.abs, p.unit)
	if p.factors < 3 || tol == 0 {
		return tol
	}
	gamma := func(u float64) float64 {
		k := float64(p.terms+1) * u
		return k / (1 - k)
	}
	return (gamma(p.typ.roundoff()) + gamma(u64)) * p.abs
}

// addSum compares an element, or a result, with a sum.
func (t *tally) addSum(index int, got num, want *products) {
	if got.typ.float() {
		t.add(index, got.float(), want.sum, want.tolerance())
		return
	}
	t.addInteger(index, got.bits, want.integer)
}

// addBits compares an element with one that must be equal in every bit.
func (t *tally) addBits(index int, got, want num) {
	switch {
	case got.bits == want.bits:
	case !t.typ.float():
		t.addInteger(index, got.bits, want.bits)
	default:
		t.add(index, got.float(), want.float(), 0)
		if t.bad == nil { // zeros of both signs
			t.bad, t.why = &index, fmt.Sprintf("is %#x, the reference is %#x", got.bits, want.bits)
		}
	}
}

// span is a vector of n elements at distance inc in an operand.
type span struct {
	operand string
	n, inc  uint64
}

// unfit says why operands are too small for what a reference computes, or "".
// A specification can name it with any operands and limits.
func (o *outcome) unfit(spans ...span) string {
	for _, s := range spans {
		if beyond(s.n, s.inc, o.before(s.operand)) {
			return fmt.Sprintf("operand %s is smaller than the parameters ask for", s.operand)
		}
		if s.inc == 0 && s.n > 1 && o.Operands[o.Spec.operand(s.operand)].Access != In {
			return fmt.Sprintf("all elements of operand %s have one address, so the result depends on the order of the stores", s.operand)
		}
	}
	return ""
}

func none(why string) Verification { return Verification{Status: NoReference, Why: why} }

// sums compares every element of a vector with a sum that each computes; all others
// of the operand must be as they were.
func (o *outcome) sums(out span, each func(i uint64, p *products)) Verification {
	return o.vector(out, func(t *tally, at int, i uint64, got num) {
		p := newProducts(got.typ)
		each(i, &p)
		t.addSum(at, got, &p)
	})
}

// exactly compares every element of a vector with the one that want returns, bit by
// bit; all others of the operand must be as they were.
func (o *outcome) exactly(out span, want func(i uint64) uint64) Verification {
	return o.vector(out, func(t *tally, at int, i uint64, got num) { t.addBits(at, got, num{got.typ, want(i)}) })
}

func (o *outcome) vector(out span, compare func(t *tally, at int, i uint64, got num)) Verification {
	before, after := o.before(out.operand), o.after(out.operand)
	t := newTally(after.typ)
	inc := max(out.inc, 1)
	for at := range after.len() {
		if i := at / inc; at%inc == 0 && i < out.n {
			compare(&t, int(at), i, after.number(at))
			continue
		}
		if after.bits(at) != before.bits(at) {
			index := int(at)
			return Verification{Status: Mismatch, Operand: out.operand, FirstBad: &index,
				Why: fmt.Sprintf("element %d of operand %s was changed, but belongs to no result", at, out.operand)}
		}
	}
	return t.of(out.operand)
}

// returned compares the integer that the kernel returned, in all bits of its type.
func (o *outcome) returned(want uint64) Verification {
	t := newTally(o.Spec.Result.elem())
	t.addInteger(0, uint64(o.intResult), want)
	return t.verification("the result")
}

// returnedSum compares the number that the kernel returned.
func (o *outcome) returnedSum(want *products) Verification {
	typ := o.Spec.Result.elem()
	t := newTally(typ)
	t.addSum(0, num{typ, o.result(typ)}, want)
	return t.verification("the result")
}
