package loader

import "testing"

// TestConverted: of an object that objcopy made of a PE object addends are in the fields, distances count from the ends of these,
// and functions of another calling convention are not supplied.
func TestConverted(t *testing.T) {
	code := make([]byte, 32)
	le.PutUint32(code[4:], 5)
	le.PutUint32(code[12:], 0xfffffffe)
	le.PutUint64(code[16:], 7)
	o := &testObject{
		sections: []testSection{
			textSection(code, rela{offset: 4, typ: 2, sym: 1}, rela{offset: 12, typ: 10, sym: 1}, rela{offset: 16, typ: 1, sym: 1}, rela{offset: 24, typ: 1, sym: 2}),
			rodataSection(".pdata", make([]byte, 4)),
		},
		symbols: []testSymbol{{name: "f", info: globalFunc, shndx: 1, size: 4}, {name: "memcpy", info: globalNone}},
	}
	im := mustLoad(t, o)
	at := int64(im.Sections[0].Addr)
	equal(t, "distance", field(t, im, 1, 4, 4), 5-4-4)
	equal(t, "address", field(t, im, 1, 12, 4), at-2)
	equal(t, "long address", field(t, im, 1, 16, 8), at+7)
	if len(im.Undefined) != 1 || field(t, im, 1, 24, 8) != int64(im.Undefined[0].Addr) {
		t.Errorf("memcpy is at %#x, undefined are %+v", field(t, im, 1, 24, 8), im.Undefined)
	}
	o.sections[1].name = ".rodata"
	im = mustLoad(t, o)
	equal(t, "address", field(t, im, 1, 12, 4), int64(im.Sections[0].Addr))
}
