package screen

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Listing writes c as it was screened, with the verdict's refusals beside the instructions: address, symbol and offset, bytes, text.
// Branch targets and RIP-relative operands are named by c's symbols, which is what relocation made them; symbols, and targets of direct
// branches that have none, are labels on lines of their own. It ends with a *StopError or a *LimitError as Options has it; what was
// written until then is a part of the listing.
func Listing(w io.Writer, c Code, v *Verdict, o Options) error {
	return list(w, c, v, o, func(l *lister) error {
		for i := range l.sections {
			a := &l.sections[i]
			fmt.Fprintf(l.out, "section %s\n", a.Name)
			if err := l.section(a, l.text); err != nil {
				return err
			}
		}
		return nil
	})
}

// Line is an instruction, a run of padding or some data in a listing as JSON.
type Line struct {
	Section string `json:"section"`
	Offset  int    `json:"offset"` // in the section
	Size    int    `json:"size"`   // bytes
	Bytes   string `json:"bytes"`  // hexadecimal; of more than 16 the first 8 and "..."
	Text    string `json:"text"`   // Intel syntax; "data", "padding, N bytes", or "(bad)" for what is no instruction
	Symbol  string `json:"symbol,omitempty"`
	Label   string `json:"label,omitempty"` // the symbols that begin here, or for the target of a direct branch SYMBOL+OFFSET
	Note    string `json:"note,omitempty"`  // RULE: why it is refused
}

// maxLabels bounds the symbols that are in one label of a listing as JSON.
const maxLabels = 16

// ListingJSON is Listing as a JSON array of Line, in the order of sections and offsets. Options.TextBytes bounds the JSON text.
func ListingJSON(w io.Writer, c Code, v *Verdict, o Options) error {
	return list(w, c, v, o, func(l *lister) error {
		between := "["
		err := l.each(func(_ uint64, n *Line) error {
			b, err := json.Marshal(n)
			if err == nil {
				_, err = fmt.Fprintf(l.out, "%s%s", between, b)
			}
			between = ",\n"
			return err
		})
		if err != nil {
			return err
		}
		if between == "[" {
			fmt.Fprint(l.out, between)
		}
		fmt.Fprint(l.out, "]")
		return l.out.err
	})
}

// Lines is Listing as a call of tell for each line, with the address of its first byte. An error of tell ends it.
func Lines(c Code, v *Verdict, o Options, tell func(addr uint64, n *Line) error) error {
	return list(io.Discard, c, v, o, func(l *lister) error { return l.each(tell) })
}

