package loader

import (
	"fmt"
	"slices"
	"testing"
)

// relocate has 32 bytes of code with one relocation at offset 8 against the
// symbol, which is symbol 1.
func relocate(typ uint32, sym testSymbol, addend uint64) *testObject {
	return &testObject{
		sections: []testSection{textSection(make([]byte, 32), rela{offset: 8, typ: typ, sym: 1, addend: addend}), dataSection(".data", make([]byte, 64))},
		symbols:  []testSymbol{sym},
	}
}

func abs(value uint64) testSymbol {
	return testSymbol{name: "value", info: globalNone, shndx: shnAbs, value: value}
}

// place of the field that relocate makes, when the code is at Base.
const fieldAddr = 0x10000000 + 8

// TestOverflow has the last value that fits and the first that does not, at
// both ends, for every type that can overflow. (Subtlety 8.)
func TestOverflow(t *testing.T) {
	const p = fieldAddr
	rows := []struct {
		name        string
		typ         uint32
		first, last uint64 // S that just fits, addend 0
	}{
		{"8", 14, neg(1 << 7), 1<<8 - 1},
		{"16", 12, neg(1 << 15), 1<<16 - 1},
		{"32", 10, 0, 1<<32 - 1},
		{"32S", 11, neg(1 << 31), 1<<31 - 1},
		{"PC8", 15, p - 1<<7, p + 1<<7 - 1},
		{"PC16", 13, p - 1<<15, p + 1<<15 - 1},
		{"PC32", 2, neg(1<<31 - p), p + 1<<31 - 1},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			for _, v := range []uint64{r.first, r.last} {
				mustLoad(t, relocate(r.typ, abs(v), 0))
			}
			for _, v := range []uint64{r.first - 1, r.last + 1} {
				e := mustRefuse(t, relocate(r.typ, abs(v), 0).bytes(), Unsupported, "overflows")
				if e.Section != ".text" || e.Offset != 8 || e.Symbol != "value" {
					t.Errorf("the error is about %s+%d, symbol %s", e.Section, e.Offset, e.Symbol)
				}
			}
		})
	}
}

// TestWrapping: 64-bit fields take any value. (Subtlety 8.)
func TestWrapping(t *testing.T) {
	for typ, want := range map[uint32]int64{1: -1, 24: -1 - fieldAddr} {
		im := mustLoad(t, relocate(typ, abs(maxU64), 0))
		equal(t, relocTypes[typ].name, field(t, im, 1, 8, 8), want)
	}
}

// TestEveryTypeIsDecided: each row of the table either computes or is refused
// by name, and no type outside the table loads.
func TestEveryTypeIsDecided(t *testing.T) {
	for typ := range uint32(len(relocTypes) + 3) {
		sym := testSymbol{name: "x", info: globalNone, shndx: 2}
		if int(typ) < len(relocTypes) && relocTypes[typ].tls {
			sym = testSymbol{name: "x", info: stbGlobal<<4 | sttTLS}
		}
		o := relocate(typ, sym, 0)
		switch {
		case int(typ) >= len(relocTypes):
			mustRefuse(t, o.bytes(), Unsupported, fmt.Sprintf("relocation type %d", typ))
		case relocTypes[typ].formula == refused:
			mustRefuse(t, o.bytes(), Malformed, relocTypes[typ].name)
		case typ == 12, typ == 14, typ == 15: // 8 and 16 bits; PC16 reaches
			mustRefuse(t, o.bytes(), Unsupported, relocTypes[typ].name+" overflows")
		default:
			mustLoad(t, o)
		}
	}
}

