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
		builtin := len(set.All())
		got := ""
		if err := set.Load(tt.files, tt.root); err != nil {
			got = err.Error()
		} else {
			got = strings.Join(fullNames(set.All()[builtin:]), " ")
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
	count := len(set.All())
	if err := set.Load(os.DirFS("testdata"), "2016"); err != nil {
		t.Fatal(err)
	}
	if got := set.Replaced(); len(got) != 3 || got[1] != "the kernel blis/sdot of 2016/sdot.xml takes the place of the built-in one" || len(set.All()) != count {
		t.Errorf("%q and %d kernels", got, len(set.All()))
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
