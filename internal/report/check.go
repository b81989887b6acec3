package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"webrunner/internal/wire"
)

// CheckFormats returns every form of a check; text is the first.
func CheckFormats() []Form[*wire.Checked] {
	return []Form[*wire.Checked]{
		{"text", "text/plain; charset=utf-8", CheckText},
		{"json", "application/json", CheckJSON},
	}
}

// CheckText writes the verdict in the first line, and then each failure in one
// paragraph with the command that repeats it.
func CheckText(w io.Writer, c *wire.Checked) error {
	var b strings.Builder
	against := "without a reference"
	if c.Reference != "" {
		against = "against " + c.Reference
	}
	verdict := "ok"
	if !c.OK {
		verdict = "FAILED"
	}
	fmt.Fprintf(&b, "%s: %s, %d cases %s, seed %d, %d ms\n", verdict, line(c.Symbol), c.Cases, line(against), c.Seed, c.MS)
	for i := range c.Failures {
		f := &c.Failures[i]
		at := params(f.Params, "=", " ")
		if at != "" {
			at = " with " + at
		}
		fmt.Fprintf(&b, "\n%s%s: %s\n", line(string(f.Kind)), at, line(f.Detail))
		if f.Symbol != "" && f.Offset != nil && f.Instruction != "" {
			fmt.Fprintf(&b, "  at %s+%#x: %s\n", line(f.Symbol), *f.Offset, line(f.Instruction))
		}
		if f.Command != "" {
			fmt.Fprintf(&b, "  again: %s\n", line(f.Command))
		}
	}
	if len(c.Notes)+len(c.Warnings) > 0 {
		b.WriteByte('\n')
	}
	for _, n := range append(append([]string{}, c.Warnings...), c.Notes...) {
		fmt.Fprintf(&b, "note: %s\n", line(n))
	}
	if c.Host != nil {
		fmt.Fprintf(&b, "checked at %s\n", line(c.Host.Named()))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// CheckJSON writes the whole check as one line. Lists that are empty are [], never null.
func CheckJSON(w io.Writer, c *wire.Checked) error {
	d := *c
	d.Failures = append([]wire.Failure{}, c.Failures...)
	d.Warnings = append([]string{}, c.Warnings...)
	d.Notes = append([]string{}, c.Notes...)
	for i := range d.Failures {
		if d.Failures[i].Params == nil {
			d.Failures[i].Params = map[string]json.Number{}
		}
	}
	if d.Sandbox == nil {
		d.Sandbox = wire.Layers{}
	}
	return Document(w, &d)
}
