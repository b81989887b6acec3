package counted

import (
	"bytes"
	"cmp"
	"debug/dwarf"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sort"

	"webrunner/filter/screen"
	"webrunner/internal/count"
	"webrunner/internal/subject"
)

// lineTable tells the lines of the source that instructions come from.
type lineTable struct {
	subject *subject.Subject
	rows    []lineRow // by section and offset
}

type lineRow struct {
	at   uint64 // section<<sectionShift + offset
	file string
	line int
	end  bool // of what the rows before are about
}

// sectionShift makes one address of a section's number and an offset, as sections of a
// relocatable object all begin at 0.
const sectionShift = 40

// newLineTable reads the line table of a subject's object.
func newLineTable(s *subject.Subject) (t *lineTable, err error) {
	defer func() {
		if r := recover(); r != nil { // the object is a stranger's
			t, err = nil, fmt.Errorf("the object's debugging information cannot be read: %v", r)
		}
	}()
	f, err := elf.NewFile(bytes.NewReader(s.Job.Object))
	if err != nil {
		return nil, fmt.Errorf("the object's debugging information cannot be read: %w", err)
	}
	data, err := debugSections(f)
	if err != nil {
		return nil, err
	}
	if len(data[".debug_line"]) == 0 {
		return nil, errors.New("the object has no .debug_line; compile with -g")
	}
	d, err := dwarf.New(data[".debug_abbrev"], nil, nil, data[".debug_info"], data[".debug_line"], nil, data[".debug_ranges"], data[".debug_str"])
	for _, name := range []string{".debug_line_str", ".debug_str_offsets", ".debug_addr", ".debug_rnglists"} {
		if err == nil && len(data[name]) > 0 {
			err = d.AddSection(name, data[name])
		}
	}
	if err != nil {
		return nil, fmt.Errorf("the object's debugging information cannot be read: %w", err)
	}
	t = &lineTable{subject: s}
	if err := t.read(d); err != nil {
		return nil, fmt.Errorf("the object's line table cannot be read: %w", err)
	}
	return t, nil
}

// debugSections returns the sections of debugging information as they are after
// relocation. Addresses in sections that are executed are made of section and offset.
func debugSections(f *elf.File) (map[string][]byte, error) {
	data := make(map[string][]byte)
	syms, _ := f.Symbols() // an object without has no relocations either
	for i, sec := range f.Sections {
		if len(sec.Name) < 7 || sec.Name[:7] != ".debug_" || sec.Type == elf.SHT_NOBITS {
			continue
		}
		if sec.Flags&elf.SHF_COMPRESSED != 0 {
			return nil, errors.New("the object's debugging information is compressed; compile with -gz=none")
		}
		b, err := sec.Data()
		if err != nil {
			return nil, fmt.Errorf("the object's %s cannot be read: %w", sec.Name, err)
		}
		for _, rela := range f.Sections {
			if rela.Type == elf.SHT_RELA && int(rela.Info) == i {
				r, err := rela.Data()
				if err != nil {
					return nil, fmt.Errorf("the object's %s cannot be read: %w", rela.Name, err)
				}
				relocate(b, r, syms, f.Sections)
			}
		}
		data[sec.Name] = b
	}
	return data, nil
}

// relocate applies the absolute relocations of a section (psABI, "Relocation Types").
func relocate(b, rela []byte, syms []elf.Symbol, sections []*elf.Section) {
	le := binary.LittleEndian
	for ; len(rela) >= 24; rela = rela[24:] {
		off, info, addend := le.Uint64(rela), le.Uint64(rela[8:]), le.Uint64(rela[16:])
		n := info >> 32
		if n == 0 || n > uint64(len(syms)) {
			continue
		}
		sym := syms[n-1]
		value := sym.Value + addend
		if int(sym.Section) < len(sections) && sections[sym.Section].Flags&elf.SHF_EXECINSTR != 0 {
			value += uint64(sym.Section) << sectionShift
		}
		switch elf.R_X86_64(info & 0xffffffff) {
		case elf.R_X86_64_64:
			if off+8 <= uint64(len(b)) && off+8 > off {
				le.PutUint64(b[off:], value)
			}
		case elf.R_X86_64_32:
			if off+4 <= uint64(len(b)) && off+4 > off {
				le.PutUint32(b[off:], uint32(value))
			}
		}
	}
}

// mostRows bounds the lines that are read.
const mostRows = 1 << 20

// read reads the rows of all units.
func (t *lineTable) read(d *dwarf.Data) error {
	units := d.Reader()
	for {
		unit, err := units.Next()
		if err != nil || unit == nil {
			break
		}
		units.SkipChildren()
		if unit.Tag != dwarf.TagCompileUnit && unit.Tag != dwarf.TagPartialUnit {
			continue
		}
		lines, err := d.LineReader(unit)
		if err != nil {
			return err
		}
		var e dwarf.LineEntry
		for lines != nil && lines.Next(&e) == nil {
			if len(t.rows) == mostRows {
				return fmt.Errorf("it has more than %d rows", mostRows)
			}
			r := lineRow{at: e.Address, line: e.Line, end: e.EndSequence}
			if e.File != nil {
				r.file = e.File.Name
			}
			t.rows = append(t.rows, r)
		}
	}
	// Where one sequence ends another may begin.
	slices.SortStableFunc(t.rows, func(a, b lineRow) int {
		return cmp.Or(cmp.Compare(a.at, b.at), -compareBool(a.end, b.end))
	})
	return nil
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// at is the line of an instruction; without a table, or where it has none, that is line
// 0 of no file.
func (t *lineTable) at(addr uint64) (file string, line int) {
	if t == nil {
		return "", 0
	}
	for i := range t.subject.Image.Sections {
		sec := &t.subject.Image.Sections[i]
		if !sec.Exec || addr < sec.Addr || addr-sec.Addr >= sec.Size {
			continue
		}
		at := uint64(sec.Index)<<sectionShift + addr - sec.Addr
		n := sort.Search(len(t.rows), func(i int) bool { return t.rows[i].at > at })
		if n > 0 && !t.rows[n-1].end && t.rows[n-1].at>>sectionShift == uint64(sec.Index) {
			return t.rows[n-1].file, t.rows[n-1].line
		}
	}
	return "", 0
}

// split divides a block where its line changes, if it shall.
func (t *lineTable) split(b count.Block, code func(uint64) []byte, lines bool) []count.Block {
	if !lines || t == nil {
		return []count.Block{b}
	}
	var list []count.Block
	var lastFile string
	var lastLine int
	for addr := b.Start; addr < b.End; {
		file, line := t.at(addr)
		if len(list) == 0 || file != lastFile || line != lastLine {
			list = append(list, count.Block{Start: addr, Executed: b.Executed})
			lastFile, lastLine = file, line
		}
		n := uint64(max(screen.Length(code(addr)), 1))
		part := &list[len(list)-1]
		part.Instructions++
		addr += n
		part.End = addr
	}
	return list
}
