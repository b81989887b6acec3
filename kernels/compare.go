package kernels

import (
	"bytes"
	"fmt"
	"math"
)

// Tolerance says how far a floating-point number may be from that of a reference.
// What is within any of the bounds is right. The zero value is none of them: then
// the default holds, which Rounding explains.
type Tolerance struct {
	Exact bool    // the same bits, but for those of a NaN
	ULP   float64 // units in the last place of the reference's number
	Rel   float64 // parts of the reference's number
	Abs   float64
}

// given tells whether t is other than the default.
func (t Tolerance) given() bool { return t != Tolerance{} }

// Left is what a call left behind: the memory of its operands, and the registers of
// a result.
type Left struct {
	Memory [][]byte
	Registers
}

// longest is how many elements the longest floating-point operand or vector has.
func (c *Call) longest() (n uint64) {
	for i := range c.Operands {
		if b := &c.Operands[i]; b.Type.float() {
			n = max(n, b.Count)
		}
	}
	for i := range c.Args {
		if b := c.Args[i].contents; b != nil && b.Type.float() {
			n = max(n, b.Count)
		}
	}
	return n
}

// Compare holds what a call left against what the same call of a reference did, which
// may have its operands at other addresses: both are Placed. Integers must be equal,
// pointers point to the same place of their operand, floating-point numbers be within
// the tolerance; NaN equals NaN. Operands that are only read are not looked at.
func (c *Call) Compare(got Left, ref *Call, want Left, tol Tolerance, r Rounding) Verification {
	t := comparison{tolerance: tol, more: float64(c.longest() + defaultMore)}
	if e := c.Spec.Result.elem(); e != 0 {
		t.begin("", e, r.Result)
		if e.float() {
			t.number(0, e.low(got.Vector[0]), e.low(want.Vector[0]))
		} else {
			t.element(0, c, e.low(got.RAX), ref, e.low(want.RAX))
		}
	}
	if lane := c.Spec.Result.lane(); lane != 0 {
		t.begin("", lane, r.Result)
		t.lanes = true
		n := c.Spec.Result.Bytes()
		t.all(c, elements{lane, got.bytes()[:n]}, ref, elements{lane, want.bytes()[:n]}, n/lane.Size())
		t.lanes = false
	}
	for i := range c.Operands {
		b := &c.Operands[i]
		if b.Access == In {
			continue
		}
		g, w := got.Memory[i][b.Offset:b.end()], want.Memory[i][b.Offset:b.end()]
		if bytes.Equal(g, w) && b.Type != Pointer {
			continue
		}
		var rounding []float64
		if i < len(r.Operands) {
			rounding = r.Operands[i]
		}
		t.begin(b.Name, b.Type, rounding)
		t.all(c, elements{b.Type, g}, ref, elements{b.Type, w}, b.Count)
	}
	return t.v.settled()
}

// settled is a verification that found nothing, if it found nothing.
func (v Verification) settled() Verification {
	if v.Status == "" {
		v.Status = Match
	}
	return v
}

// comparison is a Compare under way.
type comparison struct {
	tolerance Tolerance
	more      float64 // n+8
	v         Verification

	operand string // empty for the result
	lanes   bool   // of the result
	typ     Type
	round   []float64 // of each element, the unit of what rounding may do; nil is not known
}

func (t *comparison) begin(operand string, typ Type, rounding []float64) {
	t.operand, t.typ, t.round = operand, typ, rounding
}

// near is the distance from the reference's element i that is rounding by default.
func (t *comparison) near(i int, unit float64) float64 {
	if i < len(t.round) {
		return max(defaultULP*unit, t.more*t.round[i])
	}
	return defaultULP * unit
}

// all compares n elements.
func (t *comparison) all(c *Call, got elements, ref *Call, want elements, n uint64) {
	for k := range n {
		if t.typ.float() {
			t.number(int(k), got.bits(k), want.bits(k))
		} else {
			t.element(int(k), c, got.bits(k), ref, want.bits(k))
		}
	}
}

// element compares what must be equal.
func (t *comparison) element(i int, c *Call, got uint64, ref *Call, want uint64) {
	if t.typ == Pointer {
		g, w := c.pointer(got), ref.pointer(want)
		if g != w {
			t.bad(i, Returned{Pointer: &g}, Returned{Pointer: &w}, "")
		}
		return
	}
	g, w := t.typ.extend(got), t.typ.extend(want)
	if t.typ == Bool {
		g, w = truth(g), truth(w)
	}
	if g == w {
		return
	}
	diff := math.Abs(t.typ.value(g) - t.typ.value(w))
	t.v.MaxAbs, t.v.MaxULP = math.Max(t.v.MaxAbs, diff), math.Max(t.v.MaxULP, diff)
	t.bad(i, t.typ.returned(g), t.typ.returned(w), "")
}

