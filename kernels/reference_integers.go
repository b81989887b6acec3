package kernels

import (
	"math/bits"
	"slices"
)

// checkSum computes the sum of x, for integers in all bits of the result's type.
func checkSum(o *outcome) Verification {
	n := o.values["n"]
	if why := o.unfit(span{"x", n, 1}); why != "" {
		return none(why)
	}
	x := o.before("x")
	p := newProducts(x.typ)
	for i := range n {
		p.add(1, x.number(i))
	}
	return o.returnedSum(&p)
}

// checkWideningDot computes the dot product of x and y in a type that is wider than
// theirs: integers in all bits of the result's, others in float32, in which a product
// of two has no rounding error.
func checkWideningDot(o *outcome) Verification {
	n := o.values["n"]
	x, y := o.before("x"), o.before("y")
	typ := o.Spec.Result.elem()
	if x.typ.float() != typ.float() || y.typ.float() != typ.float() {
		return none("the operands and the result are not all integers, or all floating-point numbers")
	}
	if why := o.unfit(span{"x", n, 1}, span{"y", n, 1}); why != "" {
		return none(why)
	}
	p := newProducts(typ)
	for i := range n {
		p.add(1, x.number(i), y.number(i))
	}
	return o.returnedSum(&p)
}

// checkPopcount counts the bits of x that are 1.
func checkPopcount(o *outcome) Verification {
	n := o.values["n"]
	if why := o.unfit(span{"x", n, 1}); why != "" {
		return none(why)
	}
	x := o.before("x")
	var count int
	for i := range n {
		count += bits.OnesCount64(x.bits(i))
	}
	return o.returned(uint64(count))
}

// checkPrefixSum computes the sums of x[0] to x[i] in y[i] or, where there is no y,
// in x[i].
func checkPrefixSum(o *outcome) Verification {
	out := span{"x", o.values["n"], 1}
	if o.Spec.operand("y") >= 0 {
		out.operand = "y"
	}
	if why := o.unfit(span{"x", out.n, 1}, out); why != "" {
		return none(why)
	}
	x := o.before("x")
	p := newProducts(x.typ)
	return o.vector(out, func(t *tally, at int, i uint64, got num) {
		p.add(1, x.number(i))
		t.addSum(at, got, &p)
	})
}

// maxSorted bounds how many elements a reference sorts, twice.
const maxSorted = 1 << 22

// checkPartition wants the elements of x that are less than the pivot before all
// others, none lost, and their number as the result.
func checkPartition(o *outcome) Verification {
	n := o.values["n"]
	if why := o.unfit(span{"x", n, 1}); why != "" {
		return none(why)
	}
	if n > maxSorted {
		return none("there are more elements than the reference sorts")
	}
	before, after := o.before("x"), o.after("x")
	pivot := o.scalar("pivot", before.typ)
	var less uint64
	for i := range n {
		if before.number(i).less(pivot) {
			less++
		}
	}
	if v := o.returned(less); v.Status != Match {
		return v
	}
	t := newTally(after.typ)
	for i := range after.len() {
		switch got := after.number(i); {
		case i >= n:
			t.addBits(int(i), got, before.number(i))
		case got.less(pivot) != (i < less) && t.bad == nil:
			index := int(i)
			t.bad, t.why = &index, "is on the wrong side of the pivot"
		}
	}
	if t.bad == nil {
		have, want := sorted(after, n), sorted(before, n)
		for i := range have {
			if have[i] != want[i] && t.bad == nil {
				t.bad, t.why = &i, "belongs to numbers that are not those that were there: of these in order, it should be another"
			}
		}
	}
	return t.of("x")
}

// less compares two numbers of one type.
func (n num) less(m num) bool {
	switch {
	case n.typ.float():
		return n.float() < m.float()
	case n.typ.signed():
		return int64(n.typ.extend(n.bits)) < int64(n.typ.extend(m.bits))
	}
	return n.typ.extend(n.bits) < n.typ.extend(m.bits)
}

// sorted returns the first n elements as memory holds them, in some order that is the
// same for the same elements.
func sorted(e elements, n uint64) []uint64 {
	list := make([]uint64, n)
	for i := range list {
		list[i] = e.bits(uint64(i))
	}
	slices.Sort(list)
	return list
}
