package loader

import (
	"fmt"
	"strings"
)

// Object is a checked object file, or several that were joined by Link: every
// offset, index and name that the loader will use lies where it must. It keeps the
// files and never writes to them.
type Object struct {
	file     []byte   // the first, which is the object itself
	files    []string // names of what was joined, after that of the first, ""; nil if nothing was
	own      int      // symbols of the first file
	limits   Limits
	sections []section
	symbols  []symbol
	wanted   map[string]bool // names that a file other than its weak references needs
	symtab   int             // section index of the symbol table, 0 if there is none
	relas    []relaSection
}

// parser holds an object in the making and what it has used up of the limits.
type parser struct {
	Object
	used *usage

	tableIndex uint64 // the string table that tableText copies, 0 if none
	tableText  string
}

// usage is how much of the limits the files of an object have used up.
type usage struct {
	charged                        uint64 // bytes of the image
	nameBytes                      int    // bytes of names
	sections, symbols, relocations int
}

// Parse reads a relocatable object. It returns an *Error if the file is not one
// that can be loaded. The zero Limits means DefaultLimits. The caller must not
// change file as long as the Object is in use.
func Parse(file []byte, lim Limits) (*Object, error) {
	lim = lim.orDefaults()
	if err := checkSize(file, lim); err != nil {
		return nil, err
	}
	return parse(file, lim, new(usage))
}

func checkSize(file []byte, lim Limits) error {
	if uint64(len(file)) > lim.FileBytes {
		return tooLarge("the file has %d bytes, the limit is %d", len(file), lim.FileBytes)
	}
	return nil
}

// parse is Parse of a file that may not be the first.
func parse(file []byte, lim Limits, used *usage) (*Object, error) {
	h, err := readHeader(file)
	if err != nil {
		return nil, err
	}
	p := &parser{Object: Object{file: file, limits: lim}, used: used}
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
	p.own = len(p.symbols)
	return &p.Object, nil
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
	if p.used.nameBytes += n; p.used.nameBytes > p.limits.NamesBytes {
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
