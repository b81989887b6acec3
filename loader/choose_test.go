package loader

import "testing"

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
		{"no prefix is added", []testSymbol{global("_sdot", 8), global("a", 4)}, ".text", 0},
		{"only global function", []testSymbol{local("a", 0), global("playme", 8)}, "playme", 8},
		{"only global label", []testSymbol{untyped("playme", 8)}, "playme", 8},
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
			if c.Why == "" {
				t.Error("the choice has no reason")
			}
			if c.Index >= 0 {
				equal(t, "symbol of Index", im.Symbols[c.Index].Name, c.Name)
			}
		})
	}
}

func TestChooseRefuses(t *testing.T) {
	second := textSection(make([]byte, 4))
	second.name = ".text.b"
	im := mustLoad(t, &testObject{
		sections: []testSection{textSection(make([]byte, 4)), second},
		symbols: []testSymbol{
			{name: "saxpy", info: globalFunc, shndx: 1}, {name: "sasum", info: globalFunc, shndx: 2},
		},
	})
	_, err := im.Choose("sdot", []string{"cblas_sdot"})
	e, ok := err.(*Error)
	if !ok || e.Class != Unsupported {
		t.Fatalf("got %v", err)
	}
	equal(t, "detail", e.Detail, "the object has no function sdot or cblas_sdot; its global functions: sasum, saxpy")
	_, err = im.Choose("", nil)
	equal(t, "nothing asked for", err.Error(), "no function was asked for, and the object does not have just one; its global functions: sasum, saxpy")
}
