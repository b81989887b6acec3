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
)

// typeNames also fixes the order in which messages list the types.
var typeNames = [...]string{
	Float32: "float32", Float64: "float64",
	Int8: "int8", Int16: "int16", Int32: "int32", Int64: "int64",
	Uint8: "uint8", Uint16: "uint16", Uint32: "uint32", Uint64: "uint64",
}

// String returns the word that specifications use for t.
func (t Type) String() string { return name(typeNames[:], int(t)) }

// MarshalText implements encoding.TextMarshaler.
func (t Type) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// Size is the size of one element in bytes.
func (t Type) Size() uint64 {
	switch t {
	case Int8, Uint8:
		return 1
	case Int16, Uint16:
		return 2
	case Float32, Int32, Uint32:
		return 4
	case Float64, Int64, Uint64:
		return 8
	}
	return 0
}

// float reports whether t is a floating-point type.
func (t Type) float() bool { return t == Float32 || t == Float64 }

// signed reports whether t is an integer type with a sign.
func (t Type) signed() bool { return t >= Int8 && t <= Int64 }

// max is the largest value of an integer type.
func (t Type) max() uint64 {
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

// The kinds of contents. None of them holds a zero, a denormal, an infinity
// or a NaN unless a constant asks for it. The zero Fill is invalid.
const (
	// FillRandom draws every bit of the significand: values in ±[0.5, 2) for
	// floating-point types, any bit pattern but zero for integers.
	FillRandom Fill = iota + 1
	// FillExact draws so few significant bits that a sum of products of such
	// operands is exact in their type, whatever the order of summation: then
	// a reference can ask for equality. Values are in ±[1, 2).
	FillExact
	// FillConstant repeats one value.
	FillConstant
)

var fillNames = [...]string{FillRandom: "random", FillExact: "exact", FillConstant: "constant"}

// String returns the word that specifications use for f.
func (f Fill) String() string { return name(fillNames[:], int(f)) }

// MarshalText implements encoding.TextMarshaler.
func (f Fill) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// Result is the type of a kernel's return value.
type Result uint8

// The results: nothing, an integer in rax, or a number in xmm0. The zero
// Result is invalid.
const (
	ResultNone Result = iota + 1
	ResultInt
	ResultFloat32
	ResultFloat64
)

var resultNames = [...]string{ResultNone: "none", ResultInt: "int", ResultFloat32: "float32", ResultFloat64: "float64"}

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
)

var argKindNames = [...]string{ArgInt: "int", ArgFloat32: "float32", ArgFloat64: "float64", ArgPointer: "pointer"}

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
