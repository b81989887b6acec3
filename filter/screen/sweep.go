package screen

// sweep decodes the bytes of a section that nothing was seen to lead to: code behind computed jumps, padding, data.
func (s *screener) sweep(a *area) {
	s.weak = true
	for off := 0; off < len(a.Code); {
		if !a.marks[off].free() {
			off++
			continue
		}
		if n := a.padding(off); n > 0 {
			off += n
			continue
		}
		s.follow(edge{to: place{a, off}, root: true})
	}
	s.weak = false
}

// padding counts the bytes of 00 and INT3 from off on, if they fill the space up to known code or to the end of the section. No-ops are
// instructions and need no exception.
func (a *area) padding(off int) int {
	n := 0
	for ; off+n < len(a.Code) && a.marks[off+n].free(); n++ {
		if b := a.Code[off+n]; b != 0x00 && b != 0xCC {
			return 0
		}
	}
	return n
}
