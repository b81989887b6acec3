package screen

import (
	"bytes"
	"encoding/json"
	"testing"
)

// seeds are starting points for the fuzzers: every banned and every odd instruction.
func seeds(f *testing.F) {
	for _, b := range banned {
		f.Add(unhex(f, b.code), uint8(0))
	}
	for _, x := range lengths {
		f.Add(append(unhex(f, x.code), 0xC3), uint8(3))
	}
	f.Add(unhex(f, "74 01 b8 90 90 90 90 c3"), uint8(1))
}

// FuzzScreen checks the promises that do not depend on what the code is. Unit test and fuzzer share checkPromises.
func FuzzScreen(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, code []byte, entry uint8) { checkPromises(t, code, entry) })
}

// TestPromises runs the same on generated code.
func TestPromises(t *testing.T) {
	gen := newRandomInst(3)
	for range 3000 {
		var code []byte
		for range 1 + gen.IntN(8) {
			var b [16]byte
			gen.fill(b[:])
			if n := Length(b[:]); n > 0 {
				code = append(code, b[:n]...)
			} else {
				code = append(code, b[:gen.IntN(4)]...)
			}
		}
		checkPromises(t, append(code, 0xC3), uint8(gen.IntN(20)))
	}
}

func checkPromises(t *testing.T, code []byte, entry uint8) {
	c := Code{
		Sections: []Section{{Index: 1, Name: ".text", Addr: 0x10000, Code: code}},
		Symbols:  []Symbol{{Name: "f", Addr: 0x10000, Func: true}},
		Roots:    []uint64{0x10000 + uint64(entry)},
	}
	v := screened(c, Host{}, Options{})
	if v.Accepted != (len(v.Refusals) == 0) || v.RefusalCount < len(v.Refusals) {
		t.Fatalf("accepted %v with %d of %d refusals", v.Accepted, len(v.Refusals), v.RefusalCount)
	}
	if _, err := json.Marshal(v); err != nil {
		t.Fatal(err)
	}
	if v.Accepted {
		decodesWholly(t, code)
	}
	if locked(code) {
		return // split locks depend on where operands lie in their cache lines
	}
	same(t, "moved", v, screened(c.moved(0x7000_0000), Host{}, Options{}), 0x7000_0000)
	same(t, "in company", v, screened(c.inCompany(), Host{}, Options{}), 0)
}

// decodesWholly follows accepted code from its beginning: until the first jump or return there must be known and allowed instructions.
func decodesWholly(t *testing.T, code []byte) {
	for len(code) > 0 {
		var in Inst
		if err := Decode(code, &in); err != OK {
			t.Fatalf("accepted % x, which does not decode: %v", code, err)
		}
		r := identify(&in)
		if r == nil {
			t.Fatalf("accepted % x, which is not in the table", code)
		}
		if x := ruleOf(r); x != allowed && x < firstSoft {
			t.Fatalf("accepted % x: %s", code, policy[x].word)
		}
		if f := flows[r.iclass]; f == flowEnd || f == flowJump {
			return
		}
		code = code[in.Len:]
	}
}

func locked(code []byte) bool {
	return bytes.ContainsAny(code, "\xf0\x86\x87")
}

// moved puts everything elsewhere.
func (c Code) moved(by uint64) Code {
	m := Code{}
	for _, s := range c.Sections {
		s.Addr += by
		m.Sections = append(m.Sections, s)
	}
	for _, s := range c.Symbols {
		s.Addr += by
		m.Symbols = append(m.Symbols, s)
	}
	for _, r := range c.Roots {
		m.Roots = append(m.Roots, r+by)
	}
	return m
}

// inCompany adds an innocent section behind, and one before.
func (c Code) inCompany() Code {
	for _, at := range []uint64{0x1000, 0x90000000} {
		c.Sections = append(c.Sections, Section{Index: 9, Name: ".text.other", Addr: at, Code: []byte{0x90, 0xC3, 0xCC, 0x00}})
		c.Symbols = append(c.Symbols, Symbol{Name: "g", Addr: at, Func: true})
	}
	return c
}

