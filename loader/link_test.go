package loader

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// puzzle is files to be joined, whose symbols are drawn at random from a few names.
// Every definition is 8 bytes that no other has, and code refers to every name.
type puzzle struct {
	files []puzzleFile // the first is the object
}

type puzzleFile struct {
	name    string
	objects [][]byte // of an archive, several
	members []string
}

func (f *puzzleFile) archive() bool { return f.members != nil }

const puzzleNames = "abcdefgh"

// newPuzzle makes one.
func newPuzzle(rng *rand.Rand) *puzzle {
	id := byte(0)
	object := func(definitions int) []byte {
		var data []byte
		var symbols []testSymbol
		var code []byte
		var relocs []rela
		for i, n := range rng.Perm(len(puzzleNames)) {
			name := puzzleNames[n : n+1]
			s := testSymbol{name: name}
			switch k := rng.IntN(10); {
			case i >= 3:
				continue
			case definitions > 0 && k < 4, definitions > 0 && k < 6 && i == 0:
				id++
				s.info, s.shndx, s.value, s.size = stbGlobal<<4|sttObject, 2, uint64(len(data)), 8
				if k == 3 {
					s.info = stbWeak<<4 | sttObject
				}
				data = append(data, id, 1, 2, 3, 4, 5, 6, 7)
				definitions--
			case k == 6:
				s.info, s.shndx, s.value, s.size = stbGlobal<<4|sttObject, shnCommon, 8<<rng.IntN(3), uint64(8+8*rng.IntN(4))
			case k == 7:
				s.info = weakNone
			default:
				s.info = globalNone
			}
			symbols = append(symbols, s)
			relocs = append(relocs, rela{offset: uint64(len(code)), typ: 1, sym: uint32(len(symbols))})
			code = append(code, make([]byte, 8)...)
		}
		return (&testObject{
			sections: []testSection{textSection(code, relocs...), dataSection(".data", data)},
			symbols:  symbols,
		}).bytes()
	}
	p := &puzzle{files: []puzzleFile{{name: "k.o", objects: [][]byte{object(1)}}}}
	for i := range 1 + rng.IntN(3) {
		if rng.IntN(4) == 0 {
			p.files = append(p.files, puzzleFile{name: fmt.Sprintf("o%d.o", i), objects: [][]byte{object(2)}})
			continue
		}
		f := puzzleFile{name: fmt.Sprintf("lib%d.a", i)}
		for m := range 2 + rng.IntN(5) {
			f.members, f.objects = append(f.members, fmt.Sprintf("m%d.o", m)), append(f.objects, object(2))
		}
		p.files = append(p.files, f)
	}
	return p
}

