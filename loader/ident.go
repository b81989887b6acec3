package loader

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// checkIdent checks e_ident, that the file is for this machine, and that the whole
// header is there. A file of another kind is named, because the usual mistake is to
// send the wrong one.
func checkIdent(file []byte) error {
	if !bytes.HasPrefix(file, []byte("\x7fELF")) {
		return notELF(file)
	}
	if len(file) < ehdrSize {
		return malformed("the file has %d bytes, an ELF header needs %d", len(file), ehdrSize).
			advise("it was cut off; curl --data does that at the first zero byte, --data-binary sends a file as it is")
	}
	if bytes.IndexByte(file[:ehdrSize], 0) < 0 { // e_version alone has three, of any machine
		return malformed("the ELF header has no byte that is 0").
			advise("it was changed on its way; curl --data takes zero bytes and ends of lines out, --data-binary sends a file as it is")
	}
	if err := checkMachine(file); err != nil {
		return err
	}
	switch file[4] {
	case elfClass64:
	case elfClass32:
		return unsupported("this is a 32-bit object (x32)").at(4).advise("build for the LP64 x86-64 ABI (-m64)")
	default:
		return malformed("EI_CLASS is %d, not 2 (64-bit)", file[4]).at(4)
	}
	if file[5] != elfData2LSB {
		return malformed("EI_DATA is %d, not 1 (little-endian)", file[5]).at(5)
	}
	if file[6] != 1 {
		return malformed("EI_VERSION is %d, not 1", file[6]).at(6)
	}
	switch file[7] {
	case elfOSABISysV, elfOSABIGNU, elfOSABIFreeBSD, elfOSABIOpenBSD: // objects for these differ in nothing else
		return nil
	}
	return unsupported("EI_OSABI is %d, none of 0 (System V), 3 (GNU), 9 (FreeBSD), 12 (OpenBSD)", file[7]).at(7).advise("build for x86_64-linux")
}

// machine names a processor that objects are sent of (gABI, e_machine), "" for others.
func machine(v uint16) string {
	for _, m := range [...]struct {
		number uint16
		name   string
	}{
		{2, "SPARC"}, {3, "i386"}, {4, "m68k"}, {8, "MIPS"}, {15, "PA-RISC"}, {20, "PowerPC"}, {21, "PowerPC64"}, {22, "S/390 (s390x)"},
		{40, "ARM (32-bit)"}, {42, "SuperH"}, {43, "SPARC V9"}, {50, "Itanium"}, {83, "AVR"}, {94, "Xtensa"}, {105, "MSP430"}, {164, "Hexagon"}, {183, "AArch64 (ARM64)"}, {190, "CUDA"}, {224, "AMD GPU"},
		{243, "RISC-V"}, {247, "BPF"}, {258, "LoongArch"},
	} {
		if m.number == v {
			return m.name
		}
	}
	return ""
}

// checkMachine refuses an object for another processor, in its own order of bytes.
func checkMachine(file []byte) error {
	v := le.Uint16(file[18:])
	if big := v<<8 | v>>8; file[5] == elfData2MSB && machine(big) != "" {
		v = big
	}
	if v == elfMachineX86 {
		return nil // or EI_DATA is wrong
	}
	name := machine(v)
	switch {
	case v == 3:
		return unsupported("this is a 32-bit object for i386 (-m32)").at(18).advise("build for the LP64 x86-64 ABI (-m64)")
	case name == "":
		name = "another machine"
	}
	return unsupported("this object is for %s: e_machine is %d, not 62 (x86-64)", name, v).at(18).advise("build for x86-64; a cross compiler is x86_64-linux-gnu-gcc, or clang --target=x86_64-linux-gnu")
}

// typeName says what an ELF file of another type is (gABI, e_type).
func typeName(v uint16) string {
	switch v {
	case 2:
		return "an executable"
	case 3:
		return "a shared library or position-independent executable"
	case 4:
		return "a core dump"
	}
	return "which is unknown"
}

// foreign lists the files that are sent instead of an ELF object.
var foreign = [...]struct{ magic, what, advice string }{
	{"BC\xc0\xde", "LLVM bitcode", "compile without -flto"},
	{"\xde\xc0\x17\x0b", "LLVM bitcode", "compile without -flto"},
	{"go object ", "an object of Go's assembler or compiler", "only Go's linker reads it; gccgo -c writes ELF, and gcc -c assembles what is in gas's syntax"},
	{"!<arch>\n__.PKGDEF ", "a package of Go's compiler", "only Go's linker reads it; gccgo -c writes ELF"},
	{"!<arch>\ndebian-binary", "a Debian package", "unpack it first (dpkg -x)"},
	{"!<arch>\n", "an archive", "send one of its members (ar x), or send it along with an object that needs it (--with)"},
	{"!<thin>\n", "a thin archive, which holds no members, only the names of their files", "send one of these, or make a full archive: ar rcs FULL.a $(ar t THIN.a)"},
	{"\xcf\xfa\xed\xfe", "a Mach-O file", "build for x86_64-linux"},
	{"\xca\xfe\xba\xbe", "a Mach-O file for several machines, or a Java class", "build for x86_64-linux"},
	{"MZ", "a PE file", "build for x86_64-linux"},
	{"\x64\x86", "a COFF object", "build for x86_64-linux (nasm -f elf64)"},
	{"\x64\xaa", "a COFF object for AArch64", "build for x86_64-linux"},
	{"\x00\x00\xff\xff", "a COFF object of many sections, or a member of an import library", "build for x86_64-linux"},
	{"\x4c\x01", "a 32-bit COFF object", "build for x86_64-linux (nasm -f elf64)"},
	{"\x1f\x8b", "a file packed by gzip", "unpack it first (gunzip)"},
	{"BZh", "a file packed by bzip2", "unpack it first (bunzip2)"},
	{"\xfd7zXZ\x00", "a file packed by xz", "unpack it first (unxz)"},
	{"\x28\xb5\x2f\xfd", "a file packed by zstd", "unpack it first (unzstd)"},
	{"\x04\x22\x4d\x18", "a file packed by lz4", "unpack it first (unlz4)"},
	{"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it first (7z x)"},
	{"PK\x03\x04", "a zip archive", "unpack it first (unzip)"},
	{"\x00asm", "a WebAssembly module", "build for x86_64-linux"},
}

