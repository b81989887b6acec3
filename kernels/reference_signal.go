package kernels

import "math"

// checkConv1D computes y[i], the sum of x[i+j] * h[j] for j in 0 to k-1.
func checkConv1D(o *outcome) Verification {
	n, k := o.values["n"], o.values["k"]
	x, h := o.before("x"), o.before("h")
	out := span{"y", n, 1}
	reach, err := addChecked(n, k)
	switch {
	case n > 0 && (err != nil || beyond(reach-1, 1, x)):
		return none("operand x is smaller than n and k ask for")
	case n > 0 && k > maxWork/n:
		return none("n and k are larger than the reference computes")
	}
	if why := o.unfit(span{"h", k, 1}, out); why != "" {
		return none(why)
	}
	return o.sums(out, func(i uint64, p *products) {
		for j := range k {
			p.add(1, x.number(i+j), h.number(j))
		}
	})
}

// checkConv3x3 computes every byte of an image of width by height from the nine bytes
// around its place in one that has a row and a column more on each side: the sum of
// their products with k, shifted right, and cut to what a byte can hold.
func checkConv3x3(o *outcome) Verification {
	width, height, shift := o.values["width"], o.values["height"], o.values["shift"]
	src, k := o.before("src"), o.before("k")
	if max(width, height) > 1<<20 || width*height > maxWork/8 || shift > 31 {
		return none("the image is larger than the reference computes, or the shift is more than 31")
	}
	out := span{"dst", width * height, 1}
	if why := o.unfit(span{"src", (width + 2) * (height + 2), 1}, span{"k", 9, 1}, out); why != "" {
		return none(why)
	}
	return o.exactly(out, func(i uint64) uint64 {
		x, y := i%width, i/width
		var sum int64
		for j := range uint64(9) {
			sum += int64(src.bits((y+j/3)*(width+2)+x+j%3)) * int64(k.integer(j))
		}
		return uint64(min(max(sum>>shift, 0), math.MaxUint8))
	})
}

// checkRadix4 computes n butterflies of a Fourier transform that goes forward, with
// complex numbers of two elements each: of x[i] and, times a factor of w each,
// x[i+n], x[i+2n] and x[i+3n], element i+m*n of y is the sum with powers of (-i)^m.
// Every part is a sum of seven terms.
func checkRadix4(o *outcome) Verification {
	n := o.values["n"]
	if n > maxWork/32 {
		return none("n is larger than the reference computes")
	}
	out := span{"y", 8 * n, 1}
	if why := o.unfit(span{"x", 8 * n, 1}, span{"w", 6 * n, 1}, out); why != "" {
		return none(why)
	}
	x, w := o.before("x"), o.before("w")
	return o.sums(out, func(at uint64, p *products) {
		i, m, imaginary := at/2%n, at/2/n, at%2
		p.add(1, x.number(2*i+imaginary))
		for q := range uint64(3) {
			xr, xi := x.number(2*(i+(q+1)*n)), x.number(2*(i+(q+1)*n)+1)
			wr, wi := w.number(2*(i+q*n)), w.number(2*(i+q*n)+1)
			// Times (-i)^turns: the real part of a product becomes, turn by turn, the
			// imaginary one, its negative, and that of the other.
			switch turns := m * (q + 1) % 4; (turns + imaginary) % 4 {
			case 0:
				p.add(1, xr, wr)
				p.add(-1, xi, wi)
			case 1:
				p.add(1, xr, wi)
				p.add(1, xi, wr)
			case 2:
				p.add(-1, xr, wr)
				p.add(1, xi, wi)
			default:
				p.add(-1, xr, wi)
				p.add(-1, xi, wr)
			}
		}
	})
}
