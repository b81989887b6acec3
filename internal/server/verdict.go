package server

import (
	"fmt"

	"github.com/valyala/fasthttp"

	"webrunner/internal/report"
	"webrunner/internal/wire"
)

// verdict is what a reader of the figures alone must know, as headers: the text
// form of 2016 has no line for it.
type verdict struct {
	verify, abi, integrity string
	warnings               []string
	sources                string // of the figures, where their names do not tell them
}

func verdictOf(r *wire.Result, asked bool) *verdict {
	v := &verdict{verify: string(r.Verify.Status), abi: "held", integrity: string(r.Integrity), warnings: report.Doubts(r, asked)}
	if !r.ABI.OK {
		v.abi = "violated"
	}
	return v
}

// Bounds of the warnings in a head, bytes. A proxy may take no more than 4 KiB
// of head in all.
const (
	maxWarning  = 300
	maxWarnings = 1500
)

// write writes each warning as a header of its own, as far as they fit.
func (v *verdict) write(h *fasthttp.ResponseHeader) {
	h.Set("WebRunner-Verify", printable(v.verify))
	h.Set("WebRunner-ABI", v.abi)
	h.Set("WebRunner-Integrity", printable(v.integrity))
	if v.sources != "" {
		h.Set("WebRunner-Sources", cut(printable(v.sources), maxWarnings))
	}
	left := maxWarnings
	for i, w := range v.warnings {
		w = cut(printable(w), maxWarning)
		if left -= len(w); left < 0 {
			h.Add("WebRunner-Warning", fmt.Sprintf("%d more; the JSON form has all", len(v.warnings)-i))
			return
		}
		h.Add("WebRunner-Warning", w)
	}
}

// cut shortens a text to so many bytes.
func cut(s string, most int) string {
	if len(s) > most {
		return s[:most-3] + "..."
	}
	return s
}
