package loader

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// threadAccess is how code gets at a thread-local variable: from the field that a
// relocation of a type wrote, and what the GOT holds, to an address.
func threadAccess(t *testing.T, im *Image, p Placement, typ uint32, value int64) uint64 {
	t.Helper()
	got := func(addr uint64) uint64 {
		for _, r := range im.Regions {
			if r.Kind == "got" && addr >= r.Addr && addr+8 <= r.Addr+uint64(len(r.Data)) {
				return le.Uint64(r.Data[addr-r.Addr:])
			}
		}
		t.Fatalf("%s leads to %#x, which is not in the GOT", relocTypes[typ].name, addr)
		return 0
	}
	at := uint64(value) + fieldAddr // for those that are relative to the field
	switch relocTypes[typ].formula {
	case threadOff:
		return p.ThreadPointer + uint64(value)
	case blockOff:
		return im.ThreadBlock + uint64(value)
	case offsetPC:
		return p.ThreadPointer + got(at)
	case pairPC, modulePC:
		return got(at) + got(at+8)
	case descriptorPC:
		if got(at) != p.Descriptor {
			t.Errorf("the descriptor's function is %#x", got(at))
		}
		return p.ThreadPointer + got(at+8)
	}
	t.Fatalf("%s is no access", relocTypes[typ].name)
	return 0
}

// TestTLSRelocations: whichever way code adds things up, it gets to the variable,
// or, if another object has it, into its trap. (Subtlety 15.)
func TestTLSRelocations(t *testing.T) {
	symbols := map[string]testSymbol{
		"defined":         {name: "v", info: stbGlobal<<4 | sttTLS, shndx: 2, value: 4},
		"untyped":         {name: "v", info: globalNone, shndx: 2, value: 4},
		"section":         {info: localSect, shndx: 2},
		"common":          {name: "v", info: stbGlobal<<4 | sttTLS, shndx: shnCommon, value: 8, size: 16},
		"supplied":        {name: "errno", info: stbGlobal<<4 | sttTLS},
		"elsewhere":       {name: "v", info: stbGlobal<<4 | sttTLS},
		"untyped, abroad": {name: "v", info: globalNone},
	}
	p := testPlacement()
	for _, typ := range []uint32{17, 18, 19, 20, 21, 22, 23, 34} {
		width := uint64(relocTypes[typ].width)
		for which, sym := range symbols {
			o := relocate(typ, sym, 0)
			o.sections[1] = tlsSection(".tdata", shtProgbits, 20)
			im := mustLoad(t, o)
			addr := threadAccess(t, im, p, typ, field(t, im, 1, 8, width))
			want := im.Symbols[1].Addr
			if typ == 20 {
				want = im.ThreadBlock // of the module, whichever symbol is named
			}
			if addr != want {
				t.Errorf("%s, %s: the access ends at %#x, want %#x", relocTypes[typ].name, which, addr, want)
			}
			u, trapped := im.Trap(im.Symbols[1].Addr)
			switch which {
			case "elsewhere", "untyped, abroad":
				if !trapped || u.Kind != UnresolvedTLS || u.References != 1 || u.Name != "v" {
					t.Errorf("%s, %s: trap %v", relocTypes[typ].name, which, u)
				}
			case "supplied":
				equal(t, "errno", im.Symbols[1].Addr, p.ThreadExternals["errno"])
			default:
				g := im.Segments[0]
				if g.Perm != Thread || im.Symbols[1].Addr < g.Addr || im.Symbols[1].Addr >= p.ThreadPointer || trapped {
					t.Errorf("%s, %s: the variable is at %#x", relocTypes[typ].name, which, im.Symbols[1].Addr)
				}
			}
		}
	}
	im := mustLoad(t, relocate(35, symbols["elsewhere"], 0))
	equal(t, "TLSDESC_CALL writes nothing", field(t, im, 1, 8, 8), 0)
}

// TestTLSMisuse: a TLS relocation against what is not thread-local is refused; an
// ordinary one against what is gets the variable's address, as in ld.
func TestTLSMisuse(t *testing.T) {
	for _, sym := range []testSymbol{{name: "x", info: globalNone, shndx: 2}, abs(0x10000000), {info: localSect, shndx: 1}, {name: "x", info: stbGlobal<<4 | sttTLS, shndx: 2}} {
		mustRefuse(t, relocate(23, sym, 0).bytes(), Malformed, "not thread-local")
	}
	o := relocate(23, abs(0), 0)
	o.sections[0].relocs[0].sym = 0
	mustRefuse(t, o.bytes(), Malformed, "not thread-local")
	for _, sym := range []testSymbol{{name: "v", info: stbGlobal<<4 | sttTLS, shndx: 2}, {info: localSect, shndx: 2}} {
		o = relocate(1, sym, 0)
		o.sections[1] = tlsSection(".tdata", shtProgbits, 16)
		im := mustLoad(t, o)
		equal(t, "the address of a thread-local", uint64(field(t, im, 1, 8, 8)), testPlacement().ThreadPointer-16)
	}
}

