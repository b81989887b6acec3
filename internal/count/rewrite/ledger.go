package rewrite

import "webrunner/internal/count"

// Ledger tells from the counters how often each instruction was executed.
func (c *Copy) Ledger(counters []byte) count.Ledger {
	l := make(count.Ledger)
	at := func(i int) uint64 { return le.Uint64(counters[8*i:]) }
	for i := range c.blocks {
		b := &c.blocks[i]
		n := at(int(b.counter))
		if n == 0 {
			continue
		}
		s := &c.sections[b.section]
		last := int(b.start)
		for off := last; off < int(b.end); off += int(s.Lengths[off]) {
			l.At(s.Addr + uint64(off)).Executed = n
			last = off
		}
		if b.flow == branch || b.flow == loop {
			l.At(s.Addr + uint64(last)).Taken = n - c.fell(i, at)
		}
		for _, m := range c.measured(b) {
			t := l.At(s.Addr + uint64(m.off))
			t.Active = at(m.active)
			if m.left != 0 {
				t.Active -= at(m.left)
			}
			if m.touched != 0 {
				t.Touched = at(m.touched)
			}
		}
	}
	return l
}

// fell is how often the branch that ends a block fell through: to the next block, where
// that cannot be reached otherwise.
func (c *Copy) fell(i int, at func(int) uint64) uint64 {
	b := &c.blocks[i]
	if b.fallen != 0 {
		return at(int(b.fallen))
	}
	if i+1 < len(c.blocks) && c.blocks[i+1].section == b.section && c.blocks[i+1].start == b.end {
		return at(int(c.blocks[i+1].counter))
	}
	return 0
}

// measured are the measured instructions of a block.
func (c *Copy) measured(b *block) []measured { return c.measures[b.measured:][:b.measures] }
