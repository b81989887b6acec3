package loader

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// TestBombs: what asks for too much is refused with its class and without
// allocating what it asks for. (Subtlety 19.)
func TestBombs(t *testing.T) {
	sized := func(typ uint32, flags, size uint64) []byte {
		return (&testObject{sections: []testSection{{name: ".bomb", typ: typ, flags: shfAlloc | flags, size: size, align: 16}}}).bytes()
	}
	common := func(size uint64) []byte {
		return (&testObject{symbols: []testSymbol{{name: "bomb", info: globalNone, shndx: shnCommon, value: 8, size: size}}}).bytes()
	}
	many := func(n int, s testSection) []byte {
		o := &testObject{}
		for range n {
			o.sections = append(o.sections, s)
		}
		return o.bytes()
	}
	page := testSection{typ: shtNobits, flags: shfAlloc, size: 1, align: 1 << 20}
	rows := []struct {
		name, class, text string
		file              []byte
	}{
		{"2 GiB .bss", MemoryLimit, "wants 2147483648 bytes", sized(shtNobits, shfWrite, 2<<30)},
		{"2^40 NOBITS", MemoryLimit, "wants 1099511627776 bytes", sized(shtNobits, shfWrite, 1<<40)},
		{"2^64-1 NOBITS", MemoryLimit, "wants 18446744073709551615 bytes", sized(shtNobits, 0, maxU64)},
		{"code without bytes", MemoryLimit, "", sized(shtNobits, shfExec, 3<<30)},
		{"2 GiB COMMON", MemoryLimit, "the COMMON symbol wants", common(2 << 30)},
		{"2^64-1 COMMON", MemoryLimit, "the COMMON symbol wants", common(maxU64)},
		{"alignment only", MemoryLimit, "padding", many(1000, page)},
		{"padding within the window", MemoryLimit, "padding", many(100, testSection{typ: shtNobits, flags: shfAlloc, size: 1, align: 4 << 20})},
		{"a sum that wraps", MemoryLimit, "wants 18446744073709551615 bytes", wrappingSum()},
		{"half and half", MemoryLimit, "", many(2, testSection{typ: shtNobits, flags: shfAlloc, size: 129 << 20, align: 1})},
		{"sections", TooLarge, "sections, the limit is", many(1<<18+1, testSection{})},
		{"long name", TooLarge, "longer than", many(1, testSection{name: strings.Repeat("n", 1<<15+1)})},
		{"overlapping sections", MemoryLimit, "", overlapping()},
		{"names that share bytes", TooLarge, "names of all", sharedNames()},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			mustRefuse(t, r.file, r.class, r.text)
			runtime.ReadMemStats(&after)
			if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20 {
				t.Errorf("refusing it took %d bytes of memory", used)
			}
		})
	}
}

// wrappingSum has two sections whose sizes add up to 7.
func wrappingSum() []byte {
	small, huge := bssSection(8), bssSection(maxU64)
	return (&testObject{sections: []testSection{small, huge}}).bytes()
}

// overlapping has sections that all are the same megabyte of the file.
func overlapping() []byte {
	o := &testObject{sections: []testSection{dataSection(".data", make([]byte, 1<<20))}}
	for range 300 {
		o.sections = append(o.sections, dataSection(".data", nil))
	}
	file := o.bytes()
	headers := file[le.Uint64(file[40:]):]
	for i := 2; i <= 301; i++ {
		copy(headers[i*shdrSize+24:][:16], headers[shdrSize+24:][:16])
	}
	return file
}

// sharedNames has many symbols with the same long name.
func sharedNames() []byte {
	o := &testObject{}
	o.symbols = append(o.symbols, testSymbol{name: strings.Repeat("n", 30000)})
	for range 5000 {
		o.symbols = append(o.symbols, testSymbol{name: "x"})
	}
	file := o.bytes()
	headers := file[le.Uint64(file[40:]):]
	symbols := file[le.Uint64(headers[shdrSize+24:]):]
	for i := 2; i <= 5001; i++ {
		copy(symbols[i*symSize:][:4], symbols[symSize:][:4])
	}
	return file
}

