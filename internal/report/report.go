// Package report writes one result in its many forms: lines as the service of
// 2016 had them, JSON, CSV, Go's benchmark format, and a table for people. A
// form never shows a figure as more than it is: the source, the spread and
// what could not be had are told wherever the form has a place for them.
package report

import (
	"io"
	"slices"
	"strings"

	"webrunner/internal/wire"
	"webrunner/internal/words"
)

// Form is one form of an answer.
type Form[T any] struct {
	Name  string // on the command line
	Media string // media type, empty for those that are for the command line only
	Write func(io.Writer, T) error
}

// Format is one form of a result.
type Format = Form[*wire.Result]

// Formats returns every form of a result; text, the default of the service, is
// the first. What a client may accept and what -o takes are made from it; a test holds
// docs/http.md and README.md to it.
func Formats() []Format {
	return []Format{
		{"text", "text/plain; charset=utf-8", Text},
		{"json", "application/json", JSON},
		{"csv", "text/csv; charset=utf-8", CSV},
		{"benchfmt", "text/x-go-benchfmt; charset=utf-8", Benchfmt},
		{"table", "", Table},
		{"folded", "", Folded},
	}
}

// ordered returns the counters with those of the service of 2016 first, in
// its order, and the others as they are. Every form lists them so.
func ordered(counters []wire.Counter) []wire.Counter {
	list := slices.Clone(counters)
	slices.SortStableFunc(list, func(a, b wire.Counter) int { return rank(a.Name) - rank(b.Name) })
	return list
}

func rank(name string) int {
	switch name {
	case wire.FigureCycles:
		return 0
	case wire.FigureInstructions:
		return 1
	}
	return 2
}

// label is the name of a figure, with the source when that is not the PMU, and
// with the grade of a counter that is not to be believed.
func label(c *wire.Counter) string {
	var notes []string
	if c.Source != wire.PMU {
		notes = append(notes, line(string(c.Source)))
	}
	if g := untrue(c); g != "" {
		notes = append(notes, g)
	}
	if len(notes) == 0 {
		return line(c.Name)
	}
	return line(c.Name) + " (" + strings.Join(notes, ", ") + ")"
}

// lineMost bounds one text of a result or a problem in every form, bytes.
const lineMost = 4 << 10

// line is text that may come from an object, such as a symbol, as it may be shown.
func line(s string) string { return words.Line(s, lineMost) }
