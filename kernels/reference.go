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
	name string
	// elements are the types that elements can have where nothing else is said, all
	// of the same; empty is every type of number that has 32 or 64 bits or is an
	// integer.
	elements string
	// params are integers but for NAME:x, a number of the elements' type.
	params string
	// operands are of the elements' type but for NAME:TYPE,TYPE; [NAME] can be absent.
	operands string
	// results are the types of the return value that the check looks at; "element" is
	// the elements' own. Empty is any, and that it is not looked at.
	results string
	check   func(*outcome) Verification
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

// Types that several rows have in common.
const (
	floatTypes   = "float32 float64"
	integerTypes = "int8 int16 int32 int64 uint8 uint16 uint32 uint64"
	bytes1       = ":uint8,int8"
	narrow       = ":int8,uint8,int16,uint16,float16,bfloat16"
	counts       = "int uint64 int32 uint32"
)

var references = []reference{
	{"dot", "", "n incx incy", "x y", "element", checkDot},
	{"sdot", "float32", "n incx incy", "x y", "element", checkDot},
	{"gemm", "", "mr nr k rs_c cs_c", "alpha a b beta c", "", checkGemm},
	{"sgemm", "float32", "mr nr k rs_c cs_c", "alpha a b beta c", "", checkGemm},
	{"axpy", "", "n alpha:x incx incy", "x y", "", checkAxpy},
	{"complex_axpy", floatTypes, "n incx incy", "alpha x y", "", checkComplexAxpy},
	{"copy", "", "n incx incy", "x y", "", checkCopy},
	{"scal", "", "n alpha:x incx", "x", "", checkScal},
	{"asum", floatTypes, "n incx", "x", "element", checkAsum},
	{"iamax", floatTypes, "n incx", "x", counts, checkIamax},
	{"gemv", floatTypes, "m n alpha:x lda incx beta:x incy", "a x y", "", checkGemv},
	{"conv1d", "", "n k", "x h y", "", checkConv1D},
	{"conv3x3", "", "width height shift", "src:uint8 k:int8,int16 dst:uint8", "", checkConv3x3},
	{"radix4", floatTypes, "n", "x w y", "", checkRadix4},
	{"memcpy", "", "n", "dst" + bytes1 + " src" + bytes1, "", checkMemcpy},
	{"memset", "", "c n", "s" + bytes1, "", checkMemset},
	{"memcmp", "", "n", "s1:uint8 s2:uint8", "int32 int", checkMemcmp},
	{"strlen", "", "", "s" + bytes1, counts, checkStrlen},
	{"crc32c", "", "crc n", "buf" + bytes1, counts, checkCRC32C},
	{"adler32", "", "adler n", "buf" + bytes1, counts, checkAdler32},
	{"sha256_block", "", "blocks", "state:uint32 data:uint8", "", checkSHA256Block},
	{"chacha20_block", "", "", "out:uint8,uint32 in:uint32", "", checkChaCha20Block},
	{"sum", "", "n", "x", "element " + counts, checkSum},
	{"widening_dot", "", "n", "x" + narrow + " y" + narrow, counts + " float32", checkWideningDot},
	{"popcount", integerTypes, "n", "x", counts, checkPopcount},
	{"prefix_sum", "", "n", "x [y]", "", checkPrefixSum},
	{"partition", "", "n pivot:x", "x", counts, checkPartition},
	{"transpose", "", "rows cols", "a b", "", checkTranspose},
	{"utf8", "", "n", "s" + bytes1, "bool int32 int", checkUTF8},
	{"base64", "", "n", "dst" + bytes1 + " src" + bytes1, "", checkBase64},
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
	for word := range strings.FieldsSeq(r.params) {
		if name, _, _ := strings.Cut(word, ":"); s.param(name) < 0 {
			return fmt.Errorf("needs a parameter %s", name)
		}
	}
	t, err := r.operandsFit(s)
	if err != nil {
		return err
	}
	for word := range strings.FieldsSeq(r.params) {
		name, element := strings.CutSuffix(word, ":x")
		if float := s.Params[s.param(name)].Type.float(); float != (element && t.float()) {
			return fmt.Errorf("needs a parameter %s that is %s", name, map[bool]string{true: "an integer", false: "of type " + t.String()}[float])
		}
	}
	return r.resultFits(s, t)
}

// operandsFit checks the operands and returns the type of their elements.
func (r *reference) operandsFit(s *Spec) (t Type, err error) {
	for word := range strings.FieldsSeq(r.operands) {
		name, types, own := strings.Cut(word, ":")
		name, optional := strings.CutPrefix(name, "[")
		i := s.operand(strings.TrimSuffix(name, "]"))
		switch {
		case i < 0 && optional:
			continue
		case i < 0:
			return 0, fmt.Errorf("needs an operand %s", name)
		case own:
			types = strings.ReplaceAll(types, ",", " ")
		case t != 0:
			types = t.String()
		case r.elements != "":
			types = r.elements
		default:
			types = floatTypes + " " + integerTypes
		}
		have := s.Operands[i].Type
		if !hasWord(types, have.String()) {
			return 0, fmt.Errorf("needs an operand %s of type %s", name, strings.ReplaceAll(types, " ", " or "))
		}
		if !own {
			t = have
		}
	}
	return t, nil
}

func (r *reference) resultFits(s *Spec, t Type) error {
	element := hasWord(r.results, "element")
	if r.results == "" || element && s.Result == t.result() || !(element && t.float()) && hasWord(r.results, s.Result.String()) {
		return nil
	}
	want, rest, _ := strings.Cut(r.results, " ")
	if want == "element" {
		if want = t.result().String(); rest != "" && t.integer() {
			want += " " + rest
		}
	} else {
		want = r.results
	}
	return fmt.Errorf(`needs <result type="%s"/>`, strings.ReplaceAll(want, " ", " or "))
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
func (t Type) precision() int { return t.format().significand + 1 }

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
	f := t.format()
	stored, bias := f.significand, f.bias()
	significand := b & (1<<stored - 1)
	exponent := int(b >> stored & (1<<f.exponent - 1))
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
