package loader

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestCommon: the value of a COMMON symbol is its alignment; SHN_COMMON and
// SHN_X86_64_LCOMMON get zeroed memory of their own. (Subtlety 11.)
func TestCommon(t *testing.T) {
	im := mustLoad(t, &testObject{
		sections: []testSection{textSection(make([]byte, 16), rela{offset: 0, typ: 1, sym: 2}, rela{offset: 8, typ: 1, sym: 3})},
		symbols: []testSymbol{
			{name: "odd", info: stbGlobal<<4 | sttObject, shndx: shnCommon, value: 1, size: 3},
			{name: "shared", info: stbGlobal<<4 | sttObject, shndx: shnCommon, value: 128, size: 100},
			{name: "large", info: stbGlobal<<4 | sttObject, shndx: shnLCommon, value: 8, size: 5000},
			{name: "unaligned", info: stbGlobal<<4 | sttObject, shndx: shnCommon, value: 0, size: 1},
		},
	})
	shared, large := im.Symbols[2], im.Symbols[3]
	equal(t, "pointer", uint64(field(t, im, 1, 0, 8)), shared.Addr)
	equal(t, "alignment", shared.Addr%128, 0)
	equal(t, "large pointer", uint64(field(t, im, 1, 8, 8)), large.Addr)
	equal(t, "kind", shared.Kind, KindCommon)
	if large.Addr < shared.Addr+100 {
		t.Errorf("shared %#x and large %#x overlap", shared.Addr, large.Addr)
	}
	rw := im.Segments[len(im.Segments)-1]
	if rw.Perm != RW || shared.Addr < rw.Addr || large.Addr+5000 > rw.Addr+rw.Size {
		t.Errorf("COMMON symbols are not in the writable segment %#x+%#x", rw.Addr, rw.Size)
	}
	bad := &testObject{symbols: []testSymbol{{name: "x", info: globalNone, shndx: shnCommon, value: 3, size: 8}}}
	mustRefuse(t, bad.bytes(), Malformed, "alignment 3")
}

// TestEqualNames: sections, COMDAT groups and local symbols share names; only
// indexes count. Section symbols have none. (Subtleties 12 and 13.)
func TestEqualNames(t *testing.T) {
	group := testSection{name: ".group", typ: shtGroup, data: []byte{1, 0, 0, 0, 2, 0, 0, 0}, align: 4}
	a, b := dataSection(".baz", []byte("aaaaaaaa")), dataSection(".baz", []byte("bbbbbbbb"))
	a.flags |= 0x200 // SHF_GROUP
	im := mustLoad(t, &testObject{
		sections: []testSection{group, a, b,
			dataSection(".data", make([]byte, 32),
				rela{offset: 0, typ: 1, sym: 1}, rela{offset: 8, typ: 1, sym: 2},
				rela{offset: 16, typ: 1, sym: 3}, rela{offset: 24, typ: 1, sym: 4})},
		symbols: []testSymbol{{info: localSect, shndx: 2}, {info: localSect, shndx: 3}, {name: "l", shndx: 2, value: 1}, {name: "l", shndx: 3, value: 2}},
	})
	equal(t, "mapped sections", len(im.Sections), 3)
	equal(t, "first", field(t, im, 4, 0, 8), int64(addrOf(t, im, 2)))
	equal(t, "second", field(t, im, 4, 8, 8), int64(addrOf(t, im, 3)))
	equal(t, "first l", field(t, im, 4, 16, 8), int64(addrOf(t, im, 2))+1)
	equal(t, "second l", field(t, im, 4, 24, 8), int64(addrOf(t, im, 3))+2)
	equal(t, "contents", string(im.Bytes(im.section(3))), "bbbbbbbb")
}

// TestUnwind: .eh_frame of type SHT_X86_64_UNWIND is loaded, and a personality
// that nobody supplies does not matter. (Subtlety 14.)
func TestUnwind(t *testing.T) {
	unwind := rodataSection(".eh_frame", make([]byte, 16), rela{offset: 4, typ: 2, sym: 1}, rela{offset: 8, typ: 1, sym: 2})
	unwind.typ = 0x70000001
	im := mustLoad(t, &testObject{
		sections: []testSection{textSection([]byte{0xc3}), unwind},
		symbols:  []testSymbol{{info: localSect, shndx: 1}, {name: "__gxx_personality_v0", info: globalNone}},
	})
	equal(t, "pc_begin", field(t, im, 2, 4, 4), int64(addrOf(t, im, 1))-int64(addrOf(t, im, 2)+4))
	equal(t, "personality", im.Undefined[0].Name, "__gxx_personality_v0")
}

