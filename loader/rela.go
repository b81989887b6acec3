package loader

import "fmt"

// relaSection is a section of relocations (Elf64_Rela) for a mapped section.
type relaSection struct {
	index  int // of the section that holds the relocations
	target int // of the section that they change
	data   []byte
	// Symbols are counted in the file that the relocations come from: its first has
	// this number, and there are so many.
	firstSymbol, symbols uint32
}

// rela is one relocation: write at offset of the target section.
type rela struct {
	offset uint64
	typ    uint32
	sym    uint32
	addend uint64 // two's complement; all arithmetic is modulo 2^64
	wild   bool   // sym is more than its file has
}

func (r *relaSection) count() int { return len(r.data) / relaSize }

func (r *relaSection) at(i int) rela {
	b := r.data[i*relaSize:][:relaSize]
	info := le.Uint64(b[8:])
	sym := uint32(info >> 32)
	if sym >= max(1, r.symbols) {
		return rela{offset: le.Uint64(b), typ: uint32(info), sym: sym, wild: true}
	}
	return rela{offset: le.Uint64(b), typ: uint32(info), sym: r.firstSymbol + sym, addend: le.Uint64(b[16:])}
}

// findRelocations lists the relocation sections of mapped sections. The others
// are not looked at: offsets into a compressed debug section, for example, mean
// its uncompressed bytes. The target is sh_info whether or not SHF_INFO_LINK is
// set (clang, nasm, yasm and PeachPy do not set it).
func (p *parser) findRelocations() error {
	for i := range p.sections {
		s := &p.sections[i]
		if i == 0 || (s.typ != shtRela && s.typ != shtRel && s.typ != shtCrel) || s.size == 0 {
			continue
		}
		if uint64(s.info) >= uint64(len(p.sections)) {
			return malformed("the relocations are for section %d, there are only %d sections", s.info, len(p.sections)).in(i, s)
		}
		if !p.sections[s.info].mapped {
			continue
		}
		r, err := p.relocationSection(i)
		if err != nil {
			return err
		}
		if p.used.relocations += r.count(); p.used.relocations > p.limits.Relocations {
			return tooLarge("the object has more than %d relocations", p.limits.Relocations).in(i, s)
		}
		p.relas = append(p.relas, r)
	}
	return nil
}

func (p *parser) relocationSection(i int) (relaSection, error) {
	s := &p.sections[i]
	switch s.typ {
	case shtRel:
		return relaSection{}, unsupported("its relocations have no addends (SHT_REL), the psABI uses SHT_RELA only").in(i, s)
	case shtCrel:
		return relaSection{}, unsupported("its relocations are in LLVM's compact form").in(i, s).advise("compile without -Wa,--crel")
	}
	if s.size%relaSize != 0 || !within(p.file, s.offset, s.size) {
		return relaSection{}, malformed("the %d bytes at file offset %#x are not whole relocations of %d bytes within the file",
			s.size, s.offset, relaSize).in(i, s)
	}
	if s.link != uint32(p.symtab) {
		return relaSection{}, malformed("the relocations refer to symbol table %d, the object's is %d", s.link, p.symtab).in(i, s)
	}
	return relaSection{index: i, target: int(s.info), data: p.file[s.offset:][:s.size], symbols: uint32(len(p.symbols))}, nil
}

// target returns a pointer to the section that r changes.
func (o *Object) target(r *relaSection) *section { return &o.sections[r.target] }

// symbolName names symbol i for a person: its name, or the section's name for
// a section symbol, or its number.
func (o *Object) symbolName(i int) string {
	if i >= len(o.symbols) {
		return ""
	}
	s := &o.symbols[i]
	if s.name != "" {
		return s.name
	}
	if s.place == inSection && o.sections[s.shndx].name != "" {
		return o.sections[s.shndx].name
	}
	return fmt.Sprintf("#%d", i)
}
