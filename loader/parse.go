package loader

import (
	"fmt"
	"strings"
)

// Object is a checked object file: every offset, index and name that the loader
// will use lies where it must. It keeps the file and never writes to it.
type Object struct {
	file     []byte
	limits   Limits
	sections []section
	symbols  []symbol
	symtab   int // section index of the symbol table, 0 if there is none
	relas    []relaSection
}

// parser holds an object in the making and what it has used up of the limits.
type parser struct {
	Object
	charged   uint64 // bytes of the image so far
	nameBytes int    // bytes of names so far

	tableIndex uint64 // the string table that tableText copies, 0 if none
	tableText  string
}

// Parse reads a relocatable object. It returns an *Error if the file is not one
// that can be loaded. The zero Limits means DefaultLimits. The caller must not
// change file as long as the Object is in use.
func Parse(file []byte, lim Limits) (*Object, error) {
	lim = lim.orDefaults()
	if uint64(len(file)) > lim.FileBytes {
		return nil, tooLarge("the file has %d bytes, the limit is %d", len(file), lim.FileBytes)
	}
	h, err := readHeader(file)
	if err != nil {
		return nil, err
	}
	p := &parser{Object: Object{file: file, limits: lim}}
	if err := p.readSections(h); err != nil {
		return nil, err
	}
	if err := p.readSymbols(); err != nil {
		return nil, err
	}
	if err := p.findRelocations(); err != nil {
		return nil, err
	}
	if err := p.checkOverlaps(); err != nil {
		return nil, err
	}
	return &p.Object, nil
}

// contents returns the bytes of a mapped section in the file, nil for NOBITS.
func (o *Object) contents(s *section) []byte {
	if s.noBits() {
		return nil
	}
	return o.file[s.offset:][:s.size]
}

// stringTable returns a copy of the string table with that section index, so
// that names are substrings of it. field names the reference, for the error.
func (p *parser) stringTable(field string, index uint64) (string, error) {
	if index == 0 || index >= uint64(len(p.sections)) {
		return "", malformed("%s names section %d as string table, there are %d sections", field, index, len(p.sections))
	}
	if index == p.tableIndex {
		return p.tableText, nil // section and symbol names often share a table
	}
	s := &p.sections[index]
	if s.typ != shtStrtab {
		return "", malformed("%s names this section as string table, but its type is %d", field, s.typ).in(int(index), s)
	}
	if !within(p.file, s.offset, s.size) {
		return "", malformed("the string table's %d bytes at file offset %#x are beyond the file", s.size, s.offset).in(int(index), s)
	}
	p.tableIndex, p.tableText = index, string(p.file[s.offset:][:s.size])
	return p.tableText, nil
}

// name returns the NUL-terminated string at offset of a string table.
func (p *parser) name(table string, offset uint32) (string, *Error) {
	if offset == 0 {
		return "", nil // also where the table is empty (gABI)
	}
	if uint64(offset) >= uint64(len(table)) {
		return "", malformed("name offset %#x is beyond the string table of %d bytes", offset, len(table))
	}
	rest := table[offset:]
	if most := p.limits.NameBytes + 1; len(rest) > most {
		rest = rest[:most]
	}
	n := strings.IndexByte(rest, 0)
	if n < 0 && len(rest) > p.limits.NameBytes {
		return "", tooLarge("the name at string table offset %#x is longer than %d bytes", offset, p.limits.NameBytes)
	}
	if n < 0 {
		return "", malformed("the name at string table offset %#x has no end", offset)
	}
	if p.nameBytes += n; p.nameBytes > p.limits.NamesBytes {
		return "", tooLarge("the names of all sections and symbols together have more than %d bytes", p.limits.NamesBytes)
	}
	return rest[:n], nil
}

// sizeText writes a limit in words: " of 256 MiB".
func sizeText(n uint64) string {
	if n >= 1<<20 && n%(1<<20) == 0 {
		return fmt.Sprintf(" of %d MiB", n>>20)
	}
	return fmt.Sprintf(" of %d bytes", n)
}