// TestUnusedTables: a compressed debug section with relocations that point
// beyond it, of types that do not exist, is nobody's business. (Subtlety 17.)
func TestUnusedTables(t *testing.T) {
	debug := testSection{name: ".debug_info", typ: shtProgbits, flags: shfCompressed, data: []byte("zlib"), align: 3,
		relocs: []rela{{offset: 1 << 40, typ: 200, sym: 1 << 30}}}
	im := mustLoad(t, &testObject{sections: []testSection{textSection([]byte{0xc3}), debug}})
	equal(t, "mapped sections", len(im.Sections), 1)
	debug.flags |= shfAlloc
	mustRefuse(t, (&testObject{sections: []testSection{debug}}).bytes(), Malformed, "compressed")
}

// TestExtendedIndexes: SHT_SYMTAB_SHNDX, and section counts beyond 16 bits.
// (Subtlety 18.)
func TestExtendedIndexes(t *testing.T) {
	o := &testObject{
		sections: []testSection{textSection(make([]byte, 8), rela{typ: 1, sym: 1}), dataSection(".data", make([]byte, 8))},
		symbols:  []testSymbol{{name: "x", info: globalNone, shndx: 2, value: 4}, {name: "u", info: globalNone}},
		extended: true,
	}
	im := mustLoad(t, o)
	equal(t, "through SHT_SYMTAB_SHNDX", field(t, im, 1, 0, 8), int64(addrOf(t, im, 2))+4)

	const count = 70000
	o = &testObject{extended: true, symbols: []testSymbol{{name: "last", info: globalFunc, shndx: count}}}
	o.sections = slices.Repeat([]testSection{{typ: shtProgbits, flags: shfAlloc | shfExec, data: []byte{0x90}, align: 1}}, count)
	o.sections[0] = textSection(make([]byte, 8), rela{typ: 1, sym: 1})
	im = mustLoad(t, o)
	equal(t, "sections", len(im.Sections), count)
	equal(t, "section 70,000", field(t, im, 1, 0, 8), int64(addrOf(t, im, count)))

	o = &testObject{symbols: []testSymbol{{name: "x", shndx: shnXIndex}}}
	mustRefuse(t, o.bytes(), Malformed, "no SHT_SYMTAB_SHNDX")
	o = &testObject{symbols: []testSymbol{{name: "x", shndx: 1000}}}
	mustRefuse(t, o.bytes(), Malformed, "in section 1000")
}

// TestEmptyAndAligned: zero-size sections have an address, alignment 0 is 1,
// 32768 is honoured. (Subtlety 20.)
func TestEmptyAndAligned(t *testing.T) {
	empty := rodataSection(".empty", nil)
	empty.align = 0
	aligned := textSection([]byte{0xc3})
	aligned.align = 32768
	odd := textSection([]byte{0xc3})
	odd.align = 0
	im := mustLoad(t, &testObject{
		sections: []testSection{odd, aligned, empty, dataSection(".data", make([]byte, 16), rela{typ: 1, sym: 1}, rela{offset: 8, typ: 1, sym: 2})},
		symbols:  []testSymbol{{name: "nothing", info: globalNone, shndx: 3}, {name: "after", info: globalNone, shndx: 3, value: 5}},
	})
	equal(t, "alignment", addrOf(t, im, 2)%32768, 0)
	equal(t, "symbol in an empty section", field(t, im, 4, 0, 8), int64(addrOf(t, im, 3)))
	equal(t, "symbol beyond it", field(t, im, 4, 8, 8), int64(addrOf(t, im, 3))+5)
	if addrOf(t, im, 3) == 0 {
		t.Error("the empty section has no address")
	}
	aligned.align = 48
	mustRefuse(t, (&testObject{sections: []testSection{aligned}}).bytes(), Malformed, "sh_addralign 48")
	for _, align := range []uint64{1 << 40, 1 << 63} {
		aligned.align = align
		mustRefuse(t, (&testObject{sections: []testSection{aligned}}).bytes(), MemoryLimit, "256 MiB")
	}
}

