package loader

import (
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"unicode"

	"webrunner/loader/bombs"
)

// handle does all that the loader does with an object: it loads it, chooses a
// function and writes the reports, or the refusal.
func handle(file []byte, lim Limits, with ...Companion) (outputs []string, err error) {
	r := Inspect(file, with, lim, testPlacement(), "kernel", nil)
	var text strings.Builder
	if err := r.WriteText(&text); err != nil {
		return nil, err
	}
	outputs = append(outputs, text.String())
	if r.Err != nil {
		return append(outputs, r.Err.Error()), r.Err
	}
	if r.ChoiceErr != nil {
		outputs = append(outputs, r.ChoiceErr.Error())
	}
	outputs = append(outputs, r.Choice.Name, r.Choice.Why)
	return append(outputs, r.Image.Warnings...), nil
}

// TestBombsAllocate: what the loader allocates for an object, garbage included,
// is a small multiple of the object's size.
func TestBombsAllocate(t *testing.T) {
	const size, factor, constant = 400_000, 25, 1 << 20
	for _, b := range bombs.All() {
		t.Run(b.Name, func(t *testing.T) {
			file := b.Make(size)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := handle(file, Limits{})
			runtime.ReadMemStats(&after)
			if (err != nil) != b.Refused {
				t.Fatalf("refused is %v: %v", b.Refused, err)
			}
			used := after.TotalAlloc - before.TotalAlloc
			t.Logf("an object of %d bytes took %d, %d times as much", len(file), used, used/uint64(len(file)))
			if used > factor*uint64(len(file))+constant {
				t.Errorf("that is more than %d times the object and %d", factor, constant)
			}
		})
	}
}

// TestCompanionsAreBounded: likewise of files that are joined to an object.
func TestCompanionsAreBounded(t *testing.T) {
	const size, factor, constant = 400_000, 25, 1 << 20
	for _, b := range bombs.Companions() {
		t.Run(b.Name, func(t *testing.T) {
			join := func(size int) (used uint64, polls int) {
				c := Companion{Name: b.Name, Data: b.Make(size)}
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				_, err := handle(bombs.Lacking(), Limits{Stop: func() error { polls++; return nil }}, c, c)
				runtime.ReadMemStats(&after)
				if (err != nil) != b.Refused {
					t.Errorf("refused is %v: %v", b.Refused, err)
				}
				return after.TotalAlloc - before.TotalAlloc, polls
			}
			used, one := join(size)
			t.Logf("two of %d bytes took %d", size, used)
			if used > 2*factor*size+constant {
				t.Errorf("that is more than %d times their size", factor)
			}
			if _, two := join(2 * size); two > 2*one+20 {
				t.Errorf("%d polls, and %d for twice the size", one, two)
			}
		})
	}
}

// TestBombsTakeLinearTime counts the calls of Stop, of which there is one every
// pollEvery steps: twice the object, twice the calls.
func TestBombsTakeLinearTime(t *testing.T) {
	calls := func(file []byte) (n int) {
		if _, err := handle(file, Limits{Stop: func() error { n++; return nil }}); err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Class == Timeout {
				t.Fatal(err)
			}
		}
		return n
	}
	for _, b := range bombs.All() {
		const size = 1_000_000
		if one, two := calls(b.Make(size)), calls(b.Make(2*size)); two > 2*one+20 {
			t.Errorf("%s: %d polls, and %d for twice the object", b.Name, one, two)
		}
	}
}

// TestStop: wherever the work is ended, the error says so and at what.
func TestStop(t *testing.T) {
	file := bombs.Find("undefined").Make(1_000_000)
	stop := errors.New("the deadline has passed")
	doing := map[string]bool{}
	for after := 0; ; after++ {
		calls := 0
		_, err := handle(file, Limits{Stop: func() error {
			if calls++; calls > after {
				return stop
			}
			return nil
		}})
		if err == nil {
			break
		}
		var e *Error
		if !errors.As(err, &e) || e.Class != Timeout || !errors.Is(err, stop) {
			t.Fatalf("after %d polls: %v", after, err)
		}
		_, what, _ := strings.Cut(e.Detail, "stopped while ")
		what, _, _ = strings.Cut(what, ",")
		doing[what] = true
	}
	for _, what := range []string{"reading section headers", "reading the names of sections", "reading symbols", "checking relocations", "binding symbols", "relocating"} {
		if !doing[what] {
			t.Errorf("nothing was stopped while %s: %v", what, doing)
		}
	}
}

