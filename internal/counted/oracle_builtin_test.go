//go:build oracle

package counted

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/internal/count/step"
	"webrunner/internal/subject"
	"webrunner/internal/wire"
	"webrunner/kernels"
)

// builtinSteps bounds the steps of a call of a built-in kernel. With the default
// parameters all take fewer.
const builtinSteps = 700_000

// TestBuiltinCounted counts every built-in kernel in rewritten code and in single steps,
// as two levels of optimisation make them, and wants the same tallies of every
// instruction, and lackey's accesses where valgrind is there. It needs gcc.
func TestBuiltinCounted(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("there is no gcc")
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	set, err := kernels.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	list, err := set.All()
	if err != nil {
		t.Fatal(err)
	}
	var traced replays
	if _, err := exec.LookPath("valgrind"); err == nil {
		traced.dir = t.TempDir()
	}
	levels := []string{"-O1", "-O3 -ffast-math -mavx2 -mfma -mbmi2"}
	var objects [][]byte
	for i, level := range levels {
		name := filepath.Join(t.TempDir(), fmt.Sprint(i))
		options := append(strings.Fields(level), "-c", "-ffreestanding", "-fno-tree-loop-distribute-patterns", "-fno-stack-protector", "-o", name, "../child/testdata/set/set.c")
		if out, err := exec.Command("gcc", options...).CombinedOutput(); err != nil {
			t.Fatalf("gcc: %v\n%s", err, out)
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		objects = append(objects, b)
	}
	var table strings.Builder
	table.WriteString("| kernel | instructions, -O1 | -O3 |\n|---|---|---|\n")
	for _, spec := range list {
		fmt.Fprintf(&table, "| %s |", spec.FullName())
		for i, object := range objects {
			t.Run(spec.Name+levels[i][:3], func(t *testing.T) {
				params, err := spec.Values(nil)
				if err != nil {
					t.Fatal(err)
				}
				s, err := subject.New(&wire.Job{
					Kind: wire.Run, Spec: spec.XML, Params: params, Seed: 1, AuditSeed: 2, Object: object,
					Budget: wire.Budget{Deadline: time.Hour.Microseconds(), CPU: time.Hour.Microseconds(), Call: time.Minute.Microseconds(), Memory: 256 << 20},
				}, true, time.Now())
				if err != nil {
					t.Fatal(err)
				}
				defer s.Space.Close()
				c, err := newCopied(s, time.Hour)
				if err != nil {
					t.Fatal(err)
				}
				got, err := c.alone()
				if err != nil {
					t.Fatal(err)
				}
				truth, err := step.Run(s, s.Plan(), builtinSteps)
				if err != nil {
					t.Fatal(err)
				}
				if !got.Equal(truth.Ledger) {
					t.Errorf("%s", difference(got, truth.Ledger))
				}
				fmt.Fprintf(&table, " %d |", instructions(got))
				traced.add(t, s, spec.Name+levels[i][:3], got)
			})
		}
		table.WriteByte('\n')
	}
	t.Logf("\n%s", table.String())
	traced.compare(t)
}
