// Package mutants makes faulty ELF objects out of good ones: a field of the header, a
// section, a relocation, a symbol or some code is changed, or bytes are. Each mutant
// follows from its seed alone, so that one that does harm can be made again.
package mutants

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"math/rand/v2"
	"slices"
)

// Mutant is an object that was changed.
type Mutant struct {
	Object []byte
	How    []string // what was changed, in order
}

// mostChanges is how many changes a mutant has at most: the first that is refused
// hides those behind it.
const mostChanges = 4

// Make changes a copy of an ELF64 object. Pieces of donor, which may be of any kind, are
// put into some mutants.
func Make(seed uint64, object, donor []byte) Mutant {
	w := &work{Rand: rand.New(rand.NewPCG(seed, 0)), object: slices.Clone(object), donor: donor}
	w.read()
	m := Mutant{}
	for n := 1 + w.IntN(mostChanges); len(m.How) < n; { // one change, growth, is always possible
		c := changes()[w.IntN(len(changes()))]
		if c.do(w) {
			m.How = append(m.How, c.name)
		}
	}
	m.Object = w.object
	return m
}

// work is a mutant under way.
type work struct {
	*rand.Rand
	object, donor []byte
	sections      []elf.Section64 // as they were before any change
}

var le = binary.LittleEndian

// Sizes of the structures of an ELF64 file (gABI, chapters 4 and 5).
const (
	headerSize  = 64
	sectionSize = 64
	symbolSize  = 24
	relaSize    = 24
)

// read finds the sections of a good object. One without has none.
func (w *work) read() {
	var h elf.Header64
	if binary.Read(bytes.NewReader(w.object), le, &h) != nil || h.Shentsize != sectionSize || h.Shoff > uint64(len(w.object)) {
		return
	}
	table := bytes.NewReader(w.object[h.Shoff:])
	for range h.Shnum {
		var s elf.Section64
		if binary.Read(table, le, &s) != nil {
			return
		}
		w.sections = append(w.sections, s)
	}
}

// change is one way to change an object. It returns false where there is nothing to
// change.
type change struct {
	name string
	do   func(*work) bool
}

func changes() []change {
	return []change{
		{"header", (*work).header},
		{"section header", (*work).section},
		{"section header", (*work).section}, // most of what a loader believes stands there
		{"section swapped", (*work).swap},
		{"relocation", entry(elf.SHT_RELA, relaSize, 8, 4, 4, 8)},
		{"relocation", entry(elf.SHT_RELA, relaSize, 8, 4, 4, 8)},
		{"symbol", entry(elf.SHT_SYMTAB, symbolSize, 4, 1, 1, 2, 8, 8)},
		{"symbol", entry(elf.SHT_SYMTAB, symbolSize, 4, 1, 1, 2, 8, 8)},
		{"name", entry(elf.SHT_STRTAB, 1, 1)},
		{"group", entry(elf.SHT_GROUP, 4, 4)},
		{"code", (*work).code},
		{"code", (*work).code},
		{"bytes", (*work).bytes},
		{"graft", (*work).graft},
		{"cut", (*work).cut},
		{"grown", (*work).grow},
	}
}

// header changes a field of the file's header.
func (w *work) header() bool {
	// e_ident, then e_type and so on (gABI, figure 4-3).
	return w.field(0, 4, 1, 1, 1, 1, 8, 2, 2, 4, 8, 8, 8, 4, 2, 2, 2, 2, 2, 2)
}

// section changes a field of the header of a section.
func (w *work) section() bool {
	at, ok := w.sectionAt()
	return ok && w.field(at, 4, 4, 8, 8, 8, 8, 4, 4, 8, 8)
}

// sectionAt returns where the header of some section is.
func (w *work) sectionAt() (uint64, bool) {
	if len(w.sections) == 0 || len(w.object) < headerSize {
		return 0, false
	}
	return le.Uint64(w.object[40:]) + sectionSize*uint64(w.IntN(len(w.sections))), true
}

// swap has two sections change places in the table.
func (w *work) swap() bool {
	a, ok := w.sectionAt()
	b, _ := w.sectionAt()
	if !ok || a == b || !w.holds(a, sectionSize) || !w.holds(b, sectionSize) {
		return false
	}
	kept := slices.Clone(w.object[a : a+sectionSize])
	copy(w.object[a:a+sectionSize], w.object[b:])
	copy(w.object[b:], kept)
	return true
}

// entry changes a field of an entry of a section of a type.
func entry(t elf.SectionType, size uint64, fields ...uint64) func(*work) bool {
	return func(w *work) bool {
		s, ok := w.find(func(s *elf.Section64) bool { return s.Type == uint32(t) && s.Size >= size })
		if !ok {
			return false
		}
		return w.field(s.Off+size*w.Uint64N(s.Size/size), fields...)
	}
}

