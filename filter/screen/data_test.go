package screen

import (
	"encoding/binary"
	"fmt"
	"testing"
)

// atText is where oneFunction's section lies, and atKernel its function.
const (
	atText   = 0x10000000
	atKernel = atText + 16
)

// TestRoots wants code behind a pointer in data decoded as surely reached, unless what is there is declared to be data.
func TestRoots(t *testing.T) {
	c := oneFunction(unhex(t, "c3 06 c3"))
	c.Roots = []uint64{atKernel + 1, 0x99999999}
	wantRefusal(t, screened(c, Host{}, Options{}), "undecodable", "kernel", 1)
	c.Symbols = append(c.Symbols, Symbol{Name: "table", Addr: atKernel + 1, Size: 2, Data: true})
	wantData(t, screened(c, Host{}, Options{}), 17, 19)
	c.Roots, c.Symbols = nil, c.Symbols[:2]
	wantData(t, screened(c, Host{}, Options{}), 17, 19)
}

// TestEntry wants what will run decoded as surely reached, even if it is declared to be data.
func TestEntry(t *testing.T) {
	c := oneFunction(unhex(t, "c3 06 c3"))
	c.Symbols = append(c.Symbols, Symbol{Name: "odd", Addr: atKernel + 1, Size: 2, Data: true})
	wantRefusal(t, screened(c, Host{}, Options{Entry: atKernel + 1}), "undecodable", "kernel", 1)
}

// TestDeclaredData wants what is declared to be data taken for data whatever it holds, unless control reaches it.
func TestDeclaredData(t *testing.T) {
	object := func(code string) Code {
		c := oneFunction(unhex(t, code))
		c.Symbols[1].Size = 1
		c.Symbols = append(c.Symbols, Symbol{Name: "table", Addr: atKernel + 3, Size: 3, Data: true})
		return c
	}
	for _, code := range []string{
		"90 90 c3 06 06 06", "90 90 c3 0f 05 c3", "90 90 c3 31 c0 c3",
		"c3 90 90 64 8b 00", // with no-ops before it
	} {
		c := object(code)
		c.Guesses = []Guess{{At: [3]uint64{atKernel + 3}}, {At: [3]uint64{atKernel + 4}}}
		c.Taken = []uint64{atKernel + 3}
		c.Symbols = append(c.Symbols, Symbol{Name: "middle", Addr: atKernel + 4})
		v := screened(c, Host{}, Options{})
		wantData(t, v, 19, 22)
		if len(v.Data) != 1 || v.Data[0].Symbol == "" {
			t.Errorf("%s: %+v", code, v.Data)
		}
	}
	wantRefusal(t, screened(object("90 eb 00 0f 05 c3"), Host{}, Options{}), "system-call", "table", 0)
	wantRefusal(t, screened(object("90 90 90 06 06 06"), Host{}, Options{}), "undecodable", "table", 0)
}

// TestDataNeedsNothing wants no extension asked for by bytes that nothing leads to, and told what they would need as code.
func TestDataNeedsNothing(t *testing.T) {
	v := screened(oneFunction(unhex(t, "c5 f8 77 c3 62 f1 7c 48 58 c1 c3")), Host{}, Options{})
	if fmt.Sprint(v.ISA) != "[AVX]" || v.Instructions != 3 || len(v.Data) != 1 {
		t.Fatalf("needs %v, %d instructions, %+v", v.ISA, v.Instructions, v.Data)
	}
	if d := v.Data[0]; d.Section != ".text" || d.Symbol != "kernel" || d.Offset != 20 || d.Size != 7 || fmt.Sprint(d.ISA) != "[AVX512F]" {
		t.Errorf("%+v", d)
	}
	v = screened(oneFunction(unhex(t, "c3 62 f1 7c 48 58 c1 06")), Host{}, Options{})
	if len(v.Data) != 1 || v.Data[0].ISA != nil || len(v.ISA) != 0 {
		t.Errorf("%+v, needs %v", v.Data, v.ISA)
	}
}

