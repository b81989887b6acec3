package loader

import (
	"bytes"
	"encoding/binary"
)

var le = binary.LittleEndian

// header is what the loader needs of Elf64_Ehdr, extended numbering resolved
// (gABI: the real count and index are in section header 0 where they do not
// fit 16 bits).
type header struct {
	sectionOffset uint64
	sectionCount  uint64
	nameTable     uint64 // e_shstrndx
}

// readHeader checks the file header and that the section header table lies in
// the file.
func readHeader(file []byte) (header, error) {
	if err := checkIdent(file); err != nil {
		return header{}, err
	}
	if v := le.Uint16(file[18:]); v != elfMachineX86 {
		return header{}, unsupported("e_machine is %d, not 62 (x86-64)", v).at(18)
	}
	if v := le.Uint16(file[16:]); v != elfTypeRel {
		return header{}, unsupported("e_type is %d, not 1 (relocatable object)", v).at(16).
			advise("send the .o file that the assembler or compiler wrote, before any link step")
	}
	if v := le.Uint32(file[20:]); v != 1 {
		return header{}, malformed("e_version is %d, not 1", v).at(20)
	}
	h := header{
		sectionOffset: le.Uint64(file[40:]),
		sectionCount:  uint64(le.Uint16(file[60:])),
		nameTable:     uint64(le.Uint16(file[62:])),
	}
	if h.sectionOffset == 0 {
		return header{}, malformed("e_shoff is 0: there is no section header table").at(40)
	}
	if v := le.Uint16(file[58:]); v != shdrSize {
		return header{}, malformed("e_shentsize is %d, not %d", v, shdrSize).at(58)
	}
	if !within(file, h.sectionOffset, shdrSize) {
		return header{}, malformed("e_shoff %#x is beyond the file of %d bytes", h.sectionOffset, len(file)).at(40)
	}
	first := file[h.sectionOffset:]
	if h.sectionCount == 0 {
		h.sectionCount = le.Uint64(first[32:]) // sh_size
	}
	if h.nameTable == shnXIndex {
		h.nameTable = uint64(le.Uint32(first[40:])) // sh_link
	}
	if room := (uint64(len(file)) - h.sectionOffset) / shdrSize; h.sectionCount > room {
		return header{}, malformed("the section header table has %d entries, the file has room for %d", h.sectionCount, room).at(60)
	}
	return h, nil
}

// checkIdent checks e_ident and that the whole header is there. A file of
// another kind is named, because the usual mistake is to send the wrong one.
func checkIdent(file []byte) error {
	for _, f := range foreign {
		if bytes.HasPrefix(file, []byte(f.magic)) {
			return unsupported("this is %s, not an ELF object", f.what).advise(f.advice)
		}
	}
	if !bytes.HasPrefix(file, []byte("\x7fELF")) {
		return malformed("this is not an ELF file: it does not start with 7f 45 4c 46").at(0)
	}
	if len(file) < ehdrSize {
		return malformed("the file has %d bytes, an ELF header needs %d", len(file), ehdrSize)
	}
	switch file[4] {
	case elfClass64:
	case elfClass32:
		return unsupported("this is a 32-bit object (-m32 or x32)").at(4).advise("build for the LP64 x86-64 ABI (-m64)")
	default:
		return malformed("EI_CLASS is %d, not 2 (64-bit)", file[4]).at(4)
	}
	if file[5] != elfData2LSB {
		return malformed("EI_DATA is %d, not 1 (little-endian)", file[5]).at(5)
	}
	if file[6] != 1 {
		return malformed("EI_VERSION is %d, not 1", file[6]).at(6)
	}
	if file[7] != elfOSABISysV && file[7] != elfOSABIGNU {
		return unsupported("EI_OSABI is %d, neither 0 (System V) nor 3 (GNU)", file[7]).at(7)
	}
	return nil
}

// foreign lists the files that are sent instead of an ELF object.
var foreign = [...]struct{ magic, what, advice string }{
	{"BC\xc0\xde", "LLVM bitcode", "compile without -flto"},
	{"!<arch>\n", "an archive", "send one of its members (ar x)"},
	{"!<thin>\n", "a thin archive", "send one of its members"},
	{"\xcf\xfa\xed\xfe", "a Mach-O file", "build for x86_64-linux"},
	{"MZ", "a PE file", "build for x86_64-linux"},
	{"\x64\x86", "a COFF object", "build for x86_64-linux (nasm -f elf64)"},
}

// within reports whether size bytes at offset lie in file, without overflow.
func within(file []byte, offset, size uint64) bool {
	n := uint64(len(file))
	return offset <= n && size <= n-offset
}
