package loader

// planStubs reserves a stub for every symbol that a branch reaches for and that
// may lie beyond the ±2 GiB of a displacement: an absolute address, or an
// external high up. Everything else is in the low 2 GiB.
func (pl *Plan) planStubs() {
	for i := range pl.object.symbols {
		u := &pl.uses[i]
		if !u.branch {
			continue
		}
		s := pl.object.definition(i)
		value := s.value
		if s.place == undefined {
			value = pl.placement.Externals[s.name]
		} else if s.place != absolute {
			continue
		}
		if pl.near(value) {
			continue
		}
		if u.slot == 0 {
			u.slot = pl.newSlots(1)
		}
		pl.stubs++
		u.stub = pl.stubs
	}
}

// near reports whether a displacement from anywhere in the image window
// reaches v.
func (pl *Plan) near(v uint64) bool {
	const reach = 1 << 31
	return int64(v) >= int64(pl.placement.Limit)-reach && int64(v) < int64(pl.placement.Base)+reach
}

// bind gives every symbol its value S.
func (pl *Plan) bind() error {
	if err := pl.collectUndefined(); err != nil {
		return err
	}
	for i := range pl.object.symbols {
		if pl.unresolved(i) != "" {
			if entry := pl.uses[i].unresolved; entry != 0 { // else nothing uses it: it stays 0
				pl.values[i] = pl.undefined[entry-1].Addr
			}
			continue
		}
		switch s := pl.object.definition(i); s.place {
		case common:
			pl.values[i] = pl.values[pl.object.symbols[i].index(i)]
		case inSection:
			if f, ok := pl.implementation(i); ok {
				s = &pl.object.symbols[f]
			}
			pl.values[i] = pl.sections[s.shndx] + s.value
		case absolute:
			pl.values[i] = s.value
		case undefined:
			if s.name == gotSymbol {
				pl.values[i] = pl.gotBase
			}
			if s.name == moduleSymbol {
				pl.values[i] = pl.block
			}
		}
	}
	return nil
}

// unresolved says why symbol i has no value of its own, "" if it has one.
func (pl *Plan) unresolved(i int) string {
	o := pl.object
	s := o.definition(i)
	switch {
	case s.place == common && s.typ == sttTLS:
		return "" // placed like those of a section
	case o.inTLS(s) && pl.has(int(s.shndx)):
		return ""
	case s.name == moduleSymbol && s.place == undefined:
		return "" // at the beginning of the block
	case s.typ == sttTLS, pl.uses[i].tls, o.inTLS(s):
		return UnresolvedTLS
	case s.name == gotSymbol && s.place == undefined:
		return "" // it is where it is
	case s.place == undefined:
		return UnresolvedUndefined
	case s.place == reserved:
		return UnresolvedReserved
	case s.place == inSection && s.typ == sttIFunc:
		if _, ok := pl.implementation(i); ok {
			return ""
		}
		return UnresolvedIFunc
	case s.place == inSection && !o.sections[s.shndx].mapped:
		return UnresolvedUnmapped
	}
	return ""
}

// collectUndefined lists what is unresolved, once a name and reason, and binds
// each to the external of that name, to 0 if it is weak, or to a trap. What no
// relocation uses is listed only if it is undefined and has a name, or if it is
// an indirect function, which a caller may ask for.
func (pl *Plan) collectUndefined() error {
	// A name may stand for two things at once: a local thread-local variable
	// and an undefined function are not the same.
	type key struct {
		name, why string
		weak      bool
	}
	entries := map[key]int32{} // number in pl.undefined, counted from 1
	o := pl.object
	for i := range o.symbols {
		if err := o.limits.poll(i, "binding symbols", len(o.symbols)); err != nil {
			return err
		}
		s, n := &o.symbols[i], pl.uses[i].count
		why := pl.unresolved(i)
		if why == "" || n == 0 && why != UnresolvedIFunc && (why != UnresolvedUndefined || s.name == "") {
			continue
		}
		k := key{o.symbolName(i), why, why == UnresolvedUndefined && s.bind == stbWeak && !o.wanted[s.name]}
		entry := entries[k]
		if entry == 0 {
			pl.undefined = append(pl.undefined, Undefined{Name: k.name, Kind: k.why, Weak: k.weak})
			entry = int32(len(pl.undefined))
			entries[k] = entry
		}
		pl.undefined[entry-1].References += int(n)
		pl.uses[i].unresolved = entry
	}
	return pl.bindUndefined()
}

func (pl *Plan) bindUndefined() error {
	pl.traps = newTraps(pl.placement, len(pl.undefined))
	for i := range pl.undefined {
		u := &pl.undefined[i]
		name := u.Name
		u.Name = shown(name)
		externals := map[string]map[string]uint64{UnresolvedUndefined: pl.placement.Externals, UnresolvedTLS: pl.placement.ThreadExternals}
		if addr, ok := externals[u.Kind][name]; ok {
			u.Addr, u.Supplied = addr, true
			continue
		}
		if u.Weak {
			continue // stays 0: code asks before it calls (gABI)
		}
		if pl.traps.spacing == 0 {
			return tooLarge("%d symbols are undefined, more than there are trap addresses", len(pl.undefined))
		}
		u.Addr = pl.traps.address(i)
	}
	return nil
}
