package bombs

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// lacked is the name of the function that Lacking has not.
const lacked = "helper"

// Lacking is an object whose function kernel calls another, which some companion is to
// bring.
func Lacking() []byte { return lacking(globalFunc) }

// lacking has kernel as a symbol of a kind.
func lacking(kind byte) []byte {
	var o object
	data := o.section(".data", shtProgbits, alloc|write, make([]byte, 8))
	o.symbol(o.name("kernel"), kind, o.text(code(0, nop)), 0, 0)
	o.relocation(data, 0, o.function(lacked, 0, 0, 0), relocation64, 0)
	return o.bytes()
}

const (
	archiveMagic = "!<arch>\n"
	memberHeader = 60   // bytes
	longText     = 4095 // of a name, bytes
)

// member appends a member of an archive with its header (ar(5)).
func member(b []byte, name string, data []byte) []byte {
	b = fmt.Appendf(b, "%-16s%-12s%-6s%-6s%-8s%-10d`\n", name, "0", "0", "0", "644", len(data))
	b = append(b, data...)
	if len(data)%2 == 1 {
		b = append(b, '\n')
	}
	return b
}

func longMembers(size int) []byte {
	b := member([]byte(archiveMagic), "/", make([]byte, 4)) // an index of nothing
	b = member(b, "//", bytes.Repeat([]byte{'n'}, longText))
	for len(b) < size {
		b = member(b, "/0", nil)
	}
	return b
}

func indexNames(size int) []byte {
	n := max(1, (size-2*memberHeader-longText)/8)
	list := le.AppendUint32(nil, uint32(8*n))
	at := len(archiveMagic) + memberHeader + 4 + 8*n + 4 + longText + 1 // even, as longText is odd
	for range n {
		list = le.AppendUint32(list, 0)
		list = le.AppendUint32(list, uint32(at))
	}
	list = le.AppendUint32(list, longText+1)
	list = append(append(list, bytes.Repeat([]byte{'n'}, longText)...), 0)
	return member(member([]byte(archiveMagic), "__.SYMDEF", list), "empty.o", nil)
}

func falseIndex(size int) []byte {
	object := lacking(localLabel)
	one := len(member(nil, "", object))
	n := max(1, size/(one+4+len(lacked)+1))
	index := func(first int) []byte {
		b := binary.BigEndian.AppendUint32(nil, uint32(n))
		for i := range n {
			b = binary.BigEndian.AppendUint32(b, uint32(first+i*one))
		}
		return append(b, bytes.Repeat([]byte(lacked+"\x00"), n)...)
	}
	b := member([]byte(archiveMagic), "/", index(len(member([]byte(archiveMagic), "/", index(0)))))
	for range n {
		b = member(b, "member.o/", object)
	}
	return b
}

func groups(size int) []byte {
	var o object
	const comdat = 1 // GRP_COMDAT
	words := append([]byte{comdat, 0, 0, 0}, make([]byte, size/2/4*4)...)
	index := o.section(".group", shtGroup, 0, words)
	signature := o.symbol(o.name("signature"), localLabel, index, 0, 0)
	for range (size/2 - 700) / sectionSize {
		o.share(index)
	}
	for i := index; i < len(o.headers); i++ {
		o.headers[i].link, o.headers[i].info = uint32(len(o.headers)), signature
	}
	return o.bytes()
}
