package loader

import (
	"strings"
	"testing"
)

// TestChoose walks down the rule, one row a step.
func TestChoose(t *testing.T) {
	global := func(name string, at uint64) testSymbol {
		return testSymbol{name: name, info: globalFunc, shndx: 1, value: at}
	}
	local := func(name string, at uint64) testSymbol {
		return testSymbol{name: name, info: sttFunc, shndx: 1, value: at}
	}
	untyped := func(name string, at uint64) testSymbol {
		return testSymbol{name: name, info: globalNone, shndx: 1, value: at}
	}
	rows := []struct {
		name    string
		symbols []testSymbol
		want    string
		offset  uint64
	}{
		{"exact name", []testSymbol{global("a", 0), global("sdot", 8)}, "sdot", 8},
		{"exact name, untyped", []testSymbol{global("a", 0), untyped("sdot", 8)}, "sdot", 8},
		{"global before local", []testSymbol{local("sdot", 4), global("sdot", 8)}, "sdot", 8},
		{"exact before alternative", []testSymbol{global("cblas_sdot", 4), global("sdot", 8)}, "sdot", 8},
		{"first alternative", []testSymbol{global("alt2", 4), global("cblas_sdot", 8)}, "cblas_sdot", 8},
		{"second alternative", []testSymbol{global("a", 0), global("alt2", 4)}, "alt2", 4},
		{"only global function", []testSymbol{local("a", 0), global("playme", 8)}, "playme", 8},
		{"only global label", []testSymbol{untyped("playme", 8)}, "playme", 8},
		{"names of one address are one function", []testSymbol{global("b", 8), untyped("a", 8)}, "b", 8},
		{"only function, local", []testSymbol{local("a", 8)}, "a", 8},
		{"local labels are places", []testSymbol{{name: "loop", shndx: 1, value: 4}, {name: "end", shndx: 1, value: 8}}, ".text", 0},
		{"start of the section", nil, ".text", 0},
		{"start, named", []testSymbol{local("a", 0)}, "a", 0},
		{"a function outside the section is none", []testSymbol{global("sdot", 16), global("sdot", 17)}, ".text", 0},
		{"data of that name is none", []testSymbol{{name: "sdot", info: stbGlobal<<4 | sttObject, shndx: 1, value: 4}}, ".text", 0},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			im := mustLoad(t, &testObject{sections: []testSection{textSection(make([]byte, 16))}, symbols: r.symbols})
			c, err := im.Choose("sdot", []string{"cblas_sdot", "alt2"})
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "name", c.Name, r.want)
			equal(t, "offset", c.Addr-addrOf(t, im, 1), r.offset)
			equal(t, "Exact", c.Exact, c.Name == "sdot")
			if c.Why == "" || !c.Exact && !strings.Contains(c.Why, "sdot") {
				t.Errorf("the reason is %q", c.Why)
			}
			if c.Index >= 0 {
				equal(t, "symbol of Index", im.Symbols[c.Index].Name, c.Name)
			}
		})
	}
}

// TestChooseRefuses: several functions that could be meant are never guessed
// from, and the error says how the wanted one was probably meant.
func TestChooseRefuses(t *testing.T) {
	rows := []struct {
		name, want   string
		alternatives []string
		symbols      []string // global functions
		text         string
	}{
		{"a slip", "playground", nil, []string{"tiny", "playgruond"},
			"the object has no function playground; its functions: playgruond, tiny; did you mean playgruond?"},
		{"no prefix is added", "sdot", nil, []string{"_sdot", "a"}, "its functions: _sdot, a; did you mean _sdot?"},
		{"nothing near", "sdot", []string{"cblas_sdot"}, []string{"sgemv", "isamax"},
			"the object has no function sdot or cblas_sdot; its functions: isamax, sgemv; give the function that name"},
		{"C++", "playground", nil, []string{"tiny", "_Z10playgroundPf"}, `_Z10playgroundPf looks like playground under a compiler's name for it: declare it extern "C"`},
		{"C++, in a namespace", "playground", nil, []string{"tiny", "_ZN3foo10playgroundEv"}, `declare it extern "C"`},
		{"C++, of other names", "sdot", nil, []string{"_Z5saxpyi", "_Z6matmulf"}, `(--symbol); names that begin with _Z or _R are a compiler's: extern "C" in C++, #[no_mangle]`},
		{"Rust", "playground", nil, []string{"tiny", "_ZN5crate10playground17h0123456789abcdefE"}, "#[no_mangle]"},
		{"Rust, v0", "playground", nil, []string{"tiny", "_RNvCs1234_7mycrate10playground"}, "#[no_mangle]"},
		{"nothing asked for", "", nil, []string{"saxpy", "sasum"},
			"no function was asked for, and the object does not have just one; its functions: sasum, saxpy; name one of them"},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			o := &testObject{sections: []testSection{textSection(make([]byte, 16))}}
			for i, name := range r.symbols {
				o.symbols = append(o.symbols, testSymbol{name: name, info: globalFunc, shndx: 1, value: uint64(4 * i)})
			}
			_, err := mustLoad(t, o).Choose(r.want, r.alternatives)
			e, ok := err.(*Error)
			if !ok || e.Class != NoFunction || !strings.Contains(e.Error(), r.text) {
				t.Errorf("got %v, want …%s…", err, r.text)
			}
		})
	}
}

