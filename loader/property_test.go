package loader

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
)

// fuzzLimits keep a hostile input cheap; the paths are the same.
func fuzzLimits() Limits {
	return Limits{AllocBytes: 8 << 20, Sections: 1 << 12, Symbols: 1 << 14, Relocations: 1 << 16, NameBytes: 1 << 10}
}

// checkProperties holds the loader to what must be true of any input at all. It
// reports whether the object was loaded.
func checkProperties(t testing.TB, file []byte) bool {
	t.Helper()
	before := bytes.Clone(file)
	lim := fuzzLimits()
	o, err := Parse(file, lim)
	if (o == nil) == (err == nil) {
		t.Fatalf("Parse returned %v and %v", o, err)
	}
	if err != nil {
		checkRefusal(t, err)
		return false
	}
	im, err := load(o, testPlacement())
	if (im == nil) == (err == nil) {
		t.Fatalf("Load returned %v and %v", im, err)
	}
	if !bytes.Equal(before, file) {
		t.Fatal("the input was changed")
	}
	again, err2 := load(o, testPlacement())
	if !reflect.DeepEqual(im, again) || !reflect.DeepEqual(err, err2) {
		t.Fatal("a second Load differs from the first")
	}
	if r := Inspect(file, nil, lim, testPlacement(), "sdot", []string{"f"}); r.WriteText(io.Discard) != nil || (r.Err == nil) != (err == nil) {
		t.Fatalf("Inspect: %v, Load: %v", r.Err, err)
	} else if _, jsonErr := r.JSON(); jsonErr != nil {
		t.Fatal(jsonErr)
	}
	if err != nil {
		checkRefusal(t, err)
		return false
	}
	checkImage(t, im, lim)
	p := testPlacement()
	p.CodeShift = uint64(len(file)) % Page
	if im, err = load(o, p); err != nil {
		checkRefusal(t, err) // the limit, or a field too narrow for the new distance
	} else {
		checkImage(t, im, lim)
	}
	return true
}

func checkImage(t testing.TB, im *Image, lim Limits) {
	t.Helper()
	checkSegments(t, im, lim.AllocBytes)
	checkSections(t, im)
	checkNames(t, im)
}

// checkRefusal holds an error to being of use: a class, a reason, and never the
// caller's fault.
func checkRefusal(t testing.TB, err error) {
	t.Helper()
	e, ok := err.(*Error)
	if !ok {
		t.Fatalf("%T is not an *Error: %v", err, err)
	}
	switch e.Class {
	case Malformed, Unsupported, MemoryLimit, TooLarge:
	default:
		t.Fatalf("class %q: %v", e.Class, err)
	}
	if e.Detail == "" || e.Error() == "" || len(e.Error()) > 4000 {
		t.Fatalf("the error says %d bytes: %.200q", len(e.Error()), e.Error())
	}
}

// checkSegments: in the window, whole pages, ascending with a guard between,
// each protection at most once, within the limit.
func checkSegments(t testing.TB, im *Image, limit uint64) {
	t.Helper()
	p := testPlacement()
	next, total := p.Base, uint64(0)
	seen := map[Perm]bool{}
	for _, s := range im.Segments {
		if s.Perm == Thread {
			if s.Addr < p.ThreadBase || s.Addr%Page != 0 || s.Size == 0 || s.Addr+s.Size != p.ThreadPointer || uint64(len(s.Data)) > s.Size || seen[RX] || seen[R] || seen[RW] {
				t.Fatalf("thread-local segment %#x+%#x with %d bytes", s.Addr, s.Size, len(s.Data))
			}
			total += s.Size
			continue
		}
		if s.Addr < next || s.Addr%Page != 0 || s.Size == 0 || s.Size%Page != 0 || s.Addr+s.Size > p.Limit || uint64(len(s.Data)) > s.Size {
			t.Fatalf("segment %#x+%#x with %d bytes, the last ended at %#x", s.Addr, s.Size, len(s.Data), next)
		}
		if (s.Perm != RX && s.Perm != R && s.Perm != RW) || seen[s.Perm] {
			t.Fatalf("protection %v", s.Perm)
		}
		seen[s.Perm] = true
		next = s.Addr + s.Size + Page
		total += s.Size
	}
	if total > limit+4*Page {
		t.Fatalf("%d bytes mapped, the limit is %d", total, limit)
	}
}