// TestNoRelaxation: the instruction bytes of relaxable relocations stay as they
// were, and a value far away goes through the slot. (Subtleties 1 and 2.)
func TestNoRelaxation(t *testing.T) {
	rows := []struct {
		name string
		typ  uint32
		code []byte // ends before the field
	}{
		{"mov", 42, []byte{0x48, 0x8b, 0x05}},
		{"mov, no REX", 41, []byte{0x8b, 0x05}},
		{"plain GOTPCREL", 9, []byte{0x48, 0x8b, 0x05}},
		{"call", 41, []byte{0xff, 0x15}},
		{"jmp", 41, []byte{0xff, 0x25}},
		{"test", 41, []byte{0x85, 0x05}},
		{"add", 42, []byte{0x48, 0x03, 0x05}},
	}
	for _, r := range rows {
		for _, sym := range []testSymbol{{name: "near", info: globalNone, shndx: 2}, abs(0x123456789abcdef0), {name: "gone", info: globalNone}} {
			at := uint64(len(r.code))
			code := append(slices.Clone(r.code), 0, 0, 0, 0, 0x90, 0x90)
			im := mustLoad(t, &testObject{
				sections: []testSection{textSection(code, rela{offset: at, typ: r.typ, sym: 1, addend: neg(4)}), dataSection(".data", make([]byte, 8))},
				symbols:  []testSymbol{sym},
			})
			text := im.section(1)
			got := im.Bytes(text)
			if !slices.Equal(got[:at], r.code) || !slices.Equal(got[at+4:], []byte{0x90, 0x90}) {
				t.Errorf("%s against %s: the code became % x", r.name, sym.name, got)
			}
			equal(t, r.name+" field", uint64(field(t, im, 1, at, 4)), im.GOTBase-4-(text.Addr+at))
			equal(t, r.name+" slot", le.Uint64(im.Regions[0].Data), im.Symbols[1].Addr)
		}
	}
}

// TestSlots: any addend, in data too; GOT32, GOT64, GOTPLT64 count from the
// GOT; one slot a symbol. (Subtlety 3.)
func TestSlots(t *testing.T) {
	im := mustLoad(t, &testObject{
		sections: []testSection{
			textSection(make([]byte, 8), rela{offset: 0, typ: 9, sym: 1, addend: 8}),
			dataSection(".data", make([]byte, 64),
				rela{offset: 0, typ: 9, sym: 2},
				rela{offset: 8, typ: 3, sym: 2, addend: 1},
				rela{offset: 16, typ: 27, sym: 1, addend: 2},
				rela{offset: 24, typ: 30, sym: 2, addend: 3},
				rela{offset: 32, typ: 28, sym: 2, addend: 4}),
		},
		symbols: []testSymbol{{name: "a", info: globalNone, shndx: 1}, {name: "b", info: globalNone, shndx: 2, value: 5}},
	})
	got, text, data := int64(im.GOTBase), int64(addrOf(t, im, 1)), int64(addrOf(t, im, 2))
	slotA, slotB := got, got+8
	equal(t, "GOTPCREL+8", field(t, im, 1, 0, 4), slotA+8-text)
	equal(t, "GOTPCREL in data", field(t, im, 2, 0, 4), slotB-data)
	equal(t, "GOT32", field(t, im, 2, 8, 4), slotB-got+1)
	equal(t, "GOT64", field(t, im, 2, 16, 8), slotA-got+2)
	equal(t, "GOTPLT64", field(t, im, 2, 24, 8), slotB-got+3)
	equal(t, "GOTPCREL64", field(t, im, 2, 32, 8), slotB+4-(data+32))
	equal(t, "two slots", len(im.Regions[0].Data), 16)
	equal(t, "a's slot", int64(le.Uint64(im.Regions[0].Data)), text)
	equal(t, "b's slot", int64(le.Uint64(im.Regions[0].Data[8:])), data+5)
}

// TestStubs: a branch to where no displacement reaches goes through a stub;
// a data access there is an overflow. (Subtlety 4.)
func TestStubs(t *testing.T) {
	const far = 0x7fff00001000
	branches := map[string][]byte{"call": {0xe8}, "jmp": {0xe9}, "je": {0x0f, 0x84}, "jg": {0x0f, 0x8f}}
	for name, code := range branches {
		for _, typ := range []uint32{2, 4, 39, 40} {
			at := uint64(len(code))
			im := mustLoad(t, &testObject{
				sections: []testSection{textSection(append(slices.Clone(code), 0, 0, 0, 0), rela{offset: at, typ: typ, sym: 1, addend: neg(4)})},
				symbols:  []testSymbol{abs(far)},
			})
			i := slices.IndexFunc(im.Regions, func(r Region) bool { return r.Kind == "stubs" })
			if i < 0 {
				t.Fatalf("%s, %s: no stub", name, relocTypes[typ].name)
			}
			stub := im.Regions[i]
			target := addrOf(t, im, 1) + at + 4 + uint64(field(t, im, 1, at, 4))
			equal(t, name+" reaches the stub", target, stub.Addr)
			slot := stub.Addr + 6 + uint64(int64(int32(le.Uint32(stub.Data[2:]))))
			equal(t, "stub", [3]byte(stub.Data[:3:3][:3]), [3]byte{0xff, 0x25, stub.Data[2]})
			equal(t, "stub jumps through", slot, im.GOTBase)
			equal(t, "slot", le.Uint64(im.Regions[0].Data), uint64(far))
		}
	}
	for name, code := range map[string][]byte{"lea": {0x8d, 0x05}, "mov": {0x8b, 0x0d}, "nothing": {}} {
		o := &testObject{
			sections: []testSection{textSection(append(slices.Clone(code), 0, 0, 0, 0), rela{offset: uint64(len(code)), typ: 2, sym: 1, addend: neg(4)})},
			symbols:  []testSymbol{abs(far)},
		}
		if _, err := loadBytes(o.bytes()); err == nil {
			t.Errorf("%s: PC32 to %#x fits", name, uint64(far))
		}
	}
	im := mustLoad(t, relocate(4, testSymbol{name: "near", info: globalFunc, shndx: 2}, neg(4)))
	equal(t, "PLT32 to a near symbol", uint64(field(t, im, 1, 8, 4)), addrOf(t, im, 2)-4-fieldAddr)
	equal(t, "needs no stub", len(im.Regions), 0)
}

