package loader

// Relocate writes the bytes of a plan. It returns an *Error if a value does not
// fit the field that a relocation has for it.
func Relocate(pl *Plan) (*Image, error) {
	im := pl.outline()
	pl.fill(im)
	pl.fillGOT(im)
	pl.fillStubs(im)
	for i := range pl.object.relas {
		rs := &pl.object.relas[i]
		if !pl.has(rs.target) {
			continue
		}
		if err := pl.apply(rs, im); err != nil {
			return nil, err
		}
	}
	pl.enter(im)
	im.IFuncs = pl.ifuncs()
	return im, nil
}

// apply writes the relocations of one section. Layout has checked types,
// offsets and symbol numbers.
func (pl *Plan) apply(rs *relaSection, im *Image) error {
	base := pl.sections[rs.target]
	field := pl.bytes(im, rs.target)
	converted := pl.converted[pl.object.target(rs).file]
	for k := range rs.count() {
		if err := pl.object.limits.poll(k, "relocating", rs.count()); err != nil {
			return err.in(rs.target, pl.object.target(rs))
		}
		r := rs.at(k)
		t := &relocTypes[r.typ]
		if t.formula == nothing {
			continue
		}
		if converted {
			r = r.inPlace(t, field)
		}
		v := pl.compute(t, r, base+r.offset, field)
		if !t.overflow.fits(v, t.width) {
			return pl.overflowError(rs, r, t, v)
		}
		switch at := field[r.offset:]; t.width {
		case 1:
			at[0] = byte(v)
		case 2:
			le.PutUint16(at, uint16(v))
		case 4:
			le.PutUint32(at, uint32(v))
		case 8:
			le.PutUint64(at, v)
		}
	}
	return nil
}

// compute returns the value of the relocation's formula, modulo 2^64.
func (pl *Plan) compute(t *relocType, r rela, place uint64, field []byte) uint64 {
	s, a := pl.values[r.sym], r.addend
	switch t.formula {
	case symAbs:
		return s + a
	case symPC:
		if pl.uses[r.sym].stub != 0 && isBranch(field, r.offset) {
			s = pl.branchTarget(r)
		}
		return s + a - place
	case branchPC:
		return pl.branchTarget(r) + a - place
	case branchOff:
		return pl.branchTarget(r) + a - pl.gotBase
	case slotPC:
		return pl.slotAddr(r.sym) + a - place
	case slotOff:
		return pl.slotAddr(r.sym) + a - pl.gotBase
	case symOff:
		return s + a - pl.gotBase
	case gotPC:
		return pl.gotBase + a - place
	case sizeOf:
		return pl.symbolSize(r.sym) + a
	case threadOff:
		return s + a - pl.placement.ThreadPointer
	case blockOff:
		return s + a - pl.block
	case offsetPC:
		return pl.slotAt(pl.uses[r.sym].offset) + a - place
	case pairPC:
		return pl.slotAt(pl.uses[r.sym].pair) + a - place
	case modulePC:
		return pl.slotAt(pl.module) + a - place
	case descriptorPC:
		return pl.slotAt(pl.uses[r.sym].descriptor) + a - place
	}
	panic("loader: formula without a value: " + t.name) // a row of relocTypes is wrong
}

// branchTarget is L: the symbol, or the stub that jumps to it.
func (pl *Plan) branchTarget(r rela) uint64 {
	if n := pl.uses[r.sym].stub; n != 0 {
		return pl.stubBase + uint64(n-1)*stubSize
	}
	return pl.values[r.sym]
}

func (pl *Plan) slotAddr(sym uint32) uint64 { return pl.slotAt(pl.uses[sym].slot) }

// slotAt returns the address of the GOT slot of that number, counted from 1.
func (pl *Plan) slotAt(n int32) uint64 { return pl.gotBase + uint64(n-1)*slotSize }

func (pl *Plan) symbolSize(sym uint32) uint64 {
	return pl.object.definition(int(sym)).size
}

func (pl *Plan) overflowError(rs *relaSection, r rela, t *relocType, v uint64) error {
	o := pl.object
	return unsupported("%s overflows: the value %#x does not fit %d %s bits", t.name, v, t.width*8, t.overflow).
		in(rs.target, o.target(rs)).at(r.offset).about(o.symbolName(int(r.sym))).
		advise("the object needs a wider code model or a smaller distance")
}
