package rewrite

import (
	"encoding/hex"
	"strings"
	"testing"

	"webrunner/filter/screen"
)

const base = 0x10000000

// copyOf rewrites code, which begins at base.
func copyOf(t *testing.T, code string) *Copy {
	t.Helper()
	b, err := hex.DecodeString(code)
	if err != nil {
		t.Fatal(err)
	}
	sections, err := screen.Decoded(screen.Code{
		Sections: []screen.Section{{Name: "text", Addr: base, Code: b}}, Symbols: []screen.Symbol{{Name: "f", Addr: base, Func: true}},
	}, screen.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := Rewrite(Source{Sections: sections, Entries: []uint64{base}}, Place{Code: 0x60000000, Counters: 0x70000000, Table: 0x10000000})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// text disassembles a copy.
func text(c *Copy) string {
	var list []string
	for off := 0; off < len(c.Code); {
		s, n := screen.Text(c.Code[off:], 0x60000000+uint64(off), nil)
		list = append(list, s)
		off += n
	}
	return strings.Join(list, "\n")
}

// TestCopy: what the copy of a loop looks like. Its flags are written before they are read, so the short way of counting
// serves it; where the branch falls through they are not known to be.
func TestCopy(t *testing.T) {
	// again: dec rdi; jnz again; ret
	got := text(copyOf(t, "48ffcf75fbc3"))
	want := `inc qword ptr [0x70000048]
dec rdi
jnz 0x60000000
mov qword ptr [0x70000000], rax
mov rax, qword ptr [0x70000050]
lea rax, ptr [rax+0x1]
mov qword ptr [0x70000050], rax
mov rax, qword ptr [0x70000000]
mov qword ptr [0x70000000], rax
pop rax
mov qword ptr [0x70000008], rax
mov eax, dword ptr [4*rax+0x10000000]
mov qword ptr [0x70000010], rax
mov rax, qword ptr [0x70000000]
jmp qword ptr [0x70000010]
ud2`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestFlagsKept: where a condition may be read, the counter that a block bumps is one that leaves it.
func TestFlagsKept(t *testing.T) {
	for _, tt := range []struct {
		name, code string
		plain      bool // by INC alone, in the first block
	}{
		{"written", "4883c001c3", true},            // add rax, 1; ret
		{"read", "0f94c0c3", false},                // setz al; ret
		{"carry alone", "4883d001c3", true},        // adc rax, 1; ret: INC leaves the carry
		{"unknown behind", "4889c8c3", false},      // mov rax, rcx; ret
		{"shift by none", "48d3e07401c3c3", false}, // shl rax, cl; jz
		{"behind a jump", "eb004883c001c3", true},  // jmp 1f; 1: add rax, 1; ret
		{"one way", "e3044883c001c39fc3", false},   // jrcxz 1f; add rax, 1; ret; 1: lahf; ret
	} {
		first := text(copyOf(t, tt.code))
		if plain := strings.HasPrefix(first, "inc qword ptr"); plain != tt.plain {
			t.Errorf("%s: the first block begins with %.60q", tt.name, first)
		}
	}
}

// TestTable: only instructions that control may come to by an address are in the table.
func TestTable(t *testing.T) {
	// call 1f; nop; ret; 1: jz 2f; nop; 2: ret
	c := copyOf(t, "e80200000090c3740190c3")
	table := c.Table(base, 16)
	for off, want := range map[int]bool{0: true, 1: false, 5: true, 6: false, 7: true, 9: false, 10: false} {
		if got := le.Uint32(table[4*off:]) != 0; got != want {
			t.Errorf("offset %d is in the table: %v, want %v", off, got, want)
		}
	}
	if _, ok := c.Entry(base + 10); !ok {
		t.Error("the target of a branch has no copy")
	}
}

// TestRIPRelative: operands keep their addresses wherever the code lies.
func TestRIPRelative(t *testing.T) {
	c := copyOf(t, "488d0510000000"+"c3") // lea rax, [rip+16]
	for off := 0; off < len(c.Code); {
		var in screen.Inst
		if screen.Decode(c.Code[off:], &in) != screen.OK {
			t.Fatal("the copy does not decode")
		}
		behind := 0x60000000 + int64(off) + int64(in.Len)
		if in.Op == 0x8D && ripRelative(&in) {
			if got := behind + int64(int32(le.Uint32(c.Code[off+int(in.DispOff):]))); got != base+7+16 {
				t.Errorf("the operand is at %#x", got)
			}
			return
		}
		off += int(in.Len)
	}
	t.Error("no such instruction")
}

// TestLedger: counters become tallies of instructions; a branch is taken as often as it did not fall through.
func TestLedger(t *testing.T) {
	c := copyOf(t, "48ffcf75fbc3")
	counters := make([]byte, c.Counters)
	le.PutUint64(counters[0x48:], 7)
	le.PutUint64(counters[0x50:], 1)
	l := c.Ledger(counters)
	if len(l) != 3 || l[base].Executed != 7 || l[base+3].Executed != 7 || l[base+3].Taken != 6 || l[base+5].Executed != 1 {
		t.Errorf("%v", l)
	}
}

// TestBranchOverLock: an instruction with LOCK, and the same where a branch over the prefix leads to, are copied and counted each by itself.
func TestBranchOverLock(t *testing.T) {
	// jz over the prefix; lock add [rdi], rax; ret
	c := copyOf(t, "7401f0480107c3")
	got := text(c)
	for _, part := range []string{"lock add qword ptr [rdi], rax\njmp 0x6", "\nadd qword ptr [rdi], rax\nmov"} {
		if strings.Count(got, part) != 1 {
			t.Errorf("%q is not in the copy:\n%s", part, got)
		}
	}
	with, one := c.Entry(base + 2)
	without, two := c.Entry(base + 3)
	behind, three := c.Entry(base + 6)
	if !one || !two || !three || with >= without || without >= behind {
		t.Errorf("copies at %#x, %#x, %#x", with, without, behind)
	}
	counters := make([]byte, c.Counters)
	for i := range c.blocks {
		le.PutUint64(counters[8*c.blocks[i].counter:], []uint64{5, 2, 3, 5}[i])
	}
	l := c.Ledger(counters)
	if len(l) != 4 || l[base].Taken != 3 || l[base+2].Executed != 2 || l[base+3].Executed != 3 || l[base+6].Executed != 5 {
		t.Errorf("%v", l)
	}
}
