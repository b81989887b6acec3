package screen

import (
	"encoding/binary"
	"slices"
	"sort"
)

// clues are what code that was followed says of other places in the sections.
type clues struct {
	taken []uint32 // positions whose address LEA takes, in the section that the LEA is in
	read  []uint32 // positions that a memory operand names: data lies there

	// The LEA that was decoded last: where the instruction after it begins, its register, and the address.
	afterLEA  uint32
	register  uint8
	addressed uint64
}

// infer follows what may be code and is not known to be, the surest clue first. It is code if what straight execution meets from there on is.
func (s *screener) infer() {
	slices.Sort(s.taken)
	s.taken = slices.Compact(s.taken)
	slices.Sort(s.read)
	s.trust = named
	s.fromGuesses()
	s.fromBeginnings()
	s.trust = supposed
	s.fromLabels()
	s.fromAddresses()
}

// fromGuesses follows every guess that can be code, table by table.
func (s *screener) fromGuesses() {
	for rest := s.guesses; len(rest) > 0 && s.err == nil; {
		n := 1
		for rest[0].Table != 0 && n < len(rest) && rest[n].Table == rest[0].Table {
			n++
		}
		s.fromTable(rest[:n])
		rest = rest[n:]
	}
}

// fromTable follows the guesses of one table. If the first alternative of each can be code, but for what rules ban, the others count only where
// it is banned, and what no other explains is refused. Otherwise the table is not what it was taken for, and what it leads to is a supposition.
func (s *screener) fromTable(table []Guess) {
	regular := true
	first := make([]obstacle, len(table))
	for i := range table {
		if p, ok := s.placeOf(table[i].At[0]); ok && s.step(p.area, 1) {
			first[i] = s.look(p)
			regular = regular && first[i].kind != notCode
		}
	}
	for i := range table {
		if !s.fromGuess(&table[i], first[i].kind) && regular && first[i].telling() {
			s.banned(first[i])
		}
	}
}

// fromGuess follows the first alternative that can be code, and says whether there is one. What is known of the first was found before.
func (s *screener) fromGuess(g *Guess, first obstacleKind) bool {
	for i, addr := range g.At {
		p, ok := s.placeOf(addr)
		if !ok || !s.step(p.area, 1) {
			break
		}
		if (i > 0 || first == noObstacle) && s.look(p).kind == noObstacle {
			s.follow(p)
			return true
		}
	}
	return false
}

// look says whether p can be code, or is.
func (s *screener) look(p place) obstacle {
	switch m := p.area.marks[p.off]; {
	case p.area.names.declaredData(p.addr()):
		return obstacle{kind: notCode}
	case m.begins():
		return obstacle{}
	case !m.free():
		return obstacle{kind: notCode}
	}
	return s.straight(p)
}

// fromLabels follows the symbols that are neither functions nor declared to be data.
func (s *screener) fromLabels() {
	for i := range s.sections {
		a := &s.sections[i]
		for _, sym := range a.names.all {
			if !s.step(a, 1) {
				return
			}
			if !sym.Func && !sym.Data && !a.names.declaredData(sym.Addr) {
				s.follow(place{a, int(sym.Addr - a.Addr)})
			}
		}
	}
}

// fromBeginnings follows the sections in which no symbol is and nothing was reached: of an object without symbols the first function begins
// where its section does.
func (s *screener) fromBeginnings() {
	if len(s.symbols) == 0 {
		s.trust = sure
		defer func() { s.trust = named }()
	}
	for i := range s.sections {
		if a := &s.sections[i]; !a.entered && len(a.names.all) == 0 {
			s.follow(place{a, 0})
		}
	}
}

// fromAddresses follows the places whose address the code takes, where jumps are computed. What lies there is a table of distances from its
// beginning to code, or code, or data.
func (s *screener) fromAddresses() {
	if slices.ContainsFunc(s.sections, func(a area) bool { return a.jumps }) {
		for _, addr := range s.labels {
			if p, ok := s.placeOf(addr); ok && s.step(p.area, 1) && !p.area.names.declaredData(addr) && !s.looksLikeData(p) {
				s.follow(p)
			}
		}
	}
	for i, at := range s.taken {
		p := s.at(at)
		if !s.step(p.area, 1) {
			return
		}
		if !p.area.jumps || !p.area.marks[p.off].free() {
			continue
		}
		end := len(p.area.Code)
		if i+1 < len(s.taken) {
			if next := s.at(s.taken[i+1]); next.area == p.area {
				end = next.off
			}
		}
		if !s.table(p, end) && !p.area.names.declaredData(p.addr()) && !s.looksLikeData(p) {
			s.follow(p)
		}
	}
}

