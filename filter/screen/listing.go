package screen

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
)

// Listing writes the disassembly of c with the verdict's refusals beside the instructions: address, symbol and offset, bytes, text.
// Branch targets and RIP-relative operands are named by c's symbols, which is what relocation made them.
func Listing(w io.Writer, c Code, v *Verdict) error {
	out := bufio.NewWriterSize(w, 1<<16)
	s := newScreener(c, Options{})
	refused := map[uint64]*Refusal{}
	for i := range v.Refusals {
		refused[v.Refusals[i].Addr] = &v.Refusals[i]
	}
	for i := range s.sections {
		s.listSection(out, &s.sections[i], refused)
	}
	return out.Flush()
}

func (s *screener) listSection(out io.Writer, a *area, refused map[uint64]*Refusal) {
	fmt.Fprintf(out, "section %s\n", a.Name)
	label := 0
	for off := 0; off < len(a.Code); {
		p := place{a, off}
		for ; label < len(a.names.all) && a.names.all[label].Addr <= p.addr(); label++ {
			fmt.Fprintf(out, "%s:\n", a.names.all[label].Name)
		}
		end := len(a.Code)
		if label < len(a.names.all) {
			end = int(a.names.all[label].Addr - a.Addr)
		}
		text, n := Text(a.Code[off:], p.addr(), s.resolve)
		if off+n > end {
			text, n = "(bad)", 1
		}
		symbol, at := s.name(p)
		fmt.Fprintf(out, "  %8x  %-24s %-22s %s", p.addr(), where(a.Name, symbol, at), hex.EncodeToString(a.Code[off:off+n]), text)
		if r := refused[p.addr()]; r != nil {
			fmt.Fprintf(out, "    <-- %s: %s", r.Rule, r.Why)
		}
		fmt.Fprintln(out)
		off += n
	}
}
