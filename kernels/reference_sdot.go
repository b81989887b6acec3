package kernels

import "math"

// checkSdot computes the dot product of x and y with their strides.
func checkSdot(o *outcome) Verification {
	x, y := o.before("x"), o.before("y")
	n, incx, incy := o.values["n"], o.values["incx"], o.values["incy"]
	if beyond(n, incx, x) || beyond(n, incy, y) {
		return Verification{Status: NoReference, Why: "the operands are smaller than n, incx and incy ask for"}
	}
	var sum, abs float64
	unit := math.MaxInt16
	for i := range n {
		bx, by := x.bits(i*incx), y.bits(i*incy)
		p := float64(math.Float32frombits(bx)) * float64(math.Float32frombits(by)) // exact: 48 bits
		sum += p
		abs += math.Abs(p)
		unit = min(unit, lowBit(bx)+lowBit(by))
	}
	var t tally
	t.add(0, o.float32Result(), sum, dotError(n, abs, unit))
	return t.verification("the result")
}

// beyond reports whether a vector of n elements at distance inc has more of
// them, or reaches further, than the memory does. A specification can name
// this reference with any operands and limits.
func beyond(n, inc uint64, f floats) bool {
	if n == 0 {
		return false
	}
	last, err := mulChecked(n-1, inc)
	return err != nil || max(last, n-1) >= f.len()
}
