package rewrite

import "math/bits"

// bitmap is a set of offsets in a section. Once rank has been called it knows how many
// there are before each.
type bitmap struct {
	words []uint64
	ranks []uint32 // of words: how many offsets are in those before
}

func newBitmap(size int) bitmap { return bitmap{words: make([]uint64, size/64+1)} }

func (b *bitmap) set(off int)      { b.words[off/64] |= 1 << (off % 64) }
func (b *bitmap) has(off int) bool { return b.words[off/64]>>(off%64)&1 != 0 }

func (b *bitmap) count() (n int) {
	for _, w := range b.words {
		n += bits.OnesCount64(w)
	}
	return n
}

func (b *bitmap) rank() {
	b.ranks = make([]uint32, len(b.words))
	n := uint32(0)
	for i, w := range b.words {
		b.ranks[i] = n
		n += uint32(bits.OnesCount64(w))
	}
}

// before is how many offsets of the set are less than one.
func (b *bitmap) before(off int) int {
	return int(b.ranks[off/64]) + bits.OnesCount64(b.words[off/64]&(1<<(off%64)-1))
}

// each calls f for all offsets, ascending.
func (b *bitmap) each(f func(off int)) {
	for i, w := range b.words {
		for ; w != 0; w &= w - 1 {
			f(64*i + bits.TrailingZeros64(w))
		}
	}
}