// notELF says what a file is that is no ELF file.
func notELF(file []byte) error {
	for _, f := range foreign {
		if bytes.HasPrefix(file, []byte(f.magic)) {
			return unsupported("this is %s, not an ELF object", f.what).advise(f.advice)
		}
	}
	if ustar := 257; len(file) >= 512 && bytes.HasPrefix(file[ustar:], []byte("ustar")) { // POSIX, pax, "ustar Interchange Format"
		return unsupported("this is a tar archive, not an ELF object").advise("unpack it first (tar xf)")
	}
	if len(file) == 0 {
		return malformed("the file is empty, not an ELF file").advise("a compiler writes it: gcc -O2 -c kernel.c -o kernel.o")
	}
	const sample = 1024
	head := file[:min(len(file), sample)]
	if text := string(head); isText(text, len(head) < len(file)) {
		return malformed("this is %s, not an ELF file", textKind(text)).advise(textAdvice(text))
	}
	return malformed("this is not an ELF file: it does not start with 7f 45 4c 46").at(0).
		advise(`raw machine code becomes an object by an assembler: echo '.globl f; f: .incbin "FILE"' | gcc -c -x assembler - -o f.o`)
}

// isText reports whether the beginning of a file is text; a rune may be cut off.
func isText(s string, cut bool) bool {
	for i, r := range s {
		switch {
		case r == utf8.RuneError && cut && len(s)-i < utf8.UTFMax:
		case r == utf8.RuneError, r < ' ' && r != '\n' && r != '\r' && r != '\t' && r != '\f', r == 0x7f:
			return false
		}
	}
	return true
}

// textKind says what a text is, as far as a glance tells.
func textKind(text string) string {
	kinds := []struct{ kind, mark string }{
		{"a linker script", "GROUP"}, {"a linker script", "GNU ld script"}, {"a pointer of Git LFS", "version https://git-lfs"},
		{"an HTML page", "<!DOCTYPE"}, {"an HTML page", "<!doctype"}, {"an HTML page", "<html"},
		{"LLVM assembly", "target triple"}, {"LLVM assembly", "define "},
		{"C or C++ source", "#include"}, {"C or C++ source", "#define"}, {"Rust source", "fn "},
		{"assembler source", ".globl"}, {"assembler source", ".text"}, {"assembler source", "section ."}, {"assembler source", "SECTION ."}, {"assembler source", "global "},
		{"Go source", "func "}, {"Python source", "import "}, {"Python source", "def "},
		{"Fortran source", "subroutine"}, {"Fortran source", "SUBROUTINE"}, {"Fortran source", "end function"}, {"Fortran source", "END FUNCTION"},
		{"C or C++ source", "{"},
	}
	switch {
	case strings.HasPrefix(text, "f0VMR"): // 7f 45 4c 46 (RFC 4648, 4)
		return "base64 of an ELF file"
	case strings.HasPrefix(text, `{"`), strings.HasPrefix(text, `[{"`):
		return "JSON"
	}
	for _, k := range kinds {
		if strings.Contains(text, k.mark) {
			return k.kind
		}
	}
	return "text"
}

func textAdvice(text string) string {
	switch kind := textKind(text); kind {
	case "base64 of an ELF file":
		return "unpack it first (base64 -d)"
	case "a pointer of Git LFS":
		return "fetch the file that it stands for (git lfs pull)"
	case "an HTML page", "JSON":
		return "what was downloaded is an answer, not the file"
	case "Python source":
		return "a compiler makes objects: gcc -O2 -c kernel.c -o kernel.o"
	case "Go source":
		return "compile it first: gccgo -O2 -c FILE -o FILE.o"
	case "C or C++ source", "assembler source", "Fortran source":
		return "compile it first: gcc -O2 -c FILE -o FILE.o"
	case "Rust source":
		return "compile it first: rustc -O --crate-type=lib --emit=obj FILE"
	case "LLVM assembly":
		return "compile it first: clang -O2 -c FILE -o FILE.o"
	case "a linker script":
		return "send the files that it names"
	}
	return fmt.Sprintf("it begins with %.40q", text)
}