// TestCountLimits: each count is refused one above its limit and taken at it.
func TestCountLimits(t *testing.T) {
	o := &testObject{sections: []testSection{textSection(make([]byte, 8), rela{typ: 1}, rela{typ: 1}, rela{typ: 1})}, symbols: []testSymbol{{name: "abc"}}}
	file := o.bytes() // 6 sections, 2 symbols, 3 relocations
	sections := int(le.Uint16(file[60:]))
	rows := []struct {
		at, below Limits
		class     string
	}{
		{Limits{Sections: sections}, Limits{Sections: sections - 1}, TooLarge},
		{Limits{Symbols: 2}, Limits{Symbols: 1}, TooLarge},
		{Limits{Relocations: 3}, Limits{Relocations: 2}, TooLarge},
		{Limits{NameBytes: len(".rela.text")}, Limits{NameBytes: len(".rela.text") - 1}, TooLarge},
		{Limits{FileBytes: uint64(len(file))}, Limits{FileBytes: uint64(len(file)) - 1}, TooLarge},
		{Limits{AllocBytes: 8}, Limits{AllocBytes: 7}, MemoryLimit},
	}
	for _, r := range rows {
		if _, err := Parse(file, r.at); err != nil {
			t.Errorf("%+v: %v", r.at, err)
		}
		_, err := Parse(file, r.below)
		if e, ok := err.(*Error); !ok || e.Class != r.class {
			t.Errorf("%+v: %v", r.below, err)
		}
	}
}

// TestManyNames: many undefined names, many sections, many functions.
func TestManyNames(t *testing.T) {
	o := &testObject{extended: true}
	for i := range 70000 {
		o.sections = append(o.sections, testSection{name: ".text.f", typ: shtProgbits, flags: shfAlloc | shfExec, data: []byte{0xc3}, align: 1})
		o.symbols = append(o.symbols, testSymbol{name: fmt.Sprintf("f%d", i), info: globalFunc, shndx: uint32(i + 1)}, testSymbol{name: fmt.Sprintf("u%d", i), info: globalNone})
	}
	file := o.bytes()
	im, err := loadBytes(file)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := im.Choose("f69999", nil); err != nil || c.Name != "f69999" {
		t.Errorf("chose %v: %v", c, err)
	}
	if _, err := im.Choose("g", nil); err == nil || !strings.Contains(err.Error(), "and 69980 more") {
		t.Errorf("the list of functions: %v", err)
	}
	equal(t, "undefined", len(im.Undefined), 70000)
}

