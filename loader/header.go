package loader

import "encoding/binary"

var le = binary.LittleEndian

// header is what the loader needs of Elf64_Ehdr, extended numbering resolved
// (gABI: the real count and index are in section header 0 where they do not
// fit 16 bits).
type header struct {
	sectionOffset uint64
	sectionCount  uint64
	nameTable     uint64 // e_shstrndx
}

// cutOff is what to do about a file that ends too early.
const cutOff = "the file may have been cut off or changed on its way (curl --data does that): send it whole, as with curl --data-binary"

// readHeader checks the file header and that the section header table lies in
// the file.
func readHeader(file []byte) (header, error) {
	if err := checkIdent(file); err != nil {
		return header{}, err
	}
	if v := le.Uint16(file[16:]); v != elfTypeRel {
		return header{}, unsupported("e_type is %d, %s, not 1 (relocatable object)", v, typeName(v)).at(16).
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
		return header{}, malformed("e_shoff %#x is beyond the file of %d bytes", h.sectionOffset, len(file)).at(40).advise(cutOff)
	}
	first := file[h.sectionOffset:]
	if h.sectionCount == 0 {
		h.sectionCount = le.Uint64(first[32:]) // sh_size
	}
	if h.nameTable == shnXIndex {
		h.nameTable = uint64(le.Uint32(first[40:])) // sh_link
	}
	if room := (uint64(len(file)) - h.sectionOffset) / shdrSize; h.sectionCount > room {
		return header{}, malformed("the section header table has %d entries, the file has room for %d", h.sectionCount, room).at(60).advise(cutOff)
	}
	return h, nil
}

// within reports whether size bytes at offset lie in file, without overflow.
func within(file []byte, offset, size uint64) bool {
	n := uint64(len(file))
	return offset <= n && size <= n-offset
}
