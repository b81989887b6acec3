// Package elfobj writes the smallest relocatable object that holds a piece of
// machine code: one executable section and one global function. Tests and the
// hostile corpus keep their kernels as bytes; this makes objects of them
// without an assembler.
package elfobj

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
)

// Function returns an ELF64 x86-64 object whose .text holds code, with the
// global function name at its start.
func Function(name string, code []byte) []byte {
	const (
		null = iota
		text
		symtab
		strtab
		shstrtab
		stack
		count
	)
	names := "\x00.text\x00.symtab\x00.strtab\x00.shstrtab\x00.note.GNU-stack\x00"
	offset := func(section string) uint32 {
		return uint32(bytes.Index([]byte(names), []byte("\x00"+section+"\x00")) + 1)
	}
	strings := "\x00" + name + "\x00"
	symbols := []elf.Sym64{{}, {
		Name: 1, Info: elf.ST_INFO(elf.STB_GLOBAL, elf.STT_FUNC), Shndx: text, Size: uint64(len(code)),
	}}

	var body bytes.Buffer
	const header = 64
	place := func(data any, align int) (off, size uint64) {
		for (header+body.Len())%align != 0 {
			body.WriteByte(0)
		}
		start := body.Len()
		_ = binary.Write(&body, binary.LittleEndian, data) // a bytes.Buffer takes everything
		return uint64(header + start), uint64(body.Len() - start)
	}
	var sections [count]elf.Section64
	set := func(i int, name string, typ elf.SectionType, flags elf.SectionFlag, align int, data any) {
		s := &sections[i]
		s.Name, s.Type, s.Flags, s.Addralign = offset(name), uint32(typ), uint64(flags), uint64(align)
		s.Off, s.Size = place(data, align)
	}
	set(text, ".text", elf.SHT_PROGBITS, elf.SHF_ALLOC|elf.SHF_EXECINSTR, 16, code)
	set(symtab, ".symtab", elf.SHT_SYMTAB, 0, 8, symbols)
	set(strtab, ".strtab", elf.SHT_STRTAB, 0, 1, []byte(strings))
	set(shstrtab, ".shstrtab", elf.SHT_STRTAB, 0, 1, []byte(names))
	set(stack, ".note.GNU-stack", elf.SHT_PROGBITS, 0, 1, []byte{})
	sections[symtab].Link, sections[symtab].Info, sections[symtab].Entsize = strtab, 1, elf.Sym64Size
	shoff, _ := place(sections, 8)

	h := elf.Header64{
		Type: uint16(elf.ET_REL), Machine: uint16(elf.EM_X86_64), Version: uint32(elf.EV_CURRENT),
		Shoff: shoff, Ehsize: header, Shentsize: 64, Shnum: count, Shstrndx: shstrtab,
	}
	copy(h.Ident[:], elf.ELFMAG)
	h.Ident[elf.EI_CLASS], h.Ident[elf.EI_DATA], h.Ident[elf.EI_VERSION] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)
	var out bytes.Buffer
	_ = binary.Write(&out, binary.LittleEndian, h)
	out.Write(body.Bytes())
	return out.Bytes()
}
