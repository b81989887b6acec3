package screen

// sweep decodes the bytes of a section that nothing was seen to lead to: code behind computed jumps, padding, data.
func (s *screener) sweep(a *area) {
	s.weak = true
	for off := 0; off < len(a.Code) && s.step(a, 1); {
		if !a.marks[off].free() {
			off++
			continue
		}
		n, all := a.padding(off)
		if s.step(a, n); all {
			off += n
			continue
		}
		s.follow(place{a, off})
	}
	s.weak = false
}

// padding counts the bytes of 00 and INT3 from off on, and says whether they fill the space up to known code or to the end of the
// section. No-ops are instructions and need no exception.
func (a *area) padding(off int) (n int, fills bool) {
	for ; off+n < len(a.Code) && a.marks[off+n].free(); n++ {
		if b := a.Code[off+n]; b != 0x00 && b != 0xCC {
			return n, false
		}
	}
	return n, true
}