// TestFarExternal: an external beyond reach is called through a stub.
func TestFarExternal(t *testing.T) {
	o, err := Parse(relocate(4, testSymbol{name: "memcpy", info: globalNone}, neg(4)).bytes(), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	p := testPlacement()
	p.Externals = map[string]uint64{"memcpy": 0x7fff00001000}
	im, err := load(o, p)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "regions", len(im.Regions), 2)
	equal(t, "slot", le.Uint64(im.Regions[0].Data), uint64(0x7fff00001000))
	equal(t, "supplied", im.Undefined[0].Supplied, true)
}

// TestWeakUndefined is 0, also in its slot, also PC-relative. (Subtlety 5.)
func TestWeakUndefined(t *testing.T) {
	weak := testSymbol{name: "maybe", info: weakNone}
	im := mustLoad(t, relocate(1, weak, 0))
	equal(t, "64", field(t, im, 1, 8, 8), 0)
	equal(t, "listed as weak", im.Undefined[0], Undefined{Name: "maybe", Weak: true, Kind: UnresolvedUndefined, References: 1})
	for _, typ := range []uint32{2, 4} {
		im = mustLoad(t, relocate(typ, weak, neg(4)))
		equal(t, relocTypes[typ].name, field(t, im, 1, 8, 4), -4-fieldAddr)
	}
	im = mustLoad(t, relocate(42, weak, neg(4)))
	equal(t, "slot", le.Uint64(im.Regions[0].Data), 0)
	supplied := testSymbol{name: "memcpy", info: weakNone}
	equal(t, "supplied", field(t, mustLoad(t, relocate(1, supplied, 0)), 1, 8, 8), 0x50000100)
}

// TestAddends: immediates after the field, the middle of a mergeable string.
// (Subtlety 6.)
func TestAddends(t *testing.T) {
	for _, addend := range []int64{-4, -5, -8, 12} {
		im := mustLoad(t, relocate(2, testSymbol{name: "x", info: globalNone, shndx: 2, value: 4}, uint64(addend)))
		equal(t, "PC32", field(t, im, 1, 8, 4), int64(addrOf(t, im, 2))+4+addend-fieldAddr)
	}
	merged := rodataSection(".rodata.str1.1", []byte("same\x00same\x00"))
	merged.flags |= 0x30 // SHF_MERGE, SHF_STRINGS
	merged.align = 1
	im := mustLoad(t, &testObject{
		sections: []testSection{textSection(make([]byte, 16), rela{offset: 0, typ: 1, sym: 1, addend: 7}), merged},
		symbols:  []testSymbol{{info: localSect, shndx: 2}},
	})
	equal(t, "string", string(im.Bytes(im.section(2))), "same\x00same\x00")
	equal(t, "pointer into the second", field(t, im, 1, 0, 8), int64(addrOf(t, im, 2))+7)
}

// TestFieldBounds: NONE means nothing wherever it is; other fields must lie in
// the section, and no sum overflows. (Subtlety 7.)
func TestFieldBounds(t *testing.T) {
	x := testSymbol{name: "x", info: globalNone, shndx: 2}
	at := func(typ uint32, offset uint64, sym uint32) *testObject {
		o := relocate(typ, x, 0)
		o.sections[0].relocs[0].offset, o.sections[0].relocs[0].sym = offset, sym
		return o
	}
	mustLoad(t, at(0, 1000, 1))
	mustLoad(t, at(0, maxU64, 77))
	mustLoad(t, at(1, 24, 1))
	for _, offset := range []uint64{25, 31, 32, 33, maxU64, maxU64 - 7, 1 << 63} {
		mustRefuse(t, at(1, offset, 1).bytes(), Malformed, "beyond the section")
	}
	mustRefuse(t, at(1, 0, 2).bytes(), Malformed, "refers to symbol 2")
	noBits := at(1, 0, 1)
	noBits.sections[0] = bssSection(64)
	noBits.sections[0].relocs = []rela{{typ: 1, sym: 1}}
	mustRefuse(t, noBits.bytes(), Malformed, "no bytes in the file")
}

