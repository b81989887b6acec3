package counted

import (
	"cmp"
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
	return p
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
