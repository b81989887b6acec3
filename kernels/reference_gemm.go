package kernels

import (
	"fmt"
	"math"
	"slices"
)

// maxProducts bounds the time that the reference takes (about 1 ns each); the
// limits of the built-in kernel allow half of it.
const maxProducts = 1 << 29

// tile is one update of C by A*B, as BLIS lays them out: A packed in k columns
// of mr elements, B in k rows of nr, element (i, j) of C at i*rs + j*cs.
type tile struct {
	mr, nr, k, rs, cs uint64
	a, b              elements
}

// checkGemm computes C = alpha*A*B for a kernel called with beta = 0. Integers
// are computed modulo 2^64 and compared as the element type has them.
func checkGemm(o *outcome) Verification {
	v := o.values
	t := tile{v["mr"], v["nr"], v["k"], v["rs_c"], v["cs_c"], o.before("a"), o.before("b")}
	before, after := o.before("c"), o.after("c")
	alpha, beta := o.before("alpha"), o.before("beta")
	if why := t.unfit(before, alpha, beta); why != "" {
		return Verification{Status: NoReference, Why: why}
	}
	if bad := t.gaps(before, after); bad != nil {
		return Verification{
			Status: Mismatch, Operand: "c", FirstBad: bad,
			Why: fmt.Sprintf("element %d of operand c was changed, but belongs to no row and column", *bad),
		}
	}
	if t.overlaps() {
		return Verification{
			Status: NoReference,
			Why:    fmt.Sprintf("with rs_c=%d and cs_c=%d several elements of C share an address, so the result depends on the order of the stores", t.rs, t.cs),
		}
	}
	if !after.typ.float() {
		return t.compareIntegers(after, alpha.integer(0))
	}
	return t.compare(after, alpha.float(0))
}

// unfit says why there is nothing to compare, or "".
func (t *tile) unfit(c, alpha, beta elements) string {
	if max(t.mr, t.nr) > 1<<10 || max(t.rs, t.cs) > 1<<32 || t.k > 1<<32 || t.mr*t.nr*t.k > maxProducts || t.mr*t.nr == 0 {
		return "the matrices are empty or larger than the reference computes"
	}
	last := (t.mr-1)*t.rs + (t.nr-1)*t.cs
	switch {
	case t.a.len() < t.k*t.mr || t.b.len() < t.k*t.nr || c.len() <= last || alpha.len() == 0 || beta.len() == 0:
		return "the operands are smaller than the parameters ask for"
	case !beta.isZero(0):
		return "beta is not 0, so the result depends on the number of calls"
	}
	return ""
}

// overlaps reports whether two elements of C share an address: whether
// di*rs = dj*cs has a solution within the tile other than 0. The smallest is
// di = cs/g, dj = rs/g.
func (t *tile) overlaps() bool {
	g := gcd(t.rs, t.cs)
	return g == 0 || t.cs/g < t.mr && t.rs/g < t.nr
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// gaps returns the index of an element that changed though no (i, j) has its
// address, nil when there is none.
func (t *tile) gaps(before, after elements) *int {
	index := make([]uint64, 0, t.mr*t.nr)
	for i := range t.mr {
		for j := range t.nr {
			index = append(index, i*t.rs+j*t.cs)
		}
	}
	slices.Sort(index)
	next := uint64(0)
	for _, i := range append(index, after.len()) {
		for ; next < i; next++ {
			if before.bits(next) != after.bits(next) {
				bad := int(next)
				return &bad
			}
		}
		next = i + 1
	}
	return nil
}

// compare checks every element of C, of a floating-point type.
func (t *tile) compare(c elements, alpha float64) Verification {
	want := t.product(func(x float64) float64 { return x })
	tol := t.tolerance(alpha)
	sum := newTally(c.typ)
	for i := range t.mr {
		for j := range t.nr {
			e, at := i*t.nr+j, i*t.rs+j*t.cs
			sum.add(int(at), c.float(at), alpha*want[e], tol(e))
		}
	}
	return sum.of("c")
}

// compareIntegers checks every element of C, of an integer type.
func (t *tile) compareIntegers(c elements, alpha uint64) Verification {
	want := multiply(t, elements.integer)
	sum := newTally(c.typ)
	for i := range t.mr {
		for j := range t.nr {
			at := i*t.rs + j*t.cs
			sum.addInteger(int(at), c.bits(at), alpha*want[i*t.nr+j])
		}
	}
	return sum.of("c")
}

// tolerance returns the error bound of each element of the product. The sums
// of absolute values cost as much as the product itself, so they are computed
// only when a coarse bound does not show that everything is exact.
func (t *tile) tolerance(alpha float64) func(uint64) float64 {
	typ := t.a.typ
	lowA, maxA := rangeOf(t.a)
	lowB, maxB := rangeOf(t.b)
	unit := lowA + lowB
	if alpha == 1 && dotError(typ, t.k, float64(t.k)*maxA*maxB, unit) == 0 {
		return func(uint64) float64 { return 0 }
	}
	abs := t.product(math.Abs)
	return func(e uint64) float64 {
		if alpha == 1 {
			return dotError(typ, t.k, abs[e], unit)
		}
		// The multiplication by alpha rounds once more.
		return math.Abs(alpha) * (dotError(typ, t.k, abs[e], unit) + 2*typ.roundoff()*abs[e])
	}
}

// rangeOf is the smallest lowBit and the largest magnitude of all elements.
func rangeOf(e elements) (low int, largest float64) {
	low = math.MaxInt16
	for i := range e.len() {
		low = min(low, e.typ.lowBit(e.bits(i)))
		largest = max(largest, math.Abs(e.float(i)))
	}
	return low, largest
}

// product computes f(A)*f(B) in float64.
func (t *tile) product(f func(float64) float64) []float64 {
	return multiply(t, func(e elements, i uint64) float64 { return f(e.float(i)) })
}

// multiply computes A*B, row by row, of what read makes of their elements.
func multiply[T float64 | uint64](t *tile, read func(elements, uint64) T) []T {
	c := make([]T, t.mr*t.nr)
	row := make([]T, t.nr)
	for p := range t.k {
		for j := range row {
			row[j] = read(t.b, p*t.nr+uint64(j))
		}
		for i := range t.mr {
			a := read(t.a, p*t.mr+i)
			out := c[i*t.nr:][:len(row)]
			for j, b := range row {
				out[j] += a * b
			}
		}
	}
	return c
}
