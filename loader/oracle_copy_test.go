package loader

import (
	"bytes"
	"fmt"
	"slices"
	"sort"
	"strings"
)

// neutralCopy returns a copy of the object's file in which GNU ld has nothing
// left to decide but addresses and relocations, which is what is compared:
//
//   - every mapped section gets a name of its own (names repeat, and ld treats
//     some by name: .eh_frame, .init_array, notes) and plain flags and type, so
//     that nothing is merged, sorted, grouped or dropped;
//   - what the loader binds to a trap although the object defines it (IFUNC)
//     becomes an absolute symbol with the trap's address;
//   - thread-local sections and symbols become plain ones, and TLS relocations
//     plain ones of the same formula, because ld would rewrite the instructions:
//     the thread pointer, or the address of a slot, goes into the addend.
//     TestThreadOffsetsAgree compares these with ld's.
//
// Contents, addends, offsets and all other symbols and relocations stay as they
// are, and ld reads them with its own code.
func neutralCopy(pl *Plan) []byte {
	o := pl.object
	h, err := readHeader(o.file)
	if err != nil {
		panic(err) // it was parsed before
	}
	file := slices.Clone(o.file)
	shdr := func(i int) []byte { return file[h.sectionOffset+uint64(i)*shdrSize:][:shdrSize] }

	table := []byte{0}
	if h.nameTable != 0 {
		s := &o.sections[h.nameTable]
		table = slices.Clone(file[s.offset:][:s.size])
	}
	for i := range o.sections {
		s, b := &o.sections[i], shdr(i)
		switch {
		case i == 0:
		case pl.has(i):
			le.PutUint32(b, uint32(len(table)))
			table = fmt.Appendf(table, "%s\x00", neutralName(i))
			le.PutUint64(b[8:], s.flags&(shfAlloc|shfExec|shfWrite))
			if !s.noBits() {
				le.PutUint32(b[4:], shtProgbits)
			}
			if s.exec() && pl.placement.CodeShift != 0 {
				le.PutUint64(b[48:], 1) // else ld would align it
			}
		case s.typ == shtGroup:
			le.PutUint32(b[4:], shtProgbits)
			le.PutUint64(b[8:], 0)
		}
	}
	if h.nameTable != 0 {
		b := shdr(int(h.nameTable))
		le.PutUint64(b[24:], uint64(len(file)))
		le.PutUint64(b[32:], uint64(len(table)))
	}
	neutralSymbols(pl, file)
	neutralRelocations(pl, file)
	return append(file, table...)
}

func neutralName(section int) string { return fmt.Sprintf("wr.%d", section) }

// neutralSymbols makes what is bound to a trap absolute, and thread-local ones plain.
func neutralSymbols(pl *Plan, file []byte) {
	o := pl.object
	for i := range o.symbols {
		s := &o.symbols[i]
		b := file[o.sections[o.symtab].offset+uint64(i)*symSize:][:symSize]
		why := pl.unresolved(i)
		switch {
		case why == "" && s.typ == sttTLS && s.place == common:
			b[4] = s.bind << 4
			le.PutUint16(b[6:], shnAbs)
			le.PutUint64(b[8:], pl.values[i])
		case why == "" && s.typ == sttTLS:
			b[4] = s.bind << 4
		case why == "":
		case s.place == undefined && s.bind != stbLocal:
			b[4] = s.bind << 4 // untyped; the script gives it its value
		default:
			b[4] = s.bind << 4
			le.PutUint16(b[6:], shnAbs)
			le.PutUint64(b[8:], pl.values[i])
		}
	}
}

// plain returns the type and addend of a relocation that ld computes as the TLS
// relocation r, and whether it refers to no symbol.
func (pl *Plan) plain(r rela) (typ uint32, addend uint64, alone bool) {
	u, p := &pl.uses[r.sym], &pl.placement
	switch r.typ {
	case 17: // DTPOFF64
		return 1, r.addend - pl.block, false
	case 18: // TPOFF64
		return 1, r.addend - p.ThreadPointer, false
	case 21: // DTPOFF32
		return 11, r.addend - pl.block, false
	case 23: // TPOFF32
		return 11, r.addend - p.ThreadPointer, false
	case 19:
		return 2, r.addend + pl.slotAt(u.pair), true
	case 20:
		return 2, r.addend + pl.slotAt(pl.module), true
	case 22:
		return 2, r.addend + pl.slotAt(u.offset), true
	case 34:
		return 2, r.addend + pl.slotAt(u.descriptor), true
	case 35:
		return 0, 0, true
	}
	return r.typ, r.addend, false
}

func neutralRelocations(pl *Plan, file []byte) {
	for i := range pl.object.relas {
		rs := &pl.object.relas[i]
		offset := pl.object.sections[rs.index].offset
		for k := range rs.count() {
			if r := rs.at(k); relocTypes[r.typ].tls {
				typ, addend, alone := pl.plain(r)
				b := file[offset+uint64(k)*relaSize:]
				le.PutUint32(b[8:], typ)
				le.PutUint64(b[16:], addend)
				if alone {
					le.PutUint32(b[12:], 0)
				}
			}
		}
	}
}

// linkerScript puts every section at the plan's address, gives undefined and
// COMMON symbols the plan's values, and drops everything else.
func linkerScript(pl *Plan) []byte {
	var b bytes.Buffer
	o := pl.object
	b.WriteString("SECTIONS {\n")
	var order []int
	for i := range o.sections {
		if pl.has(i) {
			order = append(order, i)
		}
	}
	sort.Slice(order, func(a, c int) bool { return pl.sections[order[a]] < pl.sections[order[c]] })
	for _, i := range order {
		fmt.Fprintf(&b, "\t%s %#x : { . = .; *(%s) }\n", neutralName(i), pl.sections[i], neutralName(i))
	}
	fmt.Fprintf(&b, "\t.got.plt %#x : { *(.got.plt) }\n\t.got %#x : { *(.got) }\n\t/DISCARD/ : { *(*) }\n}\n", pl.gotBase, oracleGOT)
	done := map[string]bool{}
	for i := range o.symbols {
		s := &o.symbols[i]
		// An undefined weak symbol is left to ld, except where it has a slot: ld
		// would turn the load from the slot into a move of 0.
		ownZero := s.bind == stbWeak && pl.values[i] == 0 && pl.uses[i].slot == 0
		bound := s.place == undefined && s.bind != stbLocal && s.name != "" && s.name != gotSymbol && !ownZero
		if (bound || s.place == common && s.typ != sttTLS) && !done[s.name] {
			done[s.name] = true
			fmt.Fprintf(&b, "\"%s\" = %#x;\n", strings.ReplaceAll(s.name, `"`, ""), pl.values[i])
		}
	}
	return b.Bytes()
}

// oracleGOT is where ld puts its slots: their order is ld's own affair, what
// they hold is compared.
const oracleGOT = 0x60000000
