package screen

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
)

// Listing writes c as it was screened, with the verdict's refusals beside the instructions: address, symbol and offset, bytes, text.
// Branch targets and RIP-relative operands are named by c's symbols, which is what relocation made them.
func Listing(w io.Writer, c Code, v *Verdict) error {
	l := lister{screener: newScreener(c, Options{}), out: bufio.NewWriterSize(w, 1<<16), refused: map[uint64]*Refusal{}}
	l.traverse()
	for i := range v.Refusals {
		l.refused[v.Refusals[i].Addr] = &v.Refusals[i]
	}
	for i := range l.sections {
		l.section(&l.sections[i])
	}
	return l.out.Flush()
}

type lister struct {
	*screener
	out     *bufio.Writer // keeps the first error until Flush
	refused map[uint64]*Refusal
}

func (l *lister) section(a *area) {
	fmt.Fprintf(l.out, "section %s\n", a.Name)
	names := a.names.all
	for off := 0; off < len(a.Code); {
		p := place{a, off}
		for len(names) > 0 && names[0].Addr <= p.addr() {
			fmt.Fprintf(l.out, "%s:\n", names[0].Name)
			names = names[1:]
		}
		off += l.line(p)
	}
}

// line writes one instruction, run of padding or byte of data, and gives its length.
func (l *lister) line(p place) int {
	m, n := p.area.marks[p.off], 1
	text := "(bad)"
	switch {
	case m.begins():
		text, n = Text(p.area.Code[p.off:], p.addr(), l.resolve)
	case m.free():
		n = max(p.area.padding(p.off), 1)
		text = fmt.Sprintf("padding, %d bytes", n)
	}
	code := p.area.Code[p.off : p.off+n]
	bytes := hex.EncodeToString(code[:min(n, maxLen)])
	if n > maxLen {
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
