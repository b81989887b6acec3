package kernels

import "fmt"

// Type is the type of an operand's elements and of a parameter.
type Type uint8

// The element types. The zero Type is invalid.
const (
	Float32 Type = iota + 1
	Float64
	Int8
	Int16
	Int32
	Int64
	Uint8
	Uint16
	Uint32
	Uint64
	Bool     // one byte, 0 or 1
	Float16  // IEEE 754 binary16, _Float16 in C
	BFloat16 // the upper half of a float32, __bf16 in C
	Pointer  // an address of an element of another operand
)

// typeNames also fixes the order in which messages list the types.
var typeNames = [...]string{
	Float32: "float32", Float64: "float64",
	Int8: "int8", Int16: "int16", Int32: "int32", Int64: "int64",
	Uint8: "uint8", Uint16: "uint16", Uint32: "uint32", Uint64: "uint64",
	Bool: "bool", Float16: "float16", BFloat16: "bfloat16", Pointer: "pointer",
}

// String returns the word that specifications use for t.
func (t Type) String() string { return name(typeNames[:], int(t)) }

// MarshalText implements encoding.TextMarshaler.
func (t Type) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// Size is the size of one element in bytes.
func (t Type) Size() uint64 {
	switch t {
	case Int8, Uint8, Bool:
		return 1
	case Int16, Uint16, Float16, BFloat16:
		return 2
	case Float32, Int32, Uint32:
		return 4
	case Float64, Int64, Uint64, Pointer:
		return 8
	}
	return 0
}

// float reports whether t is a floating-point type.
func (t Type) float() bool { return t.format().significand != 0 }

// integer reports whether t is an integer type, as bool is in C.
func (t Type) integer() bool { return t >= Int8 && t <= Bool }

// signed reports whether t is an integer type with a sign.
func (t Type) signed() bool { return t >= Int8 && t <= Int64 }

// max is the largest value of an integer type.
func (t Type) max() uint64 {
	if t == Bool {
		return 1
	}
	bits := 8 * t.Size()
	if t.signed() {
		bits--
	}
	return 1<<bits - 1 // a shift by 64 gives 0, hence the maximum of uint64
}

// Access says what a kernel may do with an operand.
type Access uint8

// The kinds of access. The zero Access is invalid.
const (
	In    Access = iota + 1 // only read; a kernel that writes it is in error
	Out                     // only written
	InOut                   // read and written
)

var accessNames = [...]string{In: "in", Out: "out", InOut: "inout"}

// String returns the word that specifications use for a.
func (a Access) String() string { return name(accessNames[:], int(a)) }

// MarshalText implements encoding.TextMarshaler.
func (a Access) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// Fill says what an operand holds before the first call.
type Fill uint8

// The kinds of contents. Random ones hold no zero, denormal, infinity or NaN
// unless their bounds ask for it. The zero Fill is invalid.
const (
	// FillRandom draws every bit of the significand: values in ±[0.5, 2) for
	// floating-point types, any bit pattern but zero for integers. With bounds
	// it draws numbers between them evenly, both included.
	FillRandom Fill = iota + 1
	// FillExact draws so few significant bits that a sum of products of such
	// operands is exact in their type, whatever the order of summation: then
	// a reference can ask for equality. Values are in ±[1, 2).
	FillExact
	// FillConstant repeats one value, which parameters may say.
	FillConstant
	// FillIndex counts the elements, from 0.
	FillIndex
	// FillPermutation holds each number from 0 to the count less 1 once, in
	// random order.
	FillPermutation
	// FillCycle is a permutation of one cycle: who goes from element to the
	// element whose number it is meets all of them before any twice. From J.
	// Sattolo, "An algorithm to generate a random cyclic permutation",
	// Information Processing Letters 22(6), 1986.
	FillCycle
	// FillText is random letters, with a zero as the last element.
	FillText
	// FillUTF8 is random characters of one to four bytes each in UTF-8, of
	// which none is cut off, without a zero.
	FillUTF8
	// FillMaybeUTF8 is FillUTF8 or, as often, that with a fault in its last four
	// bytes.
	FillMaybeUTF8
	// FillCopy is the elements of another operand, of which one can differ.
	FillCopy
	// FillValues lists the first elements; the others are zero.
	FillValues
	// FillBytes lists the first bytes; the others are zero.
	FillBytes
	// FillPointers is addresses of elements of another operand, at a fixed
	// distance from each other.
	FillPointers
	// FillFile is the bytes of a file that goes with the object, as far as there is room,
	// and zeros behind them.
	FillFile
)

