package screen

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// verdictJSON is the machine-readable form of a Verdict.
type verdictJSON struct {
	Verdict       string          `json:"verdict"`
	ISA           []string        `json:"isa"`
	HostLacks     []string        `json:"host_lacks"`
	Host          string          `json:"host,omitempty"`
	Instructions  int             `json:"instructions"`
	Flops         int             `json:"flops"`
	Mix           map[string]int  `json:"mix"`
	Refusals      []Refusal       `json:"refusals"`
	RefusalCount  int             `json:"refusal_count"`
	Notes         []Note          `json:"notes"`
	Lacks         []Lack          `json:"lacks"`
	Functions     []FunctionNeeds `json:"functions"`
	FunctionCount int             `json:"function_count"`
	Data          []Data          `json:"data"`
	DataCount     int             `json:"data_count"`
	DataBytes     int             `json:"data_bytes"`
}

// maxDataLines bounds the stretches of data that are told to a person one by one.
const maxDataLines = 20

func (v *Verdict) word() string {
	if v.Accepted {
		return "accepted"
	}
	return "refused"
}

// MarshalJSON writes the verdict for scripts.
func (v *Verdict) MarshalJSON() ([]byte, error) {
	j := verdictJSON{
		Verdict: v.word(), ISA: orEmpty(v.ISA), HostLacks: []string{}, Host: v.Host, Instructions: v.Instructions, Flops: v.Flops,
		Mix: v.Mix, Refusals: orEmpty(v.Refusals), RefusalCount: v.RefusalCount, Notes: orEmpty(v.Notes), Lacks: orEmpty(v.HostLacks),
		Functions: orEmpty(v.Functions), FunctionCount: v.FunctionCount,
		Data: orEmpty(v.Data), DataCount: v.DataCount, DataBytes: v.DataBytes,
	}
	for _, l := range v.HostLacks {
		j.HostLacks = append(j.HostLacks, l.Feature)
	}
	return json.Marshal(j)
}

// orEmpty makes a nil slice an empty list, which is what scripts expect to find.
func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// WriteText writes the verdict for a person to read.
func (v *Verdict) WriteText(w io.Writer) error {
	p := &printer{w: w}
	p.line("%s: %d instructions, %d floating-point operations", v.word(), v.Instructions, v.Flops)
	p.line("needs: %s", orNone(v.ISA))
	for _, l := range v.HostLacks {
		p.line("%s lacks %s: first needed by %s: %s", orThis(v.Host), l.Feature, where(l.Section, l.Symbol, l.Offset), l.Text)
	}
	for _, r := range v.Refusals {
		p.line("refused: %s: %s (%s)", where(r.Section, r.Symbol, r.Offset), r.Text, r.Bytes)
		p.line("  %s: %s; %s", r.Rule, r.Why, r.Advice)
	}
	if more := v.RefusalCount - len(v.Refusals); more > 0 {
		p.line("refused: %d more", more)
	}
	for _, n := range v.Notes {
		if n.Rule == policy[softData].word {
			continue // told below, stretch by stretch
		}
		p.line("note: %s: %s: %s (%d in all)", where(n.Section, n.Symbol, n.Offset), n.Text, n.Why, n.Count)
	}
	for i := range v.Data[:min(len(v.Data), maxDataLines)] {
		p.line("note: %s", v.Data[i].text())
	}
	if more := v.DataCount - maxDataLines; more > 0 {
		p.line("note: %d more stretches of data, %d bytes in all", more, v.DataBytes)
	}
	if len(v.Mix) > 0 {
		p.line("mix: %s", v.mixText())
	}
	return p.err
}

// mixText lists the instruction mix in its fixed order.
func (v *Verdict) mixText() string {
	var words []string
	for _, name := range mixNames {
		if n := v.Mix[name]; n > 0 {
			words = append(words, fmt.Sprintf("%s %d", name, n))
		}
	}
	return strings.Join(words, ", ")
}

func where(section, symbol string, offset uint64) string {
	if symbol == "" {
		symbol = section
	}
	return fmt.Sprintf("%s+%#x", symbol, offset)
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "nothing beyond x86-64"
	}
	return strings.Join(list, ", ")
}

func orThis(host string) string {
	if host == "" {
		return "this host"
	}
	return host
}

// printer keeps the first error of a run of writes.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}
