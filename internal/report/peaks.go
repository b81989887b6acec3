package report

import (
	"io"
	"strings"

	"webrunner/internal/wire"
)

// PeaksFormats returns every form of the peaks of a host; text is the first.
func PeaksFormats() []Form[*wire.Peaks] {
	return []Form[*wire.Peaks]{
		{"text", "text/plain; charset=utf-8", PeaksText},
		{"json", "application/json", func(w io.Writer, p *wire.Peaks) error { return Document(w, p) }},
	}
}

// PeaksText writes a row for each peak.
func PeaksText(w io.Writer, p *wire.Peaks) error {
	var b strings.Builder
	b.WriteString(line(p.Host.Named()) + "\n\n")
	rows := [][]string{{"peak", "", "spread", "unit"}}
	for _, q := range p.Peaks {
		rows = append(rows, []string{line(q.Name), Number(q.Value), "±" + percent(100*q.Spread) + " %", line(q.Unit)})
	}
	writeRows(&b, rows)
	_, err := io.WriteString(w, b.String())
	return err
}
