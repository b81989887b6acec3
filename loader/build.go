package loader

import "fmt"

// int3 fills what is not code in the code segment: running into it faults.
const int3 = 0xcc

// outline returns the image without its bytes: enough to choose a function.
func (pl *Plan) outline() *Image {
	im := &Image{GOTBase: pl.gotBase, Undefined: pl.undefined, object: pl.object, traps: pl.traps}
	index := [4]int{-1, -1, -1, -1} // by Perm - 1, in im.Segments
	for _, perm := range [...]Perm{Thread, RX, R, RW} {
		if e := pl.segments[perm-1]; e.end > e.start {
			index[perm-1] = len(im.Segments)
			im.Segments = append(im.Segments, Segment{Addr: e.start, Size: (e.end - e.start + Page - 1) &^ (Page - 1), Perm: perm})
		}
	}
	count := 0
	for i := range pl.object.sections {
		if pl.has(i) {
			count++
		}
	}
	im.Sections = make([]Section, 0, count)
	for i := range pl.object.sections {
		s := &pl.object.sections[i]
		if !pl.has(i) {
			continue
		}
		perm := permOf(s)
		out := Section{Index: i, Name: shown(s.name), Addr: pl.sections[i], Size: s.size,
			Exec: s.exec(), Write: s.write(), NoBits: s.noBits(), TLS: s.tls(), File: s.file, Segment: index[perm-1]}
		if out.Segment >= 0 {
			out.Offset = out.Addr - pl.segments[perm-1].start
		}
		im.Sections = append(im.Sections, out)
	}
	im.Symbols, im.Relocated = pl.symbols()
	im.Joined = pl.object.Joined()
	im.Warnings = pl.object.warnings()
	if pl.threads {
		im.ThreadPointer, im.ThreadBlock = pl.placement.ThreadPointer, pl.block
	}
	return im
}

// fill allocates the segments and copies the sections into them.
func (pl *Plan) fill(im *Image) {
	for i := range im.Segments {
		s := &im.Segments[i]
		e := &pl.segments[s.Perm-1]
		data := e.bits - e.start
		if s.Perm == RX && e.bits == e.end {
			data = s.Size // no NOBITS section follows: fill the last page too
		}
		s.Data = make([]byte, data)
		if s.Perm == RX {
			for i := range s.Data {
				s.Data[i] = int3
			}
		}
	}
	for i := range im.Sections {
		if s := &im.Sections[i]; s.Segment >= 0 && !s.NoBits {
			copy(im.Segments[s.Segment].Data[s.Offset:], pl.object.sections[s.Index].body)
		}
	}
}

// bytes returns the image's bytes of section i, which has bits.
func (pl *Plan) bytes(im *Image, i int) []byte {
	s := &pl.object.sections[i]
	if s.size == 0 || s.noBits() {
		return nil
	}
	return pl.view(im, permOf(s), pl.sections[i], s.size)
}

// view returns size bytes of the image at addr, in the segment of perm.
func (pl *Plan) view(im *Image, perm Perm, addr, size uint64) []byte {
	for i := range im.Segments {
		if im.Segments[i].Perm == perm {
			return im.Segments[i].Data[addr-im.Segments[i].Addr:][:size:size]
		}
	}
	return nil
}

// fillGOT writes S of every symbol with a slot into it, and what code asks for of
// thread-local ones. There is one thread and one block of variables, so what
// __tls_get_addr gets for its module is the block's address.
func (pl *Plan) fillGOT(im *Image) {
	if pl.slots == 0 {
		return
	}
	got := pl.view(im, R, pl.gotBase, uint64(pl.slots)*slotSize)
	put := func(first int32, words ...uint64) {
		for i, w := range words {
			if first != 0 {
				le.PutUint64(got[(int(first)-1+i)*slotSize:], w)
			}
		}
	}
	for i := range pl.uses {
		u, v := &pl.uses[i], pl.values[i]
		put(u.slot, v)
		put(u.offset, v-pl.placement.ThreadPointer)
		put(u.pair, pl.block, v-pl.block)
		put(u.descriptor, pl.placement.Descriptor, v-pl.placement.ThreadPointer)
	}
	put(pl.module, pl.block, 0)
	im.Regions = append(im.Regions, Region{Kind: "got", Addr: pl.gotBase, Data: got})
}

// fillStubs writes jmp *slot(%rip), that is FF 25 and a displacement.
func (pl *Plan) fillStubs(im *Image) {
	if pl.stubs == 0 {
		return
	}
	stubs := pl.view(im, RX, pl.stubBase, uint64(pl.stubs)*stubSize)
	for i := range pl.uses {
		if n := pl.uses[i].stub; n != 0 {
			at := uint64(n-1) * stubSize
			end := pl.stubBase + at + 6
			copy(stubs[at:], []byte{0xff, 0x25})
			le.PutUint32(stubs[at+2:], uint32(pl.slotAddr(uint32(i))-end))
		}
	}
	im.Regions = append(im.Regions, Region{Kind: "stubs", Addr: pl.stubBase, Data: stubs})
}

// symbols returns every symbol with its address, and those that relocations
// use.
func (pl *Plan) symbols() ([]Symbol, []Binding) {
	var used []Binding
	all := make([]Symbol, len(pl.object.symbols))
	for i := range all {
		s := &pl.object.symbols[i]
		d := pl.object.definition(i)
		all[i] = Symbol{Index: i, Name: shown(s.name), Addr: pl.values[i], Size: d.size, Kind: pl.kind(d), Binding: bindingName(s.bind), Elsewhere: s.alias != 0 || i >= pl.object.own}
		if d.place == inSection {
			all[i].Section = int(d.shndx)
		}
		if f, ok := pl.implementation(i); ok {
			all[i].Section, all[i].Implementation = int(pl.object.symbols[f].shndx), shown(pl.object.symbols[f].name)
		}
		if pl.uses[i].count > 0 {
			used = append(used, Binding{Index: i, Name: all[i].Name, Addr: pl.values[i]})
		}
	}
	return all, used
}

func (pl *Plan) kind(s *symbol) Kind {
	switch {
	case s.typ == sttTLS || pl.object.inTLS(s):
		return KindTLS
	case s.place == common:
		return KindCommon
	}
	switch s.typ {
	case sttFunc:
		return KindFunc
	case sttObject:
		return KindObject
	case sttSection:
		return KindSection
	case sttFile:
		return KindFile
	case sttCommon:
		return KindCommon
	case sttIFunc:
		return KindIFunc
	}
	return KindNone
}

func bindingName(bind uint8) string {
	switch bind {
	case stbLocal:
		return "local"
	case stbGlobal:
		return "global"
	case stbWeak:
		return "weak"
	case stbUnique:
		return "unique"
	}
	return fmt.Sprintf("binding %d", bind)
}
