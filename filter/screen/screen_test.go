package screen

import (
	"bytes"
	"strings"
	"testing"
)

// TestShape covers the rules about the shape of code: what may follow what, and where branches may go.
func TestShape(t *testing.T) {
	for _, x := range []struct {
		name, code string
		rule       string // empty: accepted
		offset     uint64
	}{
		{"a loop", "ff c8 75 fc c3", "", 0},
		{"a byte that is jumped over", "eb 01 b8 90 90 90 90 c3", "data-in-text", 2},
		{"two readings of the same bytes", "74 01 b8 90 90 90 90 c3", "overlap", 0},
		{"a backward branch into the middle", "b8 90 90 90 90 74 fa c3", "overlap", 5},
		{"a call into the middle", "b8 90 90 90 90 e8 f8 ff ff ff c3", "overlap", 5},
		{"an instruction that runs into another", "74 02 eb 01 0f 90 c3", "overlap", 4},
		{"a jump out", "e9 00 10 00 00", "branch-target", 0},
		{"a jump far back", "e9 00 00 00 80", "branch-target", 0},
		{"a jump to the very end", "74 01 c3", "", 0},
		{"a loop instruction that leaves", "e2 80 c3", "branch-target", 0},
		{"a supplied function", "e8 e8 ff ff 0f c3", "", 0},
		{"an indirect jump", "ff e0", "", 0},
		{"a computed jump over code", "ff e0 31 c0 c3", "", 0},
		{"zero padding", "c3 00 00 00 00 00 00 00", "", 0},
		{"one zero", "c3 00", "", 0},
		{"INT3 padding", "c3 cc cc cc", "", 0},
		{"no-op padding", "c3 90 66 90 0f 1f 00 66 2e 0f 1f 84 00 00 00 00 00", "", 0},
		{"text behind a return", "c3 06 07 0e 16", "data-in-text", 1},
		{"a cut instruction behind a return", "c3 48 b8 00 00", "data-in-text", 1},
		{"a system call behind a return", "c3 0f 05", "system-call", 1},
		{"a system call in padding", "c3 00 00 0f 05 00 00", "system-call", 3},
		{"an undefined opcode", "90 06 c3", "undecodable", 1},
		{"no such instruction", "90 c4 e2 78 ff c0 c3", "undecodable", 1},
		{"a cut instruction", "90 48 b8 00 00", "undecodable", 1},
		{"too long", "66 66 66 66 66 66 66 66 66 66 66 66 66 66 66 90 c3", "undecodable", 0},
		{"an ambiguous length", "66 e8 00 00 00 00 c3", "ambiguous-length", 0},
		{"code after ud2", "0f 0b 06", "data-in-text", 2},
	} {
		c := oneFunction(unhex(t, x.code))
		c.Externals = []Range{{0x20000000 - 3, 0x20001000}}
		v := screened(c, Host{}, Options{})
		if x.rule == "" {
			if !v.Accepted {
				t.Errorf("%s: %+v", x.name, v.Refusals)
			}
			continue
		}
		t.Run(x.name, func(t *testing.T) { wantRefusal(t, v, x.rule, "kernel", x.offset) })
	}
}

// TestDataJoined wants a table of data in one refusal, with the advice that helps.
func TestDataJoined(t *testing.T) {
	v := screened(oneFunction(append([]byte{0xC3}, bytes.Repeat([]byte{0x06, 0x07}, 300)...)), Host{}, Options{})
	if len(v.Refusals) != 1 || v.RefusalCount != 1 {
		t.Fatalf("%d refusals", v.RefusalCount)
	}
	if r := v.Refusals[0]; r.Rule != "data-in-text" || !strings.Contains(r.Advice, ".text data, move it to .rodata") {
		t.Errorf("%+v", r)
	}
}

// TestUnreached wants the advice to say where nothing was seen to lead to an instruction.
func TestUnreached(t *testing.T) {
	for code, unreached := range map[string]bool{"0f 05": false, "eb 01 c3 0f 05": false, "c3 0f 05": true} {
		v := screened(oneFunction(unhex(t, code)), Host{}, Options{})
		if len(v.Refusals) != 1 || strings.Contains(v.Refusals[0].Advice, "nothing branches here") != unreached {
			t.Errorf("%s: %+v", code, v.Refusals)
		}
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

// TestRoots wants code behind an address in data decoded as reached, and data symbols left alone.
func TestRoots(t *testing.T) {
	c := oneFunction(unhex(t, "c3 06 c3"))
	c.Roots = []uint64{0x10000011, 0x99999999}
	wantRefusal(t, screened(c, Host{}, Options{}), "undecodable", "kernel", 1)
	c.Roots = nil
	wantRefusal(t, screened(c, Host{}, Options{}), "data-in-text", "kernel", 1)
	c = oneFunction(unhex(t, "c3 c3"))
	c.Symbols = append(c.Symbols, Symbol{Name: "middle", Addr: 0x10000011})
	if v := screened(c, Host{}, Options{}); !v.Accepted || v.Instructions != 3 {
		t.Errorf("%d instructions, %+v", v.Instructions, v.Refusals)
	}
	c = oneFunction(unhex(t, "c3 06 06 06"))
	c.Symbols[1].Size = 1
	c.Symbols = append(c.Symbols, Symbol{Name: "table", Addr: 0x10000011, Size: 3, Data: true})
	wantRefusal(t, screened(c, Host{}, Options{}), "data-in-text", "table", 0)
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
	for _, r := range screened(c, Host{}, Options{}).Refusals {
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
