package loader

import (
	"fmt"
	"testing"
)

func tlsSection(name string, typ uint32, size int) testSection {
	s := testSection{name: name, typ: typ, flags: shfAlloc | shfWrite | shfTLS, align: 8}
	if typ == shtNobits {
		s.size = uint64(size)
	} else {
		s.data = make([]byte, size)
	}
	return s
}

// TestTLSUnused: a thread-local section that nothing uses is no obstacle, and
// takes no memory, whatever relocations it has itself. (Subtlety 15.)
func TestTLSUnused(t *testing.T) {
	big, small := tlsSection(".tbss", shtNobits, 1<<40), tlsSection(".tdata", shtProgbits, 8)
	small.relocs = []rela{{offset: 0, typ: 1, sym: 2}}
	im := mustLoad(t, &testObject{
		sections: []testSection{textSection([]byte{0xc3}), big, small},
		symbols:  []testSymbol{{name: "v", info: stbGlobal<<4 | sttTLS, shndx: 2}, {info: localSect, shndx: 1}},
	})
	equal(t, "segments", len(im.Segments), 1)
	equal(t, "undefined", len(im.Undefined), 0)
}

// TestIFunc: every use of an indirect function traps, however it is made; its
// resolver's address is given to nobody. (Subtlety 16.)
func TestIFunc(t *testing.T) {
	for _, bind := range []byte{stbLocal, stbGlobal, stbWeak} {
		ifunc := testSymbol{name: "fast", info: bind<<4 | sttIFunc, shndx: 1, value: 16}
		im := mustLoad(t, &testObject{
			osabi: elfOSABIGNU,
			sections: []testSection{textSection(make([]byte, 32),
				rela{offset: 0, typ: 4, sym: 1}, rela{offset: 4, typ: 2, sym: 1}, rela{offset: 8, typ: 1, sym: 1}, rela{offset: 16, typ: 9, sym: 1})},
			symbols: []testSymbol{ifunc},
		})
		p := int64(addrOf(t, im, 1))
		for _, addr := range []int64{field(t, im, 1, 0, 4) + p, field(t, im, 1, 4, 4) + p + 4, field(t, im, 1, 8, 8), int64(le.Uint64(im.Regions[0].Data))} {
			if u, ok := im.Trap(uint64(addr)); !ok || u.Name != "fast" || u.Kind != UnresolvedIFunc {
				t.Errorf("a use of the indirect function leads to %#x, %v", addr, u)
			}
		}
		_, err := im.Choose("fast", nil)
		if e, ok := err.(*Error); !ok || e.Class != Unsupported || e.Symbol != "fast" {
			t.Errorf("the indirect function is chosen: %v", err)
		}
	}
}

// TestUnmappedAndReserved: a symbol in a section that is not loaded, or in a
// section index that nobody defined, traps when used.
func TestUnmappedAndReserved(t *testing.T) {
	o := relocate(1, testSymbol{name: "x", info: globalNone, shndx: 2}, 0)
	o.sections[1].flags = 0
	im := mustLoad(t, o)
	u, _ := im.Trap(uint64(field(t, im, 1, 8, 8)))
	equal(t, "kind", u.Kind, UnresolvedUnmapped)
	im = mustLoad(t, relocate(1, testSymbol{name: "x", info: globalNone, shndx: 0xff20}, 0))
	u, _ = im.Trap(uint64(field(t, im, 1, 8, 8)))
	equal(t, "kind", u.Kind, UnresolvedReserved)
}

