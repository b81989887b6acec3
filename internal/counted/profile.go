package counted

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"webrunner/filter/screen"
	"webrunner/internal/count"
	"webrunner/internal/subject"
	"webrunner/internal/wire"
	"webrunner/trampoline"
)

// What a profile holds at most.
const (
	mostPlaces = 200
	mostLines  = 48 // of code of a block
	mostListed = 10_000
)

// Profile tells where the instructions of a call of a subject were executed.
func (c *Counts) Profile(s *subject.Subject, by wire.ProfileBy) *wire.Profile {
	p := &wire.Profile{By: by, Instructions: c.Instructions, Places: []wire.ProfilePlace{}}
	var lines *lineTable
	if by != wire.ProfileFunctions {
		var err error
		if lines, err = newLineTable(s); err != nil && by == wire.ProfileLines {
			p.Note = err.Error()
		}
	}
	var figures map[string][]wire.ProfileCount // by function
	if by == wire.ProfileFunctions || by == wire.ProfileListing {
		figures = c.byFunction(s)
	}
	places := make(map[string]*wire.ProfilePlace)
	var order []*wire.ProfilePlace
	for _, b := range count.Blocks(c.Ledger, s.Space.Code) {
		for _, part := range lines.split(b, s.Space.Code, by == wire.ProfileLines) {
			place := placeOf(s, part.Start)
			place.File, place.Line = lines.at(part.Start)
			key := place.Function
			switch by {
			case wire.ProfileBlocks:
				key = fmt.Sprint(part.Start)
				place.Code = codeOf(s, part)
			case wire.ProfileLines:
				key = fmt.Sprint(place.Function, "\x00", place.File, "\x00", place.Line)
				place.Offset = 0
			default:
				place.Offset, place.File, place.Line = 0, "", 0
				place.Counts = figures[place.Function]
			}
			place.Executed = part.Executed
			if places[key] == nil {
				places[key] = &place
				order = append(order, &place)
			}
			places[key].Instructions += part.Total()
		}
	}
	slices.SortStableFunc(order, func(a, b *wire.ProfilePlace) int { return cmp.Compare(b.Instructions, a.Instructions) })
	for i, place := range order {
		if i >= mostPlaces {
			p.Others += place.Instructions
			continue
		}
		place.Share = float64(place.Instructions) / float64(max(c.Instructions, 1))
		p.Places = append(p.Places, *place)
	}
	if by == wire.ProfileListing {
		c.list(s, lines, p)
	}
	return p
}

// byFunction has the figures of each function in which something was executed. The sums
// of a figure are that of the call.
func (c *Counts) byFunction(s *subject.Subject) map[string][]wire.ProfileCount {
	ledgers := make(map[string]count.Ledger)
	for addr, tally := range c.Ledger {
		name := placeOf(s, addr).Function
		if ledgers[name] == nil {
			ledgers[name] = make(count.Ledger)
		}
		ledgers[name][addr] = tally
	}
	figures := make(map[string][]wire.ProfileCount)
	for name, l := range ledgers {
		sum := count.Sum(l, s.Space.Code)
		for _, f := range sum.Figures() {
			figures[name] = append(figures[name], wire.ProfileCount{Name: f.Name, Value: f.Value, Unit: f.Unit})
		}
	}
	return figures
}

// list adds to a profile the screen's listing of the functions in which something was
// executed, each line with how often it was.
func (c *Counts) list(s *subject.Subject, lines *lineTable, p *wire.Profile) {
	var run []wire.ProfileLine // of one symbol
	executed := false          // something of it
	symbol := ""
	flush := func() {
		if executed {
			p.Listing = append(p.Listing, run...)
		}
		run, executed = run[:0], false
	}
	err := screen.Lines(subject.Code(s.Image), s.Verdict, screen.Options{Entry: s.Choice.Addr, Stop: timeUp(s)}, func(addr uint64, n *screen.Line) error {
		if of := n.Section + "\x00" + n.Symbol; of != symbol {
			flush()
			symbol = of
		}
		if len(p.Listing)+len(run) == mostListed {
			return fmt.Errorf("it has more than %d lines", mostListed)
		}
		line := wire.ProfileLine{Section: n.Section, Offset: n.Offset, Size: n.Size, Bytes: n.Bytes, Text: n.Text, Symbol: n.Symbol, Label: n.Label}
		line.File, line.Line = lines.at(addr)
		if t := c.Ledger[addr]; t != nil {
			line.Executed, line.Share = t.Executed, float64(t.Executed)/float64(max(c.Instructions, 1))
			executed = true
		}
		run = append(run, line)
		return nil
	})
	flush()
	if err != nil {
		p.Note = fmt.Sprintf("the listing is not whole: %v", err)
	}
}

// timeUp ends work when no time is left.
func timeUp(s *subject.Subject) func() error {
	return func() error {
		if s.Left() <= 0 {
			return errors.New("there is no time left")
		}
		return nil
	}
}

// placeOf names an address by its function, of the object or supplied.
func placeOf(s *subject.Subject, addr uint64) (p wire.ProfilePlace) {
	if name, offset, ok := s.Image.Lookup(addr); ok {
		p.Function, p.Offset = name, offset
		return p
	}
	for _, sym := range trampoline.Symbols() {
		if sym.Addr <= addr {
			p.Function, p.Offset = sym.Name, addr-sym.Addr
		}
	}
	return p
}

// codeOf prints the instructions of a block.
func codeOf(s *subject.Subject, b count.Block) (list []string) {
	resolve := func(addr uint64) (string, uint64) {
		if name, offset, ok := s.Image.Lookup(addr); ok {
			return name, addr - offset
		}
		return "", 0
	}
	for addr := b.Start; addr < b.End; {
		if len(list) == mostLines {
			return append(list, fmt.Sprintf("and %d bytes more", b.End-addr))
		}
		text, n := screen.Text(s.Space.Code(addr), addr, resolve)
		list = append(list, text)
		addr += uint64(max(n, 1))
	}
	return list
}
