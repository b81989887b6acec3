package kernels

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// Every reference has a line in the documentation and a built-in kernel that names it
// or, as dot and gemm do, one with the elements of another type.
func TestReferenceLists(t *testing.T) {
	doc, err := os.ReadFile("../docs/kernels.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(doc), "\n## References\n")
	rest, _, _ = strings.Cut(rest, "\n## ")
	told := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| (`[a-z0-9_`, ]+) \\|").FindAllStringSubmatch(rest, -1) {
		for _, name := range regexp.MustCompile("[a-z0-9_]+").FindAllString(row[1], -1) {
			told[name] = true
		}
	}
	set, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, s := range all(t, set) {
		if s.Reference == "" && s.Name != "playground" {
			t.Errorf("%s has no reference", s.FullName())
		}
		used[s.Reference] = true
	}
	for i := range references {
		if r := &references[i]; !told[r.name] || !used[r.name] {
			t.Errorf("%s: in the documentation %t, of a built-in kernel %t", r.name, told[r.name], used[r.name])
		}
		delete(told, references[i].name)
	}
	if len(told) > 0 {
		t.Errorf("the documentation has references that are not there: %v", told)
	}
}

// A kernel that does nothing and returns 0 is found out by the reference of each, for
// some contents at least where the right result can be 0.
func TestReferencesSeeNothingDone(t *testing.T) {
	set, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all(t, set) {
		if s.Reference == "" {
			continue
		}
		var changed map[string]uint64
		if s.Reference == "sgemm" {
			changed = map[string]uint64{"cs_c": 8}
		}
		c := bind(t, s, changed)
		wrong := 0
		for seed := range uint64(32) {
			mem, orig := memory(c, seed)
			v := c.Verify(mem, orig, 0, 0)
			if v.Status == NoReference {
				t.Errorf("%s: %+v", s.FullName(), v)
			}
			if v.Status == Mismatch {
				wrong++
			}
		}
		if some := s.Name == "utf8_validate"; wrong == 0 || wrong < 32 && !some {
			t.Errorf("%s: nothing is done, and %d of 32 times that is wrong", s.FullName(), wrong)
		}
	}
}

// No parameters make a reference fail otherwise than by its answer, and with nothing to
// do nothing done is right.
func TestReferencesOfAnySize(t *testing.T) {
	set, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all(t, set) {
		if s.Reference == "" {
			continue
		}
		for i := range s.Params {
			p := &s.Params[i]
			if p.Type.float() {
				continue
			}
			for _, v := range []uint64{0, 1, 2, 3, 5, 17, 63, p.Min, p.Max} {
				values := map[string]uint64{p.Name: v}
				for j := range s.Params {
					if q := &s.Params[j]; q.Default >= 64 && j != i && !q.Type.float() && q.Name != "c" && q.Name != "lda" {
						values[q.Name] = 7 // so that it does not take long
					}
				}
				if v < p.Min || p.Type.less(v, p.Min) || p.Type.less(p.Max, v) {
					continue
				}
				full, err := s.Values(nil)
				if err != nil {
					t.Fatal(err)
				}
				for name, v := range values {
					full[name] = v
				}
				c, err := s.Bind(full, Limits{Memory: 1 << 22})
				if err != nil {
					continue // too large, or below zero
				}
				mem, orig := memory(c, 1)
				got := c.Verify(mem, orig, 0, 0)
				if empty := v == 0 && (p.Name == "n" || p.Name == "m" || p.Name == "blocks" || p.Name == "rows" || p.Name == "height"); empty && got.Status != Match && s.Name != "adler32" && s.Name != "utf8_validate" && s.Name != "sgemv" {
					t.Errorf("%s, %s=0: %+v", s.FullName(), p.Name, got)
				}
			}
		}
	}
}

// The table of the built-in kernels has each with the prototype that it stands for.
func TestBuiltinTable(t *testing.T) {
	doc, err := os.ReadFile("../docs/kernels.md")
	if err != nil {
		t.Fatal(err)
	}
	set, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all(t, set) {
		call, err := s.Prototype()
		if err != nil {
			t.Fatal(err)
		}
		if row := "| `" + s.FullName() + "` | `" + call + "` |\n"; !strings.Contains(string(doc), row) {
			t.Errorf("docs/kernels.md has no line\n%s", row)
		}
	}
}

// The kernel that the README adds is one.
func TestReadmeKernel(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "```xml\n")
	xml, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("the README has no specification")
	}
	s, err := Parse([]byte(xml))
	if err != nil || s.Reference == "" {
		t.Errorf("%+v, %v", s, err)
	}
}
