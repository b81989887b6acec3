package report

import (
	"encoding/json"
	"io"

	"webrunner/internal/wire"
)

// JSON writes the whole result as one line. Lists that are empty are [], never
// null.
func JSON(w io.Writer, r *wire.Result) error {
	c := *r
	c.Counters = append([]wire.Counter{}, ordered(r.Counters)...)
	c.Unavailable = append([]wire.Unavailable{}, r.Unavailable...)
	c.ABI.Violations = append([]string{}, r.ABI.Violations...)
	c.ISA = append([]string{}, r.ISA...)
	c.Warnings = append([]string{}, r.Warnings...)
	c.Notes = append([]string{}, r.Notes...)
	if c.Params == nil {
		c.Params = map[string]uint64{}
	}
	if c.Sandbox == nil {
		c.Sandbox = wire.Layers{}
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(&c)
}
