package wire

// MaxDump bounds how many elements of an operand an answer has.
const MaxDump = 4096

// Dump is what an operand held after the first watched call, element by element.
type Dump struct {
	Operand   string   `json:"operand"`
	Type      string   `json:"type"`      // of its elements, by its name in specifications
	Count     uint64   `json:"count"`     // elements of the operand
	Truncated bool     `json:"truncated"` // Values are the first MaxDump alone
	Values    []Scalar `json:"values"`
}
