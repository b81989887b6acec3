package kernels

import "math"

// checkAxpy computes y[i*incy] += alpha * x[i*incx].
func checkAxpy(o *outcome) Verification {
	n, incx, incy := o.values["n"], o.values["incx"], o.values["incy"]
	out := span{"y", n, incy}
	if why := o.unfit(span{"x", n, incx}, out); why != "" {
		return none(why)
	}
	x, y := o.before("x"), o.before("y")
	alpha := o.scalar("alpha", x.typ)
	return o.sums(out, func(i uint64, p *products) {
		p.add(1, y.number(i*incy))
		p.add(1, alpha, x.number(i*incx))
	})
}

// checkComplexAxpy does so for complex numbers, which are two elements each, and with
// alpha in memory. Every part is a sum of three terms.
func checkComplexAxpy(o *outcome) Verification {
	n, incx, incy := o.values["n"], o.values["incx"], o.values["incy"]
	x, y, alpha := o.before("x"), o.before("y"), o.before("alpha")
	if max(n, incx, incy) > 1<<40 || beyond(2*n, 1, y) || beyond(n, 2*incx, x) || beyond(n, 2*incy, y) || n > 0 && 2*(n-1)*incx+1 >= x.len() || alpha.len() < 2 {
		return none("the operands are smaller than n, incx and incy ask for")
	}
	if incy == 0 && n > 1 {
		return none("all elements of operand y have one address, so the result depends on the order of the stores")
	}
	re, im := alpha.number(0), alpha.number(1)
	return o.vector(span{"y", y.len(), 1}, func(t *tally, at int, k uint64, got num) {
		i := k / 2 / max(incy, 1)
		if k/2%max(incy, 1) != 0 || i >= n {
			t.addBits(at, got, y.number(k))
			return
		}
		p := newProducts(got.typ)
		p.add(1, y.number(k))
		if xr, xi := x.number(2*i*incx), x.number(2*i*incx+1); k%2 == 0 {
			p.add(1, re, xr)
			p.add(-1, im, xi)
		} else {
			p.add(1, re, xi)
			p.add(1, im, xr)
		}
		t.addSum(at, got, &p)
	})
}

// checkCopy wants x[i*incx] in y[i*incy], in every bit.
func checkCopy(o *outcome) Verification {
	n, incx, incy := o.values["n"], o.values["incx"], o.values["incy"]
	out := span{"y", n, incy}
	if why := o.unfit(span{"x", n, incx}, out); why != "" {
		return none(why)
	}
	x := o.before("x")
	return o.exactly(out, func(i uint64) uint64 { return x.bits(i * incx) })
}

// checkScal computes x[i*incx] *= alpha.
func checkScal(o *outcome) Verification {
	out := span{"x", o.values["n"], o.values["incx"]}
	if why := o.unfit(out); why != "" {
		return none(why)
	}
	x := o.before("x")
	alpha := o.scalar("alpha", x.typ)
	return o.sums(out, func(i uint64, p *products) { p.add(1, alpha, x.number(i*out.inc)) })
}

// checkAsum computes the sum of the absolute values of x[i*incx].
func checkAsum(o *outcome) Verification {
	n, incx := o.values["n"], o.values["incx"]
	if why := o.unfit(span{"x", n, incx}); why != "" {
		return none(why)
	}
	x := o.before("x")
	p := newProducts(x.typ)
	for i := range n {
		sign := 1
		if v := x.number(i * incx); math.Signbit(v.float()) {
			sign = -1
		}
		p.add(sign, x.number(i*incx))
	}
	return o.returnedSum(&p)
}

// checkIamax finds the first index, from 0, of the largest absolute value of x[i*incx].
func checkIamax(o *outcome) Verification {
	n, incx := o.values["n"], o.values["incx"]
	if why := o.unfit(span{"x", n, incx}); why != "" {
		return none(why)
	}
	x := o.before("x")
	var index uint64
	largest := math.Inf(-1)
	for i := range n {
		if v := math.Abs(x.float(i * incx)); v > largest {
			index, largest = i, v
		}
	}
	return o.returned(index)
}

// checkGemv computes y = alpha*A*x + beta*y, where element (i, j) of A lies at
// a[i + j*lda].
func checkGemv(o *outcome) Verification {
	m, n, lda, incx, incy := o.values["m"], o.values["n"], o.values["lda"], o.values["incx"], o.values["incy"]
	out := span{"y", m, incy}
	if why := o.unfit(span{"x", n, incx}, out); why != "" {
		return none(why)
	}
	a, x, y := o.before("a"), o.before("x"), o.before("y")
	switch last, err := mulChecked(n, lda); {
	case m > 0 && n > 0 && (m > maxWork/n || lda < m):
		return none("the matrix is larger than the reference computes, or lda is less than m")
	case m > 0 && n > 0 && (err != nil || last-lda+m > a.len()):
		return none("operand a is smaller than the parameters ask for")
	}
	alpha, beta := o.scalar("alpha", x.typ), o.scalar("beta", x.typ)
	return o.sums(out, func(i uint64, p *products) {
		p.add(1, beta, y.number(i*incy))
		for j := range n {
			p.add(1, alpha, a.number(i+j*lda), x.number(j*incx))
		}
	})
}
