package screen

import "slices"

// trust is how sure it is that what is followed is code.
type trust uint8

const (
	// sure is code for certain: whatever breaks a rule is refused.
	sure trust = iota
	// named is code if it can be: a relocation of data leads there. What does not decode is data, and what a rule bans is refused.
	named
	// supposed is code if it can be: a symbol without a type names it, which may also name data, or an address in a register leads there. It is
	// never refused.
	supposed
)

// fromRoots follows the code from where it surely begins.
func (s *screener) fromRoots() {
	if p, ok := s.placeOf(s.entry); ok {
		s.follow(p)
	}
	roots := slices.Clone(s.roots)
	slices.Sort(roots)
	for _, addr := range roots {
		p, ok := s.placeOf(addr)
		if !ok || p.area.names.declaredData(addr) {
			continue
		}
		if !s.step(p.area, 1) {
			return
		}
		s.follow(p)
	}
}

// placeOf is the place of an address of the code.
func (s *screener) placeOf(addr uint64) (place, bool) {
	a := s.find(addr)
	if a == nil {
		return place{}, false
	}
	return place{a, int(addr - a.Addr)}, true
}

// fromFunctions follows the code from every function: what is declared to be one, and in sections without such declarations, as assemblers
// make them, what others can call.
func (s *screener) fromFunctions() {
	for i := range s.sections {
		a := &s.sections[i]
		typed := slices.ContainsFunc(a.names.all, func(sym Symbol) bool { return sym.Func })
		for _, sym := range a.names.all {
			if !s.step(a, 1) {
				return
			}
			if sym.Func || !typed && sym.Global && !sym.Data {
				s.follow(place{a, int(sym.Addr - a.Addr)})
			}
		}
	}
}
