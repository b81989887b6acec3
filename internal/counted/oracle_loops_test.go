//go:build oracle

package counted

import (
	"bufio"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/internal/cell"
)

// loops has the floating-point operations of testdata/loops.c by hand, for 1000 elements: one an addition,
// multiplication, division or root, two a fused multiply-add.
var loops = []struct {
	name  string
	flops uint64
}{
	{"saxpy", 2000}, {"daxpy", 2000}, {"scale", 1000}, {"dscale", 1000}, {"sum", 1000}, {"dsum", 1000}, {"dot", 2000}, {"ddot", 2000},
	{"norm", 2001}, {"horner", 6000}, {"divide", 1000}, {"reciprocal", 1000}, {"roots", 1000}, {"larger", 0}, {"copy", 0}, {"fill", 0},
	{"widen", 0}, {"mixed", 1000}, {"integers", 0}, {"triad", 2000}, {"three", 2 * 998}, {"weighted", 5 * 998}, {"complexes", 3 * 1000},
	{"prefix", 999}, {"outer", 200}, {"product", 1024}, {"manhattan", 2000}, {"average", 2000}, {"positives", 0}, {"thirds", 334},
}

const loopCall = "void f(uint64_t n = 1000, float x[n], float y[n], double a[n], double b[n], int32_t k[n])"

// accesses are what a function did by valgrind's lackey, which knows of no floating-point operations.
type accesses struct{ instructions, loads, stores, loaded, stored uint64 }

// TestLoopsCounted holds counts of thirty loops against the trace of valgrind's lackey, and their FLOPs against hand
// counts. It needs gcc and valgrind.
func TestLoopsCounted(t *testing.T) {
	for _, tool := range []string{"gcc", "valgrind"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("there is no %s", tool)
		}
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	object, program := filepath.Join(dir, "loops.o"), filepath.Join(dir, "loops")
	options := []string{"-O2", "-ftree-vectorize", "-mavx2", "-mfma", "-fno-math-errno", "-ffp-contract=fast", "-fno-pic", "-fno-tree-loop-distribute-patterns", "testdata/loops.c"}
	build := func(more ...string) {
		t.Helper()
		if out, err := exec.Command("gcc", append(more, options...)...).CombinedOutput(); err != nil {
			t.Fatalf("gcc: %v\n%s", err, out)
		}
	}
	build("-c", "-o", object)
	build("-DMAIN", "-static", "-o", program)
	truth := lackey(t, program, dir)
	code, err := os.ReadFile(object)
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	table.WriteString("| loop | instructions | loads | stores | bytes loaded | bytes stored | FLOPs |\n|---|---|---|---|---|---|---|\n")
	for _, l := range loops {
		s, err := subjectOf(code, l.name, loopCall)
		if err != nil {
			t.Errorf("%s: %v", l.name, err)
			continue
		}
		c, err := Count(s, time.Millisecond, time.Hour)
		if err := s.Space.Close(); err != nil {
			t.Error(err)
		}
		if err != nil {
			t.Errorf("%s: %v", l.name, err)
			continue
		}
		if l.name == "thirds" {
			// Of the operand of a vperm2f128 the processor reads 32 bytes (SDM vol. 2), and valgrind
			// the half that is used.
			c.LoadedBytes -= 83 * 16
		}
		got := accesses{c.Instructions, c.Loads, c.Stores, c.LoadedBytes, c.StoredBytes}
		if got != truth[l.name] || c.FLOPs != l.flops {
			t.Errorf("%s: %+v and %d FLOPs, want %+v and %d", l.name, got, c.FLOPs, truth[l.name], l.flops)
		}
		fmt.Fprintf(&table, "| %s | %d | %d | %d | %d | %d | %d |\n", l.name, got.instructions, got.loads, got.stores, got.loaded, got.stored, c.FLOPs)
	}
	t.Logf("\n%s", table.String())
}

