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
		{"one of ours", fstest.MapFS{"mine.xml": spec(`<kernel name="playground"><call/></kernel>`)}, ".",
			"mine.xml has the kernel playground, which built-in specs/playground.xml has already"},
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
