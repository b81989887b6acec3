package loader

import (
	"fmt"
	"strings"
)

// The classes of an Error. They are words of the service's error table.
const (
	Malformed   = "malformed-object"   // breaks a rule of the file format
	Unsupported = "unsupported-object" // well-formed, but asks for what the loader does not do
	MemoryLimit = "memory-limit"       // wants more memory than Limits.AllocBytes
	TooLarge    = "too-large"          // exceeds another limit
	Internal    = "internal"           // the caller's mistake, for example an impossible Placement
)

// Error says why an object was refused, and where. The class sorts it; the rest
// is for a person who wants to mend the object.
type Error struct {
	Class        string // Malformed, Unsupported, MemoryLimit, TooLarge or Internal
	Detail       string // what is wrong, with the offending value
	Advice       string // what to do about it, or empty
	Section      string // name of the section it is about, or empty
	SectionIndex int    // its index in the section header table, 0 if there is none
	Symbol       string // name of the symbol it is about, or empty
	Offset       uint64 // in the section if there is one, otherwise in the file
	HasOffset    bool
}

// Error returns one sentence: place, fault, advice.
func (e *Error) Error() string {
	var b strings.Builder
	if e.SectionIndex != 0 {
		fmt.Fprintf(&b, "section %d (%s)", e.SectionIndex, printable(e.Section))
	}
	if e.HasOffset {
		fmt.Fprintf(&b, "%soffset %#x", comma(&b), e.Offset)
	}
	if e.Symbol != "" {
		fmt.Fprintf(&b, "%ssymbol %s", comma(&b), printable(e.Symbol))
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
	e.Symbol = symbol
	return e
}

func (e *Error) in(index int, s *section) *Error {
	e.Section, e.SectionIndex = s.name, index
	return e
}

// printable makes a name of the file safe and short enough for a terminal and
// a log line.
func printable(name string) string {
	const most = 120
	cut := ""
	if len(name) > most {
		name, cut = name[:most], "…"
	}
	for i := range len(name) {
		if c := name[i]; c < 0x20 || c >= 0x7f {
			return fmt.Sprintf("%q", name) + cut
		}
	}
	return name + cut
}
