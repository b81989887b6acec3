package kernels

import "math"

// checkDot computes the dot product of x and y with their strides. Integers
// are computed modulo 2^64 and compared as the element type has them, so a
// kernel may sum in any integer type that is no narrower.
func checkDot(o *outcome) Verification {
	x, y := o.before("x"), o.before("y")
	n, incx, incy := o.values["n"], o.values["incx"], o.values["incy"]
	if beyond(n, incx, x) || beyond(n, incy, y) {
		return Verification{Status: NoReference, Why: "the operands are smaller than n, incx and incy ask for"}
	}
	t := newTally(x.typ)
	if !x.typ.float() {
		var sum uint64
		for i := range n {
			sum += x.integer(i*incx) * y.integer(i*incy)
		}
		t.addInteger(0, o.result(x.typ), sum)
		return t.verification("the result")
	}
	var sum, abs float64
	unit := math.MaxInt16
	for i := range n {
		bx, by := x.bits(i*incx), y.bits(i*incy)
		p := x.typ.float64(bx) * x.typ.float64(by) // exact for float32: 48 bits
		sum += p
		abs += math.Abs(p)
		unit = min(unit, x.typ.lowBit(bx)+x.typ.lowBit(by))
	}
	t.add(0, x.typ.float64(o.result(x.typ)), sum, dotError(x.typ, n, abs, unit))
	return t.verification("the result")
}

// beyond reports whether a vector of n elements at distance inc has more of
// them, or reaches further, than the memory does. A specification can name
// this reference with any operands and limits.
func beyond(n, inc uint64, e elements) bool {
	if n == 0 {
		return false
	}
	last, err := mulChecked(n-1, inc)
	return err != nil || max(last, n-1) >= e.len()
}
