package screen

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"unicode"

	"webrunner/loader"
	"webrunner/loader/bombs"
)

// loaded is the code of an object as the loader places it.
func loaded(t testing.TB, file []byte) Code {
	t.Helper()
	o, err := loader.Parse(file, loader.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := placed(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// placed is the code of an object after relocation.
func placed(o *loader.Object) (Code, error) {
	pl, err := loader.Layout(o, loader.Placement{Base: 0x10000000, Limit: 0x40000000, TrapBase: 0x40000000, TrapLimit: 0x50000000,
		ThreadBase: 0x08070000, ThreadEnd: 0x080f0000, ThreadPointer: 0x080f0000})
	if err != nil {
		return Code{}, err
	}
	im, err := loader.Relocate(pl)
	if err != nil {
		return Code{}, err
	}
	c := Code{Roots: im.Roots, Taken: im.Taken, Externals: []Range{{0x40000000, 0x50000000}}}
	for i := range im.Undefined {
		if u := &im.Undefined[i]; u.Weak && u.Addr == 0 { // called behind a test
			c.Externals = append(c.Externals, Range{0, 1})
			break
		}
	}
	for i := range im.Sections {
		if s := &im.Sections[i]; s.Exec && !s.NoBits && s.Size > 0 {
			c.Sections = append(c.Sections, Section{Index: s.Index, Name: s.Name, Addr: s.Addr, Code: im.Bytes(s)})
		} else if !s.Exec {
			c.Others = append(c.Others, NamedRange{Range{s.Addr, s.Addr + s.Size}, s.Name})
		}
	}
	for _, g := range im.Guesses {
		c.Guesses = append(c.Guesses, Guess(g))
	}
	for _, s := range im.Symbols {
		if s.Section != 0 && s.Kind != loader.KindSection {
			c.Symbols = append(c.Symbols, Symbol{Name: s.Name, Addr: s.Addr, Size: s.Size,
				Func: s.Kind == loader.KindFunc || s.Kind == loader.KindIFunc, Data: s.Kind == loader.KindObject, Global: s.Binding != "local"})
		}
	}
	return c, nil
}

// textBytes bounds the texts of these tests.
const textBytes = 4 << 20

// handle does all that can be done with code: the verdict, its two forms, the listing and the boundaries.
func handle(c Code, stop func() error) (outputs []string, err error) {
	o := Options{Stop: stop, TextBytes: textBytes}
	v, err := Screen(c, Host{}, o)
	if err != nil {
		return []string{err.Error()}, err
	}
	doc, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	write := func(w func(io.Writer) error) {
		var b bytes.Buffer
		if e := w(&b); e != nil {
			err = e
		}
		outputs = append(outputs, b.String())
	}
	write(v.WriteText)
	write(func(w io.Writer) error { return Listing(w, c, v, o) })
	write(func(w io.Writer) error { return ListingJSON(w, c, v, o) })
	write(func(w io.Writer) error { return Boundaries(w, c.Sections, o) })
	return append(outputs, string(doc)), err
}

// TestBombsAllocate: what a verdict allocates, garbage included, is a small multiple of the object's size; so is what a listing does
// besides its text.
func TestBombsAllocate(t *testing.T) {
	const size, factor, constant = 400_000, 8, 6 << 20 // the constant is mostly 2048 descriptions of functions
	allocated := func(work func()) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		work()
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	for _, b := range bombs.All() {
		if b.Refused {
			continue
		}
		t.Run(b.Name, func(t *testing.T) {
			c := loaded(t, b.Make(size))
			used := allocated(func() {
				v := screened(c, Host{}, Options{})
				if _, err := json.Marshal(v); err != nil {
					t.Error(err)
				}
			})
			t.Logf("%d bytes took %d", size, used)
			if used > factor*size+constant {
				t.Errorf("an object of %d bytes took %d", size, used)
			}
		})
	}
}

// TestBombsTakeLinearTime counts the calls of Stop, of which there is one every pollEvery steps: twice the object, twice the calls.
func TestBombsTakeLinearTime(t *testing.T) {
	calls := func(file []byte) (n int) {
		_, err := handle(loaded(t, file), func() error { n++; return nil })
		if limit := (*LimitError)(nil); err != nil && !errors.As(err, &limit) {
			t.Fatal(err)
		}
		return n
	}
	for _, b := range bombs.All() {
		const size = 300_000
		if b.Refused {
			continue
		}
		if one, two := calls(b.Make(size)), calls(b.Make(2*size)); two > 2*one+20 {
			t.Errorf("%s: %d polls, and %d for twice the object", b.Name, one, two)
		}
	}
}

// TestStop ends the work at every poll that there is.
func TestStop(t *testing.T) {
	c := loaded(t, bombs.Find("aliases").Make(60_000))
	stop := errors.New("the deadline has passed")
	ended := 0
	for after := 0; ; after++ {
		calls := 0
		_, err := handle(c, func() error {
			if calls++; calls > after {
				return stop
			}
			return nil
		})
		if err == nil {
			break
		}
		var e *StopError
		if !errors.As(err, &e) || !errors.Is(err, stop) || e.Section != ".text" || e.Total != 30_000 && e.Total < 29_000 {
			t.Fatalf("after %d polls: %v", after, err)
		}
		ended++
	}
	if ended < 10 {
		t.Errorf("only %d polls", ended)
	}
}

// TestTextBytes: a text that is too long ends with its own error, one that just fits does not.
func TestTextBytes(t *testing.T) {
	c := oneFunction(bytes.Repeat([]byte{0x90}, 1000))
	v := screened(c, Host{}, Options{})
	for name, write := range map[string]func(io.Writer, Options) error{
		"the listing":            func(w io.Writer, o Options) error { return Listing(w, c, v, o) },
		"the list of boundaries": func(w io.Writer, o Options) error { return Boundaries(w, c.Sections, o) },
	} {
		var b bytes.Buffer
		if err := write(&b, Options{}); err != nil {
			t.Fatal(err)
		}
		all := b.Len()
		if err := write(io.Discard, Options{TextBytes: all}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		b.Reset()
		err := write(&b, Options{TextBytes: all - 1})
		if e := (*LimitError)(nil); !errors.As(err, &e) || e.What != name || e.Limit != all-1 || b.Len() > all-1 {
			t.Errorf("%s: %v, %d bytes written", name, err, b.Len())
		}
	}
}

// TestEntryIsListed: the function that will run is in the list however many there are.
func TestEntryIsListed(t *testing.T) {
	c := Code{Sections: []Section{{Index: 1, Name: ".text", Addr: 0x1000, Code: bytes.Repeat([]byte{0xC3}, 5000)}}}
	for i := range uint64(5000) {
		c.Symbols = append(c.Symbols, Symbol{Name: "f", Addr: 0x1000 + i, Size: 1, Func: true})
	}
	for _, entry := range []uint64{0x1000, 0x1000 + 4999} {
		v := screened(c, Host{}, Options{Entry: entry})
		if f := v.Function(entry); f == nil || f.Instructions != 1 || v.FunctionCount != 5000 || len(v.Functions) > maxFunctions+1 {
			t.Errorf("%#x: %+v of %d", entry, f, len(v.Functions))
		}
	}
}

// checkPrintable holds that an output has no control character but the ends of its lines.
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

// TestBombsArePrintable holds that of the objects made to break it.
func TestBombsArePrintable(t *testing.T) {
	for _, name := range []string{"escapes", "quoted-names", "long-name"} {
		outputs, _ := handle(loaded(t, bombs.Find(name).Make(50_000)), nil)
		checkPrintable(t, outputs...)
	}
}

// FuzzWords puts any words into the names of code, and any code under them.
func FuzzWords(f *testing.F) {
	f.Add("\x1b]0;owned\a", "\x9b31m", []byte("\xe8\x00\x00\x00\x00\x0f\x05\x0f\xa2\xc3"))
	f.Add("größe\u202e", strings.Repeat("\xff", 300), []byte("\x48\x8d\x05\x00\x00\x00\x00\xc3"))
	f.Fuzz(func(t *testing.T, section, symbol string, code []byte) {
		c := Code{
			Sections: []Section{{Index: 1, Name: section, Addr: 0x1000, Code: code}, {Index: 2, Name: symbol, Addr: 0x9000000, Code: code}},
			Symbols:  []Symbol{{Name: symbol, Addr: 0x1000, Func: true}, {Name: section + symbol, Addr: 0x1005}},
		}
		outputs, _ := handle(c, nil)
		outputs2, err := handle(c, func() error { return io.EOF })
		if err != nil {
			outputs = append(outputs, err.Error())
		}
		checkPrintable(t, append(outputs, outputs2...)...)
	})
}
