package loader

import (
	"slices"
	"testing"
)

// TestCommonRelocations computes the eight common types by hand.
func TestCommonRelocations(t *testing.T) {
	const sym = 1 // a symbol 4 bytes into .data
	im := mustLoad(t, &testObject{
		sections: []testSection{
			textSection(make([]byte, 64),
				rela{offset: 0, typ: 2, sym: sym, addend: neg(4)},
				rela{offset: 4, typ: 4, sym: sym, addend: neg(4)},
				rela{offset: 8, typ: 1, sym: sym, addend: 3},
				rela{offset: 16, typ: 10, sym: sym},
				rela{offset: 20, typ: 11, sym: sym, addend: 7},
				rela{offset: 24, typ: 9, sym: sym, addend: neg(4)},
				rela{offset: 28, typ: 41, sym: sym, addend: neg(4)},
				rela{offset: 32, typ: 42, sym: sym, addend: neg(4)}),
			dataSection(".data", make([]byte, 16)),
		},
		symbols: []testSymbol{{name: "x", info: globalNone, shndx: 2, value: 4}},
	})
	p, s := int64(addrOf(t, im, 1)), int64(addrOf(t, im, 2)+4)
	slot := int64(im.GOTBase)
	equal(t, "PC32", field(t, im, 1, 0, 4), s-4-p)
	equal(t, "PLT32", field(t, im, 1, 4, 4), s-4-(p+4))
	equal(t, "64", field(t, im, 1, 8, 8), s+3)
	equal(t, "32", field(t, im, 1, 16, 4), s)
	equal(t, "32S", field(t, im, 1, 20, 4), s+7)
	equal(t, "GOTPCREL", field(t, im, 1, 24, 4), slot-4-(p+24))
	equal(t, "GOTPCRELX", field(t, im, 1, 28, 4), slot-4-(p+28))
	equal(t, "REX_GOTPCRELX", field(t, im, 1, 32, 4), slot-4-(p+32))
	equal(t, "regions", len(im.Regions), 1)
	equal(t, "GOT slot", int64(le.Uint64(im.Regions[0].Data)), s)
}

// TestSegments checks the shape of the image: order, protection, guards, zero
// fill, window.
func TestSegments(t *testing.T) {
	im := mustLoad(t, &testObject{sections: []testSection{
		dataSection(".data", []byte{1, 2, 3}),
		bssSection(10000),
		textSection([]byte{0xc3}),
		rodataSection(".rodata", []byte{9}),
	}})
	want := []Perm{RX, R, RW}
	if len(im.Segments) != len(want) {
		t.Fatalf("%d segments, want %d", len(im.Segments), len(want))
	}
	next := testPlacement().Base
	for i, s := range im.Segments {
		equal(t, "protection", s.Perm, want[i])
		if s.Addr < next || s.Addr%Page != 0 || s.Size%Page != 0 || s.Size < uint64(len(s.Data)) {
			t.Errorf("segment %d at %#x, %d bytes, %d data", i, s.Addr, s.Size, len(s.Data))
		}
		next = s.Addr + s.Size + Page
	}
	equal(t, "bss in RW", im.section(2).Segment, 2)
	equal(t, "RW size", im.Segments[2].Size, 3*Page)
	equal(t, "RW data", len(im.Segments[2].Data), 3)
	equal(t, "code fill", im.Segments[0].Data[Page-1], int3)
	equal(t, "code", im.Segments[0].Data[0], 0xc3)
}

// TestUndefined checks what each kind of unresolved symbol is bound to.
func TestUndefined(t *testing.T) {
	im := mustLoad(t, &testObject{
		sections: []testSection{textSection(make([]byte, 40),
			rela{offset: 0, typ: 1, sym: 1}, rela{offset: 8, typ: 1, sym: 2}, rela{offset: 16, typ: 1, sym: 3},
			rela{offset: 24, typ: 4, sym: 2, addend: neg(4)}, rela{offset: 32, typ: 1, sym: 4})},
		symbols: []testSymbol{
			{name: "memcpy", info: globalNone}, {name: "puts", info: globalNone},
			{name: "maybe", info: weakNone}, {name: "other", info: globalNone},
		},
	})
	puts, _ := im.Trap(uint64(field(t, im, 1, 8, 8)))
	other, _ := im.Trap(uint64(field(t, im, 1, 32, 8)) + 8)
	equal(t, "memcpy", field(t, im, 1, 0, 8), 0x50000100)
	equal(t, "trap", puts, Undefined{Name: "puts", Addr: puts.Addr, Kind: UnresolvedUndefined, References: 2})
	equal(t, "access 8 bytes into a trap", other.Name, "other")
	equal(t, "weak", field(t, im, 1, 16, 8), 0)
	equal(t, "undefined", len(im.Undefined), 4)
	if other.Addr-puts.Addr < Page {
		t.Errorf("traps are %d bytes apart", other.Addr-puts.Addr)
	}
	for _, addr := range []uint64{0, 0x10000000, 0x40000000 + 100*Page, 0x50000000} {
		if u, ok := im.Trap(addr); ok {
			t.Errorf("Trap(%#x) = %v", addr, u)
		}
	}
}

