package loader

import (
	"math"
	"strings"
	"testing"
)

// testObject describes an object file; bytes writes it. Section 1 of the file
// is the first of sections; the tables come after them.
type testObject struct {
	sections []testSection
	symbols  []testSymbol // symbol 1 is the first; symbol 0 is null
	symbol0  *testSymbol
	osabi    byte
	extended bool // write section indexes through SHT_SYMTAB_SHNDX
	noSymtab bool
}

type testSection struct {
	name   string
	typ    uint32
	flags  uint64
	data   []byte
	size   uint64 // for NOBITS
	align  uint64
	link   uint32
	info   uint32
	relocs []rela
}

type testSymbol struct {
	name  string
	info  byte // bind<<4 | type
	shndx uint32
	value uint64
	size  uint64
}

const (
	globalFunc = stbGlobal<<4 | sttFunc
	globalNone = stbGlobal << 4
	weakNone   = stbWeak << 4
	localSect  = sttSection
)

type strtab struct{ b []byte }

func (t *strtab) add(s string) uint32 {
	if len(t.b) == 0 {
		t.b = []byte{0}
	}
	if s == "" {
		return 0
	}
	n := len(t.b)
	t.b = append(append(t.b, s...), 0)
	return uint32(n)
}

type rawSection struct {
	testSection
	name uint32
	off  uint64
}

// bytes writes the object: header, contents, section header table.
func (o *testObject) bytes() []byte {
	var names, symNames strtab
	symtab := uint32(len(o.sections) + 1)
	secs := []rawSection{{}}
	for _, s := range o.sections {
		secs = append(secs, rawSection{testSection: s, name: names.add(s.name)})
	}
	if !o.noSymtab {
		syms, shndx := o.symtab(&symNames)
		secs = append(secs,
			rawSection{testSection: testSection{typ: shtSymtab, data: syms, link: symtab + 1, info: 1, align: 8}, name: names.add(".symtab")},
			rawSection{testSection: testSection{typ: shtStrtab, data: symNames.b, align: 1}, name: names.add(".strtab")})
		if o.extended {
			secs = append(secs, rawSection{testSection: testSection{typ: shtSymtabShndx, data: shndx, link: symtab, align: 4}, name: names.add(".symtab_shndx")})
		}
	} else {
		symtab = 0
	}
	for i, s := range o.sections {
		if len(s.relocs) > 0 {
			var data []byte
			for _, r := range s.relocs {
				data = le.AppendUint64(data, r.offset)
				data = le.AppendUint64(data, uint64(r.sym)<<32|uint64(r.typ))
				data = le.AppendUint64(data, r.addend)
			}
			secs = append(secs, rawSection{testSection: testSection{typ: shtRela, data: data, link: symtab, info: uint32(i + 1), align: 8}, name: names.add(".rela" + s.name)})
		}
	}
	strName := names.add(".shstrtab")
	secs = append(secs, rawSection{testSection: testSection{typ: shtStrtab, data: names.b}, name: strName})
	return writeFile(secs, o.osabi)
}

func (o *testObject) symtab(names *strtab) (syms, shndx []byte) {
	names.add("")
	list := append([]testSymbol{{}}, o.symbols...)
	if o.symbol0 != nil {
		list[0] = *o.symbol0
	}
	for _, s := range list {
		index := s.shndx
		real := uint32(0)
		if o.extended && index != 0 && int(index) <= len(o.sections) {
			index, real = shnXIndex, s.shndx
		}
		syms = le.AppendUint32(syms, names.add(s.name))
		syms = append(syms, s.info, 0)
		syms = le.AppendUint16(syms, uint16(index))
		syms = le.AppendUint64(syms, s.value)
		syms = le.AppendUint64(syms, s.size)
		shndx = le.AppendUint32(shndx, real)
	}
	return syms, shndx
}

