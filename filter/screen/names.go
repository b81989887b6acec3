package screen

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"strings"

	"webrunner/internal/words"
)

// names are the symbols of one section, by address.
type names struct {
	all    []Symbol
	owners []stretch // by offset; the first begins at 0
	data   []Range   // declared to be data, ascending
}

// declaredData says whether an address is within a symbol that is declared to be data.
func (n *names) declaredData(addr uint64) bool {
	i := sort.Search(len(n.data), func(i int) bool { return n.data[i].End > addr })
	return i < len(n.data) && n.data[i].contains(addr)
}

// stretch is bytes of a section, up to the next stretch, that belong to one owner.
type stretch struct {
	off   uint32
	owner int32 // index into the tally: a symbol's number, or the number of symbols and the section's
}

// addSymbols takes the symbols that name code, in order of address. What has the same address is sorted by how much its name says.
func (s *screener) addSymbols(symbols []Symbol) {
	count := 0
	for i := range symbols {
		if s.find(symbols[i].Addr) != nil {
			count++
		}
	}
	s.symbols = make([]Symbol, 0, count)
	for _, sym := range symbols {
		if a := s.find(sym.Addr); a != nil && s.step(a, 1) {
			sym.Name = printable(sym.Name)
			s.symbols = append(s.symbols, sym)
		}
	}
	slices.SortFunc(s.symbols, compareSymbols)
}

func compareSymbols(a, b Symbol) int {
	if c := cmp.Compare(a.Addr, b.Addr); c != 0 {
		return c
	}
	switch {
	case a.Func && !b.Func:
		return -1
	case b.Func && !a.Func:
		return 1
	}
	return cmp.Or(strings.Compare(a.Name, b.Name), cmp.Compare(a.Size, b.Size), compareData(a, b))
}

func compareData(a, b Symbol) int {
	switch {
	case a.Data && !b.Data:
		return 1
	case b.Data && !a.Data:
		return -1
	}
	return 0
}

func (s *screener) namesOf(a *area) names {
	end := a.Addr + uint64(len(a.Code))
	lo := sort.Search(len(s.symbols), func(i int) bool { return s.symbols[i].Addr >= a.Addr })
	hi := sort.Search(len(s.symbols), func(i int) bool { return s.symbols[i].Addr >= end })
	n := names{all: s.symbols[lo:hi]}
	n.owners = s.ownersOf(a, n.all, lo)
	n.data = dataOf(n.all, end)
	return n
}

// dataOf lists what symbols declare to be data, up to the end of their section. Ranges that meet are one.
func dataOf(all []Symbol, end uint64) (list []Range) {
	for i := range all {
		if !all[i].Data {
			continue
		}
		r := Range{all[i].Addr, end}
		if all[i].Size < end-r.Start {
			r.End = r.Start + all[i].Size
		}
		if n := len(list); n > 0 && r.Start <= list[n-1].End {
			list[n-1].End = max(list[n-1].End, r.End)
		} else if r.End > r.Start {
			list = append(list, r)
		}
	}
	return list
}

// claim is a function's claim to all bytes up to an offset.
type claim struct {
	end   uint32
	owner int32
}

// ownersOf attributes every byte of a section: to the last function before it whose size reaches it, or has none; else to the last
// symbol before it; else to the section. Of symbols of the same address the first stands for all. all are the section's symbols,
// whose first has the number first.
func (s *screener) ownersOf(a *area, all []Symbol, first int) []stretch {
	var claims []claim // the last one that reaches a byte owns it
	owners := []stretch{{0, int32(len(s.symbols) + a.number)}}
	set := func(off uint32, owner int32) {
		last := &owners[len(owners)-1]
		switch {
		case last.off == off:
			last.owner = owner
		case last.owner != owner:
			owners = append(owners, stretch{off, owner})
		}
	}
	for i := 0; i < len(all); {
		leader, off := int32(first+i), uint32(all[i].Addr-a.Addr)
		claimed := uint32(0)
		for addr := all[i].Addr; i < len(all) && all[i].Addr == addr; i++ {
			if all[i].Func {
				claimed = max(claimed, a.clip(off, all[i].Size))
			}
		}
		if claimed > off {
			claims = append(claims, claim{claimed, leader})
		}
		next := uint32(len(a.Code))
		if i < len(all) {
			next = uint32(all[i].Addr - a.Addr)
		}
		for off < next && s.step(a, 1) {
			for len(claims) > 0 && claims[len(claims)-1].end <= off {
				claims = claims[:len(claims)-1]
			}
			if len(claims) == 0 {
				set(off, leader)
				break
			}
			top := claims[len(claims)-1]
			set(off, top.owner)
			off = top.end
		}
	}
	return owners
}

// clip is the offset where a function ends that begins at off: one without a size has no end.
func (a *area) clip(off uint32, size uint64) uint32 {
	if size == 0 || size > math.MaxUint32-uint64(off) {
		return math.MaxUint32
	}
	return off + uint32(size)
}

// owner is who an offset is attributed to, and the offsets from start up to, not including, end for which the same answer holds.
type owner struct {
	number     int // index into the tally
	start, end int
}

// owner finds who an offset belongs to.
func (a *area) owner(off int) owner {
	all := a.names.owners
	i := sort.Search(len(all), func(i int) bool { return int(all[i].off) > off }) - 1
	o := owner{number: int(all[i].owner), start: int(all[i].off), end: len(a.Code)}
	if i+1 < len(all) {
		o.end = int(all[i+1].off)
	}
	return o
}

// nameShown bounds a name in a verdict or listing, in bytes. The names that package loader gives are within it.
const nameShown = 256 + len(words.Mark)

// printable is a name of the object as it may be shown on a terminal.
func printable(name string) string { return words.Printable(name, nameShown) }