// TestTLSBounds: what does not fit below the thread pointer is refused, before any
// memory is taken.
func TestTLSBounds(t *testing.T) {
	p := testPlacement()
	room := p.ThreadPointer - p.ThreadBase
	load := func(change func(*testSection)) []byte {
		o := relocate(23, testSymbol{name: "v", info: stbGlobal<<4 | sttTLS, shndx: 2}, 0)
		o.sections[1] = tlsSection(".tbss", shtNobits, int(room))
		change(&o.sections[1])
		return o.bytes()
	}
	im, err := loadBytes(load(func(*testSection) {}))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "the block", im.ThreadBlock, p.ThreadBase)
	mustRefuse(t, load(func(s *testSection) { s.size++ }), MemoryLimit, "thread-local variables take more than")
	mustRefuse(t, load(func(s *testSection) { s.size = 1 << 63 }), MemoryLimit, "thread-local variables take more than")
	mustRefuse(t, load(func(s *testSection) { s.size, s.align = 8, 1<<20 }), MemoryLimit, "thread-local variables take more than")
	mustRefuse(t, load(func(s *testSection) { s.size, s.align = 8, 1<<17 }), Unsupported, "aligned to 131072 bytes")
	mustRefuse(t, load(func(s *testSection) { s.flags |= shfExec }), Unsupported, "executable and thread-local")
	mustRefuse(t, load(func(s *testSection) { s.align = 3 }), Malformed, "not a power of two")
}

// TestThreadOffsetsAgree has ld link thread-local sections of many alignments, and
// compares each variable's distance from the thread pointer, which does not depend
// on where a linker puts things.
func TestThreadOffsetsAgree(t *testing.T) {
	for _, tool := range []string{"as", "ld"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("GNU binutils are not installed: ", err)
		}
	}
	dir := t.TempDir()
	source := func(first, second, third string) string {
		return `
	.text
	.globl _start
_start:
	movl %fs:a@tpoff, %eax
	movl %fs:b@tpoff+4, %eax
	movl %fs:c@tpoff, %eax
	movl %fs:d@tpoff, %eax
	movl %fs:e@tpoff-2, %eax
	movabsq $c@tpoff, %rax
	.section .tdata,"awT",@progbits
	.balign ` + first + `
a:	.long 1
b:	.quad 2
	.section .tdata.more,"awT",@progbits
	.balign ` + second + `
c:	.byte 3
	.section .tbss,"awT",@nobits
	.balign ` + third + `
d:	.zero 13
	.section .tbss.more,"awT",@nobits
	.balign 2
e:	.zero 2
`
	}
	for _, aligns := range [][3]string{{"1", "1", "1"}, {"4", "8", "16"}, {"64", "1", "1"}, {"1", "32", "1"}, {"1", "1", "4096"}, {"8", "128", "4"}} {
		object, linked := filepath.Join(dir, "t.o"), filepath.Join(dir, "t")
		cmd := exec.Command("sh", "-c", `as -o "$0" - && ld -o "$1" "$0"`, object, linked)
		stdin, err := os.CreateTemp(dir, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err = stdin.WriteString(source(aligns[0], aligns[1], aligns[2])); err != nil {
			t.Fatal(err)
		}
		if _, err = stdin.Seek(0, 0); err != nil {
			t.Fatal(err)
		}
		cmd.Stdin = stdin
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		stdin.Close()
		file, err := os.ReadFile(object)
		if err != nil {
			t.Fatal(err)
		}
		im, err := loadBytes(file)
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := elf.Open(linked)
		if err != nil {
			t.Fatal(err)
		}
		text, err := theirs.Section(".text").Data()
		if err != nil {
			t.Fatal(err)
		}
		theirs.Close()
		if ours := im.Bytes(im.section(1)); string(ours) != string(text) {
			t.Errorf("alignments %v: ours\n% x, ld's\n% x", aligns, ours, text)
		}
	}
}
