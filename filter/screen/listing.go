package screen

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
)

// Listing writes c as it was screened, with the verdict's refusals beside the instructions: address, symbol and offset, bytes, text.
// Branch targets and RIP-relative operands are named by c's symbols, which is what relocation made them. It ends with a *StopError or a
// *LimitError as Options has it; what was written until then is a part of the listing.
func Listing(w io.Writer, c Code, v *Verdict, o Options) error {
	s, err := newScreener(c, Options{Stop: o.Stop, Entry: o.Entry})
	if err != nil {
		return err
	}
	if s.traverse(); s.err != nil {
		return s.err
	}
	l := lister{screener: s, out: newBounded(w, "the listing", o.TextBytes), refused: map[uint64]*Refusal{}}
	for i := range v.Refusals {
		l.refused[v.Refusals[i].Addr] = &v.Refusals[i]
	}
	for i := range l.sections {
		if err := l.section(&l.sections[i]); err != nil {
			return err
		}
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

func (l *lister) section(a *area) error {
	fmt.Fprintf(l.out, "section %s\n", a.Name)
	names := a.names.all
	for off := 0; off < len(a.Code); {
		if !l.step(a, 1) {
			return l.err
		}
		p := place{a, off}
		for len(names) > 0 && names[0].Addr <= p.addr() {
			fmt.Fprintf(l.out, "%s:\n", names[0].Name)
			names = names[1:]
		}
		off += l.line(p)
		if l.out.err != nil {
			return l.out.err
		}
	}
	return nil
}

// line writes one instruction, run of padding or byte of data, and gives its length.
func (l *lister) line(p place) int {
	m, n := p.area.marks[p.off], 1
	text := "(bad)"
	switch {
	case m.begins():
		text, n = Text(p.area.Code[p.off:], p.addr(), l.resolve)
	case m.free():
		text, n = l.unreached(p)
	}
	code := p.area.Code[p.off : p.off+n]
	bytes := hex.EncodeToString(code[:min(n, dataRow)])
	if n > dataRow {
		bytes = hex.EncodeToString(code[:8]) + "..."
	}
	symbol, at := l.name(p)
	fmt.Fprintf(l.out, "  %8x  %-24s %-22s %s", p.addr(), where(p.area.Name, symbol, at), bytes, text)
	if r := l.refused[p.addr()]; r != nil {
		fmt.Fprintf(l.out, "    <-- %s: %s", r.Rule, r.Why)
	}
	fmt.Fprintln(l.out)
	return n
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