// checkSections: every section and region inside a segment of its protection,
// none over another, and nothing written beside them.
func checkSections(t testing.TB, im *Image) {
	t.Helper()
	type span struct{ start, end uint64 }
	var spans []span
	for i := range im.Sections {
		s := &im.Sections[i]
		if s.Size == 0 {
			continue
		}
		g := &im.Segments[s.Segment]
		if g.Perm != s.perm() || s.Addr != g.Addr+s.Offset || s.Addr < g.Addr || s.Addr+s.Size > g.Addr+g.Size {
			t.Fatalf("section %d at %#x+%#x is not in its segment", s.Index, s.Addr, s.Size)
		}
		if !s.NoBits && uint64(len(im.Bytes(s))) != s.Size {
			t.Fatalf("section %d has %d bytes, its size is %d", s.Index, len(im.Bytes(s)), s.Size)
		}
		spans = append(spans, span{s.Addr, s.Addr + s.Size})
	}
	for _, r := range im.Regions {
		spans = append(spans, span{r.Addr, r.Addr + uint64(len(r.Data))})
	}
	slices.SortFunc(spans, func(a, b span) int { return int(int64(a.start - b.start)) })
	for i := 1; i < len(spans); i++ {
		if spans[i].start < spans[i-1].end {
			t.Fatalf("overlap at %#x", spans[i].start)
		}
	}
	for _, g := range im.Segments {
		fill := byte(0)
		if g.Perm == RX {
			fill = int3
		}
		at := g.Addr
		check := func(end uint64) {
			for ; at < end && at-g.Addr < uint64(len(g.Data)); at++ {
				if g.Data[at-g.Addr] != fill {
					t.Fatalf("%#x is in no section, but holds %#x", at, g.Data[at-g.Addr])
				}
			}
		}
		for _, s := range spans {
			if s.start >= g.Addr && s.start < g.Addr+g.Size {
				check(s.start)
				at = s.end
			}
		}
		check(g.Addr + g.Size)
	}
}

// checkNames: traps lie in their window and lead back to their entry, roots lie
// in code, and the lookups stand any address.
func checkNames(t testing.TB, im *Image) {
	t.Helper()
	p := testPlacement()
	for _, u := range im.Undefined {
		if u.Supplied || u.Addr == 0 && u.Weak {
			continue
		}
		back, ok := im.Trap(u.Addr)
		if u.Addr < p.TrapBase || u.Addr >= p.TrapLimit || !ok || back != u {
			t.Fatalf("trap %v leads to %v", u, back)
		}
	}
	for _, root := range im.Roots {
		if s := im.sectionAt(root); s == nil || !s.Exec {
			t.Fatalf("root %#x is not in code", root)
		}
	}
	for _, g := range im.Guesses {
		for i, at := range g.At {
			if s := im.sectionAt(at); at == 0 && i > 0 && (i == 2 || g.At[2] == 0) {
				continue
			} else if s == nil || !s.Exec {
				t.Fatalf("guess %#x is not in code", g.At)
			}
		}
	}
	for _, s := range im.Symbols[:min(len(im.Symbols), 50)] {
		im.Lookup(s.Addr)
		im.Lookup(s.Addr + s.Size)
	}
	c, err := im.Choose("sdot", []string{"f", ""})
	if (err == nil) == (c == Choice{}) {
		t.Fatalf("Choose returned %v and %v", c, err)
	}
	if s := im.sectionAt(c.Addr); err == nil && (s == nil || !s.Exec || s.NoBits) {
		t.Fatalf("%v is not in code", c)
	}
}

// realObjects returns the committed objects of compilers and assemblers.
func realObjects(t testing.TB) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob("testdata/objects/*.o")
	if err != nil || len(paths) < 10 {
		t.Fatalf("%d objects in testdata: %v", len(paths), err)
	}
	objects := map[string][]byte{}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		objects[filepath.Base(path)] = data
	}
	return objects
}

func TestRealObjects(t *testing.T) {
	for name, file := range realObjects(t) {
		t.Run(name, func(t *testing.T) {
			if !checkProperties(t, file) {
				_, err := loadBytes(file)
				t.Fatalf("refused: %v", err)
			}
		})
	}
}