func truth(v uint64) uint64 { return min(v, 1) }

// number compares floating-point numbers.
func (t *comparison) number(i int, got, want uint64) {
	if got == want {
		return
	}
	g, w := t.typ.float64(got), t.typ.float64(want)
	if math.IsNaN(g) && math.IsNaN(w) {
		return
	}
	diff := math.Abs(g - w)
	unit := t.typ.unit(w)
	ulps := diff / unit
	if g == w { // zeros of different signs
		diff, ulps = 0, 0
	}
	switch finite := !math.IsNaN(diff) && !math.IsInf(diff, 0); {
	case !finite:
		ulps, diff = math.Inf(1), math.Inf(1)
	case !t.tolerance.given() && diff <= t.near(i, unit):
		t.v.MaxAbs, t.v.MaxULP = math.Max(t.v.MaxAbs, diff), math.Max(t.v.MaxULP, ulps)
		return
	case t.tolerance.given() && !t.tolerance.Exact && (diff <= t.tolerance.Abs || diff <= t.tolerance.Rel*math.Abs(w) || ulps <= t.tolerance.ULP):
		t.v.MaxAbs, t.v.MaxULP = math.Max(t.v.MaxAbs, diff), math.Max(t.v.MaxULP, ulps)
		return
	}
	t.v.MaxAbs, t.v.MaxULP = math.Max(t.v.MaxAbs, diff), math.Max(t.v.MaxULP, ulps)
	how := ""
	switch {
	case math.IsInf(ulps, 0):
	case g == w:
		how = "zeros of other signs"
	default:
		how = fmt.Sprintf("%.6g ulp apart", ulps)
	}
	t.bad(i, Returned{Float: &g}, Returned{Float: &w}, how)
}

// bad keeps the first number that is wrong.
func (t *comparison) bad(i int, got, want Returned, how string) {
	if t.v.Status == Mismatch {
		return
	}
	t.v.Status, t.v.Operand, t.v.Got, t.v.Want = Mismatch, t.operand, &got, &want
	what := "the result"
	switch {
	case t.lanes:
		what = fmt.Sprintf("element %d of the result", i)
		t.v.FirstBad = &i
	case t.operand != "":
		what = fmt.Sprintf("%s[%d]", t.operand, i)
		t.v.FirstBad = &i
	}
	t.v.Why = fmt.Sprintf("%s is %s, the reference has %s", what, got, want)
	if how != "" {
		t.v.Why += ": " + how
	}
}

// Element is element n of operand i, by its type, in the operand's memory. A pointer is
// told by the operand that it points into, if the call is Placed.
func (c *Call) Element(i int, memory []byte, n uint64) (r Returned) {
	b := &c.Operands[i]
	switch e := (elements{b.Type, memory[b.Offset:b.end()]}); {
	case b.Type == Pointer:
		r.Pointer = new(c.pointer(e.bits(n)))
	case b.Type.float():
		r.Float = new(e.float(n))
	default:
		r = b.Type.returned(e.integer(n))
	}
	return r
}

// returned is an integer, already extended, in the field for its type.
func (t Type) returned(v uint64) (r Returned) {
	switch {
	case t == Bool:
		r.Bool = new(v != 0)
	case t.signed():
		r.Int = new(int64(v))
	default:
		r.Uint = &v
	}
	return r
}

// unit is the unit in the last place of a floating-point number of type t.
func (t Type) unit(x float64) float64 {
	f := t.format()
	_, e := math.Frexp(x) // |x| in [0.5, 1) * 2^e
	if x == 0 || math.IsNaN(x) || math.IsInf(x, 0) {
		e = math.MinInt16
	}
	return math.Ldexp(1, max(e-1, 1-f.bias())-f.significand)
}

// low is what a register has of an element.
func (t Type) low(register uint64) uint64 {
	if t.Size() == 8 {
		return register
	}
	return register & (1<<(8*t.Size()) - 1)
}

// elem is the type of a result that is one element, 0 for none and for vectors.
func (r Result) elem() Type {
	switch r {
	case ResultInt:
		return Int64
	case ResultInt8:
		return Int8
	case ResultInt16:
		return Int16
	case ResultInt32:
		return Int32
	case ResultUint8:
		return Uint8
	case ResultUint16:
		return Uint16
	case ResultUint32:
		return Uint32
	case ResultUint64:
		return Uint64
	case ResultBool:
		return Bool
	case ResultPointer:
		return Pointer
	case ResultFloat16:
		return Float16
	case ResultBFloat16:
		return BFloat16
	case ResultFloat32:
		return Float32
	case ResultFloat64:
		return Float64
	}
	return 0
}
