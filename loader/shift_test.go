package loader

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"webrunner/filter/screen"
)

// shiftObjects are objects of compilers and assemblers, and the examples.
func shiftObjects(t *testing.T) map[string][]byte {
	t.Helper()
	objects := realObjects(t)
	paths, err := filepath.Glob("../examples/objects/*.o")
	if err != nil || len(paths) < 20 {
		t.Fatalf("%d examples: %v", len(paths), err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		objects["example "+filepath.Base(path)] = data
	}
	return objects
}

func loadShifted(t *testing.T, file []byte, shift uint64) *Image {
	t.Helper()
	o, err := Parse(file, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	p := testPlacement()
	p.CodeShift = shift
	im, err := load(o, p)
	if err != nil {
		t.Fatal(err)
	}
	return im
}

// Wherever the code goes, the image is the same: sections and symbols are where
// they belong, what relocations lead to is their symbol, all other bytes stay,
// and the screen says the same about it.
func TestCodeShift(t *testing.T) {
	for name, file := range shiftObjects(t) {
		t.Run(name, func(t *testing.T) {
			natural := loadShifted(t, file, 0)
			relocs := fields(t, file)
			want := screened(t, natural)
			for shift := range uint64(CodeLine) {
				im := loadShifted(t, file, shift)
				checkSegments(t, im, 1<<30)
				checkSections(t, im)
				checkNames(t, im)
				sameShape(t, natural, im, shift)
				for _, r := range relocs {
					r.check(t, im)
				}
				sameBytes(t, natural, im, relocs)
				if got := screened(t, im); !reflect.DeepEqual(got, want) {
					t.Fatalf("shift %d: the screen says %+v, else %+v", shift, got, want)
				}
			}
		})
	}
}

// sameShape: executable sections are shift bytes further along, others on the
// same place of their page, and symbols with their sections.
func sameShape(t *testing.T, natural, im *Image, shift uint64) {
	t.Helper()
	moved := map[int]uint64{}
	for i, s := range im.Sections {
		n := natural.Sections[i]
		moved[s.Index] = s.Addr - n.Addr
		switch d := s.Addr - n.Addr; {
		case s.Size == 0:
		case s.Exec && d != shift:
			t.Fatalf("shift %d moves section %s by %d", shift, s.Name, d)
		case !s.Exec && d != 0 && d != Page:
			t.Fatalf("shift %d moves section %s, which is not executable, by %#x", shift, s.Name, d)
		}
	}
	for i, s := range im.Symbols {
		if n := natural.Symbols[i]; n.Section != 0 && natural.section(n.Section) != nil && s.Kind != KindIFunc && s.Kind != KindTLS && moved[s.Section] != s.Addr-n.Addr {
			t.Fatalf("shift %d moves symbol %s by %#x, its section by %#x", shift, s.Name, s.Addr-n.Addr, moved[s.Section])
		}
	}
	if !reflect.DeepEqual(im.Undefined, natural.Undefined) || !reflect.DeepEqual(im.Warnings, natural.Warnings) {
		t.Fatalf("shift %d: %v, %v", shift, im.Undefined, im.Warnings)
	}
	if len(im.Roots) != len(natural.Roots) {
		t.Fatalf("shift %d: %d roots, else %d", shift, len(im.Roots), len(natural.Roots))
	}
	if len(im.Guesses) != len(natural.Guesses) {
		t.Fatalf("shift %d: %d guesses, else %d", shift, len(im.Guesses), len(natural.Guesses))
	}
	for i, r := range im.Roots {
		if r != natural.Roots[i]+shift {
			t.Fatalf("shift %d: root %#x, else %#x", shift, r, natural.Roots[i])
		}
	}
}

// reloc is a relocation of a mapped section as debug/elf's constants explain it.
type reloc struct {
	section int
	offset  uint64
	typ     elf.R_X86_64
	sym     uint32
	addend  uint64
}

// fields reads the relocations of a file without the loader's parser.
func fields(t *testing.T, file []byte) (relocs []reloc) {
	t.Helper()
	f, err := elf.NewFile(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range f.Sections {
		if s.Type != elf.SHT_RELA || f.Sections[s.Info].Flags&elf.SHF_ALLOC == 0 {
			continue
		}
		data, err := s.Data()
		if err != nil {
			t.Fatal(err)
		}
		for ; len(data) >= 24; data = data[24:] {
			info := binary.LittleEndian.Uint64(data[8:])
			relocs = append(relocs, reloc{int(s.Info), binary.LittleEndian.Uint64(data),
				elf.R_X86_64(elf.R_TYPE64(info)), elf.R_SYM64(info), binary.LittleEndian.Uint64(data[16:])})
		}
	}
	return relocs
}

// check follows a relocated field to what it leads to. TestLinkerAgrees checks
// the types that are not here.
func (r reloc) check(t *testing.T, im *Image) {
	t.Helper()
	s := im.section(r.section)
	if s == nil || s.NoBits {
		return
	}
	narrow := func() uint64 { return uint64(int64(int32(le.Uint32(im.Bytes(s)[r.offset:])))) }
	wide := func() uint64 { return le.Uint64(im.Bytes(s)[r.offset:]) }
	place, want, got := s.Addr+r.offset, im.Symbols[r.sym].Addr, uint64(0)
	switch r.typ {
	case elf.R_X86_64_64:
		got = wide() - r.addend
	case elf.R_X86_64_32S:
		got = narrow() - r.addend
	case elf.R_X86_64_PC64:
		got = wide() - r.addend + place
	case elf.R_X86_64_PC32, elf.R_X86_64_PLT32:
		got = im.throughStub(narrow() - r.addend + place)
	case elf.R_X86_64_GOTPCREL, elf.R_X86_64_GOTPCRELX, elf.R_X86_64_REX_GOTPCRELX:
		got = im.word(narrow() - r.addend + place)
	default:
		return
	}
	if got != want {
		t.Fatalf("%v at %s+%#x leads to %#x, symbol %s is at %#x", r.typ, s.Name, r.offset, got, im.Symbols[r.sym].Name, want)
	}
}

// throughStub follows the jump at addr if a stub is there.
func (im *Image) throughStub(addr uint64) uint64 {
	for _, g := range im.Regions {
		if at := addr - g.Addr; g.Kind == "stubs" && at < uint64(len(g.Data)) {
			return im.word(addr + 6 + uint64(int64(int32(le.Uint32(g.Data[at+2:])))))
		}
	}
	return addr
}

// word reads a slot of the GOT.
func (im *Image) word(addr uint64) uint64 {
	for _, g := range im.Regions {
		if at := addr - g.Addr; g.Kind == "got" && at < uint64(len(g.Data)) {
			return le.Uint64(g.Data[at:])
		}
	}
	return 0xbad
}

// sameBytes compares what no relocation writes.
func sameBytes(t *testing.T, natural, im *Image, relocs []reloc) {
	t.Helper()
	for i := range im.Sections {
		s, n := &im.Sections[i], &natural.Sections[i]
		got, want := bytes.Clone(im.Bytes(s)), bytes.Clone(natural.Bytes(n))
		for _, r := range relocs {
			if r.section == s.Index && got != nil {
				width := uint64(relocTypes[r.typ].width)
				clear(got[r.offset:][:width])
				clear(want[r.offset:][:width])
			}
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("section %s differs", s.Name)
		}
	}
}

// opinion is what the screen says of an image, without addresses.
type opinion struct {
	refusals []string
	isa      []string
	bytes    int
}

func screened(t *testing.T, im *Image) opinion {
	c := screen.Code{Roots: im.Roots, Externals: []screen.Range{{Start: testPlacement().TrapBase, End: testPlacement().TrapLimit}}}
	for _, addr := range testPlacement().Externals {
		c.Externals = append(c.Externals, screen.Range{Start: addr, End: addr + 1})
	}
	var o opinion
	for i := range im.Sections {
		if s := &im.Sections[i]; s.Exec && !s.NoBits && s.Size > 0 {
			c.Sections = append(c.Sections, screen.Section{Index: s.Index, Name: s.Name, Addr: s.Addr, Code: im.Bytes(s)})
			o.bytes += int(s.Size)
		}
	}
	v, err := screen.Screen(c, screen.Host{}, screen.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range v.Refusals {
		o.refusals = append(o.refusals, fmt.Sprintf("%s at %s+%#x", r.Rule, r.Section, r.Offset))
	}
	o.isa = v.ISA
	return o
}

// The helper's shift brings the chosen function where it is wanted.
func TestCodeShiftOf(t *testing.T) {
	file := (&testObject{
		sections: []testSection{textSection(make([]byte, 300))},
		symbols:  []testSymbol{{name: "f", info: globalFunc, shndx: 1, value: 33}, {name: "g", info: globalFunc, shndx: 1, value: 100}},
	}).bytes()
	o, err := Parse(file, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"f", "g"} {
		for want := range uint64(CodeLine) {
			p := testPlacement()
			p.CodeShift = 5 // of no influence
			if p.CodeShift, err = CodeShift(o, p, want, func(im *Image) (Choice, error) { return im.Choose("no such function", []string{name}) }); err != nil {
				t.Fatal(err)
			}
			im, err := load(o, p)
			if err != nil {
				t.Fatal(err)
			}
			c, err := im.Choose(name, nil)
			if err != nil || c.Addr%CodeLine != want || p.CodeShift >= CodeLine {
				t.Errorf("%s is at %#x, want %d modulo %d (%v)", name, c.Addr, want, CodeLine, err)
			}
		}
	}
	data, err := Parse((&testObject{sections: []testSection{dataSection(".data", []byte{1})}}).bytes(), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := CodeShift(data, testPlacement(), 0, func(im *Image) (Choice, error) { return im.ChooseSymbol("h") }); err == nil {
		t.Error("a function is found where there is no code")
	}
	if _, err := CodeShift(o, testPlacement(), CodeLine, func(im *Image) (Choice, error) { return im.ChooseSymbol("f") }); err == nil {
		t.Error("64 is accepted as a remainder of 64")
	}
}

// A shift of the code never moves data if there is no code, and is bounded.
func TestCodeShiftEdges(t *testing.T) {
	data := (&testObject{sections: []testSection{dataSection(".data", []byte{1})}}).bytes()
	if a, b := loadShifted(t, data, 0), loadShifted(t, data, 63); !reflect.DeepEqual(a.Segments, b.Segments) {
		t.Errorf("%d segments from %#x, else %d from %#x", len(b.Segments), b.Segments[0].Addr, len(a.Segments), a.Segments[0].Addr)
	}
	full := (&testObject{sections: []testSection{textSection(make([]byte, Page)), dataSection(".data", []byte{1})}}).bytes()
	im := loadShifted(t, full, 1)
	if s := im.Segments[0]; s.Size != 2*Page || s.Data[0] != int3 || s.Data[1] != 0 || s.Data[Page] != 0 || s.Data[Page+1] != int3 {
		t.Errorf("code of a page, a byte further, takes %d bytes: %x … %x", s.Size, s.Data[:2], s.Data[Page:Page+2])
	}
	p := testPlacement()
	p.CodeShift = Page
	o, err := Parse(data, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Layout(o, p); err == nil {
		t.Error("a shift of a page is accepted")
	}
}
