// Package cproto reads C function prototypes whose parameters say what is
// passed: "float dot(size_t n = 1000, const float x[n], const float y[n])".
//
// A parameter is a C99 declaration (ISO/IEC 9899:1999, 6.7.5), where a leading
// "out" stands for memory that is only written, "restore" for memory that gets its
// contents back between calls, followed by any of
//
//	= CONTENTS          a value, or contents of memory
//	in LOW..HIGH        after a value: its range
//	@ OFFSET            bytes before the first element
//	slack(BYTES)        bytes to have in addition
//
// and "with (...)" after the prototype declares values that are not passed. The
// package knows the grammar alone: what types and names mean, and how
// expressions are computed, is its callers' business. It is pure, and every size
// in it is bounded, as texts come from strangers.
package cproto

// Bounds of a prototype.
const (
	MaxText  = 8 << 10 // bytes
	MaxDecls = 128     // parameters, and declarations after "with"
	MaxName  = 64      // bytes of a name
	maxDims  = 8       // dimensions of an array
	maxStars = 4       // levels of pointers
	maxDepth = 40      // nested parentheses
)

// Func is a prototype.
type Func struct {
	Result Type
	Name   Text
	Params []Decl
	With   []Decl // values that are not passed
	ABI    Text   // MicrosoftABI or SystemVABI, of __attribute__((ms_abi)); empty where nothing says it
}

// Text is a piece of the prototype.
type Text struct {
	Text string
	At   int // bytes before it in the prototype
}

// Type is a C type without its array dimensions.
type Type struct {
	// Name is the type's words in the order in which they were written,
	// separated by single spaces, without qualifiers: "unsigned int".
	Name string
	// Const reports that the type is qualified so: of "const float *", that
	// the float is.
	Const bool
	// Pointers has an element for each level of pointers, the innermost
	// first: whether the pointer itself is const.
	Pointers []bool
	At       int
}

// Decl is one parameter.
type Decl struct {
	Type Type
	Name Text // empty where a type stands alone
	Out  bool
	// Restore: the word stands before the type.
	Restore bool
	// Dims are the dimensions, outermost first; the text of the first is empty
	// in "x[]".
	Dims          []Text
	Align         Text // of alignas(N)
	ABI           Text // MicrosoftABI or SystemVABI, of __attribute__; empty where nothing says it
	Offset, Slack Text
	Init          *Init // nil without one
	// Low and High are the range of a value; either can be empty in "0..".
	Low, High Text
	At        int
}

// The attributes of gcc and clang that say how a function is called.
const (
	MicrosoftABI = "ms_abi"
	SystemVABI   = "sysv_abi"
)

// Kind is what contents are given by.
type Kind uint8

// The kinds of contents.
const (
	Value   Kind = iota + 1 // a number or an expression: "= 2*n"
	Word                    // a word, with arguments or not: "= random(-1, 1)"
	List                    // "= {1, 2, 3}"
	Bytes                   // "= hex"00ff"", or a string, which a zero byte ends
	Null                    // "= NULL"
	Each                    // "= each(TYPE[LENGTH] = CONTENTS)"
	Address                 // "= &(TYPE NAME = VALUE)"
)

// Init is the contents of a parameter.
type Init struct {
	Kind  Kind
	At    int
	Value Text   // of a Value, and the word of a Word
	List  []Text // of a List, and the arguments of a Word
	Bytes []byte // of Bytes
	Each  *Decl  // of Each and Address
}