var fillNames = [...]string{
	FillRandom: "random", FillExact: "exact", FillConstant: "constant", FillIndex: "index", FillPermutation: "permutation", FillCycle: "cycle",
	FillText: "text", FillUTF8: "utf8", FillMaybeUTF8: "maybe_utf8", FillCopy: "copy", FillValues: "values", FillBytes: "bytes", FillPointers: "pointers",
	FillFile: "file",
}

// Seeded tells that contents of this kind may differ with the seed.
func (f Fill) Seeded() bool {
	switch f {
	case FillConstant, FillIndex, FillValues, FillBytes, FillPointers, FillFile:
		return false
	}
	return true
}

// String returns the word that specifications use for f.
func (f Fill) String() string { return name(fillNames[:], int(f)) }

// MarshalText implements encoding.TextMarshaler.
func (f Fill) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// Result is the type of a kernel's return value.
type Result uint8

// The results: nothing; an integer in rax, ResultInt being one of 64 bits with a
// sign; or a number or a vector in the first vector register. The zero Result is invalid.
const (
	ResultNone Result = iota + 1
	ResultInt
	ResultFloat32
	ResultFloat64
	ResultInt8
	ResultInt16
	ResultInt32
	ResultUint8
	ResultUint16
	ResultUint32
	ResultUint64
	ResultBool
	ResultPointer
	ResultFloat16
	ResultBFloat16
	ResultM128 // vectors of float32
	ResultM256
	ResultM512
	ResultM128D // of float64
	ResultM256D
	ResultM512D
	ResultM128I // of integers
	ResultM256I
	ResultM512I
)

var resultNames = [...]string{
	ResultNone: "none", ResultInt: "int", ResultFloat32: "float32", ResultFloat64: "float64",
	ResultInt8: "int8", ResultInt16: "int16", ResultInt32: "int32",
	ResultUint8: "uint8", ResultUint16: "uint16", ResultUint32: "uint32", ResultUint64: "uint64",
	ResultBool: "bool", ResultPointer: "pointer", ResultFloat16: "float16", ResultBFloat16: "bfloat16",
	ResultM128: "m128", ResultM256: "m256", ResultM512: "m512",
	ResultM128D: "m128d", ResultM256D: "m256d", ResultM512D: "m512d",
	ResultM128I: "m128i", ResultM256I: "m256i", ResultM512I: "m512i",
}

// String returns the word that specifications use for r.
func (r Result) String() string { return name(resultNames[:], int(r)) }

// MarshalText implements encoding.TextMarshaler.
func (r Result) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// ArgKind says how an argument is passed under the System V calling
// convention: in an integer or in a vector register (or on the stack).
type ArgKind uint8

// The kinds of arguments. The zero ArgKind is invalid.
const (
	ArgInt ArgKind = iota + 1
	ArgFloat32
	ArgFloat64
	ArgPointer
	ArgVector // __m128 and its like
)

var argKindNames = [...]string{ArgInt: "int", ArgFloat32: "float32", ArgFloat64: "float64", ArgPointer: "pointer", ArgVector: "vector"}

// String returns a word for k.
func (k ArgKind) String() string { return name(argKindNames[:], int(k)) }

// name looks i up in a table whose entry 0 is the invalid value.
func name(table []string, i int) string {
	if i <= 0 || i >= len(table) {
		return fmt.Sprintf("invalid(%d)", i)
	}
	return table[i]
}

// lookup is the inverse of name; it returns 0 for a word that is not there.
func lookup(table []string, word string) int {
	for i := 1; i < len(table); i++ {
		if table[i] == word {
			return i
		}
	}
	return 0
}
