package screen

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// object is one ELF file of a corpus.
type object struct {
	path   string // library(member) or file
	member string
	file   *elf.File
}

// eachObject calls do with every x86-64 object of a file: the members of an archive, or the file itself. Other files are skipped.
func eachObject(path string, do func(object) error) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(data, []byte("!<arch>\n")) {
		f, err := elf.NewFile(bytes.NewReader(data))
		if err != nil || f.Machine != elf.EM_X86_64 {
			return nil
		}
		return do(object{path, filepath.Base(path), f})
	}
	var long []byte // the table of long names
	for p := 8; p+60 <= len(data); {
		head := data[p : p+60]
		size, err := strconv.Atoi(strings.TrimSpace(string(head[48:58])))
		if err != nil {
			return fmt.Errorf("%s: archive member at %d: %w", path, p, err)
		}
		body := data[p+60 : p+60+size]
		p += 60 + size + size&1
		name := strings.TrimRight(string(head[:16]), " ")
		if name == "//" {
			long = body
			continue
		}
		if n, err := strconv.Atoi(strings.TrimPrefix(name, "/")); err == nil && strings.HasPrefix(name, "/") && n < len(long) {
			name, _, _ = strings.Cut(string(long[n:]), "\n")
		}
		f, err := elf.NewFile(bytes.NewReader(body))
		if err != nil || f.Machine != elf.EM_X86_64 {
			continue
		}
		name = strings.TrimSuffix(name, "/")
		if err := do(object{path + "(" + name + ")", name, f}); err != nil {
			return err
		}
	}
	return nil
}

// Where a test puts the sections of a relocatable object, and what undefined symbols become.
const (
	testBase     = 0x10000000
	testExternal = 0x70000000
)

// code gives the object as Screen wants it. Relocatable objects are laid out and relocated as far as branches go.
func (o object) code() (Code, error) {
	c := Code{Externals: []Range{{testExternal, testExternal + 0x1000}}}
	addrs, err := o.layout(&c)
	if err != nil {
		return c, err
	}
	syms, err := o.file.Symbols()
	if err != nil { // stripped
		syms, _ = o.file.DynamicSymbols()
		err = nil
	}
	for _, s := range syms {
		at, ok := addrs[int(s.Section)]
		typ := elf.ST_TYPE(s.Info)
		if !ok || typ == elf.STT_SECTION || typ == elf.STT_FILE || o.file.Sections[s.Section].Flags&elf.SHF_EXECINSTR == 0 {
			continue
		}
		c.Symbols = append(c.Symbols, Symbol{
			Name: s.Name, Addr: o.value(s, at), Size: s.Size,
			Func: typ == elf.STT_FUNC || typ == elf.STT_GNU_IFUNC, Data: typ == elf.STT_OBJECT,
		})
	}
	if o.file.Type == elf.ET_REL {
		err = o.relocate(&c, addrs, syms)
	} else {
		c.Externals = append(c.Externals, Range{0, testBase << 4})
	}
	return c, err
}

func (o object) value(s elf.Symbol, at uint64) uint64 {
	if o.file.Type == elf.ET_REL {
		return s.Value + at
	}
	return s.Value
}

func (o object) layout(c *Code) (map[int]uint64, error) {
	addrs := map[int]uint64{}
	next := uint64(testBase)
	for i, s := range o.file.Sections {
		if s.Flags&elf.SHF_ALLOC == 0 {
			continue
		}
		addrs[i] = s.Addr
		if o.file.Type == elf.ET_REL {
			addrs[i] = next
			next += (s.Size + 0xFFF) &^ 0xFFF
		}
		if s.Flags&elf.SHF_EXECINSTR != 0 && s.Type == elf.SHT_PROGBITS {
			data, err := s.Data()
			if err != nil && err != io.EOF {
				return nil, err
			}
			c.Sections = append(c.Sections, Section{Index: i, Name: s.Name, Addr: addrs[i], Code: data})
		}
	}
	return addrs, nil
}

// relocate applies the relocations of executable sections that are 32 bits wide and PC-relative, which is all that branches use, and
// collects the targets of absolute ones.
func (o object) relocate(c *Code, addrs map[int]uint64, syms []elf.Symbol) error {
	for _, s := range o.file.Sections {
		if s.Type != elf.SHT_RELA {
			continue
		}
		base, mapped := addrs[int(s.Info)]
		if !mapped {
			continue
		}
		var code []byte
		for _, sec := range c.Sections {
			if sec.Index == int(s.Info) {
				code = sec.Code
			}
		}
		rel, err := s.Data()
		if err != nil {
			return err
		}
		for ; len(rel) >= 24; rel = rel[24:] {
			off, info := binary.LittleEndian.Uint64(rel), binary.LittleEndian.Uint64(rel[8:])
			addend := binary.LittleEndian.Uint64(rel[16:])
			o.relocateOne(c, code, base, off, elf.R_X86_64(info), o.target(addrs, syms, info>>32), addend)
		}
	}
	return nil
}

func (o object) target(addrs map[int]uint64, syms []elf.Symbol, n uint64) uint64 {
	if n == 0 || n > uint64(len(syms)) {
		return testExternal
	}
	sym := syms[n-1]
	if at, ok := addrs[int(sym.Section)]; ok {
		return sym.Value + at
	}
	return testExternal + 0x800
}

func (o object) relocateOne(c *Code, code []byte, base, off uint64, typ elf.R_X86_64, s, addend uint64) {
	switch typ & 0xFFFFFFFF {
	case elf.R_X86_64_PC32, elf.R_X86_64_PLT32, elf.R_X86_64_GOTPCREL, elf.R_X86_64_GOTPCRELX, elf.R_X86_64_REX_GOTPCRELX:
		if off+4 <= uint64(len(code)) {
			binary.LittleEndian.PutUint32(code[off:], uint32(s+addend-base-off))
		}
	case elf.R_X86_64_64, elf.R_X86_64_32, elf.R_X86_64_32S:
		c.Roots = append(c.Roots, s+addend)
	}
}