// each tells of each line of all sections.
func (l *lister) each(tell func(addr uint64, n *Line) error) error {
	for i := range l.sections {
		err := l.section(&l.sections[i], func(p place, n *Line, labels []string) error {
			if len(labels) > maxLabels {
				labels = append(labels[:maxLabels], "...")
			}
			n.Label = strings.Join(labels, ", ")
			return tell(p.addr(), n)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// list screens c and has write tell of it.
func list(w io.Writer, c Code, v *Verdict, o Options, write func(*lister) error) error {
	s, err := newScreener(c, Options{Stop: o.Stop, Entry: o.Entry})
	if err != nil {
		return err
	}
	for i := range s.sections {
		s.sections[i].targets = make([]bool, len(s.sections[i].Code))
	}
	if s.traverse(); s.err != nil {
		return s.err
	}
	l := lister{screener: s, out: newBounded(w, "the listing", o.TextBytes), refused: map[uint64]*Refusal{}}
	for i := range v.Refusals {
		l.refused[v.Refusals[i].Addr] = &v.Refusals[i]
	}
	if err := write(&l); err != nil {
		return err
	}
	return l.out.flush()
}

type lister struct {
	*screener
	out     *bounded
	refused map[uint64]*Refusal
	gap     gap // that was looked at last
}

// gap is bytes that nothing leads to.
type gap struct {
	end     place
	padding bool
}

// section tells of each line of a section, with the labels before it.
func (l *lister) section(a *area, tell func(p place, n *Line, labels []string) error) error {
	names := a.names.all
	for off := 0; off < len(a.Code); {
		if !l.step(a, 1) {
			return l.err
		}
		p := place{a, off}
		var labels []string
		for len(names) > 0 && names[0].Addr <= p.addr() {
			labels = append(labels, names[0].Name)
			names = names[1:]
		}
		n := l.line(p)
		if len(labels) == 0 && a.targets[off] {
			symbol, at := l.name(p)
			labels = append(labels, where(a.Name, symbol, at))
		}
		if err := tell(p, &n, labels); err != nil {
			return err
		}
		off += n.Size
	}
	return nil
}

// line is one instruction, run of padding or byte of data.
func (l *lister) line(p place) Line {
	m, n := p.area.marks[p.off], 1
	text := "(bad)"
	switch {
	case m.begins():
		text, n = Text(p.area.Code[p.off:], p.addr(), l.resolve)
		text = l.labelled(p, text)
	case m.free():
		text, n = l.unreached(p)
	}
	code := p.area.Code[p.off : p.off+n]
	bytes := hex.EncodeToString(code[:min(n, dataRow)])
	if n > dataRow {
		bytes = hex.EncodeToString(code[:8]) + "..."
	}
	symbol, _ := l.name(p)
	line := Line{Section: p.area.Name, Offset: p.off, Size: n, Bytes: bytes, Text: text, Symbol: symbol}
	if r := l.refused[p.addr()]; r != nil {
		line.Note = r.Rule + ": " + r.Why
	}
	return line
}

// labelled is the text of the instruction at p where a direct branch names its target as the label there has it.
func (l *lister) labelled(p place, text string) string {
	var in Inst
	number, err := l.decode(p, &in)
	if err != OK {
		return text
	}
	if f := l.kinds.of(&in, number).flow; f == flowNext || f == flowEnd || !in.direct() {
		return text
	}
	addr := in.target(p.area.Code[p.off:], p.addr())
	head, found := strings.CutSuffix(text, fmt.Sprintf(" %#x", addr))
	a := l.find(addr)
	if !found || a == nil {
		return text
	}
	symbol, at := l.name(place{a, int(addr - a.Addr)})
	return head + " " + where(a.Name, symbol, at)
}

// text writes a line, and its labels before it.
func (l *lister) text(p place, n *Line, labels []string) error {
	for _, name := range labels {
		fmt.Fprintf(l.out, "%s:\n", name)
	}
	_, at := l.name(p)
	fmt.Fprintf(l.out, "  %8x  %-24s %-22s %s", p.addr(), where(n.Section, n.Symbol, at), n.Bytes, n.Text)
	if n.Note != "" {
		fmt.Fprintf(l.out, "    <-- %s", n.Note)
	}
	fmt.Fprintln(l.out)
	return l.out.err
}

// dataRow is how many bytes of data are on a line.
const dataRow = 16

// unreached describes the padding, or some of the data, at p.
func (l *lister) unreached(p place) (text string, n int) {
	a := p.area
	if l.gap.end.area != a || l.gap.end.off <= p.off {
		end := p.off
		for end < len(a.Code) && a.marks[end].free() && l.step(a, 1) {
			end++
		}
		l.gap = gap{place{a, max(end, p.off+1)}, a.padding(p.off, end)}
	}
	n = l.gap.end.off - p.off
	if l.gap.padding {
		return fmt.Sprintf("padding, %d bytes", n), n
	}
	return "data", min(n, dataRow)
}

// bounded is a buffer before a writer that takes so many bytes and no more. It keeps its first error.
type bounded struct {
	out   *bufio.Writer
	left  int
	limit LimitError
	err   error
}

// newBounded bounds what is written to w; 0 is no bound.
func newBounded(w io.Writer, what string, limit int) *bounded {
	return &bounded{out: bufio.NewWriterSize(w, 1<<16), left: limit, limit: LimitError{what, limit}}
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.limit.Limit != 0 && b.err == nil {
		if b.left -= len(p); b.left < 0 {
			b.err = &b.limit
		}
	}
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.out.Write(p)
	b.err = err
	return n, err
}

func (b *bounded) flush() error {
	if b.err != nil {
		return b.err
	}
	return b.out.Flush()
}
