package loader

import (
	"cmp"
	"slices"
)

// A Guess is one place in the code, of which a relocation in data tells where it may be: At has the addresses in executable sections that come
// into question, the likeliest first, and zeros after them. Guesses with the same Table, which is the address that the first one counts from,
// belong together: all first ones are right, or the table is of another kind. Table is 0 where an entry stands for itself.
type Guess struct {
	Table uint64
	At    [3]uint64
}

// enter fills in where code is entered: roots, where it surely is, and guesses.
//
// A root is a function symbol, and what an absolute field of a section of data holds: a pointer to a function, an entry of a jump table.
// A guess is
//   - what a GOT-relative field of data holds, as in the jump tables of the large code model;
//   - what a PC-relative field of data leads to: an entry of a jump table, to which the code adds the address of the table, if the code names
//     an address before it in the same section; else a distance from the field itself, as in .eh_frame.
//
// What a lea or an absolute field in the code names is taken: code that a computed jump goes to, or data.
func (pl *Plan) enter(im *Image) {
	f := entries{pl: pl, code: pl.codeRanges()}
	for i := range pl.object.symbols {
		if s := &pl.object.symbols[i]; (s.typ == sttFunc || s.typ == sttIFunc) && s.place == inSection && pl.has(int(s.shndx)) {
			f.root(pl.sections[s.shndx] + s.value)
		}
	}
	for i := range pl.object.relas {
		if rs := &pl.object.relas[i]; pl.object.target(rs).exec() {
			f.ofCode(rs)
		} else {
			f.ofData(rs)
		}
	}
	slices.Sort(f.bases)
	f.bases = slices.Compact(f.bases)
	for i := range pl.object.relas {
		if rs := &pl.object.relas[i]; !pl.object.target(rs).exec() {
			f.ofTables(rs)
		}
	}
	slices.Sort(f.roots)
	im.Roots = slices.Compact(f.roots)
	slices.SortFunc(f.guesses, func(a, b Guess) int {
		return cmp.Or(cmp.Compare(a.Table, b.Table), slices.Compare(a.At[:], b.At[:]))
	})
	im.Guesses = slices.Compact(f.guesses)
	slices.Sort(f.taken)
	im.Taken = slices.Compact(f.taken)
}

// entries is what enter has found.
type entries struct {
	pl      *Plan
	code    ranges
	bases   []uint64 // addresses in data that the code names
	roots   []uint64
	taken   []uint64
	guesses []Guess
}

func (f *entries) root(addr uint64) {
	if f.code.contains(addr) {
		f.roots = append(f.roots, addr)
	}
}

func (f *entries) guess(addr uint64) {
	if f.code.contains(addr) {
		f.guesses = append(f.guesses, Guess{At: [3]uint64{addr}})
	}
}

// ofCode takes what relocations of a section of code name.
func (f *entries) ofCode(rs *relaSection) {
	data := f.pl.object.target(rs).body
	for k := range rs.count() {
		r := rs.at(k)
		var after uint64 // how far the place that the address counts from is behind the field
		switch t := &relocTypes[r.typ]; {
		case t.tls:
			continue
		case t.formula == symAbs && t.width >= 4:
		case t.formula == symPC && t.width == 4 && isLea(data, r.offset):
			after = 4
		default:
			continue
		}
		addr := f.pl.values[r.sym] + r.addend + after
		if f.code.contains(addr) {
			f.taken = append(f.taken, addr)
		} else {
			f.bases = append(f.bases, addr)
		}
	}
}

// ofData takes what fields of data hold that need no base.
func (f *entries) ofData(rs *relaSection) {
	for k := range rs.count() {
		r := rs.at(k)
		switch t := &relocTypes[r.typ]; {
		case t.tls:
		case t.formula == symAbs && t.width >= 4:
			f.root(f.pl.values[r.sym] + r.addend)
		case t.formula == symOff:
			f.guess(f.pl.values[r.sym] + r.addend)
		}
	}
}

// ofTables takes the PC-relative fields of data. Tables may lie next to each other, and some are named by an address a little before their
// beginning (dav1d's); so the last few addresses that the code names come into question.
func (f *entries) ofTables(rs *relaSection) {
	pl := f.pl
	start := pl.sections[rs.target]
	for k := range rs.count() {
		r := rs.at(k)
		if t := &relocTypes[r.typ]; t.tls || t.formula != symPC || t.width < 4 {
			continue
		}
		if s := r.sym; int(s) >= len(pl.object.symbols) || !pl.defines(s) {
			continue
		}
		place := start + r.offset
		to := pl.values[r.sym] + r.addend
		i, _ := slices.BinarySearchFunc(f.bases, place, func(base, place uint64) int {
			if base <= place {
				return -1
			}
			return cmp.Compare(base, place)
		})
		var g Guess
		n := 0
		for i--; i >= 0 && f.bases[i] >= start && n < len(g.At); i-- {
			if addr := to - place + f.bases[i]; f.code.contains(addr) {
				if n == 0 {
					g.Table = f.bases[i]
				}
				g.At[n] = addr
				n++
			}
		}
		if n > 0 {
			f.guesses = append(f.guesses, g)
		} else {
			f.guess(to)
		}
	}
}

// defines says whether symbol i is defined in a section of code.
func (pl *Plan) defines(i uint32) bool {
	s := pl.object.definition(int(i))
	return s.place == inSection && pl.object.sections[s.shndx].exec()
}

// isLea reports whether the four bytes at offset are the displacement of
// lea disp(%rip), reg: opcode 8D, ModRM with mod 0 and r/m 5.
func isLea(code []byte, offset uint64) bool {
	return offset >= 2 && offset <= uint64(len(code)) && code[offset-2] == 0x8d && code[offset-1]&0xc7 == 0x05
}

// ranges is a sorted list of address ranges that do not overlap.
type ranges []extent

// codeRanges lists the executable sections that have bytes, ascending: they
// were placed in that order.
func (pl *Plan) codeRanges() ranges {
	var rs ranges
	for i := range pl.object.sections {
		s := &pl.object.sections[i]
		if pl.has(i) && s.exec() && s.size > 0 && !s.noBits() {
			rs = append(rs, extent{start: pl.sections[i], end: pl.sections[i] + s.size})
		}
	}
	return rs
}

func (rs ranges) contains(addr uint64) bool {
	i, found := slices.BinarySearchFunc(rs, addr, func(e extent, addr uint64) int {
		switch {
		case addr < e.start:
			return 1
		case addr >= e.end:
			return -1
		}
		return 0
	})
	return found && i < len(rs)
}
