package wire

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// CheckOptions is what a Check does.
type CheckOptions struct {
	Cases    int       `json:"cases,omitempty"`    // how many
	Fixed    []string  `json:"fixed,omitempty"`    // parameters that all cases have as Job.Params says; the others vary
	Extremes []Extreme `json:"extremes,omitempty"` // what floating-point operands may hold
}

// Bounds of the number of cases of a check.
const (
	DefaultCases = 1000
	MaxCases     = 100_000
)

// Extreme is a kind of floating-point numbers that only tests look for.
type Extreme string

// Every Extreme.
const (
	ExtremeDenormal Extreme = "denormal"
	ExtremeZero     Extreme = "zero" // of both signs
	ExtremeInfinity Extreme = "infinity"
	ExtremeNaN      Extreme = "nan"
)

// Valid tells whether e is one of the constants of its type.
func (e Extreme) Valid() bool { return slices.Contains(Extremes(), e) }

// Extremes are all of them.
func Extremes() []Extreme {
	return []Extreme{ExtremeDenormal, ExtremeZero, ExtremeInfinity, ExtremeNaN}
}

// Tolerance says how far a floating-point number may be from the reference's: what is
// within any of the bounds is right. The zero value is the default of each type.
type Tolerance struct {
	Exact bool    `json:"exact,omitempty"`
	ULP   float64 `json:"ulp,omitempty"`
	Rel   float64 `json:"rel,omitempty"`
	Abs   float64 `json:"abs,omitempty"`
}

// String writes t as the option tolerance takes it; the default is empty.
func (t Tolerance) String() string {
	var list []string
	if t.Exact {
		list = append(list, "exact")
	}
	for _, b := range []struct {
		name  string
		value float64
	}{{"ulp", t.ULP}, {"rel", t.Rel}, {"abs", t.Abs}} {
		if b.value != 0 {
			list = append(list, b.name+"="+strconv.FormatFloat(b.value, 'g', -1, 64))
		}
	}
	return strings.Join(list, ",")
}

// FailureKind says in what way a function failed a case.
type FailureKind string

// Every FailureKind.
const (
	FailMismatch     FailureKind = "mismatch"          // a result that is not the reference's, or not that of the call before
	FailCrashed      FailureKind = "crashed"           // a fault that is none of the following
	FailTimeout      FailureKind = "timeout"           // the call did not return in time
	FailABI          FailureKind = "abi"               // broke the calling convention
	FailWroteConst   FailureKind = "wrote-const"       // wrote an operand that it may only read
	FailWroteOutside FailureKind = "wrote-outside"     // wrote beside an operand
	FailReadOutside  FailureKind = "read-outside"      // read beside an operand
	FailSyscall      FailureKind = "forbidden-syscall" // made a system call
)

// Valid tells whether k is one of the constants of its type.
func (k FailureKind) Valid() bool { return slices.Contains(failureKinds(), k) }

func failureKinds() []FailureKind {
	return []FailureKind{FailMismatch, FailCrashed, FailTimeout, FailABI, FailWroteConst, FailWroteOutside, FailReadOutside, FailSyscall}
}

// MaxFailures bounds the failures of a check.
const MaxFailures = 16

// Failure is one way in which a function failed, in the smallest case that was found.
type Failure struct {
	Kind    FailureKind            `json:"kind"`
	Params  map[string]json.Number `json:"params"`
	Detail  string                 `json:"detail"` // one sentence
	Operand string                 `json:"operand,omitempty"`
	Index   *int                   `json:"index,omitempty"` // of the operand's first wrong element
	Got     *Scalar                `json:"got,omitempty"`
	Want    *Scalar                `json:"want,omitempty"`

	Symbol      string  `json:"symbol,omitempty"` // where a call ended that did not return
	Offset      *uint64 `json:"offset,omitempty"`
	Instruction string  `json:"instruction,omitempty"`

	// Seed and Cases are those of a check that fails in this way: with Params if it is
	// Alone, else with the parameters of the check that found it.
	Seed    uint64 `json:"seed"`
	Cases   int    `json:"cases"`
	Alone   bool   `json:"alone"`
	Command string `json:"command"` // that repeats it; who answers fills it in
}

// Checked is a finished check.
type Checked struct {
	OK        bool      `json:"ok"`
	Kernel    string    `json:"kernel"`
	Symbol    string    `json:"symbol"`
	Reference string    `json:"reference"` // what results were compared with; empty where there was nothing
	Tolerance string    `json:"tolerance,omitempty"`
	Cases     int       `json:"cases"` // that were made
	Calls     int       `json:"calls"`
	Seed      uint64    `json:"seed"`
	Failures  []Failure `json:"failures"`
	MS        int64     `json:"ms"`
	Warnings  []string  `json:"warnings"`
	Notes     []string  `json:"notes"`
	Sandbox   Layers    `json:"sandbox"`
	Host      *Host     `json:"host,omitempty"` // that made it; a child does not say
}

// check holds a check to the words that there are, and to its bounds.
func (c *Checked) check() error {
	if len(c.Failures) > MaxFailures || c.OK != (len(c.Failures) == 0) {
		return fmt.Errorf("wire: a check with %d failures, ok: %v", len(c.Failures), c.OK)
	}
	for i := range c.Failures {
		if err := known("failures.kind", c.Failures[i].Kind); err != nil {
			return err
		}
	}
	return nil
}

// Scalar is one number or place in memory. In JSON it is the bare value: a number, true
// or false, the strings that a Float can be, or a pointer as "x+16".
type Scalar struct{ Value }

// MarshalJSON implements json.Marshaler.
func (s Scalar) MarshalJSON() ([]byte, error) {
	switch {
	case s.Float != nil:
		return s.Float.MarshalJSON()
	case s.Pointer != nil:
		return json.Marshal(s.Pointer.String())
	case s.Int == nil && s.Uint == nil && s.Bool == nil:
		return []byte("null"), nil
	}
	return []byte(s.String()), nil
}

// UnmarshalJSON implements json.Unmarshaler. Of a pointer it keeps how it was written.
func (s *Scalar) UnmarshalJSON(b []byte) error {
	*s = Scalar{}
	text := string(b)
	var f Float
	if text == "null" {
		return nil
	}
	if text == "true" || text == "false" {
		s.Bool = new(text == "true")
		return nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && text != "-0" {
		s.Int = &n
		return nil
	}
	if n, err := strconv.ParseUint(text, 10, 64); err == nil {
		s.Uint = &n
		return nil
	}
	if err := f.UnmarshalJSON(b); err == nil {
		s.Float = &f
		return nil
	}
	var place string
	if err := json.Unmarshal(b, &place); err != nil {
		return err
	}
	p, err := parsePointer(place)
	s.Pointer = &p
	return err
}

// parsePointer reads what Pointer.String writes.
func parsePointer(text string) (p Pointer, err error) {
	if text == "NULL" {
		return p, nil
	}
	if hex, ok := strings.CutPrefix(text, "0x"); ok {
		p.Offset, err = strconv.ParseUint(hex, 16, 64)
		return p, err
	}
	operand, offset, ok := strings.Cut(text, "+")
	if !ok || operand == "" {
		return p, fmt.Errorf("wire: %.40q is not a number and not a place", text)
	}
	p.Operand = operand
	p.Offset, err = strconv.ParseUint(offset, 10, 64)
	return p, err
}