// TestOverlap: sections that share bytes of the file are refused, those that
// only touch and those that are empty are not.
func TestOverlap(t *testing.T) {
	object := func(offset, size uint64) []byte {
		file := (&testObject{sections: []testSection{dataSection(".a", make([]byte, 16)), dataSection(".b", make([]byte, 16))}}).bytes()
		header := file[le.Uint64(file[40:])+2*shdrSize:]
		le.PutUint64(header[24:], offset)
		le.PutUint64(header[32:], size)
		return file
	}
	for _, r := range []struct{ offset, size uint64 }{{80, 16}, {70, 0}, {64, 0}, {48, 16}} {
		if _, err := loadBytes(object(r.offset, r.size)); err != nil {
			t.Errorf("%d bytes at %d: %v", r.size, r.offset, err)
		}
	}
	for _, r := range []struct{ offset, size uint64 }{{64, 16}, {79, 1}, {50, 15}, {64, 1}, {60, 100}} {
		mustRefuse(t, object(r.offset, r.size), Malformed, "overlap those of section")
	}
}

// TestWarningsAreBounded: the last warning counts those that were left out.
func TestWarningsAreBounded(t *testing.T) {
	im, err := loadBytes(bombs.Find("constructors").Make(20_000))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "warnings", len(im.Warnings), mostWarnings+1)
	if last := im.Warnings[mostWarnings]; !strings.Contains(last, "and 258 more sections") {
		t.Error(last)
	}
}

// TestDumpIsBounded: a dump that would be too long is refused before it is made.
func TestDumpIsBounded(t *testing.T) {
	file := bombs.Find("undefined").Make(100_000)
	if b, err := Inspect(file, nil, Limits{}, testPlacement(), "", nil).JSON(); err != nil || len(b) < 100_000 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	_, err := Inspect(file, nil, Limits{DumpBytes: 100_000}, testPlacement(), "", nil).JSON()
	if e := (*Error)(nil); !errors.As(err, &e) || e.Class != TooLarge {
		t.Errorf("got %v", err)
	}
}

// checkPrintable holds that an output has no control character but the ends of
// its lines.
func checkPrintable(t *testing.T, outputs ...string) {
	t.Helper()
	for _, s := range outputs {
		for _, r := range s {
			if r != '\n' && !unicode.IsPrint(r) {
				t.Fatalf("%U in %.300q", r, s)
			}
		}
	}
}

// FuzzWords puts any words into the names of an object and holds that no output
// of the loader has a control character.
func FuzzWords(f *testing.F) {
	f.Add("\x1b]0;owned\a", "\x9b31m", "a\rb\n", byte(1))
	f.Add("größe", strings.Repeat("\u202e", 300), "\xff\xfe", byte(2))
	f.Fuzz(func(t *testing.T, section, symbol, undefined string, kind byte) {
		text := textSection([]byte{0xe8, 0, 0, 0, 0, 0xc3}, rela{offset: 1, typ: uint32(kind), sym: 2, addend: neg(4)})
		text.name = section
		init := testSection{name: section, typ: shtInitArray, flags: shfAlloc, data: make([]byte, 8)}
		file := (&testObject{sections: []testSection{text, init}, symbols: []testSymbol{
			{name: symbol, info: globalFunc, shndx: 1, value: 0}, {name: undefined, info: globalNone}, {name: undefined, info: globalFunc, shndx: 1, value: 5},
		}}).bytes()
		r := Inspect(file, nil, Limits{}, testPlacement(), undefined, []string{section})
		outputs, _ := handle(file, Limits{})
		checkPrintable(t, outputs...)
		if dump, err := r.JSON(); err == nil {
			checkPrintable(t, string(dump))
		}
		if r.Image != nil {
			if _, err := r.Image.ChooseSymbol(symbol + undefined); err != nil {
				checkPrintable(t, err.Error())
			}
			for _, s := range r.Image.Symbols {
				checkPrintable(t, s.Name)
			}
			name, _, _ := r.Image.Lookup(r.Image.Sections[0].Addr)
			checkPrintable(t, name)
		}
		_ = r.WriteText(io.Discard)
	})
}