// find chooses one of the sections of a kind.
func (w *work) find(is func(*elf.Section64) bool) (elf.Section64, bool) {
	var list []elf.Section64
	for i := range w.sections {
		if is(&w.sections[i]) {
			list = append(list, w.sections[i])
		}
	}
	if len(list) == 0 {
		return elf.Section64{}, false
	}
	return list[w.IntN(len(list))], true
}

// field changes one of the fields of a structure, which have so many bytes each.
func (w *work) field(at uint64, sizes ...uint64) bool {
	n := w.IntN(len(sizes))
	for _, size := range sizes[:n] {
		at += size
	}
	size := sizes[n]
	if !w.holds(at, size) {
		return false
	}
	b := w.object[at : at+size]
	var word [8]byte
	copy(word[:], b)
	le.PutUint64(word[:], w.value(le.Uint64(word[:]), 8*size))
	copy(b, word[:])
	return true
}

// holds tells whether the object has bytes at an offset.
func (w *work) holds(at, size uint64) bool {
	n := uint64(len(w.object))
	return at <= n && size <= n-at
}

// value is what a field of so many bits is changed to: what is next to a limit, what was
// there but for one bit, or what other fields hold.
func (w *work) value(was, bits uint64) uint64 {
	size := uint64(len(w.object))
	switch w.IntN(8) {
	case 0:
		return was ^ 1<<w.Uint64N(bits)
	case 1:
		return was + w.Uint64N(33) - 16
	case 2:
		return w.Uint64N(16)
	case 3:
		return w.Uint64()
	case 4:
		return 1<<w.Uint64N(bits) - w.Uint64N(3)
	case 5:
		return size + w.Uint64N(65) - 32
	case 6:
		return ^uint64(0)>>w.Uint64N(bits) - w.Uint64N(2)*size
	}
	if len(w.sections) == 0 {
		return was
	}
	s := w.sections[w.IntN(len(w.sections))]
	return []uint64{uint64(s.Type), s.Flags, s.Off, s.Size, s.Off + s.Size, uint64(s.Link), s.Entsize}[w.IntN(7)]
}

// fragments are pieces of code about which a decoder or a screen has to think: beginnings
// of instructions of every map, prefixes, instructions that are refused, and jumps.
func fragments() []string {
	return []string{
		"\x0f\x05", "\x0f\x34", "\xcd\x80", "\xcc", "\xf4", "\x0f\x0b", "\xc3", "\xeb\xfe", "\x90",
		"\x0f", "\x0f\x38", "\x0f\x3a", "\x0f\x0f", "\x66", "\xf2", "\xf3", "\xf0", "\x64", "\x67", "\x2e\x2e\x2e\x2e\x2e\x2e\x2e",
		"\x48", "\x40", "\x4f", "\xc4\xe2", "\xc4\xe3\x7d", "\xc5\xfc", "\x62\xf1\x7c\x48", "\x62\xf2", "\x8f\xe8", "\xd5",
		"\xff\xe0", "\xff\x25", "\xe8\x00\x00\x00\x00", "\xe9\xff\xff\xff\x7f", "\x0f\x84", "\x70\x80", "\x0f\x01\xf9", "\x0f\xae", "\x0f\xc7", "\x8e\xd8",
	}
}

// code puts fragments or any bytes over code.
func (w *work) code() bool {
	s, ok := w.find(func(s *elf.Section64) bool {
		return s.Flags&uint64(elf.SHF_EXECINSTR) != 0 && s.Type != uint32(elf.SHT_NOBITS) && s.Size > 0
	})
	if !ok {
		return false
	}
	for range 1 + w.IntN(4) {
		at := s.Off + w.Uint64N(s.Size)
		piece := []byte{byte(w.Uint32())}
		if list := fragments(); w.IntN(2) == 0 {
			piece = []byte(list[w.IntN(len(list))])
		}
		if !w.holds(at, uint64(len(piece))) {
			return false
		}
		copy(w.object[at:], piece)
	}
	return true
}

// bytes changes bytes wherever they are.
func (w *work) bytes() bool {
	if len(w.object) == 0 {
		return false
	}
	for range 1 + w.IntN(16) {
		w.object[w.IntN(len(w.object))] = byte(w.Uint32())
	}
	return true
}

// graft copies a piece of the donor over the object.
func (w *work) graft() bool {
	if len(w.object) == 0 || len(w.donor) == 0 {
		return false
	}
	from := w.donor[w.IntN(len(w.donor)):]
	copy(w.object[w.IntN(len(w.object)):], from[:min(len(from), 1+w.IntN(512))])
	return true
}

// cut ends the object early.
func (w *work) cut() bool {
	if len(w.object) == 0 {
		return false
	}
	w.object = w.object[:w.IntN(len(w.object))]
	return true
}

// grow appends bytes, as often such as were there before.
func (w *work) grow() bool {
	n := 1 + w.IntN(4096)
	if w.IntN(2) == 0 && len(w.object) > 0 {
		from := w.object[w.IntN(len(w.object)):]
		w.object = append(w.object, from[:min(n, len(from))]...)
		return true
	}
	w.object = append(w.object, make([]byte, n)...)
	return true
}
