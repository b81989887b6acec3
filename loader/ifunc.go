package loader

import "slices"

// IFunc is a GNU indirect function: its symbol leads to a resolver, which returns the
// address of the function to use. Resolvers are not run. What one refers to, other
// than by calling it, is what it can return.
type IFunc struct {
	Index      int   // of the symbol
	Candidates []int // functions that the resolver refers to, in its order
}

// ifuncs lists the indirect functions whose resolvers refer to functions.
func (pl *Plan) ifuncs() []IFunc {
	o := pl.object
	var list []IFunc
	inside := map[uint32][]int{} // entries of list, by the section of the resolver
	for i := range o.symbols {
		if s := &o.symbols[i]; s.place == inSection && s.typ == sttIFunc && o.sections[s.shndx].mapped {
			inside[s.shndx] = append(inside[s.shndx], len(list))
			list = append(list, IFunc{Index: i})
		}
	}
	if len(list) == 0 {
		return nil
	}
	functions := map[uint64]int{}
	for i := range o.symbols {
		if s := &o.symbols[i]; s.place == inSection && s.typ == sttFunc && s.alias == 0 && o.sections[s.shndx].mapped {
			functions[pl.sections[s.shndx]+s.value] = i
		}
	}
	for i := range o.relas {
		rs := &o.relas[i]
		if resolvers := inside[uint32(rs.target)]; len(resolvers) > 0 {
			pl.refers(rs, list, resolvers, functions)
		}
	}
	return slices.DeleteFunc(list, func(f IFunc) bool { return len(f.Candidates) == 0 })
}

// mostResolvers bounds how many resolvers of a section are looked into, so that the
// work is linear in its relocations.
const mostResolvers = 64

// refers adds to the resolvers of a section the functions that it refers to within them.
func (pl *Plan) refers(rs *relaSection, list []IFunc, resolvers []int, functions map[uint64]int) {
	o := pl.object
	section := o.target(rs)
	for k := range rs.count() {
		r := rs.at(k)
		t := &relocTypes[r.typ]
		addr := pl.values[r.sym]
		switch {
		case t.formula == symPC && !isBranch(section.body, r.offset):
			addr += r.addend + 4
		case t.formula == symAbs:
			addr += r.addend
		case t.formula != slotPC:
			continue
		}
		function, ok := functions[addr]
		if !ok {
			continue
		}
		for _, n := range resolvers[:min(len(resolvers), mostResolvers)] {
			f := &list[n]
			s := &o.symbols[f.Index]
			if r.offset >= s.value && (s.size == 0 || r.offset-s.value < s.size) && !slices.Contains(f.Candidates, function) {
				f.Candidates = append(f.Candidates, function)
			}
		}
	}
}

// implementation returns the symbol that is used for indirect function i.
func (pl *Plan) implementation(i int) (function int, ok bool) {
	function, ok = pl.placement.Implementations[pl.object.symbols[i].index(i)]
	return function, ok && function < len(pl.object.symbols) && pl.object.symbols[function].place == inSection
}
