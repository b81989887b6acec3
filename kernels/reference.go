package kernels

import (
	"fmt"
	"math"
	"math/bits"
	"strings"
)

// reference is a built-in computation of the right result. A specification
// that names it must have what it needs, under these names.
type reference struct {
	name     string
	elements Type // of all operands; 0 is any type, but the same for all
	params   []string
	operands []string
	returns  bool // the result is the return value, of the elements' type
	check    func(*outcome) Verification
}

// findReference returns nil for a name that is not in the table.
func findReference(name string) *reference {
	for i := range references {
		if references[i].name == name {
			return &references[i]
		}
	}
	return nil
}

var references = []reference{
	{"dot", 0, []string{"n", "incx", "incy"}, []string{"x", "y"}, true, checkDot},
	{"sdot", Float32, []string{"n", "incx", "incy"}, []string{"x", "y"}, true, checkDot},
	{"gemm", 0, []string{"mr", "nr", "k", "rs_c", "cs_c"}, []string{"alpha", "a", "b", "beta", "c"}, false, checkGemm},
	{"sgemm", Float32, []string{"mr", "nr", "k", "rs_c", "cs_c"}, []string{"alpha", "a", "b", "beta", "c"}, false, checkGemm},
}

func referenceNames() string {
	var names []string
	for i := range references {
		names = append(names, references[i].name)
	}
	return strings.Join(names, ", ")
}

// fits checks that a specification has what the reference needs.
func (r *reference) fits(s *Spec) error {
	for _, p := range r.params {
		if s.param(p) < 0 {
			return fmt.Errorf("needs a parameter %s", p)
		}
	}
	t := r.elements
	for _, name := range r.operands {
		i := s.operand(name)
		if i < 0 {
			return fmt.Errorf("needs an operand %s%s", name, ofType(t))
		}
		if t == 0 {
			t = s.Operands[i].Type
		}
		if s.Operands[i].Type != t {
			return fmt.Errorf("needs an operand %s%s", name, ofType(t))
		}
	}
	if want := t.result(); r.returns && s.Result != want {
		return fmt.Errorf(`needs <result type="%s"/>`, want)
	}
	return nil
}

func ofType(t Type) string {
	if t == 0 {
		return ""
	}
	return " of type " + t.String()
}

// result is the type of a return value that is one element.
func (t Type) result() Result {
	switch t {
	case Float32:
		return ResultFloat32
	case Float64:
		return ResultFloat64
	}
	return ResultInt
}

// u64 is the unit roundoff of float64, in which the references compute.
const u64 = 1.0 / (1 << 53)

// precision is the number of significant bits of a floating-point type.
func (t Type) precision() int {
	if t == Float64 {
		return 53
	}
	return 24
}

// roundoff is the unit roundoff of a floating-point type's arithmetic.
func (t Type) roundoff() float64 { return math.Ldexp(1, -t.precision()) }

// dotError bounds how far a sum of n products in type t can be from the
// reference, when abs is the sum of the products' absolute values: n*u*abs for
// any order of summation and with or without FMA (Jeannerod and Rump,
// "Improved error bounds for inner products in floating-point arithmetic",
// SIAM J. Matrix Anal. Appl. 34(2), 2013), and the same for the reference.
// Where all products are multiples of 2^unit, and so few that no sum of them
// exceeds the precision, every order of summation is exact and so is the
// reference: then the bound is 0.
func dotError(t Type, n uint64, abs float64, unit int) float64 {
	if abs <= math.Ldexp(1, unit+t.precision()) {
		return 0
	}
	return float64(n) * (t.roundoff() + u64) * abs
}

// lowBit returns the exponent of the lowest set bit of a number of a
// floating-point type, and a large number for zero, which is a multiple of
// everything.
func (t Type) lowBit(b uint64) int {
	stored, bias := t.precision()-1, 127
	if t == Float64 {
		bias = 1023
	}
	significand := b & (1<<stored - 1)
	exponent := int(b >> stored & uint64(2*bias+1))
	if exponent == 0 {
		exponent = 1
	} else {
		significand |= 1 << stored
	}
	if significand == 0 {
		return 1 << 16
	}
	return exponent - bias - stored + bits.TrailingZeros64(significand)
}

// ulp is the unit in the last place of the number of type t nearest to x: 1 for
// an integer type.
func (t Type) ulp(x float64) float64 {
	smallest := -125
	switch t {
	case Float32:
	case Float64:
		smallest = -1021
	default:
		return 1
	}
	_, e := math.Frexp(x) // |x| in [0.5, 1) * 2^e
	if x == 0 {
		e = smallest
	}
	return math.Ldexp(1, max(e, smallest)-t.precision())
}
