package loader

import "slices"

// roots lists where code may be entered: function symbols, and what an absolute
// field, a GOT slot, a branch or a lea points at. PC-relative data fields are
// left out: the base that code adds to a jump table's entry is not in the
// object, so the target cannot be known.
func (pl *Plan) roots() []uint64 {
	code := pl.codeRanges()
	var roots []uint64
	add := func(addr uint64) {
		if code.contains(addr) {
			roots = append(roots, addr)
		}
	}
	o := pl.object
	for i := range o.symbols {
		s := &o.symbols[i]
		if s.typ == sttFunc || s.typ == sttIFunc || s.typ == sttNone && s.bind != stbLocal {
			if s.place == inSection {
				add(pl.sections[s.shndx] + s.value)
			}
		}
		if pl.uses[i].slot != 0 {
			add(pl.values[i])
		}
	}
	for i := range o.relas {
		pl.rootsOf(&o.relas[i], add)
	}
	slices.Sort(roots)
	return slices.Compact(roots)
}

func (pl *Plan) rootsOf(rs *relaSection, add func(uint64)) {
	target := pl.object.target(rs)
	data := pl.object.contents(target)
	for k := range rs.count() {
		r := rs.at(k)
		switch t := &relocTypes[r.typ]; {
		case t.tls:
		case t.formula == symAbs && t.width >= 4:
			add(pl.values[r.sym] + r.addend)
		case (t.formula == symPC || t.formula == branchPC) && t.width == 4 && target.exec() &&
			(isBranch(data, r.offset) || isLea(data, r.offset)):
			add(pl.values[r.sym] + r.addend + 4)
		}
	}
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
		if s.mapped && s.exec() && s.size > 0 && !s.noBits() {
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