// TestSlowdownCounted reports how much longer the loops take in rewritten code: of each the fastest of 15 calls, over
// 100 000 elements. It needs gcc.
func TestSlowdownCounted(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("there is no gcc")
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	object := filepath.Join(t.TempDir(), "loops.o")
	if out, err := exec.Command("gcc", "-O2", "-ftree-vectorize", "-mavx2", "-mfma", "-fno-math-errno", "-ffp-contract=fast", "-fno-pic", "-fno-tree-loop-distribute-patterns", "-c", "-o", object, "testdata/loops.c").CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	code, err := os.ReadFile(object)
	if err != nil {
		t.Fatal(err)
	}
	var ratios []float64
	for _, l := range loops {
		s, err := subjectOf(code, l.name, strings.Replace(loopCall, "n = 1000,", "n = 100000,", 1))
		if err != nil {
			t.Errorf("%s: %v", l.name, err)
			continue
		}
		c, err := newCopied(s, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		fastest := func(run func() (*cell.Outcome, error)) uint64 {
			least := ^uint64(0)
			for range 15 {
				out, err := run()
				if err != nil || out.End != cell.Returned {
					t.Fatalf("%s: %v, %v", l.name, out, err)
				}
				least = min(least, out.Samples.End-out.Samples.Start)
			}
			return least
		}
		original := fastest(func() (*cell.Outcome, error) { return s.Attempt(s.Plan(), func() {}) })
		if _, err := c.call(s, s.Plan()); err != nil {
			t.Fatalf("%s: %v", l.name, err)
		}
		ratio := float64(fastest(func() (*cell.Outcome, error) { return c.run(s, s.Plan()) })) / float64(original)
		t.Logf("%s: %.2f", l.name, ratio)
		ratios = append(ratios, ratio)
		if err := errors.Join(c.leave(), s.Space.Close()); err != nil {
			t.Error(err)
		}
	}
	slices.Sort(ratios)
	t.Logf("median %.2f, largest %.2f", ratios[len(ratios)/2], ratios[len(ratios)-1])
}

// lackey runs a program under valgrind's lackey and adds up what its functions access.
func lackey(t *testing.T, program, dir string) map[string]accesses {
	t.Helper()
	f, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	syms, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	type span struct {
		name       string
		start, end uint64
	}
	var spans []span
	for _, l := range loops {
		for _, s := range syms {
			if s.Name == l.name {
				spans = append(spans, span{l.name, s.Value, s.Value + s.Size})
			}
		}
	}
	log := filepath.Join(dir, "trace")
	if out, err := exec.Command("valgrind", "--tool=lackey", "--basic-counts=no", "--trace-mem=yes", "--log-file="+log, program).CombinedOutput(); err != nil {
		t.Fatalf("valgrind: %v\n%s", err, out)
	}
	trace, err := os.Open(log)
	if err != nil {
		t.Fatal(err)
	}
	defer trace.Close()
	sums := make(map[string]accesses)
	name := ""
	var add adder
	for lines := bufio.NewScanner(trace); lines.Scan(); {
		var kind string
		var addr, size uint64
		if n, _ := fmt.Sscanf(lines.Text(), "%s %x,%d", &kind, &addr, &size); n != 3 {
			continue
		}
		if kind == "I" {
			name = ""
			for _, s := range spans {
				if addr >= s.start && addr < s.end {
					name = s.name
				}
			}
		}
		if name == "" {
			continue
		}
		a := sums[name]
		add.add(&a, kind, addr, size)
		sums[name] = a
	}
	return sums
}

// adder adds up the lines of a trace.
type adder struct{ from, to uint64 } // of the last load of the instruction

func (d *adder) add(a *accesses, kind string, addr, size uint64) {
	switch kind {
	case "I":
		*d = adder{}
		a.instructions++
	case "L": // the vector that a fused multiply-add or a conversion loads is shown lane by lane
		switch {
		case addr == d.to && d.to != 0:
			d.to += size
		case addr+size == d.from:
			d.from = addr
		default:
			a.loads, d.from, d.to = a.loads+1, addr, addr+size
		}
		a.loaded += size
	case "S":
		a.stores, a.stored = a.stores+1, a.stored+size
	case "M":
		a.loads, a.loaded, a.stores, a.stored = a.loads+1, a.loaded+size, a.stores+1, a.stored+size
	}
}
