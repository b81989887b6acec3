package kernels

import (
	"errors"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

func spec(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

func TestLoad(t *testing.T) {
	good, other := spec(`<kernel name="f"><call/></kernel>`), spec(`<kernel name="g" namespace="mine"><call/></kernel>`)
	for _, tt := range []struct {
		name  string
		files fstest.MapFS
		root  string
		want  string // full names, or the beginning of the error
	}{
		{"a folder", fstest.MapFS{"a/f.xml": good, "README": spec("text"), "b/c/g.xml": other}, ".", "f mine/g"},
		{"a part of one", fstest.MapFS{"a/f.xml": good, "b/c/g.xml": other}, "b", "mine/g"},
		{"one file", fstest.MapFS{"f.xml": good, "g.xml": other}, "f.xml", "f"},
		{"of any name", fstest.MapFS{"f.spec": good}, "f.spec", "f"},
		{"none", fstest.MapFS{"README": spec("text")}, ".", ""},
		{"a faulty one", fstest.MapFS{"a.xml": good, "b.xml": spec("<kernel name=\"h\">\n<cal/></kernel>")}, ".", "b.xml:2: "},
		{"two of a name", fstest.MapFS{"a/one.xml": good, "b/two.xml": good}, ".", "b/two.xml has the kernel f, which a/one.xml has already"},
		{"one of ours, twice", fstest.MapFS{"a.xml": spec(`<kernel name="playground"><call/></kernel>`), "b.xml": spec(`<kernel name="playground"><call/></kernel>`)}, ".",
			"b.xml has the kernel playground, which a.xml has already"},
		{"several", fstest.MapFS{"f.xml": spec("<kernels>\n<kernel name=\"f\"><call/></kernel> <!-- and -->\n<kernel name=\"g\"><doc>g</doc><call/></kernel></kernels>")}, ".", "f g"},
		{"a faulty one of several", fstest.MapFS{"f.xml": spec("<kernels>\n<kernel name=\"f\"><call/></kernel>\n<kernel/></kernels>")}, ".", "f.xml:3: "},
		{"several that are none", fstest.MapFS{"f.xml": spec("<kernels>\n</kernels>")}, ".", "f.xml:1: <kernels> has no <kernel>"},
		{"several in several", fstest.MapFS{"f.xml": spec("<kernels>\n<kernels/></kernels>")}, ".", "f.xml:2: "},
	} {
		set, err := Builtin()
		if err != nil {
			t.Fatal(err)
		}
		builtin := set.Len()
		got := ""
		if err := set.Load(tt.files, tt.root); err != nil {
			got = err.Error()
		} else {
			got = strings.Join(fullNames(set.entries[builtin:]), " ")
		}
		if got != tt.want && !(strings.HasSuffix(tt.want, ": ") && strings.HasPrefix(got, tt.want)) {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	if err := new(Set).Load(os.DirFS("testdata/none"), "."); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder that does not exist: %v", err)
	}
}

// Each of several kernels in a file is a specification of its own.
func TestParseAll(t *testing.T) {
	list, err := ParseAll([]byte("<?xml version='1.0'?>\n<kernels>\n\t<kernel name=\"f\"><call/></kernel><kernel name=\"g\"><doc>&lt;ü&gt;</doc><call/></kernel>\n</kernels>\n"))
	if err != nil || len(list) != 2 {
		t.Fatalf("%+v, %v", list, err)
	}
	if got := string(list[0].XML); got != `<kernel name="f"><call/></kernel>` {
		t.Errorf("%s", got)
	}
	if again, err := Parse(list[1].XML); err != nil || again.Name != "g" || again.Doc != "<ü>" {
		t.Errorf("%s: %+v, %v", list[1].XML, again, err)
	}
}

// The files of 2016 can be given as they are: they take the place of the built-in
// ones, and that is said.
func TestLoad2016(t *testing.T) {
	set, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	count := set.Len()
	if err := set.Load(os.DirFS("testdata"), "2016"); err != nil {
		t.Fatal(err)
	}
	if got := set.Replaced(); len(got) != 3 || got[1] != "the kernel blis/sdot of 2016/sdot.xml takes the place of the built-in one" || set.Len() != count {
		t.Errorf("%q and %d kernels", got, set.Len())
	}
	for _, name := range []string{"playground", "sdot", "sgemm"} {
		s, err := set.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		if want, err := os.ReadFile("testdata/2016/" + name + ".xml"); err != nil || string(s.XML) != string(want) {
			t.Errorf("%s is\n%s", name, s.XML)
		}
		checkPrintable(t, s)
	}
}

// The names by which built-in kernels are found are those in their files, none has the
// plain name of another, and none is parsed before it is asked for.
func TestBuiltin(t *testing.T) {
	set, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range set.entries {
		if e.parsed != nil {
			t.Errorf("%s is parsed before anybody asks for it", e.full)
		}
		s, err := set.Find(e.name)
		if err != nil {
			t.Errorf("%s: %v", e.name, err)
			continue
		}
		if s.FullName() != e.full || s.Name != e.name {
			t.Errorf("%s has the kernel %s", e.file, s.FullName())
		}
	}
}

// A plain name that several kernels have is that of one of 2016, or of one that an
// operator has added; which it is is said.
func TestPlainNames(t *testing.T) {
	kernel := func(name string) *fstest.MapFile {
		return spec(`<kernel name="` + name + `" namespace="mine"><call/></kernel>`)
	}
	set, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	set.entries = append(set.entries, &entry{name: "f", full: "ours/f", builtin: true, parsed: &Spec{Name: "f", Namespace: "ours"}})
	if err := set.Load(fstest.MapFS{"a.xml": kernel("sdot"), "b.xml": kernel("f")}, "."); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"sdot": "blis/sdot", "mine/sdot": "mine/sdot", "f": "mine/f", "ours/f": "ours/f"} {
		if s, err := set.Find(name); err != nil || s.FullName() != want {
			t.Errorf("%s: %+v, %v, want %s", name, s, err, want)
		}
	}
	want := "sdot means blis/sdot, as it always has; the kernel of a.xml is mine/sdot; f means mine/f of b.xml; the built-in kernel is ours/f"
	if got := strings.Join(set.Replaced(), "; "); got != want {
		t.Errorf("%s", got)
	}
}