// TestFlags: what only a linker acts on is ignored; writable code is refused;
// code without bytes loads. (Subtlety 21.)
func TestFlags(t *testing.T) {
	flags := map[string]uint64{"MERGE": 0x10, "STRINGS": 0x20, "INFO_LINK": 0x40, "LINK_ORDER": 0x80, "OS_NONCONFORMING": 0x100,
		"GROUP": 0x200, "RETAIN": 0x200000, "LARGE": 0x10000000, "EXCLUDE": 0x80000000, "GNU_MBIND": 0x1000000}
	for name, flag := range flags {
		s := dataSection(".data", []byte("contents"))
		s.flags |= flag
		im := mustLoad(t, &testObject{sections: []testSection{s}})
		equal(t, name, string(im.Bytes(im.section(1))), "contents")
	}
	wax := textSection([]byte{0xc3})
	wax.flags |= shfWrite
	mustRefuse(t, (&testObject{sections: []testSection{wax}}).bytes(), Unsupported, "writable and executable")
	noBits := textSection(nil)
	noBits.typ, noBits.size = shtNobits, 100
	im := mustLoad(t, &testObject{sections: []testSection{noBits, textSection([]byte{0xc3})}})
	equal(t, "segments", len(im.Segments), 1)
	if addrOf(t, im, 1) < addrOf(t, im, 2) {
		t.Error("code without bytes lies before code with bytes")
	}
}

// TestConstructors are not run, and the image says so. (Subtlety 24.)
func TestConstructors(t *testing.T) {
	for _, s := range []testSection{
		{name: ".init_array", typ: shtInitArray}, {name: ".preinit_array", typ: shtPreinitArray}, {name: ".init_array.00100", typ: shtProgbits},
		{name: ".ctors", typ: shtProgbits}, {name: ".ctors.65535", typ: shtProgbits}, {name: ".init", typ: shtProgbits},
	} {
		s.flags, s.data, s.align = shfAlloc, make([]byte, 8), 8
		im := mustLoad(t, &testObject{sections: []testSection{s}})
		if len(im.Warnings) != 1 || !strings.Contains(im.Warnings[0], "constructors are not run: section 1 ("+s.name+") has 8 bytes") {
			t.Errorf("%s: warnings %q", s.name, im.Warnings)
		}
	}
	im := mustLoad(t, &testObject{sections: []testSection{textSection([]byte{0xc3}), {name: ".fini_array", typ: 15, flags: shfAlloc, data: make([]byte, 8)}}})
	equal(t, "warnings without constructors", len(im.Warnings), 0)
}

// TestNoSymbolTable: an object need not have one; hundreds of real ones do not.
func TestNoSymbolTable(t *testing.T) {
	im := mustLoad(t, &testObject{noSymtab: true, sections: []testSection{textSection(make([]byte, 8), rela{typ: 1, addend: 7})}})
	equal(t, "symbol 0 is 0", field(t, im, 1, 0, 8), 7)
	equal(t, "symbols", len(im.Symbols), 0)
	c, err := im.Choose("sdot", nil)
	if err != nil || c.Addr != addrOf(t, im, 1) {
		t.Errorf("chose %v: %v", c, err)
	}
}

// TestSymbolZero: PeachPy writes a real symbol there, and relocations use it.
func TestSymbolZero(t *testing.T) {
	o := &testObject{
		sections: []testSection{textSection(make([]byte, 8), rela{typ: 1}), rodataSection(".rodata", make([]byte, 16))},
		symbol0:  &testSymbol{name: "f.__local0", info: sttObject, shndx: 2, value: 8, size: 8},
	}
	im := mustLoad(t, o)
	equal(t, "pointer", field(t, im, 1, 0, 8), int64(addrOf(t, im, 2))+8)
	o.symbol0 = &testSymbol{name: "script.py", info: sttFile, shndx: shnAbs}
	equal(t, "a file is 0", field(t, mustLoad(t, o), 1, 0, 8), 0)
	o.symbol0 = nil
	equal(t, "null is 0", field(t, mustLoad(t, o), 1, 0, 8), 0)
}

// TestOSABI: assemblers set 3 for IFUNC and STB_GNU_UNIQUE, and 9 and 12 for FreeBSD and OpenBSD.
func TestOSABI(t *testing.T) {
	for abi := range byte(20) {
		o := &testObject{osabi: abi, sections: []testSection{textSection([]byte{0xc3})}}
		if abi == 0 || abi == 3 || abi == 9 || abi == 12 {
			mustLoad(t, o)
		} else {
			mustRefuse(t, o.bytes(), Unsupported, fmt.Sprintf("EI_OSABI is %d", abi))
		}
	}
}
