package screen

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

// TestShape covers the rules about the shape of code: what may follow what, and where branches may go.
func TestShape(t *testing.T) {
	for _, x := range []struct {
		name, code string
		rule       string // empty: accepted
		offset     uint64 // of what is refused
		data       int    // bytes of it, where the code is accepted
	}{
		{"a loop", "ff c8 75 fc c3", "", 0, 0},
		{"a byte that is jumped over", "eb 01 b8 90 90 90 90 c3", "", 0, 1},
		{"two readings of the same bytes", "74 01 b8 90 90 90 90 c3", "overlap", 0, 0},
		{"a backward branch into the middle", "b8 90 90 90 90 74 fa c3", "overlap", 5, 0},
		{"a call into the middle", "b8 90 90 90 90 e8 f8 ff ff ff c3", "overlap", 5, 0},
		{"an instruction that runs into another", "74 02 eb 01 0f 90 c3", "overlap", 4, 0},
		{"a jump out", "e9 00 10 00 00", "branch-target", 0, 0},
		{"a jump far back", "e9 00 00 00 80", "branch-target", 0, 0},
		{"a jump to the very end", "74 01 c3", "", 0, 0},
		{"a loop instruction that leaves", "e2 80 c3", "branch-target", 0, 0},
		{"a supplied function", "e8 e8 ff ff 0f c3", "", 0, 0},
		{"an indirect jump", "ff e0", "", 0, 0},
		{"a computed jump over code", "ff e0 31 c0 c3", "", 0, 3},
		{"a jump to an address that was just taken", "48 8d 05 03 00 00 00 ff e0 06 0f 05", "system-call", 10, 0},
		{"a jump to the middle that was just taken", "48 8d 05 fb ff ff ff ff e0", "", 0, 0},
		{"zero padding", "c3 00 00 00 00 00 00 00", "", 0, 0},
		{"one zero", "c3 00", "", 0, 0},
		{"INT3 padding", "c3 cc cc cc", "", 0, 0},
		{"no-op padding", "c3 90 66 90 0f 1f 00 66 2e 0f 1f 84 00 00 00 00 00", "", 0, 0},
		{"text behind a return", "c3 06 07 0e 16", "", 0, 4},
		{"text between no-ops", "c3 0f 1f 00 06 07 0e 16 66 90", "", 0, 4},
		{"a table that begins and ends with zeros", "c3 90 00 00 07 00 00", "", 0, 5},
		{"a cut instruction behind a return", "c3 48 b8 00 00", "", 0, 4},
		{"a system call behind a return", "c3 0f 05", "", 0, 2},
		{"a system call in padding", "c3 00 00 0f 05 00 00", "", 0, 6},
		{"a system call behind a conditional branch", "74 01 c3 0f 05", "system-call", 3, 0},
		{"an undefined opcode", "90 06 c3", "undecodable", 1, 0},
		{"no such instruction", "90 c4 e2 78 ff c0 c3", "undecodable", 1, 0},
		{"a cut instruction", "90 48 b8 00 00", "undecodable", 1, 0},
		{"too long", "66 66 66 66 66 66 66 66 66 66 66 66 66 66 66 90 c3", "undecodable", 0, 0},
		{"an ambiguous length", "66 e8 00 00 00 00 c3", "ambiguous-length", 0, 0},
		{"data after ud2", "0f 0b 06", "", 0, 1},
		{"data after ud1", "67 0f b9 40 02 06", "", 0, 1},
		{"the tag of a function of clang", "eb 06 46 54 00 00 00 00 0f b9 c0", "", 0, 6},
		{"a branch over LOCK", "74 01 f0 0f b1 0f c3", "", 0, 0},
		{"a branch back over LOCK", "f0 0f b1 0f 75 fb c3", "", 0, 0},
		{"a branch over LOCK to what is known", "eb 05 0f b1 0f eb 05 f0 eb f8 90 c3", "undecodable", 7, 0},
		{"a branch over LOCK in data", "c3 74 01 f0 0f b1 0f c3", "", 0, 7},
		{"a branch over LOCK and something", "74 02 f0 48 0f b1 0f c3", "overlap", 0, 0},
		{"a branch over another prefix", "74 01 f3 0f b1 0f c3", "overlap", 0, 0},
	} {
		c := oneFunction(unhex(t, x.code))
		c.Externals = []Range{{0x20000000 - 3, 0x20001000}}
		v := screened(c, Host{}, Options{})
		if x.rule == "" {
			if !v.Accepted || v.DataBytes != x.data {
				t.Errorf("%s: %+v, data %+v", x.name, v.Refusals, v.Data)
			}
			continue
		}
		t.Run(x.name, func(t *testing.T) { wantRefusal(t, v, x.rule, "kernel", x.offset) })
	}
}

// TestManyRefusals wants all refusals counted, in order, and a bounded list of them.
func TestManyRefusals(t *testing.T) {
	v := screened(oneFunction(bytes.Repeat([]byte{0x0F, 0x05}, 3000)), Host{}, Options{})
	if v.RefusalCount != 3000 || len(v.Refusals) != maxRefusals {
		t.Fatalf("%d refusals, %d listed", v.RefusalCount, len(v.Refusals))
	}
	for i, r := range v.Refusals {
		if r.Offset != uint64(2*i) {
			t.Fatalf("refusal %d is at %#x", i, r.Offset)
		}
	}
}