// TestLabels wants an untyped symbol followed where what it names can be code; else it is data.
func TestLabels(t *testing.T) {
	for _, x := range []struct {
		name, code, rule   string
		data, instructions int
		global, untyped    bool
	}{
		{name: "code", code: "c3 90 90 90 90 90 90 90 31 c0 c3", instructions: 11},
		{name: "a stamp", code: "c3 90 90 90 90 90 90 90 17 00 02 00", data: 4, instructions: 9},
		{name: "a global stamp", code: "c3 90 90 90 90 90 90 90 17 00 02 00", global: true, data: 4, instructions: 9},
		{name: "a stamp that would be banned", code: "c3 90 90 90 90 90 90 90 64 00 06 00", global: true, data: 4, instructions: 9},
		{name: "the only function", code: "c3 90 90 90 90 90 90 90 17 00 02 00", global: true, untyped: true, rule: "undecodable"},
		{name: "zeros before code", code: "c3 90 90 90 90 90 90 90 00 00 00 00 c3", data: 5, instructions: 9},
		{name: "a branch to nowhere", code: "c3 90 90 90 90 90 90 90 e9 00 10 00 00", data: 5, instructions: 9},
		{name: "no end", code: "c3 90 90 90 90 90 90 90 31 c0", data: 2, instructions: 9},
		{name: "a system call that nothing leads to", code: "c3 90 90 90 90 90 90 90 31 c0 0f 05 c3", data: 5, instructions: 9},
		{name: "a system call that is branched to", code: "74 06 c3 90 90 90 90 90 31 c0 0f 05 c3", rule: "system-call"},
		{name: "an undecodable byte that is branched to", code: "74 06 c3 90 90 90 90 90 31 c0 06", rule: "undecodable"},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := oneFunction(unhex(t, x.code))
			c.Symbols[1].Size = 8
			if x.untyped {
				c.Symbols = c.Symbols[:0]
			}
			c.Symbols = append(c.Symbols, Symbol{Name: "label", Addr: atKernel + 8, Global: x.global})
			v := screened(c, Host{}, Options{})
			if x.rule != "" {
				if v.Accepted || v.Refusals[0].Rule != x.rule {
					t.Errorf("%+v", v.Refusals)
				}
				return
			}
			if !v.Accepted || v.DataBytes != x.data || v.Instructions != x.instructions {
				t.Errorf("%+v, data %+v, %d instructions", v.Refusals, v.Data, v.Instructions)
			}
			// What runs is code.
			if v := screened(c, Host{}, Options{Entry: atKernel + 8}); v.Accepted != (x.name == "code" || x.name == "zeros before code" || x.name == "no end") {
				t.Errorf("as the entry: %+v", v.Refusals)
			}
		})
	}
}

// TestGuesses wants what a table leads to followed, what is banned there refused, and nothing refused if the table is none.
func TestGuesses(t *testing.T) {
	const code = "ff e0 06 06 31 c0 c3 06 0f 05 c3 06 ec c3"
	for _, x := range []struct {
		table        []Guess
		rule         string
		instructions int // or the place that is refused
	}{
		{[]Guess{{1, [3]uint64{4}}}, "", 4},
		{[]Guess{{1, [3]uint64{4, 6}}}, "", 4},
		{[]Guess{{1, [3]uint64{2, 4}}}, "", 4},
		{[]Guess{{1, [3]uint64{2, 7, 4}}}, "", 4},
		{[]Guess{{1, [3]uint64{1, 4}}}, "", 4}, // the middle of an instruction
		{[]Guess{{1, [3]uint64{0, 4}}}, "", 2}, // known
		{[]Guess{{1, [3]uint64{8}}}, "system-call", 8},
		{[]Guess{{1, [3]uint64{4}}, {1, [3]uint64{8}}}, "system-call", 8},
		{[]Guess{{1, [3]uint64{8, 4}}}, "", 4}, // the other is explained by another table
		{[]Guess{{1, [3]uint64{12}}}, "", 2},   // an instruction of one byte that is banned, as there are in the middle of others
		{[]Guess{{1, [3]uint64{2}}, {1, [3]uint64{8}}}, "", 2},
		{[]Guess{{1, [3]uint64{2}}, {2, [3]uint64{8}}}, "system-call", 8},
		{[]Guess{{0, [3]uint64{2}}, {0, [3]uint64{8}}}, "system-call", 8},
		{[]Guess{{1, [3]uint64{1 << 40}}}, "", 2},
	} {
		c := oneFunction(unhex(t, code))
		for i := range x.table {
			for j, off := range x.table[i].At {
				if off > 0 || j == 0 {
					x.table[i].At[j] = atKernel + off
				}
			}
		}
		c.Guesses = x.table
		v := screened(c, Host{}, Options{})
		if x.rule != "" {
			wantRefusal(t, v, x.rule, "kernel", uint64(x.instructions))
		} else if !v.Accepted || v.Instructions != x.instructions {
			t.Errorf("%x: %+v, %d instructions", x.table, v.Refusals, v.Instructions)
		}
	}
}