// TestSize: SIZE32 and SIZE64 are the symbol's size and the addend.
// (Subtlety 9.)
func TestSize(t *testing.T) {
	sized := func(size uint64) testSymbol {
		return testSymbol{name: "x", info: globalNone, shndx: 2, value: 8, size: size}
	}
	equal(t, "SIZE32", field(t, mustLoad(t, relocate(32, sized(40), 2)), 1, 8, 4), 42)
	equal(t, "SIZE64", field(t, mustLoad(t, relocate(33, sized(40), neg(50))), 1, 8, 8), -10)
	equal(t, "size 0", field(t, mustLoad(t, relocate(33, sized(0), 0)), 1, 8, 8), 0)
	equal(t, "3 GiB", uint32(field(t, mustLoad(t, relocate(32, sized(3<<30), 0)), 1, 8, 4)), 3<<30)
	mustRefuse(t, relocate(32, sized(31), neg(32)).bytes(), Unsupported, "overflows")
	mustRefuse(t, relocate(32, sized(1<<32), 0).bytes(), Unsupported, "overflows")
	equal(t, "undefined", field(t, mustLoad(t, relocate(33, testSymbol{name: "u", info: globalNone}, 6)), 1, 8, 8), 6)
}

// TestGOTBase: GOTPC, GOTOFF and PLTOFF measure from the GOT, and any type may
// name it. (Subtlety 10.)
func TestGOTBase(t *testing.T) {
	got := testSymbol{name: gotSymbol, info: globalNone}
	x := testSymbol{name: "x", info: globalNone, shndx: 2, value: 8}
	load := func(typ uint32, s testSymbol, addend uint64, width uint64) (v, got, data int64) {
		im := mustLoad(t, relocate(typ, s, addend))
		equal(t, "undefined names", len(im.Undefined), 0)
		return field(t, im, 1, 8, width), int64(im.GOTBase), int64(addrOf(t, im, 2))
	}
	for _, s := range []testSymbol{got, x} { // S does not matter
		v, base, _ := load(26, s, 4, 4)
		equal(t, "GOTPC32", v, base+4-fieldAddr)
		v, base, _ = load(29, s, 4, 8)
		equal(t, "GOTPC64", v, base+4-fieldAddr)
	}
	v, base, data := load(25, x, 1, 8)
	equal(t, "GOTOFF64", v, data+8+1-base)
	v, base, data = load(31, x, 1, 8)
	equal(t, "PLTOFF64", v, data+8+1-base)
	v, base, _ = load(1, got, 1, 8)
	equal(t, "64", v, base+1)
	v, base, _ = load(10, got, 0, 4)
	equal(t, "32", v, base)
	v, base, _ = load(2, got, neg(4), 4)
	equal(t, "PC32", v, base-4-fieldAddr)
}

// TestAbsolute: an absolute symbol is a value; PC32 against one is legal.
// (Subtlety 23.)
func TestAbsolute(t *testing.T) {
	im := mustLoad(t, relocate(1, abs(0x1234567890), 1))
	equal(t, "64", field(t, im, 1, 8, 8), 0x1234567891)
	equal(t, "PC32", field(t, mustLoad(t, relocate(2, abs(0x20000000), neg(4))), 1, 8, 4), 0x20000000-4-fieldAddr)
	for visibility := range byte(4) {
		o := relocate(1, testSymbol{name: "x", info: stbUnique<<4 | sttObject, shndx: 2, value: 8}, 0)
		file := o.bytes()
		symtab := le.Uint64(file[le.Uint64(file[40:])+3*shdrSize+24:])
		file[symtab+symSize+5] = visibility
		im, err := loadBytes(file)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "visibility and STB_GNU_UNIQUE do not matter", field(t, im, 1, 8, 8), int64(addrOf(t, im, 2))+8)
		equal(t, "binding", im.Symbols[1].Binding, "unique")
	}
}