// table follows the entries of a table of 32-bit distances that begins at p, and says whether there are two at least.
func (s *screener) table(p place, end int) bool {
	a := p.area
	var entries [2]place
	n := 0
	for off := p.off; off+4 <= end && a.marks[off].free() && s.step(a, 1); off += 4 {
		to := p.off + int(int32(binary.LittleEndian.Uint32(a.Code[off:])))
		if to < 0 || to >= len(a.Code) || to >= p.off && to < off+4 {
			break
		}
		t := place{a, to}
		if m := a.marks[to]; !m.begins() && !(m.free() && s.straight(t).kind == noObstacle) {
			break
		}
		switch {
		case n < len(entries):
			entries[n] = t
		case n == len(entries):
			s.follow(entries[0])
			s.follow(entries[1])
			fallthrough
		default:
			s.follow(t)
		}
		n++
	}
	if n == len(entries) {
		s.follow(entries[0])
		s.follow(entries[1])
	}
	return n >= len(entries)
}

// notice keeps what an instruction says of places in the sections: LEA takes an address, others read or write there.
func (s *screener) notice(p place, in *Inst, k *kind) {
	addr, ok := in.namedAddress(p)
	if !ok || addr < s.low || addr >= s.high {
		return
	}
	to, ok := s.placeOf(addr)
	switch {
	case !ok || k.row.iclass == icNOP:
	case k.row.iclass != icLEA:
		s.read = append(s.read, to.position())
	default:
		s.afterLEA, s.register, s.addressed = p.position()+uint32(in.Len), in.ModRM>>3&7|in.Rex&4<<1, addr
		if to.area == p.area && !to.area.marks[to.off].begins() {
			s.taken = append(s.taken, to.position())
		}
	}
}

// throughRegister follows a jump or call through a register that the instruction before has filled with an address of the code. One that
// ends inside an instruction is left to the cell, as all that cannot be seen.
func (s *screener) throughRegister(p place, in *Inst) {
	p.area.jumps = true
	if s.afterLEA != p.position() || in.Space != Legacy || in.ModRM < 0xC0 || in.ModRM&7|in.Rex&1<<3 != s.register {
		return
	}
	if to, ok := s.placeOf(s.addressed); ok && to.area.marks[to.off]&^doubtful == 0 {
		to.area.marks[to.off] |= pending
		s.work.push(edge{fromNowhere, to.position()})
	}
}

// namedAddress is the address in a memory operand: RIP-relative, or absolute with or without an index.
func (in *Inst) namedAddress(p place) (uint64, bool) {
	absolute := in.ModRM&0xC7 == 4 && in.HasSIB && in.SIB&7 == 5
	if in.DispLen != 4 || !in.ripRelative() && !absolute || in.Prefixes&(Pfx67|pfxSegment) != 0 {
		return 0, false
	}
	addr := uint64(int64(int32(binary.LittleEndian.Uint32(p.area.Code[p.off+int(in.DispOff):]))))
	if in.ripRelative() {
		addr += p.addr() + uint64(in.Len)
	}
	return addr, true
}

// looksLikeData says whether the code reads or writes what lies between p and the next symbol or, where no jump is computed, takes an address
// there.
func (s *screener) looksLikeData(p place) bool {
	a := p.area
	all := a.names.all
	end := a.base + uint32(len(a.Code))
	if i := sort.Search(len(all), func(i int) bool { return all[i].Addr > p.addr() }); i < len(all) {
		end = a.base + uint32(all[i].Addr-a.Addr)
	}
	within := func(list []uint32) bool {
		i, _ := slices.BinarySearch(list, p.position())
		return i < len(list) && list[i] < end
	}
	return within(s.read) || !a.jumps && within(s.taken)
}
