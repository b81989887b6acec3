package loader

import "testing"

// relocValues has, for every type that the loader computes, the formula of psABI
// table 4.9 in its letters: S symbol, A addend, P place, Z symbol's size, G GOT
// offset of the slot, GOT, L the branch's target (near ones are S), T thread
// pointer, B the lowest address of the thread-local variables. A new row of relocTypes needs one here.
func relocValues() map[uint32]string {
	return map[uint32]string{
		1: "S+A", 2: "S+A-P", 3: "G+A", 4: "L+A-P", 9: "G+GOT+A-P", 10: "S+A", 11: "S+A", 12: "S+A", 13: "S+A-P", 14: "S+A", 15: "S+A-P",
		17: "S+A-B", 18: "S+A-T", 19: "G+GOT+A-P", 20: "G+GOT+A-P", 21: "S+A-B", 22: "G+GOT+A-P", 23: "S+A-T",
		24: "S+A-P", 25: "S+A-GOT", 26: "GOT+A-P", 27: "G+A", 28: "G+GOT+A-P", 29: "GOT+A-P", 30: "G+A", 31: "L+A-GOT", 32: "Z+A", 33: "Z+A",
		34: "G+GOT+A-P", 39: "S+A-P", 40: "L+A-P", 41: "G+GOT+A-P", 42: "G+GOT+A-P",
	}
}

// TestEveryValue computes each type's formula beside the loader.
func TestEveryValue(t *testing.T) {
	want := relocValues()
	for typ := range uint32(len(relocTypes)) {
		row := &relocTypes[typ]
		if (row.width > 0) != (want[typ] != "") {
			t.Errorf("%s: its row here is %q", row.name, want[typ])
			continue
		}
		if row.width == 0 {
			continue
		}
		sym := testSymbol{name: "x", info: globalNone, shndx: shnAbs, value: 16, size: 40}
		if row.formula == symPC {
			sym.value = fieldAddr + 16 // within reach of a byte
		}
		if row.tls {
			sym = testSymbol{name: "x", info: stbGlobal<<4 | sttTLS, shndx: 3, value: 8}
		}
		const addend = 5
		object := relocate(typ, sym, addend)
		object.sections = append(object.sections, tlsSection(".tdata", shtProgbits, 24))
		o, err := Parse(object.bytes(), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		p := testPlacement()
		im, err := load(o, p)
		if err != nil {
			t.Errorf("%s: %v", row.name, err)
			continue
		}
		values := map[string]uint64{
			"S": im.Symbols[1].Addr, "L": im.Symbols[1].Addr, "A": addend, "P": addrOf(t, im, 1) + 8,
			"Z": sym.size, "G": 0, "GOT": im.GOTBase, "T": p.ThreadPointer, "B": im.ThreadBlock, // the one slot is the first
		}
		n := uint64(row.width)
		got, sum := uint64(field(t, im, 1, 8, n)), evaluate(t, want[typ], values)
		if unused := 64 - 8*n; got<<unused != sum<<unused {
			t.Errorf("%s: the field is %#x, %s is %#x", row.name, got, want[typ], sum)
		}
	}
}

// evaluate adds and subtracts names, left to right.
func evaluate(t *testing.T, formula string, values map[string]uint64) (sum uint64) {
	t.Helper()
	for minus := false; formula != ""; {
		n := 0
		for n < len(formula) && formula[n] != '+' && formula[n] != '-' {
			n++
		}
		v, ok := values[formula[:n]]
		if !ok {
			t.Fatalf("%q is no value", formula[:n])
		}
		if minus {
			v = -v
		}
		sum += v
		if n == len(formula) {
			break
		}
		minus, formula = formula[n] == '-', formula[n+1:]
	}
	return sum
}