// TestForeignFiles: what people send instead of an object is named.
// (Subtlety 22.)
func TestForeignFiles(t *testing.T) {
	object := (&testObject{sections: []testSection{textSection([]byte{0xc3})}}).bytes()
	with := func(offset int, value ...byte) []byte {
		file := bytes.Clone(object)
		copy(file[offset:], value)
		return file
	}
	rows := []struct {
		name, class, text string
		file              []byte
	}{
		{"nothing", Malformed, "not an ELF file", nil},
		{"text", Malformed, "not an ELF file", []byte("int main(void) {}")},
		{"cut off", Malformed, "an ELF header needs 64", object[:63]},
		{"cut by curl", Malformed, "--data-binary", object[:7]},
		{"changed by curl", Malformed, "--data-binary", bytes.ReplaceAll(realObjects(t)["clang-ifunc.o"], []byte{0}, nil)},
		{"base64", Malformed, "base64 -d", []byte("f0VMRgIBAQAAAAAAAAAAAAEAPgABAAAA\n")},
		{"Git LFS", Malformed, "git lfs pull", []byte("version https://git-lfs.github.com/spec/v1\noid sha256:00\n")},
		{"HTML", Malformed, "an HTML page", []byte("<!DOCTYPE html>\n<html>{}</html>\n")},
		{"JSON", Malformed, "this is JSON", []byte(`{"error": "not found"}`)},
		{"Go source", Malformed, "gccgo", []byte("package p\n\nfunc f(a int) int { return a }\n")},
		{"Fortran source", Malformed, "Fortran source", []byte("integer function f(a)\ninteger a\nf = a\nend function\n")},
		{"C source", Malformed, "this is C or C++ source", []byte("#include <math.h>\nint f;\n")},
		{"assembler source", Malformed, "this is assembler source", []byte("\t.globl f\nf:\tret\n")},
		{"linker script", Malformed, "this is a linker script", []byte("/* GNU ld script */ GROUP ( libm-2.36.a )")},
		{"raw code", Malformed, ".incbin", []byte("\xb8\x01\x00\x00\x00\xc3")},
		{"gzip", Unsupported, "gunzip", []byte("\x1f\x8b\x08\x00")},
		{"bzip2", Unsupported, "bunzip2", []byte("BZh91AY")},
		{"xz", Unsupported, "unxz", []byte("\xfd7zXZ\x00\x00")},
		{"zstd", Unsupported, "unzstd", []byte("\x28\xb5\x2f\xfd\x24")},
		{"lz4", Unsupported, "unlz4", []byte("\x04\x22\x4d\x18\x64")},
		{"7z", Unsupported, "7z x", []byte("7z\xbc\xaf\x27\x1c\x00")},
		{"zip", Unsupported, "unzip", []byte("PK\x03\x04\x14")},
		{"tar", Unsupported, "tar xf", append(make([]byte, 257), append([]byte("ustar\x0000"), make([]byte, 255)...)...)},
		{"Debian package", Unsupported, "dpkg -x", []byte("!<arch>\ndebian-binary   1410122664  0     0     100644  4         `\n2.0\n")},
		{"Go assembler", Unsupported, "gccgo", []byte("go object linux amd64 go1.26 GOAMD64=v1\n")},
		{"Go package", Unsupported, "gccgo", []byte("!<arch>\n__.PKGDEF       0           0     0     644     104       `\n")},
		{"wasm", Unsupported, "WebAssembly", []byte("\x00asm\x01\x00\x00\x00")},
		{"thin archive", Unsupported, "a thin archive", []byte("!<thin>\n")},
		{"bitcode", Unsupported, "compile without -flto", []byte("BC\xc0\xde\x35\x14")},
		{"archive", Unsupported, "an archive", []byte("!<arch>\nabc")},
		{"Mach-O", Unsupported, "Mach-O", []byte("\xcf\xfa\xed\xfe\x07")},
		{"PE", Unsupported, "PE file", []byte("MZ\x90")},
		{"COFF", Unsupported, "COFF", []byte("\x64\x86\x03")},
		{"COFF of AArch64", Unsupported, "COFF object for AArch64", []byte("\x64\xaa\x03")},
		{"COFF with many sections", Unsupported, "COFF object of many sections", []byte("\x00\x00\xff\xff\x02")},
		{"32 bit", Unsupported, "32-bit object", with(4, 1)},
		{"class 3", Malformed, "EI_CLASS is 3", with(4, 3)},
		{"big endian", Malformed, "EI_DATA is 2", with(5, 2)},
		{"EI_VERSION", Malformed, "EI_VERSION is 0", with(6, 0)},
		{"executable", Unsupported, "e_type is 2", with(16, 2)},
		{"shared library", Unsupported, "before any link step", with(16, 3)},
		{"AArch64", Unsupported, "AArch64 (ARM64): e_machine is 183", with(18, 183)},
		{"ARM", Unsupported, "ARM (32-bit): e_machine is 40", with(18, 40)},
		{"RISC-V", Unsupported, "RISC-V", with(18, 243)},
		{"i386", Unsupported, "-m64", with(18, 3)},
		{"MIPS, big-endian", Unsupported, "MIPS", bigEndian(with(18, 0, 8))},
		{"s390x", Unsupported, "s390x", bigEndian(with(18, 0, 22))},
		{"PowerPC", Unsupported, "PowerPC:", bigEndian(with(18, 0, 20))},
		{"PowerPC64, little-endian", Unsupported, "PowerPC64:", with(18, 21)},
		{"AVR", Unsupported, "for AVR", with(18, 83)},
		{"unheard of", Unsupported, "another machine: e_machine is 9999", with(18, 0x0f, 0x27)},
		{"e_version", Malformed, "e_version is 2", with(20, 2)},
		{"no section headers", Malformed, "no section header table", with(40, 0, 0, 0, 0, 0, 0, 0, 0)},
		{"headers outside", Malformed, "beyond the file", with(40, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)},
		{"e_shentsize", Malformed, "e_shentsize is 63", with(58, 63)},
		{"e_shnum", Malformed, "has room for", with(60, 0xff, 0xee)},
		{"e_shstrndx", Malformed, "e_shstrndx names section", with(62, 0xff, 0xee)},
		{"names in code", Malformed, "its type is 1", with(62, 1)},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) { mustRefuse(t, r.file, r.class, r.text) })
	}
}

