package loader

import (
	"fmt"
	"math/bits"
)

// symbol is one entry of the symbol table.
type symbol struct {
	name  string
	value uint64
	size  uint64
	place place
	shndx uint32 // section index if place is inSection, else st_shndx as it was
	typ   uint8
	bind  uint8
	alias int32 // number of the symbol of another file that defines it, counted from 1; 0 if none does
}

// place says what a symbol's value means.
type place uint8

const (
	undefined place = iota + 1
	inSection
	absolute
	common   // value is the alignment
	reserved // a section index that the psABI does not define
)

// readSymbols reads the symbol table. An object need not have one.
func (p *parser) readSymbols() error {
	table, err := p.findSymtab()
	if table == 0 || err != nil {
		return err
	}
	s := &p.sections[table]
	if s.size%symSize != 0 || !within(p.file, s.offset, s.size) {
		return malformed("the symbol table's %d bytes at file offset %#x are not whole entries of %d bytes within the file",
			s.size, s.offset, symSize).in(table, s)
	}
	count := s.size / symSize
	if count > uint64(p.limits.Symbols-p.used.symbols) {
		return tooLarge("the object has %d symbols, the limit is %d", uint64(p.used.symbols)+count, p.limits.Symbols).in(table, s)
	}
	p.used.symbols += int(count)
	names, err := p.stringTable("sh_link", uint64(s.link))
	if err != nil {
		return err
	}
	extended, err := p.extendedIndexes(table, count)
	if err != nil {
		return err
	}
	p.symtab = table
	p.symbols = make([]symbol, count)
	data := p.file[s.offset:][:s.size]
	for i := range p.symbols {
		if err := p.limits.poll(i, "reading symbols", len(p.symbols)); err != nil {
			return err
		}
		if err := p.readSymbol(i, data[i*symSize:][:symSize], names, extended); err != nil {
			return err
		}
	}
	return nil
}

// findSymtab returns the index of the symbol table, 0 if there is none.
func (p *parser) findSymtab() (int, error) {
	table := 0
	for i := range p.sections {
		if i == 0 || p.sections[i].typ != shtSymtab {
			continue
		}
		if table != 0 {
			return 0, malformed("a second symbol table: the first is section %d, the gABI allows one", table).in(i, &p.sections[i])
		}
		table = i
	}
	return table, nil
}

// extendedIndexes returns the SHT_SYMTAB_SHNDX contents for the symbol table,
// nil if there is none.
func (p *parser) extendedIndexes(table int, count uint64) ([]byte, error) {
	for i := range p.sections {
		s := &p.sections[i]
		if i == 0 || s.typ != shtSymtabShndx || s.link != uint32(table) {
			continue
		}
		if s.size/4 < count || !within(p.file, s.offset, s.size) {
			return nil, malformed("the extended section indexes do not cover the %d symbols", count).in(i, s)
		}
		return p.file[s.offset:][:s.size], nil
	}
	return nil, nil
}

func (p *parser) readSymbol(i int, b []byte, names string, extended []byte) error {
	sym := &p.symbols[i]
	*sym = symbol{
		bind:  b[4] >> 4,
		typ:   b[4] & 15,
		shndx: uint32(le.Uint16(b[6:])),
		value: le.Uint64(b[8:]),
		size:  le.Uint64(b[16:]),
	}
	name, nameErr := p.name(names, le.Uint32(b))
	if nameErr != nil {
		nameErr.Detail += fmt.Sprintf(" (symbol %d)", i)
		return nameErr.in(p.symtab, &p.sections[p.symtab])
	}
	sym.name = name
	sym.place = reserved
	switch {
	case sym.shndx == shnXIndex:
		if extended == nil {
			return malformed("symbol %d has an extended section index, but there is no SHT_SYMTAB_SHNDX section", i).about(name)
		}
		sym.shndx, sym.place = le.Uint32(extended[i*4:]), inSection
	case sym.shndx == shnUndef && i == 0 && name == "":
		sym.place = absolute // the null symbol is 0
	case sym.shndx == shnUndef:
		sym.place = undefined
	case sym.shndx == shnAbs:
		sym.place = absolute
	case sym.shndx == shnCommon || sym.shndx == shnLCommon:
		sym.place = common
		return p.checkCommon(sym)
	case sym.shndx < shnLoReserve:
		sym.place = inSection
	}
	if sym.place == inSection && uint64(sym.shndx) >= uint64(len(p.sections)) {
		return malformed("symbol %d is in section %d, there are only %d", i, sym.shndx, len(p.sections)).about(name)
	}
	return nil
}

// checkCommon checks a COMMON symbol, whose value is its alignment.
func (p *parser) checkCommon(sym *symbol) error {
	if sym.value == 0 {
		sym.value = 1
	}
	if bits.OnesCount64(sym.value) != 1 {
		return malformed("the alignment %d of a COMMON symbol is not a power of two", sym.value).about(sym.name)
	}
	if sym.typ == sttTLS {
		return nil // counted when it is placed, as thread-local sections are
	}
	return p.charge(sym.size, func() *Error {
		return memoryLimit("the COMMON symbol wants %d bytes", sym.size).about(sym.name)
	})
}

// index returns the number of the symbol that defines s, which has number i.
func (s *symbol) index(i int) int {
	if s.alias != 0 {
		return int(s.alias) - 1
	}
	return i
}