// write writes the files; archives are ar's work, which indexes them.
func (p *puzzle) write(t *testing.T, dir string) (paths []string, with []Companion) {
	t.Helper()
	for i, f := range p.files {
		path := filepath.Join(dir, f.name)
		if !f.archive() {
			must(t, os.WriteFile(path, f.objects[0], 0o600))
		} else {
			var members []string
			for k, name := range f.members {
				members = append(members, filepath.Join(dir, name))
				must(t, os.WriteFile(members[k], f.objects[k], 0o600))
			}
			os.Remove(path)
			if out, err := exec.Command("ar", append([]string{"rcsD", path}, members...)...).CombinedOutput(); err != nil {
				t.Fatalf("ar: %v: %s", err, out)
			}
		}
		paths = append(paths, path)
		if i > 0 {
			data, err := os.ReadFile(path)
			must(t, err)
			with = append(with, Companion{Name: f.name, Data: data})
		}
	}
	return paths, with
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// described is what a joined image says of each name: whose bytes it stands for, or how
// it is undefined.
func described(t *testing.T, im *Image) string {
	t.Helper()
	says := map[string]string{}
	for i := range im.Symbols {
		s := &im.Symbols[i]
		if s.Name == "" || s.Kind == KindSection {
			continue
		}
		what := fmt.Sprintf("%s at %#x", s.Kind, s.Addr)
		if in := im.section(s.Section); in != nil {
			what = fmt.Sprintf("bytes % x", im.Bytes(in)[s.Addr-in.Addr:][:8])
		} else if s.Kind == KindCommon {
			what = fmt.Sprintf("%d bytes", s.Size)
			if s.Addr%8 != 0 {
				t.Errorf("%s is at %#x", s.Name, s.Addr)
			}
		}
		for _, u := range im.Undefined {
			if u.Addr == s.Addr && u.Name == s.Name {
				what = fmt.Sprintf("undefined, weak %v", u.Weak)
			}
		}
		if before := says[s.Name]; before != "" && before != what {
			t.Errorf("%s is %s, and %s", s.Name, before, what)
		}
		says[s.Name] = what
	}
	var list []string
	for name, what := range says {
		list = append(list, name+": "+what)
	}
	slices.Sort(list)
	return strings.Join(list, "\n")
}

// TestJoinAgrees joins files at random and compares with ld -r: whether they can be
// joined, which members are taken, what each name stands for, and what is undefined.
func TestJoinAgrees(t *testing.T) {
	for _, tool := range []string{"ar", "ld"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("GNU binutils are not installed: ", err)
		}
	}
	dir := t.TempDir()
	joined, refused, took := 0, 0, 0
	for seed := range uint64(24) {
		p := newPuzzle(rand.New(rand.NewPCG(seed, 7)))
		paths, with := p.write(t, dir)
		out := filepath.Join(dir, "joined")
		trace, ldErr := exec.Command("ld", append([]string{"-r", "-t", "-t", "-o", out}, paths...)...).Output()
		o, err := Link(p.files[0].objects[0], with, testPlacement(), Limits{})
		if (err == nil) != (ldErr == nil) {
			t.Fatalf("puzzle %d: %v, ld -r: %v\n%s", seed, err, ldErr, trace)
		}
		if err != nil {
			refused++
			if e, ok := err.(*Error); !ok || !strings.Contains(e.Detail, "defined twice") || e.File == "" {
				t.Errorf("puzzle %d: %v", seed, err)
			}
			continue
		}
		joined++
		var theirs []string
		for _, line := range strings.Fields(strings.ReplaceAll(string(trace), dir+"/", "")) {
			if archive, member, ok := strings.Cut(strings.TrimPrefix(line, "("), ")"); ok {
				line = archive + "(" + member + ")"
			}
			if line != "k.o" && !strings.HasSuffix(line, ".a") {
				theirs = append(theirs, line)
			}
		}
		ours := slices.Clone(o.Joined().Taken)
		took += len(ours)
		slices.Sort(theirs)
		slices.Sort(ours)
		if !slices.Equal(ours, theirs) {
			t.Errorf("puzzle %d: took %q, ld -r %q", seed, ours, theirs)
		}
		im, err := load(o, testPlacement())
		must(t, err)
		file, err := os.ReadFile(out)
		must(t, err)
		other, err := loadBytes(file)
		must(t, err)
		if a, b := described(t, im), described(t, other); a != b {
			t.Errorf("puzzle %d:\n%s\nld -r:\n%s", seed, a, b)
		}
	}
	if joined < 8 || refused < 3 || took < 12 {
		t.Errorf("%d puzzles were joined with %d files, %d refused: these say little", joined, took, refused)
	}
}

// helper is an object with a function, or with something that is not there.
func helper(name string, undefined ...string) []byte {
	o := &testObject{sections: []testSection{textSection([]byte{0xb8, 42, 0, 0, 0, 0xc3})}}
	if name != "" {
		o.symbols = append(o.symbols, testSymbol{name: name, info: globalFunc, shndx: 1, size: 6})
	}
	for _, u := range undefined {
		o.symbols = append(o.symbols, testSymbol{name: u, info: globalNone})
	}
	return o.bytes()
}

// TestJoinedFunction: the function that runs is the object's own, whatever else is there;
// one that only a companion has can be asked for.
func TestJoinedFunction(t *testing.T) {
	o, err := Link(helper("f", "g", "memcpy"), []Companion{{"g.o", helper("g", "h")}, {"i.o", helper("i")}}, testPlacement(), Limits{})
	must(t, err)
	im, err := load(o, testPlacement())
	must(t, err)
	c, err := im.Choose("sdot", nil)
	if err != nil || c.Name != "f" || c.Exact {
		t.Errorf("chosen: %+v, %v", c, err)
	}
	if c, err = im.ChooseSymbol("i"); err != nil || c.Name != "i" {
		t.Errorf("i: %+v, %v", c, err)
	}
	if got := fmt.Sprint(im.Joined.Taken); got != "[g.o i.o]" {
		t.Errorf("taken: %s", got)
	}
	var undefined []string
	for _, u := range im.Undefined {
		if !u.Supplied {
			undefined = append(undefined, u.Name)
		}
	}
	if fmt.Sprint(undefined) != "[h]" {
		t.Errorf("undefined: %q", undefined)
	}
}

