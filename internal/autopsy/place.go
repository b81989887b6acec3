package autopsy

import (
	"encoding/hex"
	"fmt"
	"strings"

	"webrunner/filter/screen"
	"webrunner/internal/cell"
	"webrunner/internal/wire"
	"webrunner/loader"
	"webrunner/trampoline"
)

// place is an address in the author's terms.
type place struct {
	symbol string
	offset uint64
	code   []byte // from the address to the end of its segment, for code
	text   string // the instruction there
	n      int    // its length, 0 if it does not decode
}

// String returns symbol+offset.
func (p place) String() string {
	if p.symbol == unknownCaller {
		return p.symbol
	}
	return fmt.Sprintf("%s+%#x", p.symbol, p.offset)
}

// unknownCaller stands for code that no return address leads to.
const unknownCaller = "an unknown caller"

// with returns " at symbol+offset: instruction".
func (p place) with() string {
	switch p.symbol {
	case "0x0": // the cell was never entered
		return ""
	case unknownCaller:
		return ", from where is not known"
	}
	if p.text == "" {
		return " at " + p.String()
	}
	return fmt.Sprintf(" at %v: %s", p, p.text)
}

// own tells whether the place is in the stub: nothing that a kernel calls is.
func (p place) own() bool {
	return len(p.code) == 0 && (p.symbol == "stub" || strings.HasPrefix(p.symbol, "stub."))
}

// ownCode is who acts where the stub does.
const ownCode = "WebRunner's own code"

// who names who acts at a place, and says how the stub comes to do what it
// never does by itself.
func (p place) who() (who, because string) {
	if p.own() {
		return ownCode, ": the kernel jumped into it, or changed the registers, the stack or the results that it works with"
	}
	return "the kernel", ""
}

// locate finds the symbol and the instruction at an address of code.
func (b Body) locate(addr uint64) place {
	p := place{symbol: "", offset: addr}
	for _, seg := range b.Image.Segments {
		if seg.Perm == loader.RX && addr >= seg.Addr && addr < seg.Addr+uint64(len(seg.Data)) {
			p.code = seg.Data[addr-seg.Addr:]
		}
	}
	if name, off, ok := b.Image.Lookup(addr); ok {
		p.symbol, p.offset = name, off
	} else {
		syms := trampoline.Symbols()
		for i, s := range syms {
			end := trampoline.StubAddr + uint64(len(trampoline.Code()))
			if i+1 < len(syms) {
				end = syms[i+1].Addr
			}
			if addr >= s.Addr && addr < end {
				p.symbol, p.offset = s.Name, addr-s.Addr
			}
		}
	}
	if p.symbol == "" {
		p.symbol, p.offset = fmt.Sprintf("%#x", addr), 0
	}
	if len(p.code) > 0 {
		p.text, p.n = screen.Text(p.code, addr, b.name)
	}
	return p
}

// name resolves addresses for the disassembler: a symbol and its address.
func (b Body) name(addr uint64) (string, uint64) {
	if u, ok := b.Image.Trap(addr); ok {
		return u.Name, u.Addr
	}
	if name, off, ok := b.Image.Lookup(addr); ok {
		return name, addr - off
	}
	for _, s := range trampoline.Symbols() {
		if s.Addr == addr {
			return s.Name, addr
		}
	}
	return "", 0
}

// inCode reports whether an address lies in the image's code.
func (b Body) inCode(addr uint64) bool { return len(b.locate(addr).code) > 0 }

// fill puts a place into a problem, if it is known.
func (p place) fill(q *wire.Problem) *wire.Problem {
	if p.symbol == unknownCaller {
		return q
	}
	off := p.offset
	q.Symbol, q.Offset, q.Instruction = p.symbol, &off, p.text
	if p.n > 0 {
		q.Bytes = hex.EncodeToString(p.code[:min(p.n, len(p.code))])
	}
	return q
}

// caller is the call whose return address lies on top of the stack.
func (b Body) caller(o *cell.Outcome) place {
	if len(o.Stack) == 0 || !b.inCode(o.Stack[0]-1) {
		return place{symbol: unknownCaller}
	}
	return b.before(o.Stack[0])
}

// before is the call instruction that ends at an address. Instructions cannot
// be decoded backwards with certainty: the usual forms are tried.
func (b Body) before(ret uint64) place {
	for _, n := range []uint64{5, 6, 2, 3, 7} { // call rel32, [rip+disp32], reg, [reg+disp8] or r8-r15, [reg+disp32]
		p := b.locate(ret - n)
		if uint64(p.n) == n && strings.HasPrefix(p.text, "call") {
			return p
		}
	}
	return b.locate(ret)
}