// TestBeginnings wants a section in which nothing is named followed from where it begins: for certain in an object without symbols.
func TestBeginnings(t *testing.T) {
	c := oneFunction(unhex(t, "c3"))
	c.Sections = append(c.Sections, Section{Index: 2, Name: ".text.cold", Addr: 0x20000000, Code: unhex(t, "31 c0 c3 07")})
	if v := screened(c, Host{}, Options{}); !v.Accepted || v.Instructions != 4 || v.DataBytes != 1 {
		t.Errorf("%d instructions, %+v", v.Instructions, v.Data)
	}
	c.Sections[1].Code = unhex(t, "31 c0 0f 05")
	if v := screened(c, Host{}, Options{}); v.Accepted || v.Refusals[0].Section != ".text.cold" || v.Refusals[0].Rule != "system-call" {
		t.Errorf("%+v", v.Refusals)
	}
	c.Sections[1].Code = unhex(t, "31 c0 06 c3")
	if v := screened(c, Host{}, Options{}); !v.Accepted || v.DataBytes != 4 {
		t.Errorf("%+v, %+v", v.Refusals, v.Data)
	}
	c.Symbols = nil
	if v := screened(c, Host{}, Options{}); v.Accepted || v.Refusals[0].Rule != "undecodable" || v.Refusals[0].Offset != 2 {
		t.Errorf("%+v", v.Refusals)
	}
}

// TestTakenAddresses wants a label whose address is taken followed where jumps are computed: as code, or as a table of distances to code.
func TestTakenAddresses(t *testing.T) {
	table := func(entries ...int32) (code []byte) {
		code = unhex(t, "48 8d 05 03 00 00 00 ff 20 c3") // lea rax, [rip+3]; jmp [rax]; ret
		for _, e := range entries {
			code = binary.LittleEndian.AppendUint32(code, uint32(e))
		}
		return append(code, unhex(t, "31 c0 c3 31 c9 c3 0f 05 c3")...)
	}
	for _, x := range []struct {
		name         string
		code         []byte
		instructions int
		data         int
	}{
		{"code", unhex(t, "48 8d 05 06 00 00 00 48 01 c8 ff e0 06 31 c0 c3"), 5, 1},
		{"no computed jump", unhex(t, "48 8d 05 06 00 00 00 48 01 c8 90 c3 06 31 c0 c3"), 4, 4},
		{"read as data", unhex(t, "48 8d 05 06 00 00 00 8b 0d 00 00 00 00 ff e0 31 c0 c3"), 3, 3},
		{"a table", table(8, 11), 6, 8 + 1 + 3},
		{"a table with a system call behind it", table(8, 14), 2, 8 + 1 + 9},
	} {
		v := screened(oneFunction(x.code), Host{}, Options{})
		if !v.Accepted || v.Instructions != x.instructions+1 || v.DataBytes != x.data {
			t.Errorf("%s: %+v, %d instructions, data %+v", x.name, v.Refusals, v.Instructions, v.Data)
		}
	}
}

// TestTaken wants an address that a relocation of code names followed if jumps are computed, and never refused.
func TestTaken(t *testing.T) {
	for _, x := range []struct {
		code         string
		instructions int
	}{
		{"ff e0 06 31 c0 c3", 4}, {"90 c3 06 31 c0 c3", 3}, {"ff e0 06 0f 05 c3", 2}, {"ff e0 06 31 06 06", 2},
	} {
		c := oneFunction(unhex(t, x.code))
		c.Taken = []uint64{atKernel + 3}
		if v := screened(c, Host{}, Options{}); !v.Accepted || v.Instructions != x.instructions {
			t.Errorf("%s: %+v, %d instructions", x.code, v.Refusals, v.Instructions)
		}
	}
}

// TestDataCounted wants all stretches of data counted, and a bounded list of them in order.
func TestDataCounted(t *testing.T) {
	var code []byte
	for range 3000 {
		code = append(code, 0xEB, 0x02, 0x06, 0x07)
	}
	v := screened(oneFunction(append(code, 0xC3)), Host{}, Options{})
	if !v.Accepted || v.DataCount != 3000 || v.DataBytes != 6000 || len(v.Data) != maxData || v.Notes[0].Count != 3000 {
		t.Fatalf("%d stretches, %d bytes, %d listed, %+v", v.DataCount, v.DataBytes, len(v.Data), v.Notes)
	}
	for i, d := range v.Data {
		if d.Offset != uint64(16+4*i+2) || d.Size != 2 {
			t.Fatalf("stretch %d: %+v", i, d)
		}
	}
	v = screened(oneFunction(append(code, 0xC3)), Host{}, Options{Soft: map[string]bool{"data-in-text": true}})
	if v.RefusalCount != 3000 || v.Refusals[0].Offset != 2 || v.Refusals[0].Text != "data" {
		t.Errorf("%d refusals: %+v", v.RefusalCount, v.Refusals[0])
	}
}
