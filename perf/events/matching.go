package events

import "math/bits"

// want is one event's choice of counters.
type want struct {
	counters Counters
	pair     bool // takes one of its counters, which are even, and the next one
}

// matching assigns events to counters (Kuhn's augmenting paths).
type matching struct {
	wants []want
	limit int // general counters that may be used at most; 0 for all
	owner [64]int
}

// solve tells whether all events get counters of their own.
func (m *matching) solve() bool {
	var pairs []want
	var singles []want
	needGeneral := 0
	for _, w := range m.wants {
		if w.pair {
			pairs = append(pairs, w)
			needGeneral += 2
			continue
		}
		if w.counters&^w.counters.General() == 0 {
			needGeneral++
		}
		singles = append(singles, w)
	}
	if m.limit > 0 && needGeneral > m.limit {
		return false
	}
	return m.placePairs(pairs, singles, 0)
}

// placePairs tries every place for the pairs, of which there are at most three.
func (m *matching) placePairs(pairs, singles []want, taken Counters) bool {
	if len(pairs) == 0 {
		return m.match(singles, taken)
	}
	for c := pairs[0].counters.General(); c != 0; c &= c - 1 {
		n := bits.TrailingZeros64(uint64(c))
		both := Counters(3) << n
		if taken&both == 0 && m.placePairs(pairs[1:], singles, taken|both) {
			return true
		}
	}
	return false
}

// match assigns single counters outside taken.
func (m *matching) match(singles []want, taken Counters) bool {
	for i := range m.owner {
		m.owner[i] = -1
	}
	for i := range singles {
		var seen Counters
		if !m.augment(singles, i, taken, &seen) {
			return false
		}
	}
	return true
}

// augment finds a counter for event i, moving others where that helps. Fixed
// counters are tried first, to leave the general ones.
func (m *matching) augment(singles []want, i int, taken Counters, seen *Counters) bool {
	for c := singles[i].counters &^ taken; c != 0; {
		n := 63 - bits.LeadingZeros64(uint64(c))
		c &^= 1 << n
		if *seen>>n&1 != 0 {
			continue
		}
		*seen |= 1 << n
		if m.owner[n] < 0 || m.augment(singles, m.owner[n], taken, seen) {
			m.owner[n] = i
			return true
		}
	}
	return false
}
