package hostile

import (
	"bytes"
	"debug/elf"
	"encoding/binary"

	"webrunner/internal/wire"
)

// objectAttacks are objects that are not what they say, or far too large.
func objectAttacks() []Attack {
	var list []Attack
	add := func(name, tries string, object func() []byte, classes ...wire.Class) {
		a := Attack{Name: "object-" + name, Form: Plain, Layer: Loader, Tries: tries, Object: object, Kernel: kernelName}
		for _, c := range classes {
			a.Ends = append(a.Ends, End{Class: c})
		}
		list = append(list, a)
	}
	const malformed, unsupported = wire.MalformedObject, wire.UnsupportedObject
	good := func() []byte { return function(asm(ret)) }
	header := func(off int, v ...byte) func() []byte {
		return func() []byte { b := good(); copy(b[off:], v); return b }
	}
	// shdr changes a field of a section's header.
	shdr := func(index, field int, v uint64, size int) func() []byte {
		return func() []byte {
			b := good()
			at := int(binary.LittleEndian.Uint64(b[0x28:])) + 64*index + field
			var le [8]byte
			binary.LittleEndian.PutUint64(le[:], v)
			copy(b[at:at+size], le[:])
			return b
		}
	}
	symbol := func(change func(*elf.Sym64)) func() []byte {
		return func() []byte {
			b := good()
			at := int(binary.LittleEndian.Uint64(b[binary.LittleEndian.Uint64(b[0x28:])+64*secSymbols+0x18:])) + symKernel*elf.Sym64Size
			var s elf.Sym64
			_ = binary.Read(bytes.NewReader(b[at:]), binary.LittleEndian, &s) // it is all there
			change(&s)
			var out bytes.Buffer
			put(&out, s)
			copy(b[at:], out.Bytes())
			return b
		}
	}
	bss := func(size, align uint64) func() []byte {
		return func() []byte {
			return object(asm(ret), 0, section{name: ".bss", typ: elf.SHT_NOBITS, flags: elf.SHF_ALLOC | elf.SHF_WRITE, size: size, align: align})
		}
	}
	relocated := func(code []byte, r ...elf.Rela64) func() []byte {
		return func() []byte {
			var b bytes.Buffer
			put(&b, r)
			return object(code, 0,
				section{name: ".data", typ: elf.SHT_PROGBITS, flags: elf.SHF_ALLOC | elf.SHF_WRITE, data: make([]byte, 8), align: 8},
				section{name: ".rela.text", typ: elf.SHT_RELA, flags: elf.SHF_INFO_LINK, data: b.Bytes(), link: secSymbols, info: secText, entry: 24, align: 8})
		}
	}
	rela := func(off uint64, sym uint32, typ elf.R_X86_64, addend int64) elf.Rela64 {
		return elf.Rela64{Off: off, Info: elf.R_INFO(sym, uint32(typ)), Addend: addend}
	}

	add("empty", "sends nothing", func() []byte { return []byte{} }, malformed)
	add("magic", "sends four bytes", func() []byte { return []byte(elf.ELFMAG) }, malformed)
	add("text", "sends a page of text", func() []byte { return bytes.Repeat([]byte("<html>"), 100) }, malformed)
	add("header-only", "sends a header and nothing else", func() []byte { return good()[:64] }, malformed)
	add("truncated", "sends all but the last byte", func() []byte { b := good(); return b[:len(b)-1] }, malformed)
	add("class-32", "claims 32 bits", header(4, 1), malformed, unsupported)
	add("big-endian", "claims the other byte order", header(5, 2), malformed, unsupported)
	add("executable", "claims to be a program", header(16, 2), malformed, unsupported)
	add("shared", "claims to be a shared library", header(16, 3), malformed, unsupported)
	add("machine", "claims another machine", header(18, 0xb7), malformed, unsupported)
	add("table-outside", "has its section table behind its end", header(0x28, 0xff, 0xff, 0xff, 0x7f), malformed)
	add("table-overflow", "has its section table where addresses wrap", header(0x28, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), malformed)
	add("table-count", "claims 65,279 sections", header(0x3c, 0xff, 0xfe), malformed)
	add("names-outside", "names a section for the names that is not there", header(0x3e, 0xf0, 0xfe), malformed)
	add("entry-size", "claims section headers of one byte", header(0x3a, 1, 0), malformed)
	add("text-outside", "has its code behind its end", shdr(secText, 0x18, 1<<40, 8), malformed)
	add("text-overflow", "has code whose end wraps", shdr(secText, 0x20, minusOne, 8), malformed)
	add("text-large", "has code longer than itself", shdr(secText, 0x20, 1<<30, 8), malformed)
	add("text-name", "has a name outside of the names", shdr(secText, 0, 0xffffffff, 4), malformed)
	add("align-odd", "aligns its code to 3", shdr(secText, 0x30, 3, 8), malformed)
	add("align-huge", "aligns its code to half of all memory", shdr(secText, 0x30, 1<<63, 8), malformed, wire.MemoryLimit, wire.TooLarge, unsupported)
	add("symbols-link", "links its symbols to themselves", shdr(secSymbols, 0x28, secSymbols, 4), malformed)
	add("symbols-size", "has symbols of no size", shdr(secSymbols, 0x38, 0, 8), malformed, "")
	add("strings-open", "has names that do not end", func() []byte {
		b := good()
		at := binary.LittleEndian.Uint64(b[binary.LittleEndian.Uint64(b[0x28:])+64*secStrings+0x18:])
		copy(b[at:], "xxxxxxxxxxxx")
		return b
	}, malformed, unsupported, wire.UndefinedSymbol)
	add("writable-code", "has a section that is writable and executable", func() []byte { return object(asm(ret), elf.SHF_WRITE) }, unsupported)
	// Where no function has the kernel's name the loader takes the beginning of
	// the only code there is, which is the object's own.
	add("kernel-undefined", "has a kernel that is not there", symbol(func(s *elf.Sym64) { s.Shndx = uint16(elf.SHN_UNDEF) }), wire.UndefinedSymbol, malformed, unsupported, "")
	add("kernel-absolute", "has a kernel at the address of the stub", symbol(func(s *elf.Sym64) { s.Shndx, s.Value = uint16(elf.SHN_ABS), stubAddr }), malformed, unsupported, wire.UndefinedSymbol, "")
	add("kernel-outside", "has a kernel far behind its section", symbol(func(s *elf.Sym64) { s.Value = 1 << 40 }), malformed, "")
	add("kernel-before", "has a kernel before its section", symbol(func(s *elf.Sym64) { s.Value = minusOne - 15 }), malformed, "")
	add("kernel-common", "has a kernel in memory without contents", symbol(func(s *elf.Sym64) { s.Shndx, s.Value, s.Size = uint16(elf.SHN_COMMON), 8, 64 }), malformed, unsupported, wire.UndefinedSymbol, "")
	add("kernel-section", "has a kernel in a section that is not there", symbol(func(s *elf.Sym64) { s.Shndx = 0xfe00 }), malformed)
	add("kernel-strings", "has a kernel in a section that is not mapped", symbol(func(s *elf.Sym64) { s.Shndx, s.Value = secStrings, 0 }), malformed, unsupported, wire.UndefinedSymbol, "")
	add("kernel-indirect", "has a kernel that is found by running code", symbol(func(s *elf.Sym64) { s.Info = elf.ST_INFO(elf.STB_GLOBAL, elf.STT_GNU_IFUNC) }), malformed, unsupported, wire.UndefinedSymbol)
	add("bss-huge", "has a terabyte of zeros", bss(1<<40, 16), wire.MemoryLimit, wire.TooLarge)
	add("bss-all", "has zeros that fill all addresses", bss(minusOne, 1), wire.MemoryLimit, wire.TooLarge, malformed)
	add("bss-limit", "has more zeros than it may", bss(1<<28, 16), wire.MemoryLimit, wire.TooLarge)
	add("bss-align", "has a byte of zeros aligned to a gigabyte", bss(1, 1<<30), wire.MemoryLimit, wire.TooLarge, unsupported, malformed)
	add("relocation-outside", "relocates behind its code", relocated(asm(ret), rela(1<<40, symOwn, elf.R_X86_64_64, 0)), malformed)
	add("relocation-end", "relocates across the end of its code", relocated(asm(ret, "90909090"), rela(1, symOwn, elf.R_X86_64_64, 0)), malformed)
	add("relocation-symbol", "relocates by a symbol that is not there", relocated(asm("9090909090909090c3"), rela(0, 1<<20, elf.R_X86_64_64, 0)), malformed)
	add("relocation-type", "relocates by a type that is not there", relocated(asm("9090909090909090c3"), rela(0, symOwn, 200, 0)), unsupported, malformed)
	add("relocation-overflow", "relocates by an addend that does not fit", relocated(asm("9090909090909090c3"), rela(0, symOwn, elf.R_X86_64_32, 1<<40)), malformed, unsupported)
	add("relocation-makes-syscall", "becomes a system call by its relocation",
		relocated(asm("9090909090909090c3"), rela(0, 0, elf.R_X86_64_64, 0x1090909090c3050f)), wire.RefusedInstruction)
	add("relocation-copy", "asks to be relocated like a program", relocated(asm("9090909090909090c3"), rela(0, symOwn, elf.R_X86_64_COPY, 0)), unsupported, malformed)
	add("many-sections", "has 60,000 sections", func() []byte {
		own := make([]section, 60000)
		for i := range own {
			own[i] = section{name: "x", typ: elf.SHT_PROGBITS, flags: elf.SHF_ALLOC, data: []byte{0}, align: 1}
		}
		return object(asm(ret), 0, own...)
	}, "", wire.TooLarge, unsupported, wire.MemoryLimit)
	add("large-code", "has eight megabytes of code", func() []byte { return function(append(bytes.Repeat([]byte{0x90}, 8<<20), 0xc3)) },
		"", wire.TooLarge, wire.Timeout)
	add("large-data-in-code", "has four megabytes of bytes that are no code", func() []byte {
		return function(append(asm(ret), bytes.Repeat([]byte{0x06, 0x0f, 0xff}, 1<<20)...))
	}, "")
	add("many-relocations", "has 100,000 relocations", func() []byte {
		rs := make([]elf.Rela64, 100000)
		for i := range rs {
			rs[i] = rela(1, symOwn, elf.R_X86_64_64, 0)
		}
		return relocated(asm(ret, uint64(0)), rs...)()
	}, "", wire.RefusedInstruction, malformed)
	return list
}
