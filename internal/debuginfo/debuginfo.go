// Package debuginfo tells which line of a source an address of an object comes from, and
// how its functions are called, by the DWARF in it. The object is a stranger's: what cannot be read tells nothing.
package debuginfo

import (
	"bytes"
	"debug/dwarf"
	"debug/elf"
	"encoding/binary"
	"path"
	"strconv"
	"strings"
)

// Bounds of what is read.
const (
	mostBytes = 64 << 20 // of debug sections, unpacked
	mostUnits = 4096     // of compilation
)

// Has reports whether an object may tell the lines of its source at all.
func Has(object []byte) bool { return bytes.Contains(object, []byte(".debug_line")) }

// Source returns "file.c:12" for an address, "" where the object does not tell. Its
// symbols have the values that value returns: in a relocatable object, all sections
// begin at 0, and only relocations tell them apart.
func Source(object []byte, value func(symbol int) uint64, addr uint64) (source string) {
	defer func() {
		if recover() != nil { // in debug/dwarf, which promises little about hostile files
			source = ""
		}
	}()
	f, err := elf.NewFile(bytes.NewReader(object))
	if err != nil {
		return ""
	}
	data := read(f, value)
	if data == nil {
		return ""
	}
	units := data.Reader()
	for range mostUnits {
		unit, err := units.Next()
		if err != nil || unit == nil {
			return ""
		}
		if source := inUnit(data, unit, addr); source != "" {
			return source
		}
		units.SkipChildren()
	}
	return ""
}

// inUnit looks into the table of lines of a unit.
func inUnit(data *dwarf.Data, unit *dwarf.Entry, addr uint64) string {
	if unit.Tag != dwarf.TagCompileUnit {
		return ""
	}
	lines, err := data.LineReader(unit)
	if err != nil || lines == nil {
		return ""
	}
	var at dwarf.LineEntry
	if lines.SeekPC(addr, &at) != nil || at.File == nil || at.Line == 0 {
		return ""
	}
	return path.Base(at.File.Name) + ":" + strconv.Itoa(at.Line)
}

// read returns the object's DWARF with its relocations applied.
func read(f *elf.File, value func(int) uint64) *dwarf.Data {
	sections := map[string][]byte{}
	left := uint64(mostBytes)
	for i, s := range f.Sections {
		name, ok := strings.CutPrefix(s.Name, ".debug_")
		if !ok || s.Type != elf.SHT_PROGBITS || s.Size > left || sections[name] != nil {
			continue // the units of COMDAT groups repeat names: the first has the code's
		}
		left -= s.Size
		b, err := s.Data()
		if err != nil {
			return nil
		}
		b = bytes.Clone(b)
		for _, r := range f.Sections {
			if r.Type == elf.SHT_RELA && int(r.Info) == i {
				relas, err := r.Data()
				if err != nil {
					return nil
				}
				relocate(b, relas, value)
			}
		}
		sections[name] = b
	}
	data, err := dwarf.New(sections["abbrev"], nil, nil, sections["info"], sections["line"], nil, sections["ranges"], sections["str"])
	if err != nil {
		return nil
	}
	for _, name := range []string{"addr", "line_str", "str_offsets", "rnglists", "loclists"} {
		if b := sections[name]; b != nil && data.AddSection(".debug_"+name, b) != nil {
			return nil
		}
	}
	return data
}

// relocate applies the two kinds of relocation that debug sections have: S + A, in 8 or
// in 4 bytes (psABI 4.4). Those of thread-local variables are left out.
func relocate(b, relas []byte, value func(int) uint64) {
	le := binary.LittleEndian
	const size = 24 // Elf64_Rela
	for ; len(relas) >= size; relas = relas[size:] {
		offset, info := le.Uint64(relas), le.Uint64(relas[8:])
		v := value(int(info>>32)) + le.Uint64(relas[16:])
		switch typ := elf.R_X86_64(info & 0xffffffff); {
		case offset >= uint64(len(b)):
		case typ == elf.R_X86_64_64 && len(b)-int(offset) >= 8:
			le.PutUint64(b[offset:], v)
		case typ == elf.R_X86_64_32 && len(b)-int(offset) >= 4:
			le.PutUint32(b[offset:], uint32(v))
		}
	}
}
