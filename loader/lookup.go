package loader

import "slices"

// Lookup names an address of the image: the nearest symbol at or before it in
// the same section, or the section if there is none, and the distance.
func (im *Image) Lookup(addr uint64) (name string, offset uint64, ok bool) {
	for i := range im.Regions {
		if r := &im.Regions[i]; addr >= r.Addr && addr-r.Addr < uint64(len(r.Data)) {
			return r.Kind, addr - r.Addr, true
		}
	}
	s := im.sectionAt(addr)
	if best := im.nearest(addr, s); best != nil {
		return best.Name, addr - best.Addr, true
	}
	if s != nil {
		return s.Name, addr - s.Addr, true
	}
	return "", 0, false
}

// nearest returns the symbol that names addr best, nil if none does.
func (im *Image) nearest(addr uint64, s *Section) *Symbol {
	var best *Symbol
	for i := range im.Symbols {
		sym := &im.Symbols[i]
		if sym.Name == "" || sym.Addr > addr || !covers(sym, s, addr) {
			continue
		}
		if best == nil || sym.Addr > best.Addr || sym.Addr == best.Addr && sym.rank() > best.rank() {
			best = sym
		}
	}
	return best
}

// covers reports whether sym may name addr, which lies in section s, or in no
// section if s is nil.
func covers(sym *Symbol, s *Section, addr uint64) bool {
	switch sym.Kind {
	case KindCommon:
		return addr-sym.Addr < sym.Size
	case KindSection, KindFile, KindIFunc:
		return false
	}
	return s != nil && sym.Section == s.Index
}

// rank orders symbols of the same address by how much their name says.
func (s *Symbol) rank() int {
	rank := 0
	switch s.Kind {
	case KindFunc:
		rank = 4
	case KindObject:
		rank = 2
	}
	if s.Binding != "local" {
		rank++
	}
	return rank
}

// sectionAt returns the section that addr lies in, nil if there is none.
func (im *Image) sectionAt(addr uint64) *Section {
	for i := range im.Sections {
		if s := &im.Sections[i]; addr >= s.Addr && addr-s.Addr < s.Size {
			return s
		}
	}
	return nil
}

// section returns the mapped section with that index, nil if there is none.
func (im *Image) section(index int) *Section {
	i, found := slices.BinarySearchFunc(im.Sections, index, func(s Section, index int) int { return s.Index - index })
	if !found {
		return nil
	}
	return &im.Sections[i]
}

// Mapped reports whether the section with that index is part of the image.
func (im *Image) Mapped(index int) bool { return im.section(index) != nil }

// Offset returns the value that symbol i has in the file: where it is in its section. It
// is 0 where there is no such symbol.
func (im *Image) Offset(i int) uint64 {
	if i < 0 || i >= len(im.object.symbols) {
		return 0
	}
	return im.object.symbols[i].value
}