func TestLookup(t *testing.T) {
	im := mustLoad(t, &testObject{
		sections: []testSection{textSection(make([]byte, 64)), rodataSection(".rodata", make([]byte, 8)), bssSection(8)},
		symbols: []testSymbol{
			{name: "first", info: globalFunc, shndx: 1, value: 8},
			{name: "label", info: sttNone, shndx: 1, value: 32}, {name: "second", info: globalFunc, shndx: 1, value: 32},
			{name: "buffer", info: stbGlobal<<4 | sttObject, shndx: shnCommon, value: 16, size: 100},
		},
	})
	text := addrOf(t, im, 1)
	rows := []struct {
		addr   uint64
		name   string
		offset uint64
		ok     bool
	}{
		{text, ".text", 0, true},
		{text + 8, "first", 0, true},
		{text + 31, "first", 23, true},
		{text + 32, "second", 0, true},
		{text + 63, "second", 31, true},
		{text + 64, "", 0, false},
		{addrOf(t, im, 2) + 2, ".rodata", 2, true},
		{im.Symbols[4].Addr + 99, "buffer", 99, true},
		{im.Symbols[4].Addr + 100, "", 0, false},
		{0, "", 0, false},
	}
	for _, r := range rows {
		name, offset, ok := im.Lookup(r.addr)
		if name != r.name || offset != r.offset || ok != r.ok {
			t.Errorf("Lookup(%#x) = %s+%d %v, want %s+%d %v", r.addr, name, offset, ok, r.name, r.offset, r.ok)
		}
	}
}

func TestRoots(t *testing.T) {
	code := make([]byte, 64)
	copy(code, []byte{0xe8, 0, 0, 0, 0, 0x48, 0x8d, 0x05, 0, 0, 0, 0, 0x48, 0x8b, 0x05, 0, 0, 0, 0, 0x48, 0x8d, 0x05})
	im := mustLoad(t, &testObject{
		sections: []testSection{
			textSection(code,
				rela{offset: 1, typ: 4, sym: 1, addend: 20 - 4},  // call
				rela{offset: 8, typ: 2, sym: 1, addend: 30 - 4},  // lea
				rela{offset: 15, typ: 2, sym: 1, addend: 40 - 4}, // mov: data in code
				rela{offset: 22, typ: 2, sym: 3, addend: 24 - 4}, // lea of a table in .rodata
				rela{offset: 56, typ: 1, sym: 1, addend: 44},     // movabs, or the like
			),
			dataSection(".data", make([]byte, 16),
				rela{typ: 1, sym: 1, addend: 50},
				rela{offset: 8, typ: 25, sym: 1, addend: 60}, // GOTOFF64
			),
			dataSection(".rodata", make([]byte, 40),
				rela{offset: 0, typ: 2, sym: 1, addend: 10},       // no base before it: a distance from itself
				rela{offset: 24, typ: 2, sym: 1, addend: 32},      // the first entry
				rela{offset: 32, typ: 24, sym: 1, addend: 34 + 8}, // PC64, as if in another table of the same base
			),
		},
		symbols: []testSymbol{
			{info: localSect, shndx: 1}, {name: "f", info: globalFunc, shndx: 1, value: 2}, {info: localSect, shndx: 3},
			{name: "label", info: stbGlobal<<4 | sttNone, shndx: 1, value: 3},
		},
	})
	base := addrOf(t, im, 1)
	if want := []uint64{base + 2, base + 50}; !slices.Equal(im.Roots, want) {
		t.Errorf("roots %#x, want %#x", im.Roots, want)
	}
	var want []Guess
	for _, off := range []uint64{10, 60} {
		want = append(want, Guess{At: [3]uint64{base + off}})
	}
	table := addrOf(t, im, 3) + 24
	want = append(want, Guess{table, [3]uint64{base + 32}}, Guess{table, [3]uint64{base + 34}})
	if !slices.Equal(im.Guesses, want) {
		t.Errorf("guesses %#x, want %#x", im.Guesses, want)
	}
	if want := []uint64{base + 30, base + 44}; !slices.Equal(im.Taken, want) {
		t.Errorf("taken %#x, want %#x", im.Taken, want)
	}
}

// TestTables wants the entries of tables that lie next to each other to have the addresses that come into question, the likeliest first:
// one of the tables is named by an address before its beginning.
func TestTables(t *testing.T) {
	code := make([]byte, 200)
	copy(code, []byte{0x48, 0x8d, 0x05, 0, 0, 0, 0, 0x48, 0x8d, 0x05})
	im := mustLoad(t, &testObject{
		sections: []testSection{
			textSection(code,
				rela{offset: 3, typ: 2, sym: 2, addend: 8 - 4},
				rela{offset: 10, typ: 2, sym: 2, addend: 12 - 4},
			),
			dataSection(".rodata", make([]byte, 24),
				rela{offset: 8, typ: 2, sym: 1, addend: 100},      // base 8
				rela{offset: 12, typ: 2, sym: 1, addend: 120 + 4}, // base 8
				rela{offset: 16, typ: 2, sym: 1, addend: 140 + 4}, // base 12
			),
		},
		symbols: []testSymbol{{info: localSect, shndx: 1}, {info: localSect, shndx: 2}},
	})
	base := addrOf(t, im, 1)
	table := addrOf(t, im, 2)
	want := []Guess{
		{table + 8, [3]uint64{base + 100}},
		{table + 12, [3]uint64{base + 124, base + 120}},
		{table + 12, [3]uint64{base + 140, base + 136}},
	}
	if !slices.Equal(im.Guesses, want) {
		t.Errorf("guesses %#x, want %#x", im.Guesses, want)
	}
}
