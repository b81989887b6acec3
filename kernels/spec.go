package kernels

// Bounds of a specification.
const (
	maxXML      = 64 << 10 // bytes of a file
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

// Param is a parameter of the query.
type Param struct {
	Name    string `json:"name"`
	Type    Type   `json:"type"` // Uint32 or Uint64
	Default uint64 `json:"default"`
	Min     uint64 `json:"min"`
	Max     uint64 `json:"max"`
	Doc     string `json:"doc,omitempty"`

	line int // of the specification
}

// Operand is a buffer that the kernel gets a pointer to.
type Operand struct {
	Name string `json:"name"`
	Type Type   `json:"type"`
	// Count, Offset and Slack are expressions: elements of the operand; bytes
	// between the start of the page and the first element; and bytes that are
	// mapped in addition, before and after the elements together.
	Count  string  `json:"count"`
	Offset string  `json:"offset,omitempty"`
	Slack  string  `json:"slack,omitempty"`
	Access Access  `json:"access"`
	Fill   Fill    `json:"fill"`
	Value  float64 `json:"value,omitempty"` // of FillConstant
	Doc    string  `json:"doc,omitempty"`

	count, offset, slack *expr // offset and slack are nil when not given
}

// Arg is one argument of the call.
type Arg struct {
	Name string  `json:"name"`
	Type string  `json:"type"` // in C, as in the specification
	Kind ArgKind `json:"-"`
	// Value is an expression for an integer, a parameter's name or a number
	// for a floating-point argument. It is empty when Name is that of a
	// parameter or an operand, whose value is then passed.
	Value string `json:"value,omitempty"`

	operand int     // index of the operand that a pointer points to
	limit   uint64  // largest value of an integer
	value   *expr   // of an integer, or of a number taken from a parameter
	number  float64 // of a floating-point argument without value
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
