package examples

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write the objects in PeachPy's layout")

// PeachPy cannot be assumed to be installed, so its layout is written out
// here: section headers directly behind the ELF header, tables without
// alignment, a NULL section that is not all zero, and a symbol 0 that is real.

// peachCode adds the constant to xmm0 once per iteration.
var peachCode = []byte{
	0x48, 0x89, 0xf8, // mov rax, rdi
	0x0f, 0x57, 0xc0, // xorps xmm0, xmm0
	0x0f, 0x58, 0x05, 0, 0, 0, 0, // addps xmm0, [rip + constant]
	0x48, 0xff, 0xcf, // dec rdi
	0x75, 0xf4, // jnz back to addps
	0xc3, // ret
}

const peachReloc = 9 // offset of the constant's displacement in peachCode

type peachSection struct {
	name               string
	typ, flags, align  uint64
	link, info, entity uint64
	data               []byte
}

type peachSymbol struct {
	name        string
	info        byte
	section     uint16
	value, size uint64
}

// peachObject writes an object; withFile puts a file symbol first, as
// PeachPy's command line does, otherwise the constant becomes symbol 0.
func peachObject(withFile bool) []byte {
	const text, rodata = 4, 6
	symbols := []peachSymbol{
		{"playground.__local0", elf.ST_INFO(elf.STB_LOCAL, elf.STT_OBJECT), rodata, 0, 16},
		{"playground", elf.ST_INFO(elf.STB_GLOBAL, elf.STT_FUNC), text, 0, 0},
	}
	locals, constant := 1, 0
	if withFile {
		symbols = append([]peachSymbol{{"playground.py", elf.ST_INFO(elf.STB_LOCAL, elf.STT_FILE), uint16(elf.SHN_ABS), 0, 0}}, symbols...)
		locals, constant = 2, 1
	}
	strtab, symtab := []byte{0}, []byte{}
	for _, s := range symbols {
		symtab = le(symtab, uint32(len(strtab)), s.info, byte(0), s.section, s.value, s.size)
		strtab = append(append(strtab, s.name...), 0)
	}
	var one []byte
	for range 4 {
		one = le(one, uint32(0x3f800000)) // 1.0
	}
	rela := le(nil, uint64(peachReloc), uint64(constant)<<32|uint64(elf.R_X86_64_PC32), int64(-4))
	return peachFile([]peachSection{
		{name: "", align: 1},
		{name: ".shstrtab", typ: uint64(elf.SHT_STRTAB), align: 1},
		{name: ".strtab", typ: uint64(elf.SHT_STRTAB), align: 1, data: strtab},
		{name: ".symtab", typ: uint64(elf.SHT_SYMTAB), align: 1, link: 2, info: uint64(locals), entity: 24, data: symtab},
		{name: ".text", typ: uint64(elf.SHT_PROGBITS), flags: uint64(elf.SHF_ALLOC | elf.SHF_EXECINSTR), align: 16, data: peachCode},
		{name: ".note.GNU-stack", typ: uint64(elf.SHT_PROGBITS), align: 1},
		{name: ".rodata", typ: uint64(elf.SHT_PROGBITS), flags: uint64(elf.SHF_ALLOC), align: 16, data: one},
		{name: ".rela.text", typ: uint64(elf.SHT_RELA), align: 1, link: 3, info: text, entity: 24, data: rela},
	})
}

func peachFile(sections []peachSection) []byte {
	names, nameAt := []byte{0}, make([]uint32, len(sections))
	for i := 1; i < len(sections); i++ {
		nameAt[i] = uint32(len(names))
		names = append(append(names, sections[i].name...), 0)
	}
	sections[1].data = names
	headers, contents := []byte{}, []byte{}
	base := uint64(64 + 64*len(sections))
	for i, s := range sections {
		for (base+uint64(len(contents)))%s.align != 0 {
			contents = append(contents, 0)
		}
		headers = le(headers, nameAt[i], uint32(s.typ), s.flags, uint64(0), base+uint64(len(contents)), uint64(len(s.data)),
			uint32(s.link), uint32(s.info), s.align, s.entity)
		contents = append(contents, s.data...)
	}
	ident := [16]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)}
	file := le(ident[:], uint16(elf.ET_REL), uint16(elf.EM_X86_64), uint32(elf.EV_CURRENT), uint64(0), uint64(0), uint64(64), uint32(0),
		uint16(64), uint16(56), uint16(0), uint16(64), uint16(len(sections)), uint16(1))
	return append(append(file, headers...), contents...)
}

// le appends numbers in little-endian order.
func le(b []byte, values ...any) []byte {
	for _, v := range values {
		b, _ = binary.Append(b, binary.LittleEndian, v) // fails for other types than numbers only
	}
	return b
}

func TestPeachPyObjects(t *testing.T) {
	for name, withFile := range map[string]bool{"peachpy": true, "peachpy_nofile": false} {
		want := peachObject(withFile)
		if *update {
			if err := os.WriteFile("objects/"+name+".o", want, 0o644); err != nil {
				t.Fatal(err)
			}
			continue // the embedded copy is still the old one
		}
		got, err := Object(name)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("objects/%s.o is not what the layout gives (%v); run go test ./examples -update", name, err)
		}
		f, err := elf.NewFile(bytes.NewReader(want))
		if err != nil {
			t.Fatal(err)
		}
		odd := false
		for _, s := range f.Sections {
			odd = odd || s.Type == elf.SHT_SYMTAB && s.Offset%8 != 0
		}
		if !odd {
			t.Errorf("%s: the symbol table is aligned, unlike PeachPy's", name)
		}
	}
}
