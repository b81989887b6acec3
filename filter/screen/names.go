package screen

import (
	"sort"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// names are the symbols of one section, by address.
type names struct {
	all   []Symbol
	first int // number of all[0] among the screener's symbols
	self  int // number that stands for the section where it has no symbol
}

func compareSymbols(a, b Symbol) int {
	if c := compare(a.Addr, b.Addr); c != 0 {
		return c
	}
	switch {
	case a.Func && !b.Func:
		return -1
	case b.Func && !a.Func:
		return 1
	case a.Name < b.Name:
		return -1
	case a.Name > b.Name:
		return 1
	}
	return 0
}

func (s *screener) namesOf(a *area) names {
	end := a.Addr + uint64(len(a.Code))
	lo := sort.Search(len(s.symbols), func(i int) bool { return s.symbols[i].Addr >= a.Addr })
	hi := sort.Search(len(s.symbols), func(i int) bool { return s.symbols[i].Addr >= end })
	n := names{all: s.symbols[lo:hi], first: lo, self: len(s.symbols) + a.number}
	return n
}

// owner is who an address is attributed to, and for which addresses of the section the same answer holds.
type owner struct {
	number     int // index into the tally
	start, end uint64
}

// owner finds the function that holds addr; where no function claims it, the nearest symbol before it; else the section.
func (a *area) owner(addr uint64) owner {
	all := a.names.all
	next := sort.Search(len(all), func(i int) bool { return all[i].Addr > addr })
	o := owner{number: a.names.self, start: a.Addr, end: a.Addr + uint64(len(a.Code))}
	if next < len(all) {
		o.end = all[next].Addr
	}
	label := -1
	for i := next - 1; i >= 0; i-- {
		if sym := &all[i]; sym.Func && (sym.Size == 0 || addr-sym.Addr < sym.Size) {
			if sym.Size != 0 {
				o.end = min(o.end, sym.Addr+sym.Size)
			}
			label = i
			break
		}
		if label < 0 {
			label = i
		}
		if next-i > maxLabels {
			break
		}
	}
	if label >= 0 {
		for label > 0 && all[label-1].Addr == all[label].Addr {
			label--
		}
		o.number, o.start = a.names.first+label, all[label].Addr
	}
	return o
}

// maxLabels bounds how far back owner looks for the function that a label lies in.
const maxLabels = 64

// printable is a symbol's name as it may be shown on a terminal: quoted if it has anything that is not a visible character.
func printable(name string) string {
	hidden := func(r rune) bool { return r == utf8.RuneError || !unicode.IsGraphic(r) }
	if strings.ContainsFunc(name, hidden) {
		return strconv.Quote(name)
	}
	return name
}
