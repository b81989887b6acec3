package report

import (
	"bytes"
	"encoding/json"
	"io"

	"webrunner/internal/wire"
	"webrunner/internal/words"
)

// JSON writes the whole result as one line, a wrong result first. Lists that are empty are [], never
// null.
func JSON(w io.Writer, r *wire.Result) error {
	c := *r
	c.Wrong = ""
	if r.Verify.Status == wire.VerifyMismatch {
		c.Wrong = r.Verify.Why
	}
	c.Counters = append([]wire.Counter{}, ordered(r.Counters)...)
	c.Unavailable = append([]wire.Unavailable{}, r.Unavailable...)
	c.ABI.Violations = append([]string{}, r.ABI.Violations...)
	c.ISA = append([]string{}, r.ISA...)
	c.Warnings = append([]string{}, r.Warnings...)
	c.Notes = append([]string{}, r.Notes...)
	if c.Params == nil {
		c.Params = map[string]json.Number{}
	}
	if c.Sandbox == nil {
		c.Sandbox = wire.Layers{}
	}
	return Document(w, &c)
}

// Document writes any document as one line of JSON, the same for a terminal as for
// a program: no string in it has a character that is not printable.
func Document(w io.Writer, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(words.JSON(b.Bytes()))
	return err
}
