package report

import (
	"fmt"
	"io"
	"strings"

	"webrunner/internal/wire"
)

// ProblemText writes a failure as a readable line, "error: class: detail",
// followed by one indented line for each further thing that is known.
func ProblemText(w io.Writer, p *wire.Problem) error {
	var b strings.Builder
	fmt.Fprintf(&b, "error: %s: %s\n", line(string(p.Class)), line(p.Detail))
	for _, f := range problemFields(p) {
		if f.value != "" {
			fmt.Fprintf(&b, "  %s: %s\n", f.key, line(f.value))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// problemFields lists what a problem knows beside its detail, in the order in
// which a person asks: where, what, why, and what can be done.
func problemFields(p *wire.Problem) []pair {
	retry := ""
	if p.RetryAfter > 0 {
		retry = fmt.Sprintf("in %d s", p.RetryAfter)
	}
	return []pair{
		{"at", location(p)},
		{"source", p.Source},
		{"section", p.Section},
		{"instruction", instruction(p)},
		{"rule", p.Rule},
		{"signal", p.Signal},
		{"access", p.Access},
		{"address", p.Address},
		{"operand", p.Operand},
		{"system call", p.Syscall},
		{"missing", strings.Join(p.MissingISA, " ")},
		{"limit", p.Limit},
		{"try again", retry},
	}
}

// location is symbol+offset, or the offset alone. An undefined symbol is no
// place: what came upon it is.
func location(p *wire.Problem) string {
	symbol := p.Symbol
	if p.Class == wire.UndefinedSymbol {
		symbol = p.Caller
	}
	switch {
	case p.Offset == nil:
		return symbol
	case symbol == "":
		return fmt.Sprintf("%#x", *p.Offset)
	}
	return fmt.Sprintf("%s+%#x", symbol, *p.Offset)
}

// instruction is the disassembly with the bytes behind it, or one of them.
func instruction(p *wire.Problem) string {
	if p.Instruction != "" && p.Bytes != "" {
		return p.Instruction + "  [" + p.Bytes + "]"
	}
	return p.Instruction + p.Bytes
}