// TestTrapSpacing: a page apart as long as that fits, then closer, then refused.
func TestTrapSpacing(t *testing.T) {
	p := testPlacement()
	window := p.TrapLimit - p.TrapBase
	rows := []struct{ n, spacing uint64 }{
		{1, Page}, {window / Page, Page}, {window/Page + 1, Page / 2}, {window / 64, 64}, {window/64 + 1, 0},
	}
	for _, r := range rows {
		got := newTraps(p, int(r.n))
		equal(t, fmt.Sprintf("spacing of %d", r.n), got.spacing, r.spacing)
		if last := got.address(int(r.n - 1)); got.spacing != 0 && (last < p.TrapBase || last+got.spacing/2 > p.TrapLimit) {
			t.Errorf("trap %d is at %#x", r.n, last)
		}
	}
	p.TrapLimit = p.TrapBase + Page
	o := &testObject{}
	for i := range 65 {
		o.symbols = append(o.symbols, testSymbol{name: fmt.Sprintf("u%d", i), info: globalNone})
	}
	object, err := Parse(o.bytes(), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := load(object, p); err == nil || err.(*Error).Class != TooLarge {
		t.Errorf("65 traps in a page: %v", err)
	}
}

// TestNearTrap: small offsets either side of an undefined symbol are its own.
func TestNearTrap(t *testing.T) {
	im := mustLoad(t, &testObject{symbols: []testSymbol{{name: "a", info: globalNone}, {name: "b", info: globalNone}, {name: "c", info: globalNone}}})
	for _, offset := range []int64{-1000, -8, 0, 64, 3000} {
		u, ok := im.Trap(uint64(int64(im.Undefined[1].Addr) + offset))
		if !ok || u.Name != "b" {
			t.Errorf("b%+d is %v", offset, u)
		}
	}
	im = mustLoad(t, &testObject{symbols: []testSymbol{{name: "memcpy", info: globalNone}, {name: "w", info: weakNone}, {name: "c", info: globalNone}}})
	for i, name := range []string{"", "", "c"} { // what is supplied or 0 has no trap
		u, ok := im.Trap(im.traps.address(i))
		equal(t, "trap", u.Name, name)
		equal(t, "is one", ok, name != "")
	}
}

// TestEqualUnresolvedNames: what shares a name with an external or with a weak
// symbol is not bound to that.
func TestEqualUnresolvedNames(t *testing.T) {
	im := mustLoad(t, &testObject{
		sections: []testSection{
			textSection(make([]byte, 48), rela{offset: 0, typ: 1, sym: 1}, rela{offset: 8, typ: 1, sym: 2}, rela{offset: 16, typ: 1, sym: 3},
				rela{offset: 24, typ: 1, sym: 4}, rela{offset: 32, typ: 1, sym: 5}),
			tlsSection(".tbss", shtNobits, 8),
		},
		symbols: []testSymbol{
			{name: "memcpy", info: globalNone}, {name: "memcpy", info: sttTLS, shndx: 2},
			{name: "x", info: weakNone}, {name: "x", info: sttTLS, shndx: 2}, {name: "x", info: globalNone},
		},
	})
	equal(t, "memcpy", field(t, im, 1, 0, 8), 0x50000100)
	equal(t, "weak x", field(t, im, 1, 16, 8), 0)
	equal(t, "thread-local memcpy", uint64(field(t, im, 1, 8, 8)), testPlacement().ThreadPointer-8)
	equal(t, "thread-local x", uint64(field(t, im, 1, 24, 8)), testPlacement().ThreadPointer-8)
	for offset, kind := range map[uint64]string{32: UnresolvedUndefined} {
		u, ok := im.Trap(uint64(field(t, im, 1, offset, 8)))
		if !ok || u.Kind != kind {
			t.Errorf("the field at %d leads to %v, want %s", offset, u, kind)
		}
	}
}

// TestIFuncWithoutRelocations: of an indirect function whose resolver has no relocation to
// what it returns all functions can be asked for but the resolver.
func TestIFuncWithoutRelocations(t *testing.T) {
	im := mustLoad(t, &testObject{
		osabi:    elfOSABIGNU,
		sections: []testSection{textSection(make([]byte, 48))},
		symbols: []testSymbol{
			{name: "best", info: stbGlobal<<4 | sttIFunc, shndx: 1, value: 32, size: 16}, {name: "resolver", info: globalFunc, shndx: 1, value: 32},
			{name: "slow", info: globalFunc, shndx: 1}, {name: "fast", info: globalFunc, shndx: 1, value: 16},
		},
	})
	_, err := im.Choose("best", nil)
	if e, ok := err.(*Error); !ok || e.Advice != "ask for one of its implementations by name: --symbol and one of fast, slow" {
		t.Errorf("chosen: %v", err)
	}
	if c, err := im.ChooseSymbol("fast"); err != nil || c.Name != "fast" {
		t.Errorf("asked for by name: %v, %v", c, err)
	}
}

// TestIFuncCandidates: what a resolver points at and does not call can be chosen, and
// then every use leads there.
func TestIFuncCandidates(t *testing.T) {
	o := &testObject{
		osabi: elfOSABIGNU,
		sections: []testSection{textSection(append(append(make([]byte, 32), 0x48, 0x8d, 0x05, 0, 0, 0, 0, 0xe8, 0, 0, 0, 0), make([]byte, 52)...),
			rela{offset: 0, typ: 1, sym: 1},                    // a use
			rela{offset: 35, typ: 2, sym: 2, addend: neg(4)},   // lea fast
			rela{offset: 40, typ: 4, sym: 3, addend: neg(4)},   // call helper
			rela{offset: 44, typ: 9, sym: 4, addend: neg(4)},   // slow, from its slot
			rela{offset: 56, typ: 2, sym: 3, addend: neg(4)})}, // behind the resolver
		symbols: []testSymbol{
			{name: "best", info: stbGlobal<<4 | sttIFunc, shndx: 1, value: 32, size: 20},
			{name: "fast", info: globalFunc, shndx: 1, value: 64}, {name: "helper", info: globalFunc, shndx: 1, value: 72},
			{name: "slow", info: globalFunc, shndx: 1, value: 80},
		},
	}
	im := mustLoad(t, o)
	if got := fmt.Sprint(im.IFuncs); got != "[{1 [2 4]}]" {
		t.Fatalf("indirect functions %s", got)
	}
	_, err := im.Choose("best", nil)
	if e, ok := err.(*Error); !ok || e.Advice != "ask for one of its implementations by name: --symbol fast, slow" {
		t.Errorf("chosen: %v", err)
	}
	p := testPlacement()
	p.Implementations = map[int]int{1: 4}
	object, err := Parse(o.bytes(), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if im, err = load(object, p); err != nil {
		t.Fatal(err)
	}
	equal(t, "best", uint64(field(t, im, 1, 0, 8)), im.Symbols[4].Addr)
	c, err := im.Choose("best", nil)
	if err != nil || c.Addr != im.Symbols[4].Addr || !c.Exact || len(im.Undefined) != 0 {
		t.Errorf("chosen %+v, %v", c, err)
	}
}
