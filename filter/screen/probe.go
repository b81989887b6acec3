package screen

// obstacle is why bytes are no code.
type obstacle struct {
	place
	kind obstacleKind
	rule rule  // by which it is banned
	from place // where the bytes begin
}

type obstacleKind uint8

const (
	noObstacle obstacleKind = iota
	notCode
	bannedCode // they decode, up to an instruction that is banned
)

// telling says whether a banned instruction is hardly there by chance, as a byte that is read from the middle of others: it has an opcode of two
// bytes or more, or is INT 80.
func (o *obstacle) telling() bool {
	if o.kind != bannedCode {
		return false
	}
	code := o.area.Code[o.off:]
	var in Inst
	return Decode(code, &in) == OK && (in.Space != Legacy || in.Map > 0 || in.Op == 0xCD && code[in.ImmOff] == 0x80)
}

// probe says whether what begins at p can be code. What is so but for a banned instruction that tells is refused.
func (s *screener) probe(p place) bool {
	o := s.straight(p)
	if o.telling() {
		s.banned(o)
	}
	return o.kind == noObstacle
}

// banned refuses the banned instruction of what else would be code, unless the code uses it as data.
func (s *screener) banned(o obstacle) {
	if !s.looksLikeData(o.from) {
		s.refuse(o.place, o.rule, OK)
	}
}

// straight looks at the instructions from p until control cannot go on or meets code that is known, and says what no code has: bytes that
// are no instruction or are a part of one, two pairs of zeros (which would add AL to what RAX points to), a banned instruction, a branch to
// where nothing can be, an end of the section without an end of control. It takes nothing. All that leads to such is remembered, so that
// no byte is looked at twice.
func (s *screener) straight(p place) obstacle {
	a := p.area
	path := s.path[:0]
	o := obstacle{from: p, kind: notCode}
	var in Inst
	zeros := false
	for off := p.off; off < len(a.Code) && s.step(a, 1); {
		if m := a.marks[off]; m.begins() || !m.free() || m&doubtful != 0 {
			if m.begins() {
				o.kind = noObstacle
			}
			break
		}
		path = append(path, uint32(off))
		at := place{a, off}
		number, err := s.decode(at, &in)
		if err != OK || !free(a.Code[off:], a.marks[off:off+int(in.Len)]) {
			break
		}
		null := in.Len == 2 && a.Code[off]|a.Code[off+1] == 0
		if null && zeros {
			break
		}
		zeros = null
		k := s.kinds.of(&in, number)
		if x := in.bannedBy(at, k); x != allowed {
			o.place, o.kind, o.rule = at, bannedCode, x
			break
		}
		if k.flow != flowNext && k.flow != flowEnd && in.direct() && !s.plausible(at, &in) {
			break
		}
		off += int(in.Len)
		if k.flow == flowEnd || k.flow == flowJump || off == len(a.Code) && k.flow == flowCall {
			o.kind = noObstacle
			break
		}
	}
	if o.kind != noObstacle {
		for _, off := range path {
			a.marks[off] |= doubtful
		}
	}
	s.path = path
	return o
}

// free says whether take would take these bytes.
func free(code []byte, m []mark) bool {
	for i, x := range m {
		if !x.free() {
			return i == 1 && code[0] == lockPrefix && int(x) == len(m)-1
		}
	}
	return true
}

// plausible says whether the direct branch at p goes where code can be.
func (s *screener) plausible(p place, in *Inst) bool {
	addr := in.target(p.area.Code[p.off:], p.addr())
	if to, ok := s.placeOf(addr); ok {
		m := to.area.marks[to.off]
		return m.begins() || m.free() && m&doubtful == 0
	}
	return s.external(addr) || addr == p.area.Addr+uint64(len(p.area.Code))
}