func writeFile(secs []rawSection, osabi byte) []byte {
	file := make([]byte, ehdrSize)
	for i := range secs {
		secs[i].off = uint64(len(file))
		file = append(file, secs[i].data...)
	}
	copy(file, "\x7fELF\x02\x01\x01")
	file[7] = osabi
	le.PutUint16(file[16:], elfTypeRel)
	le.PutUint16(file[18:], elfMachineX86)
	le.PutUint32(file[20:], 1)
	le.PutUint64(file[40:], uint64(len(file)))
	le.PutUint16(file[52:], ehdrSize)
	le.PutUint16(file[58:], shdrSize)
	count, last := len(secs), len(secs)-1
	if count < shnLoReserve {
		le.PutUint16(file[60:], uint16(count))
		le.PutUint16(file[62:], uint16(last))
	} else {
		le.PutUint16(file[62:], shnXIndex)
		secs[0].size, secs[0].link = uint64(count), uint32(last)
	}
	for _, s := range secs {
		size := uint64(len(s.data))
		if s.typ == shtNobits || s.typ == shtNull {
			size = s.size
		}
		file = le.AppendUint32(file, s.name)
		file = le.AppendUint32(file, s.typ)
		file = le.AppendUint64(file, s.flags)
		file = le.AppendUint64(file, 0)
		file = le.AppendUint64(file, s.off)
		file = le.AppendUint64(file, size)
		file = le.AppendUint32(file, s.link)
		file = le.AppendUint32(file, s.info)
		file = le.AppendUint64(file, s.align)
		file = le.AppendUint64(file, map[uint32]uint64{shtSymtab: symSize, shtRela: relaSize, shtGroup: 4}[s.typ])
	}
	return file
}

func textSection(code []byte, relocs ...rela) testSection {
	return testSection{name: ".text", typ: shtProgbits, flags: shfAlloc | shfExec, data: code, align: 16, relocs: relocs}
}

func dataSection(name string, data []byte, relocs ...rela) testSection {
	return testSection{name: name, typ: shtProgbits, flags: shfAlloc | shfWrite, data: data, align: 8, relocs: relocs}
}

func rodataSection(name string, data []byte, relocs ...rela) testSection {
	return testSection{name: name, typ: shtProgbits, flags: shfAlloc, data: data, align: 8, relocs: relocs}
}

func bssSection(size uint64) testSection {
	return testSection{name: ".bss", typ: shtNobits, flags: shfAlloc | shfWrite, size: size, align: 32}
}

// testPlacement is the cell's.
func testPlacement() Placement {
	return Placement{Base: 0x10000000, Limit: 0x40000000, TrapBase: 0x40000000, TrapLimit: 0x50000000,
		Externals:  map[string]uint64{"memcpy": 0x50000100, "abort": 0x50000200},
		ThreadBase: 0x08080000, ThreadEnd: 0x080f0000, ThreadPointer: 0x080f0000, ThreadExternals: map[string]uint64{"errno": 0x080f0800}, Descriptor: 0x50000300}
}

func neg(n int64) uint64 { return uint64(-n) }

// mustLoad loads an object that is right.
func mustLoad(t *testing.T, o *testObject) *Image {
	t.Helper()
	im, err := loadBytes(o.bytes())
	if err != nil {
		t.Fatalf("load: %v", err)
	}
	return im
}

// load lays an object out and relocates it.
func load(o *Object, p Placement) (*Image, error) {
	pl, err := Layout(o, p)
	if err != nil {
		return nil, err
	}
	return Relocate(pl)
}

func loadBytes(file []byte) (*Image, error) {
	o, err := Parse(file, Limits{})
	if err != nil {
		return nil, err
	}
	return load(o, testPlacement())
}

// mustRefuse checks class and text of the refusal.
func mustRefuse(t *testing.T, file []byte, class, text string) *Error {
	t.Helper()
	im, err := loadBytes(file)
	if err == nil {
		t.Fatalf("loaded %d sections, want a refusal with %q", len(im.Sections), text)
	}
	e, ok := err.(*Error)
	if !ok {
		t.Fatalf("error %v (%T) is not an *Error", err, err)
	}
	if e.Class != class || !strings.Contains(e.Error(), text) {
		t.Fatalf("refused as %s: %v\nwant %s: …%s…", e.Class, e, class, text)
	}
	return e
}

// field returns the n bytes at offset of section index, as a signed number.
func field(t *testing.T, im *Image, index int, offset, n uint64) int64 {
	t.Helper()
	s := im.section(index)
	if s == nil {
		t.Fatalf("section %d is not mapped", index)
	}
	b := im.Bytes(s)[offset:][:n]
	var v uint64
	for i := range b {
		v |= uint64(b[i]) << (8 * i)
	}
	return int64(v<<(64-8*n)) >> (64 - 8*n)
}

func addrOf(t *testing.T, im *Image, index int) uint64 {
	t.Helper()
	s := im.section(index)
	if s == nil {
		t.Fatalf("section %d is not mapped", index)
	}
	return s.Addr
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s = %#v, want %#v", what, got, want)
	}
}

const maxU64 = math.MaxUint64
