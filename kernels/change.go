package kernels

import (
	"bytes"
	"unicode/utf8"
)

// Change gives some elements of each operand that the kernel reads other values,
// such as Fill could have given them: the first one, and one that the seed says,
// and those that must change with them for a permutation, a cycle or a text to
// stay one. It does so in each set of memory alike, and returns how many elements
// it changed; operands of which nothing is drawn stay as they are.
func (c *Call) Change(seed uint64, sets ...[][]byte) (changed int) {
	for i := range c.Operands {
		b := &c.Operands[i]
		if b.Access == Out || b.Count == 0 {
			continue
		}
		state := mix(seed + mix(uint64(i)))
		for _, at := range b.places(state) {
			edits := b.edits(sets[0][i][b.Offset:b.end()], at, state^at)
			for _, mem := range sets {
				for _, e := range edits {
					copy(mem[i][b.Offset+e.at:], e.to)
				}
			}
			changed += len(edits)
		}
	}
	return changed
}

// places returns which elements to change: the first, and a random other where the
// second change cannot undo the first.
func (b *Buffer) places(random uint64) []uint64 {
	switch {
	case b.Fill == FillUTF8:
		return []uint64{random % b.Count}
	case b.Fill == FillMaybeUTF8 && b.Count > 1:
		return []uint64{random % (b.Count - 1), b.Count - 1}
	case b.Fill == FillPermutation, b.Fill == FillCycle, b.Count == 1:
		return []uint64{0}
	}
	return []uint64{0, 1 + random%(b.Count-1)}
}

// edit is bytes to write so many behind the first element.
type edit struct {
	at uint64
	to []byte
}

// edits returns what to change about elements m so that element at is another,
// none where that cannot be.
func (b *Buffer) edits(m []byte, at, seed uint64) []edit {
	size := b.Type.Size()
	draw := drawer{seed}
	switch {
	case b.bounds.given:
		return b.redraw(m, at, &draw)
	case b.Fill == FillRandom || b.Fill == FillExact:
		return []edit{{at * size, b.another(m[at*size:][:size], seed)}}
	case b.Fill == FillPermutation:
		return b.exchange(m, at, &draw)
	case b.Fill == FillCycle:
		return b.reroute(m, at)
	case b.Fill == FillText && at < b.Count-1:
		letter := draw.letter()
		for letter == m[at] {
			letter = draw.letter()
		}
		return []edit{{at, []byte{letter}}}
	case b.Fill == FillMaybeUTF8 && at == b.Count-1:
		return []edit{draw.otherwise(m)}
	case b.Fill == FillUTF8 || b.Fill == FillMaybeUTF8:
		return respell(m, at, &draw)
	}
	return nil
}

// another returns an element that differs from an old one.
func (b *Buffer) another(old []byte, seed uint64) []byte {
	and, or := b.masks()
	g := generator{state: seed, and: and, or: or, low: b.lanes()}
	var word [8]byte
	for {
		g.words(word[:])
		if value := word[:len(old)]; !bytes.Equal(value, old) {
			return value
		}
	}
}

// redraws bounds how often another number between bounds is sought, which may lie
// so close together that there is none.
const redraws = 64

func (b *Buffer) redraw(m []byte, at uint64, draw *drawer) []edit {
	old := b.get(m, at)
	for range redraws {
		if e := b.element(at, b.between(draw)); b.get(e.to, 0) != old {
			return []edit{e}
		}
	}
	return nil
}

// element is the edit that makes v element i.
func (b *Buffer) element(i, v uint64) edit {
	size := b.Type.Size()
	to := make([]byte, size)
	b.put(to, 0, v)
	return edit{i * size, to}
}

// exchange gives element at the value of another, and that its.
func (b *Buffer) exchange(m []byte, at uint64, draw *drawer) []edit {
	if b.Count < 2 {
		return nil
	}
	other := (at + 1 + draw.below(b.Count-1)) % b.Count
	return []edit{b.element(at, b.get(m, other)), b.element(other, b.get(m, at))}
}

// reroute exchanges the two elements that follow element i in its cycle: from
// i → j → k → l to i → k → j → l, which visits all that were visited before.
func (b *Buffer) reroute(m []byte, i uint64) []edit {
	next := func(at uint64) uint64 {
		if at >= b.Count { // of contents that a kernel has written
			return at
		}
		return b.get(m, at)
	}
	j := next(i)
	k := next(j)
	l := next(k)
	if i == j || j == k || k == i || max(j, k, l) >= b.Count {
		return nil
	}
	return []edit{b.element(i, k), b.element(k, j), b.element(j, l)}
}

// respell gives the character that byte at is part of another of the same size.
func respell(m []byte, at uint64, draw *drawer) []edit {
	for back := 0; back < utf8.UTFMax-1 && at > 0 && !utf8.RuneStart(m[at]); back++ {
		at--
	}
	r, size := utf8.DecodeRune(m[at:])
	if r == utf8.RuneError { // in contents that a kernel has written
		return nil
	}
	to := make([]byte, size)
	for draw.character(to, size); bytes.Equal(to, m[at:][:size]); {
		draw.character(to, size)
	}
	return []edit{{at, to}}
}
