package loader

import "math/bits"

// section is one entry of the section header table.
type section struct {
	name    string
	typ     uint32
	link    uint32
	info    uint32
	flags   uint64
	offset  uint64
	size    uint64
	align   uint64 // a power of two, 0 read as 1
	body    []byte // of a mapped section that is not NOBITS
	dropped bool   // it was mapped, but belongs to a group that another file has
	file    string // that was joined to the object and has it, "" for the object's own
	number  int    // in the section header table of that file
	mapped  bool   // becomes part of the image; a thread-local section only where a relocation uses one
}

func (s *section) exec() bool   { return s.flags&shfExec != 0 }
func (s *section) write() bool  { return s.flags&shfWrite != 0 }
func (s *section) noBits() bool { return s.typ == shtNobits }
func (s *section) tls() bool    { return s.flags&shfTLS != 0 }

// readSections reads the section header table and decides what is mapped.
// Sections are known by index only: names repeat.
func (p *parser) readSections(h header) error {
	if h.sectionCount > uint64(p.limits.Sections-p.used.sections) {
		return tooLarge("the object has %d sections, the limit is %d", uint64(p.used.sections)+h.sectionCount, p.limits.Sections)
	}
	p.used.sections += int(h.sectionCount)
	p.sections = make([]section, h.sectionCount)
	nameOffsets := make([]uint32, h.sectionCount)
	for i := range p.sections {
		if err := p.limits.poll(i, "reading section headers", len(p.sections)); err != nil {
			return err
		}
		b := p.file[h.sectionOffset+uint64(i)*shdrSize:][:shdrSize]
		nameOffsets[i] = le.Uint32(b)
		p.sections[i] = section{
			typ:    le.Uint32(b[4:]),
			flags:  le.Uint64(b[8:]),
			offset: le.Uint64(b[24:]),
			size:   le.Uint64(b[32:]),
			link:   le.Uint32(b[40:]),
			info:   le.Uint32(b[44:]),
			align:  le.Uint64(b[48:]),
		}
	}
	if err := p.nameSections(h.nameTable, nameOffsets); err != nil {
		return err
	}
	for i := range p.sections {
		// Section 0 is never a section (PeachPy fills some of its fields).
		if i == 0 {
			continue
		}
		if err := p.checkSection(i); err != nil {
			return err
		}
	}
	return nil
}

func (p *parser) nameSections(table uint64, offsets []uint32) error {
	if table == shnUndef {
		return nil // no names at all is legal
	}
	names, err := p.stringTable("e_shstrndx", table)
	if err != nil {
		return err
	}
	for i := range p.sections {
		if err := p.limits.poll(i, "reading the names of sections", len(p.sections)); err != nil {
			return err
		}
		if i == 0 {
			continue
		}
		name, err := p.name(names, offsets[i])
		if err != nil {
			return err.in(i, &p.sections[i])
		}
		p.sections[i].name = name
	}
	return nil
}

// checkSection decides whether section i is mapped and holds a mapped one to
// the rules. What is not mapped is not looked at: a strange debug section is no
// reason to refuse an object. Flags that only a linker acts on (MERGE, STRINGS,
// GROUP, LINK_ORDER, RETAIN, LARGE, EXCLUDE) are ignored.
func (p *parser) checkSection(i int) error {
	s := &p.sections[i]
	if s.flags&shfAlloc == 0 {
		return nil
	}
	switch s.typ {
	case shtNull, shtSymtab, shtStrtab, shtRela, shtRel, shtDynsym, shtGroup, shtSymtabShndx, shtRelr, shtCrel:
		return nil // about the object, not part of the program
	}
	if s.exec() && s.tls() {
		return unsupported("the section is both executable and thread-local").in(i, s).
			advise("put code and data into separate sections")
	}
	if s.exec() && s.write() {
		return unsupported("the section is both writable and executable").in(i, s).
			advise("put code and data into separate sections")
	}
	if s.flags&shfCompressed != 0 {
		return malformed("the section is both allocated and compressed, which the gABI forbids").in(i, s)
	}
	if s.align == 0 {
		s.align = 1
	}
	if bits.OnesCount64(s.align) != 1 {
		return malformed("sh_addralign %d is not a power of two", s.align).in(i, s)
	}
	if !s.noBits() && !within(p.file, s.offset, s.size) {
		return malformed("its %d bytes at file offset %#x are beyond the file of %d bytes", s.size, s.offset, len(p.file)).in(i, s)
	}
	if !s.noBits() {
		s.body = p.file[s.offset:][:s.size:s.size]
	}
	s.mapped = true
	if s.tls() {
		return nil // counted when it is placed, for one that nothing uses takes no memory
	}
	return p.charge(s.size, func() *Error { return memoryLimit("the section wants %d bytes", s.size).in(i, s) })
}

// charge counts size bytes of the image against the limit. The caller's error
// says what asked for them.
func (p *parser) charge(size uint64, refusal func() *Error) error {
	if size > p.limits.AllocBytes-p.used.charged {
		e := refusal()
		e.Detail += ", which makes more than the image's limit"
		e.Detail += sizeText(p.limits.AllocBytes)
		return e
	}
	p.used.charged += size
	return nil
}
