package bpf_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"webrunner/filter/bpf"
	"webrunner/filter/bpf/bpftest"
)

func TestAssemble(t *testing.T) {
	var a bpf.Assembler
	a.Load(bpf.OffNR)
	a.If(bpf.JEQ, 5, "good", bpf.Next)
	a.If(bpf.JGT, 9, bpf.Next, "bad")
	a.Emit(bpf.Insn{Code: bpf.ALU | bpf.AND | bpf.K, K: 3})
	a.Goto("bad")
	a.Label("good")
	a.Ret(1)
	a.Label("bad")
	a.Label("worse") // two names for one place
	a.If(bpf.JSET, 1, "end", bpf.Next)
	a.If(bpf.JGE, 1, bpf.Next, "worst")
	a.Label("worst")
	a.Ret(2)
	a.Label("end")
	a.Ret(3)
	_, err := a.Assemble()
	if err == nil || err.Error() != `bpf: label "worse" is not used` {
		t.Fatalf("unused label: %v", err)
	}

	a = bpf.Assembler{}
	a.Load(bpf.OffNR)
	a.If(bpf.JEQ, 5, "good", bpf.Next)
	a.If(bpf.JGT, 9, bpf.Next, "bad")
	a.Goto("bad")
	a.Label("good")
	a.Ret(1)
	a.Label("bad")
	a.Ret(2)
	prog, err := a.Assemble()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"ld [0]", "jeq #0x5, 2, 0", "jgt #0x9, 0, 2", "ja 1", "ret #0x1", "ret #0x2"}
	if got := bpf.Disasm(prog); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAssembleErrors(t *testing.T) {
	for _, tt := range []struct {
		want  string
		build func(a *bpf.Assembler)
	}{
		{`no label "x"`, func(a *bpf.Assembler) { a.Goto("x"); a.Ret(0) }},
		{`no label "y"`, func(a *bpf.Assembler) { a.If(bpf.JEQ, 0, bpf.Next, "y"); a.Ret(0) }},
		{`label "x" is not used`, func(a *bpf.Assembler) { a.Label("x"); a.Ret(0) }},
		{`label "x" defined twice`, func(a *bpf.Assembler) { a.Goto("x"); a.Label("x"); a.Ret(0); a.Label("x"); a.Ret(0) }},
		{`empty label`, func(a *bpf.Assembler) { a.Label(""); a.Ret(0) }},
		{`jump back to label "x"`, func(a *bpf.Assembler) { a.Label("x"); a.Ret(0); a.Goto("x"); a.Ret(0) }},
		{`jump back to label "x"`, func(a *bpf.Assembler) { a.Label("x"); a.If(bpf.JEQ, 0, "x", bpf.Next); a.Ret(0) }},
		{`label "x" is at the end`, func(a *bpf.Assembler) { a.Goto("x"); a.Ret(0); a.Label("x") }},
		{`both ways lead to ""`, func(a *bpf.Assembler) { a.If(bpf.JEQ, 0, bpf.Next, bpf.Next); a.Ret(0) }},
		{`goto nowhere`, func(a *bpf.Assembler) { a.Goto(bpf.Next); a.Ret(0) }},
		{`no conditional jump`, func(a *bpf.Assembler) { a.If(bpf.JA, 0, "x", bpf.Next); a.Label("x"); a.Ret(0) }},
		{`no conditional jump`, func(a *bpf.Assembler) { a.If(0x50, 0, "x", bpf.Next); a.Label("x"); a.Ret(0) }},
		{`Emit of a jump`, func(a *bpf.Assembler) { a.Emit(bpf.Insn{Code: bpf.JMP | bpf.JA}); a.Ret(0) }},
		{bpf.NoReturn.String(), func(a *bpf.Assembler) { a.Load(0) }},
		{bpf.BadLength.String(), func(a *bpf.Assembler) {}},
		{bpf.BadLength.String(), func(a *bpf.Assembler) {
			for range 4097 {
				a.Ret(0)
			}
		}},
	} {
		var a bpf.Assembler
		tt.build(&a)
		prog, err := a.Assemble()
		if err == nil || prog != nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("want %q: got %v, program %q", tt.want, err, bpf.Disasm(prog))
		}
	}
}

// TestTrampolines moves the two targets of a jump across the reach of its 8-bit
// counts, and runs both ways.
func TestTrampolines(t *testing.T) {
	for _, near := range []int{0, 1, 253, 254, 255, 256, 257, 1000} {
		for _, far := range []int{0, 1, 2, 255, 256, 1000} {
			for _, swap := range []bool{false, true} {
				testTrampoline(t, near, far, swap)
			}
		}
	}
}

func testTrampoline(t *testing.T, near, far int, swap bool) {
	name := fmt.Sprintf("near %d, far %d, swap %v", near, far, swap)
	yes, no := "first", "second"
	if swap {
		yes, no = no, yes
	}
	var a bpf.Assembler
	a.Load(bpf.OffNR)
	a.If(bpf.JEQ, 7, yes, no)
	for range near {
		a.Ret(0)
	}
	a.Label("first")
	a.Ret(1)
	for range far {
		a.Ret(0)
	}
	a.Label("second")
	a.Ret(2)
	prog, err := a.Assemble()
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	wantYes, wantNo := uint32(1), uint32(2)
	if swap {
		wantYes, wantNo = 2, 1
	}
	if got, err := bpf.Run(prog, &bpf.Data{NR: 7}, nil); got != wantYes || err != nil {
		t.Errorf("%s: 7 gives %d, %v", name, got, err)
	}
	if got, err := bpf.Run(prog, &bpf.Data{NR: 8}, nil); got != wantNo || err != nil {
		t.Errorf("%s: 8 gives %d, %v", name, got, err)
	}
	// No more trampolines than the distances ask for.
	extra := len(prog) - (near + far + 4)
	want := 0
	if near+1+far > 255 {
		want++ // to the second; the first moves one further
	}
	if near+want > 255 {
		want++
	}
	if extra != want {
		t.Errorf("%s: %d trampolines, want %d", name, extra, want)
	}
}

func TestCoverage(t *testing.T) {
	prog := []bpf.Insn{{Code: bpf.LD | bpf.W | bpf.ABS}, {bpf.JMP | bpf.JEQ | bpf.K, 1, 0, 7}, ret(1), ret(2)}
	cov := bpftest.NewCoverage(prog)
	missing := func(want ...string) {
		t.Helper()
		if got := cov.Missing(); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	missing("0: ld [0]: never ran", "1: jeq #0x7, 1, 0: never ran", "2: ret #0x1: never ran", "3: ret #0x2: never ran")
	if _, err := bpf.Run(prog, &bpf.Data{NR: 7}, cov.Ran); err != nil {
		t.Fatal(err)
	}
	missing("1: jeq #0x7, 1, 0: never failed", "2: ret #0x1: never ran")
	if _, err := bpf.Run(prog, &bpf.Data{NR: 6}, cov.Ran); err != nil {
		t.Fatal(err)
	}
	missing()
	cov = bpftest.NewCoverage(prog)
	if _, err := bpf.Run(prog, &bpf.Data{NR: 6}, cov.Ran); err != nil {
		t.Fatal(err)
	}
	missing("1: jeq #0x7, 1, 0: never held", "3: ret #0x2: never ran")
}
