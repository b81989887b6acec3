package loader

import "slices"

// Plan is an object with every address decided and no byte written.
type Plan struct {
	object    *Object
	placement Placement
	converted map[string]bool // files that were PE objects

	uses   []use // by symbol
	slots  int32 // in the GOT
	module int32 // number of the first of the two slots for this object's block of thread-local variables, 0 if none
	stubs  int32

	threads   bool      // a relocation uses a thread-local variable
	block     uint64    // lowest address of the thread-local variables
	segments  [4]extent // by Perm - 1
	sections  []uint64  // address of each section, 0 if it is not mapped
	values    []uint64  // S of each symbol
	gotBase   uint64
	stubBase  uint64
	undefined []Undefined
	traps     traps
}

const (
	slotSize = 8
	stubSize = 8 // jmp *slot(%rip) and two bytes of int3
)

// extent is the address range of a segment. Bytes from start to bits come from
// the file or the loader, bytes from bits to end are zero.
type extent struct{ start, bits, end uint64 }

// Layout decides every address: sections, GOT, stubs, COMMON symbols, traps.
// It fails if the object cannot fit the limits or has a relocation that makes
// no sense, so that Relocate only has values left to refuse.
func Layout(o *Object, p Placement) (*Plan, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	converted := o.converted()
	if converted[""] {
		p.Externals = nil // they are called by the System V ABI, and what such an object calls is not
	}
	pl := &Plan{object: o, placement: p, converted: converted, sections: make([]uint64, len(o.sections))}
	if err := pl.scan(); err != nil {
		return nil, err
	}
	pl.planStubs()
	pl.values = make([]uint64, len(pl.uses))
	if err := pl.place(); err != nil {
		return nil, err
	}
	if err := pl.bind(); err != nil {
		return nil, err
	}
	return pl, nil
}

// Bytes returns how much memory the image takes, in whole pages. Before Relocate none
// of it is allocated.
func (pl *Plan) Bytes() (sum uint64) {
	for _, e := range pl.segments {
		sum += (e.end - e.start + Page - 1) &^ (Page - 1)
	}
	return sum
}

// check holds the caller to the documented shape of a Placement.
func (p *Placement) check() error {
	const low = 1 << 31
	for _, a := range []uint64{p.Base, p.Limit, p.TrapBase, p.TrapLimit} {
		if a%Page != 0 || a > low {
			return internal("placement address %#x is not a page in the low 2 GiB", a)
		}
	}
	if p.Base == 0 || p.Base >= p.Limit || p.TrapBase == 0 || p.TrapBase >= p.TrapLimit {
		return internal("placement windows are empty or begin at 0")
	}
	if p.Base < p.TrapLimit && p.TrapBase < p.Limit {
		return internal("image window and trap window overlap")
	}
	if p.ThreadEnd%Page != 0 || p.ThreadBase > p.ThreadEnd || p.ThreadEnd > p.ThreadPointer || p.ThreadPointer > p.Base {
		return internal("the thread-local variables between %#x and the thread pointer %#x are not below the image", p.ThreadBase, p.ThreadPointer)
	}
	if p.CodeShift >= Page {
		return internal("a shift of the code by %d bytes is no less than a page", p.CodeShift)
	}
	return nil
}

// permOf returns the protection of a mapped section.
func permOf(s *section) Perm {
	switch {
	case s.tls():
		return Thread
	case s.exec():
		return RX
	case s.write():
		return RW
	}
	return R
}

// has reports whether section i is part of the image.
func (pl *Plan) has(i int) bool {
	s := &pl.object.sections[i]
	return s.mapped && (pl.threads || !s.tls())
}

// place assigns addresses, one protection after the other. In each, sections
// with bytes come before those without, so that a segment is bytes and then
// zeros; apart from that sections keep their order.
func (pl *Plan) place() error {
	if err := pl.placeThread(); err != nil {
		return err
	}
	c := cursor{at: pl.placement.Base, limit: pl.placement.Limit, budget: pl.object.limits.AllocBytes - pl.threadBytes()}
	for perm := RX; perm <= RW; perm++ {
		e := &pl.segments[perm-1]
		e.start = c.at
		if perm == RX && pl.hasCode() {
			c.skew = pl.placement.CodeShift
			c.advance(c.skew)
		}
		if perm == R {
			pl.gotBase = c.at
			c.take(uint64(pl.slots)*slotSize, slotSize)
		}
		pl.placeSections(&c, perm, false)
		if perm == RX && pl.stubs > 0 {
			c.align(stubSize)
			pl.stubBase = c.at
			c.take(uint64(pl.stubs)*stubSize, stubSize)
		}
		e.bits = c.at
		pl.placeSections(&c, perm, true)
		if perm == RW {
			pl.placeCommons(&c, false)
		}
		e.end = c.at
		c.skew = 0
		if e.end > e.start {
			c.align(Page)
			c.guard()
		}
		if c.failed {
			return memoryLimit("sections, padding and COMMON symbols together exceed the image's limit%s", sizeText(c.budget))
		}
	}
	return nil
}

// hasCode reports whether anything will be in the code segment.
func (pl *Plan) hasCode() bool {
	return pl.stubs > 0 || slices.ContainsFunc(pl.object.sections, func(s section) bool { return s.mapped && s.exec() && s.size > 0 })
}

func (pl *Plan) placeSections(c *cursor, perm Perm, noBits bool) {
	for i := range pl.object.sections {
		s := &pl.object.sections[i]
		if pl.has(i) && s.noBits() == noBits && permOf(s) == perm {
			pl.sections[i] = c.take(s.size, s.align)
		}
	}
}

// placeCommons gives every COMMON symbol its own memory, those that are thread-local
// or the others: with one object there is nothing to merge it with.
func (pl *Plan) placeCommons(c *cursor, tls bool) {
	for i := range pl.object.symbols {
		s := &pl.object.symbols[i]
		if s.place == common && s.alias == 0 && (s.typ == sttTLS) == tls {
			pl.values[i] = c.take(s.size, s.value)
		}
	}
}

// cursor hands out addresses and fails, once and for all, when the window or
// the budget is used up. No sum can overflow: sizes are compared with what is
// left before they are added.
type cursor struct {
	at, limit uint64
	used      uint64
	budget    uint64
	skew      uint64 // alignments are this many bytes off
	failed    bool
}

func (c *cursor) take(size, align uint64) uint64 {
	c.align(align)
	start := c.at
	c.advance(size)
	return start
}

// align moves to a multiple of align, a power of two, plus the skew.
func (c *cursor) align(align uint64) { c.advance((c.skew - c.at) & (align - 1)) }

func (c *cursor) advance(size uint64) {
	if c.failed || size > c.limit-c.at || size > c.budget-c.used {
		c.failed = true
		return
	}
	c.at += size
	c.used += size
}

// guard skips the page that stays unmapped after a segment. It costs address
// space, not memory.
func (c *cursor) guard() {
	if c.failed || Page > c.limit-c.at {
		c.failed = true
		return
	}
	c.at += Page
}