// bigEndian marks a file as one whose numbers begin with the highest byte.
func bigEndian(file []byte) []byte {
	file[5] = elfData2MSB
	return file
}

// TestSplitDWARF: a .dwo file has no function, and says where it is.
func TestSplitDWARF(t *testing.T) {
	o := &testObject{sections: []testSection{{name: ".debug_info.dwo", typ: shtProgbits, data: []byte("x")}}}
	if _, err := mustLoad(t, o).Choose("sdot", nil); err == nil || !strings.Contains(err.Error(), "the .o file beside it") {
		t.Errorf("got %v", err)
	}
}

// TestStripped: of an object without names that has several functions none is taken.
func TestStripped(t *testing.T) {
	for functions, want := range map[int]string{1: "", 2: "has 2 by its .eh_frame"} {
		frame := []byte{8, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4} // what the others refer to
		for range functions {
			frame = append(frame, 8, 0, 0, 0, 12, 0, 0, 0, 1, 2, 3, 4)
		}
		o := &testObject{sections: []testSection{textSection([]byte{0xc3, 0xc3}), rodataSection(".eh_frame", append(frame, 0, 0, 0, 0))}}
		_, err := mustLoad(t, o).Choose("sdot", nil)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%d functions: %v", functions, err)
		}
	}
}

// TestNoNames: what to do about an object in which no function has a name depends on whether there is code.
func TestNoNames(t *testing.T) {
	for want, code := range map[string][]byte{"do not strip it": {0xc3}, "#[no_mangle]": nil} {
		o := &testObject{sections: []testSection{textSection(code), textSection(code)}}
		if _, err := mustLoad(t, o).Choose("sdot", nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}

// TestSlimLTO: gcc -flto writes an object without code, so there is no function.
func TestSlimLTO(t *testing.T) {
	o := &testObject{sections: []testSection{textSection(nil), {name: ".gnu.lto_sdot", typ: shtProgbits, flags: 0x80000000, data: []byte("x")}}}
	_, err := mustLoad(t, o).Choose("sdot", nil)
	if err == nil || !strings.Contains(err.Error(), "-flto") || strings.Contains(err.Error(), "no_mangle") {
		t.Errorf("got %v", err)
	}
	if err := mustLoad(t, o).Codeless(); err == nil || err.(*Error).Class != Unsupported || !strings.Contains(err.Error(), "-flto") {
		t.Errorf("it has no code: %v", err)
	}
	o.sections[0] = textSection([]byte{0xc3})
	if err := mustLoad(t, o).Codeless(); err != nil {
		t.Errorf("with code beside it (-ffat-lto-objects): %v", err)
	}
	if err := mustLoad(t, &testObject{sections: []testSection{textSection(nil)}}).Codeless(); err != nil {
		t.Errorf("of data alone: %v", err)
	}
}

// TestPlacementIsChecked: an impossible placement is the caller's fault.
func TestPlacementIsChecked(t *testing.T) {
	o, err := Parse((&testObject{}).bytes(), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for name, breakIt := range map[string]func(*Placement){
		"high":      func(p *Placement) { p.Limit = 1<<31 + Page },
		"unaligned": func(p *Placement) { p.Base++ },
		"empty":     func(p *Placement) { p.Limit = p.Base },
		"at zero":   func(p *Placement) { p.Base = 0 },
		"no traps":  func(p *Placement) { p.TrapBase, p.TrapLimit = 0, 0 },
		"overlap":   func(p *Placement) { p.TrapBase = p.Limit - Page },
	} {
		p := testPlacement()
		breakIt(&p)
		if _, err := load(o, p); err == nil || err.(*Error).Class != Internal {
			t.Errorf("%s: %v", name, err)
		}
	}
}
