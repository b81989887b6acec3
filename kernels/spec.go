package kernels

// Bounds of a specification.
const (
	maxXML      = 64 << 10 // bytes of one
	maxFile     = 4 << 20  // bytes of a file of several
	maxName     = 64       // bytes of a name
	maxSymbol   = 255      // bytes of an alternative symbol
	maxParams   = 64
	maxOperands = 32
	maxArgs     = 64
)

// Spec is a parsed kernel specification. Treat it as read-only: one Spec
// serves many runs.
type Spec struct {
	Name      string `json:"name"`
	Namespace string `json:"namespace,omitempty"`
	Doc       string `json:"doc,omitempty"`
	// Alternatives are symbol names to try, in order, after Name.
	Alternatives []string  `json:"alternatives,omitempty"`
	Params       []Param   `json:"parameters"`
	Operands     []Operand `json:"operands,omitempty"`
	Args         []Arg     `json:"arguments"`
	Result       Result    `json:"result"`
	// ABI is "ms" where the function is called by the Microsoft x64 ABI, else empty.
	ABI string `json:"abi,omitempty"`
	// Reference names the built-in computation that results are compared
	// with; empty when there is none.
	Reference string `json:"reference,omitempty"`
	// Elements, Iterations, Flops and Bytes are expressions over the parameters:
	// what one call works through, for derived figures. Empty when not given.
	Elements   string `json:"elements,omitempty"`
	Iterations string `json:"iterations,omitempty"`
	Flops      string `json:"flops,omitempty"`
	Bytes      string `json:"bytes,omitempty"`

	// XML is the specification as it was read; parsing it again gives the
	// same Spec.
	XML []byte `json:"-"`

	elements, iterations, flops, bytes *expr // nil when not given
}

// FullName is the name with the namespace before it, as in "blis/sdot".
func (s *Spec) FullName() string {
	if s.Namespace == "" {
		return s.Name
	}
	return s.Namespace + "/" + s.Name
}

// Param is a parameter of the query. Its numbers are as Spec.Values has them.
type Param struct {
	Name    string
	Type    Type // any but Pointer
	Default uint64
	Min     uint64
	Max     uint64
	Doc     string

	line int // of the specification
}

// Operand is a buffer that the kernel gets a pointer to, in an argument or in
// another operand of pointers.
type Operand struct {
	Name string `json:"name"`
	Type Type   `json:"type"`
	// Count, Offset and Slack are expressions: elements of the operand, without one those of
	// its file; bytes
	// between the start of the page and the first element; and bytes that are
	// mapped in addition, before and after the elements together.
	Count  string `json:"count,omitempty"`
	Offset string `json:"offset,omitempty"`
	Slack  string `json:"slack,omitempty"`
	Align  uint64 `json:"align,omitempty"` // what the first element's address must be a multiple of; 0 is nothing
	Access Access `json:"access"`
	// Restore: it gets its contents back before each call that is measured.
	Restore bool    `json:"restore,omitempty"`
	Fill    Fill    `json:"fill"`
	Value   float64 `json:"value,omitempty"` // of FillConstant, without From
	// From is what the value of FillConstant is computed from: an expression for
	// integers, the name of a parameter for floating-point types.
	From string `json:"from,omitempty"`
	// Low and High bound FillRandom: expressions for integers; numbers, or
	// names of parameters, for floating-point types. Both or none are given.
	Low  string `json:"low,omitempty"`
	High string `json:"high,omitempty"`
	// Values are the numbers of FillValues, separated by commas, and Bytes
	// those of FillBytes, in hexadecimal.
	Values string `json:"values,omitempty"`
	Bytes  string `json:"bytes,omitempty"`
	// To names the operand that FillPointers points into, and Step is an
	// expression: elements of that between one pointer and the next.
	To   string `json:"to,omitempty"`
	Step string `json:"step,omitempty"`
	// Of names the operand that FillCopy copies, and Except is an expression: the
	// element that is another, none where there is no such element.
	Of     string `json:"of,omitempty"`
	Except string `json:"except,omitempty"`
	Doc    string `json:"doc,omitempty"`

	count, offset, slack *expr // offset and slack are nil when not given
	low, high            source
	from                 source // none where Value says the value
	step                 *expr
	data                 string // of FillValues, FillBytes and FillFile, as memory holds it
	given                bool   // the file of FillFile is in data
	to                   int    // index of the operand named To
	of                   int    // index of the operand named Of
	except               *expr  // nil when not given
}

// Arg is one argument of the call.
type Arg struct {
	Name string  `json:"name"`
	Type string  `json:"type"` // in C, as in the specification
	Kind ArgKind `json:"-"`
	// Value is an expression for an integer; a number, or a parameter's name,
	// for a floating-point argument; NULL for a pointer to nothing.
	// It is empty when Name is that of a parameter or an operand, whose value
	// is then passed.
	Value string `json:"value,omitempty"`
	// Contents is what a vector holds, as an operand that is only read would; nil
	// for all else.
	Contents *Operand `json:"contents,omitempty"`

	operand int    // index of the operand that a pointer points to, -1 for NULL
	elem    Type   // of a number
	value   *expr  // of an integer
	number  source // of a floating-point number
}

// param returns the index of a parameter, or -1.
func (s *Spec) param(name string) int {
	for i := range s.Params {
		if s.Params[i].Name == name {
			return i
		}
	}
	return -1
}

// operand returns the index of an operand, or -1.
func (s *Spec) operand(name string) int {
	for i := range s.Operands {
		if s.Operands[i].Name == name {
			return i
		}
	}
	return -1
}
