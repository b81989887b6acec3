package kernels

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"strings"
)

// reference is a built-in computation of the right result. A specification
// that names it must have what it needs, under these names.
type reference struct {
	name     string
	params   []string
	operands []string // all float32
	result   Result   // 0 when the return value does not matter
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
	{"sdot", []string{"n", "incx", "incy"}, []string{"x", "y"}, ResultFloat32, checkSdot},
	{"sgemm", []string{"mr", "nr", "k", "rs_c", "cs_c"}, []string{"alpha", "a", "b", "beta", "c"}, 0, checkSgemm},
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
	for _, name := range r.operands {
		i := s.operand(name)
		if i < 0 || s.Operands[i].Type != Float32 {
			return fmt.Errorf("needs an operand %s of type float32", name)
		}
	}
	if r.result != 0 && s.Result != r.result {
		return fmt.Errorf(`needs <result type="%s"/>`, r.result)
	}
	return nil
}

// floats is the memory of float32 elements, aligned or not.
type floats []byte

func (f floats) len() uint64            { return uint64(len(f)) / 4 }
func (f floats) bits(i uint64) uint32   { return binary.LittleEndian.Uint32(f[4*i:]) }
func (f floats) float(i uint64) float64 { return float64(math.Float32frombits(f.bits(i))) }

// Unit roundoffs of float32 arithmetic, and of the float64 in which the
// references compute.
const (
	u32 = 1.0 / (1 << 24)
	u64 = 1.0 / (1 << 53)
)

// dotError bounds how far a sum of n products in float32 can be from the
// reference, when abs is the sum of the products' absolute values: n*u*abs for
// any order of summation and with or without FMA (Jeannerod and Rump,
// "Improved error bounds for inner products in floating-point arithmetic",
// SIAM J. Matrix Anal. Appl. 34(2), 2013), and the same for the reference.
// Where all products are multiples of 2^unit, and so few that no sum of them
// exceeds the precision, every order of summation is exact and so is the
// reference: then the bound is 0.
func dotError(n uint64, abs float64, unit int) float64 {
	if abs <= math.Ldexp(1, unit+24) {
		return 0
	}
	return float64(n) * (u32 + u64) * abs
}

// lowBit returns the exponent of the lowest set bit of a float32, and a large
// number for zero, which is a multiple of everything.
func lowBit(b uint32) int {
	significand, exponent := b&(1<<23-1), int(b>>23&0xff)
	if exponent == 0 {
		exponent = 1
	} else {
		significand |= 1 << 23
	}
	if significand == 0 {
		return 1 << 16
	}
	return exponent - 150 + bits.TrailingZeros32(significand)
}
