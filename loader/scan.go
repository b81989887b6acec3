package loader

// use is what the relocations want of one symbol.
type use struct {
	count      int32 // relocations
	slot       int32 // number of its GOT slot, counted from 1; 0 is none
	offset     int32 // of the slot of its distance from the thread pointer, likewise
	pair       int32 // of the first of the two slots of __tls_get_addr's arguments
	descriptor int32 // of the first of the two slots of its TLS descriptor
	stub       int32 // number of its branch stub, counted from 1; 0 is none
	unresolved int32 // number of its entry in Plan.undefined, counted from 1; 0 is none
	tls        bool  // a TLS relocation names it
	branch     bool  // a branch names it, which may go through a stub
}

// scan checks every relocation of the object and notes what it needs, so that
// all addresses are decided before the first byte is written.
func (pl *Plan) scan() error {
	o := pl.object
	pl.uses = make([]use, max(1, len(o.symbols)))
	for i := range o.relas {
		rs := &o.relas[i]
		for k := range rs.count() {
			if err := o.limits.poll(k, "checking relocations", rs.count()); err != nil {
				return err
			}
			if err := pl.scanOne(rs, rs.at(k)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (pl *Plan) scanOne(rs *relaSection, r rela) error {
	o := pl.object
	target := o.target(rs)
	t, err := relocTypeOf(r.typ)
	if err != nil {
		return err.in(rs.target, target).at(r.offset).about(o.symbolName(int(r.sym)))
	}
	if t.formula == nothing && !t.tls {
		return nil // R_X86_64_NONE means nothing at all, wherever it points
	}
	if r.wild {
		return malformed("%s refers to symbol %d, there are only %d", t.name, r.sym, rs.symbols).in(rs.target, target).at(r.offset)
	}
	if width := uint64(t.width); r.offset > target.size || width > target.size-r.offset {
		return malformed("%s writes %d bytes beyond the section's %d", t.name, width, target.size).in(rs.target, target).at(r.offset)
	}
	if target.noBits() && t.width > 0 {
		return malformed("%s changes a section that has no bytes in the file", t.name).in(rs.target, target).at(r.offset).
			advise("a file of debug information alone (objcopy --only-keep-debug) is like that; send the object itself")
	}
	u := &pl.uses[r.sym]
	u.count++
	u.tls = u.tls || t.tls
	pl.takeSlots(u, t)
	if t.usesBranch() || t.formula == symPC && isBranch(target.body, r.offset) {
		u.branch = true
	}
	pl.threads = pl.threads || t.tls || o.inTLS(o.definition(int(r.sym)))
	if t.tls && !o.threadLocal(int(r.sym)) {
		return malformed("%s refers to a symbol that is not thread-local", t.name).in(rs.target, target).at(r.offset).about(o.symbolName(int(r.sym)))
	}
	return nil
}

// takeSlots reserves the GOT slots that a relocation of a type needs for its symbol,
// unless it has them.
func (pl *Plan) takeSlots(u *use, t *relocType) {
	slot, n := (*int32)(nil), int32(1)
	switch t.formula {
	case slotPC, slotOff:
		slot = &u.slot
	case offsetPC:
		slot = &u.offset
	case pairPC:
		slot, n = &u.pair, 2
	case modulePC:
		slot, n = &pl.module, 2
	case descriptorPC:
		slot, n = &u.descriptor, 2
	default:
		return
	}
	if *slot == 0 {
		*slot = pl.newSlots(n)
	}
}

// newSlots reserves n GOT slots and returns the number of the first. There are at
// most twice as many as relocations.
func (pl *Plan) newSlots(n int32) int32 {
	pl.slots += n
	return pl.slots - n + 1
}

// definition returns symbol i, or what another file defines in its place, or the null
// symbol where there is no symbol table.
func (o *Object) definition(i int) *symbol {
	switch {
	case i >= len(o.symbols):
		return &symbol{place: absolute}
	case o.symbols[i].alias != 0:
		return &o.symbols[o.symbols[i].alias-1]
	}
	return &o.symbols[i]
}

// threadLocal reports whether a TLS relocation may name symbol i: it is in a TLS
// section, or in another object (assemblers do not always type it STT_TLS).
func (o *Object) threadLocal(i int) bool {
	if i >= len(o.symbols) {
		return false
	}
	s := o.definition(i)
	return s.place == undefined || s.place == common && s.typ == sttTLS || o.inTLS(s)
}

// inTLS reports whether s is defined in a thread-local section.
func (o *Object) inTLS(s *symbol) bool {
	return s.place == inSection && o.sections[s.shndx].tls()
}

// isBranch reports whether the four bytes at offset are the displacement of a
// call, jmp or jcc (SDM volume 2, opcodes E8, E9, 0F 80 to 0F 8F). An operand
// addressed by RIP cannot look like one: its ModRM byte ends in 5 or D.
func isBranch(code []byte, offset uint64) bool {
	if offset >= uint64(len(code)) {
		return false
	}
	if offset >= 1 && code[offset-1]&^1 == 0xe8 {
		return true
	}
	return offset >= 2 && code[offset-2] == 0x0f && code[offset-1]&0xf0 == 0x80
}