// same compares the refusals of two verdicts, apart from addresses.
func same(t *testing.T, how string, a, b *Verdict, moved uint64) {
	t.Helper()
	if a.Accepted != b.Accepted || a.RefusalCount != b.RefusalCount {
		t.Fatalf("%s: accepted %v with %d refusals, before %v with %d: %+v %+v", how, b.Accepted, b.RefusalCount, a.Accepted, a.RefusalCount, b.Refusals, a.Refusals)
	}
	for i := range a.Refusals {
		x, y := a.Refusals[i], b.Refusals[i]
		if x.Rule != y.Rule || x.Symbol != y.Symbol || x.Offset != y.Offset || x.Bytes != y.Bytes || x.Addr+moved != y.Addr {
			t.Fatalf("%s: %+v, before %+v", how, y, x)
		}
	}
}

// TestPadding wants the verdict on a function to stay when no-ops, INT3s or zeros are put before, behind and between.
func TestPadding(t *testing.T) {
	for _, b := range banned {
		for _, pad := range []string{"90", "cc", "00", "66 90", "0f 1f 00", "66 2e 0f 1f 84 00 00 00 00 00"} {
			if b.rule == "split-lock" {
				continue
			}
			insn := unhex(t, b.code)
			filler := bytes.Repeat(unhex(t, pad), 16)
			text := append(append([]byte{0xC3}, filler...), insn...)
			text = append(append(append(text, 0xC3), filler...), 0xC3)
			at := uint64(1 + len(filler))
			c := Code{
				Sections: []Section{{Index: 1, Name: ".text", Addr: 0x10000, Code: text}},
				Symbols:  []Symbol{{Name: "f", Addr: 0x10000, Func: true}, {Name: "kernel", Addr: 0x10000 + at, Func: true}},
			}
			wantRefusal(t, screened(c, Host{}, Options{}), b.rule, "kernel", 0)
		}
	}
}

// TestSecondOpinion compares lengths with x86asm's on generated encodings, where it knows them, and wants every exception of knownFault.
func TestSecondOpinion(t *testing.T) {
	gen := newRandomInst(5)
	faults := map[iclass]bool{icVZEROUPPER: false, icVZEROALL: false, icMOV_CR: false, icMOV_DR: false}
	for n := range 400_000 {
		var code [24]byte
		if n%50 == 0 {
			copy(code[:], [][]byte{{0xC5, 0xF8, 0x77, 0x0F, 5}, {0xC5, 0xFC, 0x77, 0x0F, 5}, {0x0F, 0x20, 4, 0x24}, {0x0F, 0x21, 0x44}}[n/50%4])
		} else {
			gen.fill(code[:])
		}
		var in Inst
		if Decode(code[:], &in) != OK {
			continue
		}
		r := identify(&in)
		if r == nil || sameLength(code[:], &in) {
			continue
		}
		if _, known := faults[r.iclass]; !known {
			t.Fatalf("% x: %s: we say %d bytes and x86asm something else", code[:maxLen], iclassNames[r.iclass], in.Len)
		}
		faults[r.iclass] = true
	}
	for ic, seen := range faults {
		if !seen {
			t.Errorf("x86asm is right about %s: take it out of knownFault", iclassNames[ic])
		}
	}
}

// TestDisagreement wants a length that x86asm contradicts noticed, once for every shape.
func TestDisagreement(t *testing.T) {
	code := unhex(t, "48 01 c8 c3")
	var in Inst
	if Decode(code, &in) != OK {
		t.Fatal("does not decode")
	}
	number, _ := find(&in)
	var k kinds
	if !k.of(&in, number).agrees(code, &in) {
		t.Error("x86asm disagrees about ADD")
	}
	in.W, in.Len = 0, 2 // another shape, and wrong
	if k.of(&in, number).agrees(code, &in) {
		t.Error("a wrong length went unnoticed")
	}
}
