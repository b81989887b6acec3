package loader

import "math/bits"

// traps maps entries of Image.Undefined to addresses that are never mapped, and
// back.
type traps struct {
	base, limit uint64
	spacing     uint64 // a power of two; 0 if they do not fit
}

// minSpacing keeps small accesses to neighbouring traps apart.
const minSpacing = 64

// newTraps spreads n traps over the window, a page apart if that fits.
func newTraps(p Placement, n int) traps {
	t := traps{base: p.TrapBase, limit: p.TrapLimit, spacing: Page}
	if n == 0 {
		return t
	}
	room := (p.TrapLimit - p.TrapBase) / uint64(n)
	if room < Page {
		t.spacing = 1 << bits.Len64(room) >> 1 // the power of two below
	}
	if t.spacing < minSpacing {
		t.spacing = 0
	}
	return t
}

// address returns the trap of entry i. It is a quarter into its share of the
// window: an access somewhat below it (an addend of -8, an array indexed from
// -1) still belongs to it, one above has three times the room. It is aligned
// enough for every vector access to fault by its address, not by alignment.
func (t *traps) address(i int) uint64 {
	return t.base + uint64(i)*t.spacing + t.spacing/4&^(minSpacing-1)
}

// Trap returns the entry of Undefined that an access to addr was meant for.
func (im *Image) Trap(addr uint64) (Undefined, bool) {
	t := &im.traps
	if t.spacing == 0 || addr < t.base || addr >= t.limit {
		return Undefined{}, false
	}
	i := (addr - t.base) / t.spacing
	if i >= uint64(len(im.Undefined)) || im.Undefined[i].Addr != t.address(int(i)) {
		return Undefined{}, false
	}
	return im.Undefined[i], true
}