// TestChooseSymbol takes the exact name or nothing, also a local one.
func TestChooseSymbol(t *testing.T) {
	long := strings.Repeat("n", 3*nameShown)
	im := mustLoad(t, &testObject{sections: []testSection{textSection(make([]byte, 16))}, symbols: []testSymbol{
		{name: "static", info: sttFunc, shndx: 1, value: 4}, {name: "sdot", info: globalFunc, shndx: 1}, {name: long, info: globalFunc, shndx: 1, value: 8},
	}})
	for name, offset := range map[string]uint64{"static": 4, "sdot": 0, long: 8} {
		c, err := im.ChooseSymbol(name)
		if err != nil || !c.Exact || c.Addr-addrOf(t, im, 1) != offset {
			t.Errorf("%.20s: %+v, %v", name, c, err)
		}
	}
	_, err := im.ChooseSymbol("sdto")
	if e, ok := err.(*Error); !ok || e.Class != NoFunction || e.Advice != "did you mean sdot?" {
		t.Errorf("got %v", err)
	}
	if _, err := im.ChooseSymbol(long[:nameShown]); err == nil {
		t.Error("a clipped name was taken for the name")
	}
}

// TestChoosePattern: a pattern stands for the only function whose name it matches.
func TestChoosePattern(t *testing.T) {
	global := func(name string, at uint64) testSymbol {
		return testSymbol{name: name, info: globalFunc, shndx: 1, value: at}
	}
	im := mustLoad(t, &testObject{sections: []testSection{textSection(make([]byte, 32))}, symbols: []testSymbol{
		global("nnp_fft8_avx2", 0), global("nnp_fft4_avx2", 4), global("nnp_fft4_fma", 8), global("star*", 12), global("start", 16),
	}})
	for _, r := range []struct {
		alternatives []string
		want         string // empty: none
	}{
		{[]string{"nnp_fft8_*"}, "nnp_fft8_avx2"}, {[]string{"*8*"}, "nnp_fft8_avx2"}, {[]string{"*_fma"}, "nnp_fft4_fma"}, {[]string{"nnp_*4*fma"}, "nnp_fft4_fma"},
		{[]string{"nnp_fft4_*"}, ""}, {[]string{"*"}, ""}, {[]string{"x*"}, ""}, {[]string{"*avx"}, ""}, {[]string{"fft8_*"}, ""},
		{[]string{"nnp_fft4_*", "nnp_fft8_*"}, "nnp_fft8_avx2"}, {[]string{"star*"}, "star*"},
	} {
		c, err := im.Choose("f", r.alternatives)
		if (err == nil) != (r.want != "") || c.Name != r.want {
			t.Errorf("%q: %+v, %v, want %s", r.alternatives, c, err, r.want)
		}
	}
	for _, r := range []struct {
		pattern, name string
		want          bool
	}{{"a*a", "a", false}, {"a*a", "aa", true}, {"*", "", true}, {"a**b", "ab", true}, {"*ab*ab", "ab", false}, {"*ab*ab", "abab", true}, {"a", "a", true}, {"a", "ab", false}} {
		if got := matches(r.pattern, r.name); got != r.want {
			t.Errorf("%s, %s: %v", r.pattern, r.name, got)
		}
	}
}
