package hostile

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
)

// section is one section of an object that this package writes.
type section struct {
	name       string
	typ        elf.SectionType
	flags      elf.SectionFlag
	data       []byte
	size       uint64 // of a section without data
	link, info uint32
	entry      uint64
	align      uint64
}

// Indices of the sections that every object here begins with.
const (
	secText = iota + 1
	secSymbols
	secStrings
	secNote
	secOwn // the first of an attack's own
)

// Symbols of every object here.
const (
	symText = iota + 1 // the section .text
	symOwn             // the section secOwn, where there is one
	symKernel
)

const kernelName = "playground"

// function returns an object that is one function, the kernel.
func function(code []byte) []byte { return object(code, 0) }

// functionWithPointer returns the kernel with a pointer in .data that is
// relocated to the offset target of the code, and refers to the pointer by the
// four bytes of code at field, which are the last of their instruction.
func functionWithPointer(code []byte, field, target int) []byte {
	rela := func(off int, sym uint32, typ elf.R_X86_64, addend int64) []byte {
		var b bytes.Buffer
		put(&b, elf.Rela64{Off: uint64(off), Info: elf.R_INFO(sym, uint32(typ)), Addend: addend})
		return b.Bytes()
	}
	relocations := func(name string, of uint32, data []byte) section {
		return section{name: name, typ: elf.SHT_RELA, flags: elf.SHF_INFO_LINK, data: data, link: secSymbols, info: of, entry: 24, align: 8}
	}
	return object(code, 0,
		section{name: ".data", typ: elf.SHT_PROGBITS, flags: elf.SHF_ALLOC | elf.SHF_WRITE, data: make([]byte, 8), align: 8},
		relocations(".rela.text", secText, rela(field, symOwn, elf.R_X86_64_PC32, -4)),
		relocations(".rela.data", secOwn, rela(0, symText, elf.R_X86_64_64, int64(target))))
}

// object writes an ELF64 x86-64 relocatable object: code, with more flags than
// it should have if need be, and the attack's own sections.
func object(code []byte, more elf.SectionFlag, own ...section) []byte {
	names := "\x00" + kernelName + "\x00"
	symbols := []elf.Sym64{
		{},
		{Info: elf.ST_INFO(elf.STB_LOCAL, elf.STT_SECTION), Shndx: secText},
		{Info: elf.ST_INFO(elf.STB_LOCAL, elf.STT_SECTION), Shndx: secOwn},
		{Name: 1, Info: elf.ST_INFO(elf.STB_GLOBAL, elf.STT_FUNC), Shndx: secText, Size: uint64(len(code))},
	}
	if len(own) == 0 {
		symbols[symOwn].Shndx = secText
	}
	var table bytes.Buffer
	put(&table, symbols)
	return write(append([]section{
		{},
		{name: ".text", typ: elf.SHT_PROGBITS, flags: elf.SHF_ALLOC | elf.SHF_EXECINSTR | more, data: code, align: 16},
		{name: ".symtab", typ: elf.SHT_SYMTAB, data: table.Bytes(), link: secStrings, info: symKernel, entry: elf.Sym64Size, align: 8},
		{name: ".strtab", typ: elf.SHT_STRTAB, data: []byte(names), align: 1},
		{name: ".note.GNU-stack", typ: elf.SHT_PROGBITS, align: 1},
	}, own...))
}

// write lays sections out behind an ELF header, their names and their headers
// last.
func write(sections []section) []byte {
	const header = 64
	var body bytes.Buffer
	pad := func() {
		for body.Len()%16 != 0 {
			body.WriteByte(0)
		}
	}
	names := []byte{0}
	sections = append(sections, section{name: ".shstrtab", typ: elf.SHT_STRTAB, align: 1})
	table := make([]elf.Section64, len(sections))
	for i, s := range sections[1:] {
		pad()
		h := &table[i+1]
		*h = elf.Section64{
			Name: uint32(len(names)), Type: uint32(s.typ), Flags: uint64(s.flags), Off: header + uint64(body.Len()),
			Size: uint64(len(s.data)), Link: s.link, Info: s.info, Addralign: s.align, Entsize: s.entry,
		}
		names = append(append(names, s.name...), 0)
		if s.data == nil {
			h.Size = s.size
		}
		body.Write(s.data)
	}
	last := &table[len(table)-1]
	last.Off, last.Size = header+uint64(body.Len()), uint64(len(names))
	body.Write(names)
	pad()
	h := elf.Header64{
		Type: uint16(elf.ET_REL), Machine: uint16(elf.EM_X86_64), Version: uint32(elf.EV_CURRENT),
		Shoff: header + uint64(body.Len()), Ehsize: header, Shentsize: 64, Shnum: uint16(len(table)), Shstrndx: uint16(len(table) - 1),
	}
	copy(h.Ident[:], elf.ELFMAG)
	h.Ident[elf.EI_CLASS], h.Ident[elf.EI_DATA], h.Ident[elf.EI_VERSION] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)
	var out bytes.Buffer
	put(&out, h)
	out.Write(body.Bytes())
	put(&out, table)
	return out.Bytes()
}

// put writes fixed-size data in the order of the target.
func put(b *bytes.Buffer, v any) { _ = binary.Write(b, binary.LittleEndian, v) } // a bytes.Buffer takes everything
