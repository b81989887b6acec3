package loader

import (
	"fmt"
	"strings"
)

// The classes of an Error.
const (
	Malformed   = "malformed-object"   // breaks a rule of the file format
	Unsupported = "unsupported-object" // well-formed, but asks for what the loader does not do
	NoFunction  = "undefined-symbol"   // has no function of the wanted name, or several that could be meant
	MemoryLimit = "memory-limit"       // wants more memory than Limits.AllocBytes
	TooLarge    = "too-large"          // exceeds another limit
	Timeout     = "timeout"            // Limits.Stop ended the work; Unwrap has its error
	Internal    = "internal"           // the caller's mistake, for example an impossible Placement
)

// Error says why an object was refused, and where. The class sorts it; the rest
// is for a person who wants to mend the object.
type Error struct {
	Class        string // one of the class constants
	Detail       string // what is wrong, with the offending value
	Advice       string // what to do about it, or empty
	File         string // of those that were joined to the object, printable and clipped, or empty for the object
	Section      string // name of the section it is about, printable and clipped, or empty
	SectionIndex int    // its index in the section header table, 0 if there is none
	Symbol       string // name of the symbol it is about, printable and clipped, or empty
	Offset       uint64 // in the section if there is one, otherwise in the file
	HasOffset    bool

	cause error
}

// Unwrap returns the error of Limits.Stop where that ended the work, else nil.
func (e *Error) Unwrap() error { return e.cause }

// Error returns one sentence: place, fault, advice.
func (e *Error) Error() string {
	var b strings.Builder
	if e.File != "" {
		b.WriteString(e.File)
	}
	if e.SectionIndex != 0 {
		fmt.Fprintf(&b, "%ssection %d (%s)", comma(&b), e.SectionIndex, e.Section)
	}
	if e.HasOffset {
		fmt.Fprintf(&b, "%soffset %#x", comma(&b), e.Offset)
	}
	if e.Symbol != "" {
		fmt.Fprintf(&b, "%ssymbol %s", comma(&b), e.Symbol)
	}
	if b.Len() > 0 {
		b.WriteString(": ")
	}
	b.WriteString(e.Detail)
	if e.Advice != "" {
		b.WriteString("; " + e.Advice)
	}
	return b.String()
}

func comma(b *strings.Builder) string {
	if b.Len() == 0 {
		return ""
	}
	return ", "
}

func malformed(format string, args ...any) *Error {
	return &Error{Class: Malformed, Detail: fmt.Sprintf(format, args...)}
}

func unsupported(format string, args ...any) *Error {
	return &Error{Class: Unsupported, Detail: fmt.Sprintf(format, args...)}
}

func noFunction(format string, args ...any) *Error {
	return &Error{Class: NoFunction, Detail: fmt.Sprintf(format, args...)}
}

func tooLarge(format string, args ...any) *Error {
	return &Error{Class: TooLarge, Detail: fmt.Sprintf(format, args...)}
}

func memoryLimit(format string, args ...any) *Error {
	return &Error{Class: MemoryLimit, Detail: fmt.Sprintf(format, args...)}
}

func internal(format string, args ...any) *Error {
	return &Error{Class: Internal, Detail: fmt.Sprintf(format, args...)}
}

// at adds an offset: in the section if there is one, otherwise in the file.
func (e *Error) at(offset uint64) *Error {
	e.Offset, e.HasOffset = offset, true
	return e
}

func (e *Error) advise(text string) *Error {
	e.Advice = text
	return e
}

func (e *Error) about(symbol string) *Error {
	e.Symbol = shown(symbol)
	return e
}

func (e *Error) in(index int, s *section) *Error {
	e.Section, e.SectionIndex = shown(s.name), index
	if s.file != "" {
		e.File, e.SectionIndex = s.file, s.number
	}
	return e
}