// TestSections wants every section screened, and branches between them followed.
func TestSections(t *testing.T) {
	c := Code{
		Sections: []Section{
			{Index: 4, Name: ".init", Addr: 0x3000, Code: unhex(t, "c3")},
			{Index: 2, Name: ".text", Addr: 0x1000, Code: unhex(t, "e9 fb 0f 00 00")},
			{Index: 3, Name: ".text.unlikely", Addr: 0x2000, Code: unhex(t, "90 0f 05")},
			{Index: 5, Name: ".text.empty", Addr: 0x4000},
		},
		Symbols: []Symbol{{Name: "f", Addr: 0x1000, Func: true}},
	}
	v := screened(c, Host{}, Options{})
	if len(v.Refusals) != 1 || v.Refusals[0].Section != ".text.unlikely" || v.Refusals[0].Symbol != "" || v.Refusals[0].Offset != 1 {
		t.Fatalf("%+v", v.Refusals)
	}
	if strings.Contains(v.Refusals[0].Advice, "nothing branches here") {
		t.Error("a branch from another section was not seen")
	}
	if v.Instructions != 4 {
		t.Errorf("%d instructions, want 4", v.Instructions)
	}
}

// TestNoCode wants nothing accepted as nothing.
func TestNoCode(t *testing.T) {
	v := screened(Code{}, Host{}, Options{})
	if !v.Accepted || v.Instructions != 0 {
		t.Errorf("%+v", v)
	}
}

// TestNames wants places told by the function that claims them, else by the label before, else by the section.
func TestNames(t *testing.T) {
	code := bytes.Repeat([]byte{0x0F, 0x05}, 8)
	c := Code{
		Sections: []Section{{Index: 1, Name: ".text", Addr: 0x1000, Code: code}},
		Symbols: []Symbol{
			{Name: "f", Addr: 0x1002, Size: 6, Func: true},
			{Name: "f.loop", Addr: 0x1004},
			{Name: "label", Addr: 0x100A},
		},
	}
	var got []string
	for _, r := range screened(c, Host{}, Options{Entry: 0x1000}).Refusals {
		got = append(got, where(r.Section, r.Symbol, r.Offset))
	}
	want := ".text+0x0 f+0x0 f+0x2 f+0x4 f.loop+0x4 label+0x0 label+0x2 label+0x4"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("%s, want %s", s, want)
	}
}

// TestHostileSymbols wants the verdict bounded and fit for a terminal whatever the symbols are.
func TestHostileSymbols(t *testing.T) {
	c := Code{Sections: []Section{{Index: 1, Name: ".text", Addr: 0x1000, Code: bytes.Repeat([]byte{0xC3}, 10000)}}}
	for i := range uint64(10000) {
		c.Symbols = append(c.Symbols, Symbol{Name: "a\x1b[2J\n", Addr: 0x1000 + i, Size: 1 << 63, Func: i%2 == 0})
	}
	c.Symbols = append(c.Symbols, Symbol{Name: "outside", Addr: 1 << 63, Func: true}, Symbol{Name: "end", Addr: 0x1000 + 10000})
	v := screened(c, Host{}, Options{})
	if v.FunctionCount != 5000 || len(v.Functions) != maxFunctions { // the functions claim the labels
		t.Errorf("%d functions, %d listed", v.FunctionCount, len(v.Functions))
	}
	if name := v.Functions[0].Symbol; name != `"a\x1b[2J\n"` {
		t.Errorf("name %s", name)
	}
}

// TestNoAllocation wants the cost in memory to be that of the tables, not of the instructions.
func TestNoAllocation(t *testing.T) {
	count := func(n int) float64 {
		c := oneFunction(append(bytes.Repeat(unhex(t, "c5 f8 58 c1 48 ff c8 75 f7"), n), 0xC3))
		return testing.AllocsPerRun(5, func() { screened(c, Host{}, Options{}) })
	}
	small, big := count(10), count(10000)
	if big > small+8 {
		t.Errorf("%v allocations for 30 instructions, %v for 30000", small, big)
	}
	code := unhex(t, "62 f1 74 48 58 c2")
	if n := testing.AllocsPerRun(100, func() { Length(code) }); n != 0 {
		t.Errorf("%v allocations to decode an instruction", n)
	}
}

// TestDecodedBeside: a verdict has on demand the instructions that Decoded finds.
func TestDecodedBeside(t *testing.T) {
	c := oneFunction([]byte{0x74, 0x01, 0x90, 0xC3, 0xFF, 0xFF, 0x90}) // jz 1f; nop; 1: ret; and what is no code
	want, err := Decoded(c, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if v := screened(c, Host{}, Options{Decoded: true}); !reflect.DeepEqual(v.Decoded, want) || v.Decoded[0].Lengths[16] != 2 {
		t.Errorf("%+v, want %+v", v.Decoded, want)
	}
	if v := screened(c, Host{}, Options{}); v.Decoded != nil {
		t.Errorf("%+v, unasked", v.Decoded)
	}
}

// TestLines: the lines of a listing come with their addresses, and an error ends them.
func TestLines(t *testing.T) {
	c := oneFunction([]byte{0x74, 0x01, 0x90, 0xC3})
	v := screened(c, Host{}, Options{})
	var all []Line
	err := Lines(c, v, Options{}, func(addr uint64, n *Line) error {
		if want := c.Sections[0].Addr + uint64(n.Offset); addr != want {
			t.Errorf("%s at %#x, want %#x", n.Text, addr, want)
		}
		all = append(all, *n)
		return nil
	})
	var b bytes.Buffer
	if err := ListingJSON(&b, c, v, Options{}); err != nil {
		t.Fatal(err)
	}
	var want []Line
	if json.Unmarshal(b.Bytes(), &want) != nil || err != nil || len(all) < 4 || !reflect.DeepEqual(all, want) {
		t.Errorf("%v: %+v, want %+v", err, all, want)
	}
	enough := errors.New("enough")
	if err := Lines(c, v, Options{}, func(uint64, *Line) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("%v", err)
	}
}
