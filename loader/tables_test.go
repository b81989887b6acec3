package loader

import (
	"bytes"
	"testing"
)

// setHeader changes one field of section header i: 4 or 8 bytes at offset.
func setHeader(file []byte, i, offset int, v uint64, size int) []byte {
	file = bytes.Clone(file)
	h := file[le.Uint64(file[40:])+uint64(i)*shdrSize:]
	if size == 4 {
		le.PutUint32(h[offset:], uint32(v))
	} else {
		le.PutUint64(h[offset:], v)
	}
	return file
}

// TestBrokenTables: tables that disagree with each other are refused, and so
// are forms of relocations that would otherwise go unseen.
func TestBrokenTables(t *testing.T) {
	// Sections: 1 .text, 2 .symtab, 3 .strtab, 4 .symtab_shndx, 5 .rela.text, 6 .shstrtab.
	o := &testObject{
		sections: []testSection{textSection(make([]byte, 16), rela{typ: 1, sym: 1}, rela{offset: 8, typ: 1, sym: 1})},
		symbols:  []testSymbol{{name: "x", info: globalNone, shndx: 1}},
		extended: true,
	}
	good := o.bytes()
	if _, err := loadBytes(good); err != nil {
		t.Fatal(err)
	}
	const typ, offset, size, link, info = 4, 24, 32, 40, 44
	rows := []struct {
		name, class, text string
		file              []byte
	}{
		{"REL", Unsupported, "SHT_REL", setHeader(good, 5, typ, shtRel, 4)},
		{"CREL", Unsupported, "compact form", setHeader(good, 5, typ, shtCrel, 4)},
		{"another symbol table", Malformed, "refer to symbol table 3", setHeader(good, 5, link, 3, 4)},
		{"half a relocation", Malformed, "whole relocations", setHeader(good, 5, size, 47, 8)},
		{"relocations outside", Malformed, "within the file", setHeader(good, 5, offset, 1<<40, 8)},
		{"relocations for nothing", Malformed, "for section 7", setHeader(good, 5, info, 7, 4)},
		{"half a symbol", Malformed, "whole entries", setHeader(good, 2, size, 47, 8)},
		{"symbols outside", Malformed, "within the file", setHeader(good, 2, offset, maxU64, 8)},
		{"names outside", Malformed, "beyond the file", setHeader(good, 3, size, 1<<40, 8)},
		{"names cut off", Malformed, "name offset", setHeader(good, 3, size, 1, 8)},
		{"names without end", Malformed, "has no end", setHeader(good, 3, size, 2, 8)},
		{"no names", Malformed, "sh_link names section 0", setHeader(good, 2, link, 0, 4)},
		{"second symbol table", Malformed, "second symbol table", setHeader(good, 4, typ, shtSymtab, 4)},
		{"too few indexes", Malformed, "do not cover the 2 symbols", setHeader(good, 4, size, 7, 8)},
		{"indexes outside", Malformed, "do not cover", setHeader(good, 4, offset, 1<<40, 8)},
		{"code outside", Malformed, "beyond the file", setHeader(good, 1, offset, maxU64-8, 8)},
		{"section name", Malformed, "name offset", setHeader(good, 1, 0, 1000, 4)},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) { mustRefuse(t, r.file, r.class, r.text) })
	}
}

// TestErrorText is what a person reads.
func TestErrorText(t *testing.T) {
	e := mustRefuse(t, relocate(11, abs(1<<31), 0).bytes(), Unsupported, "")
	equal(t, "text", e.Error(), "section 1 (.text), offset 0x8, symbol value: R_X86_64_32S overflows: "+
		"the value 0x80000000 does not fit 32 signed bits; the object needs a wider code model or a smaller distance")
	sym := abs(1 << 31)
	sym.name = "\x1b[31mred\n"
	e = mustRefuse(t, relocate(11, sym, 0).bytes(), Unsupported, `symbol "\x1b[31mred\n": `)
	equal(t, "the symbol", e.Symbol, `"\x1b[31mred\n"`)
}