// TestJoinErrors: the file at fault is named.
func TestJoinErrors(t *testing.T) {
	bad := helper("g")
	bad[18] = 3
	wild := (&testObject{sections: []testSection{textSection(make([]byte, 8), rela{typ: 1, sym: 9})}}).bytes()
	for _, tt := range []struct {
		with Companion
		want string
	}{
		{Companion{"g.o", bad}, "g.o, offset 0x12: "},
		{Companion{"g.o", helper("f")}, "f is defined twice: also in the object"},
		{Companion{"w.o", wild}, "w.o, section 1 (.text), offset 0x0: R_X86_64_64 refers to symbol 9"},
		{Companion{"t.a", []byte("!<thin>\n")}, "t.a: this is a thin archive"},
		{Companion{"x.a", []byte("!<arch>\nxx")}, "x.a: archive offset 0x8: the file ends"},
		{Companion{"big.o", (&testObject{sections: []testSection{bssSection(fuzzLimits().AllocBytes)}}).bytes()}, "big.o, section 1 (.bss): the section wants"},
	} {
		o, err := Link(helper("f"), []Companion{{"b.o", (&testObject{sections: []testSection{bssSection(64)}}).bytes()}, tt.with}, testPlacement(), fuzzLimits())
		if err == nil {
			_, err = load(o, testPlacement())
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v, want %q", err, tt.want)
		}
	}
}

// TestGroups: of two files that have a COMDAT group of one signature, the first one's
// stays, and names of the other's lead there.
func TestGroups(t *testing.T) {
	object := func(id byte) []byte {
		group := make([]byte, 8)
		group[0], group[4] = 1, 2 // GRP_COMDAT, section 2
		return (&testObject{
			sections: []testSection{
				textSection(make([]byte, 8), rela{typ: 1, sym: 1}),
				dataSection(".data.inline", bytes.Repeat([]byte{id}, 8)),
				{name: ".group", typ: shtGroup, data: group, align: 4, link: 4, info: 1},
			},
			symbols: []testSymbol{{name: "inline", info: stbWeak<<4 | sttObject, shndx: 2, size: 8}},
		}).bytes()
	}
	o, err := Link(object(1), []Companion{{"b.o", object(2)}}, testPlacement(), Limits{})
	must(t, err)
	im, err := load(o, testPlacement())
	must(t, err)
	var inline []uint64
	for _, s := range im.Symbols {
		if s.Name == "inline" {
			inline = append(inline, s.Addr)
		}
	}
	if len(inline) != 2 || inline[0] != inline[1] || im.sectionAt(inline[0]).File != "" {
		t.Errorf("inline is at %#x", inline)
	}
	for i := range im.Sections {
		if s := &im.Sections[i]; s.File != "" && strings.HasPrefix(s.Name, ".data") {
			t.Errorf("%s of %s is there", s.Name, s.File)
		}
	}
}

// FuzzLink holds what must be true of any object to an object and any companion.
func FuzzLink(f *testing.F) {
	f.Add(helper("f", "g"), helper("g"))
	f.Add(helper("f", "g"), []byte("!<arch>\n"))
	for _, file := range realObjects(f) {
		f.Add(helper("f", "sum"), file)
		f.Add(file, helper("g"))
	}
	f.Fuzz(func(t *testing.T, file, companion []byte) {
		o, err := Link(file, []Companion{{"c", companion}}, testPlacement(), fuzzLimits())
		if (o == nil) == (err == nil) {
			t.Fatalf("Link returned %v and %v", o, err)
		}
		if err == nil {
			var im *Image
			if im, err = load(o, testPlacement()); err == nil {
				checkImage(t, im, fuzzLimits())
				return
			}
		}
		checkRefusal(t, err)
	})
}
