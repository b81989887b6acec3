//go:build oracle

package screen

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestMarch compiles testdata/kernels.c with GCC and Clang for every microarchitecture that they know, and wants of every object that
// objdump finds the same boundaries, that it is accepted, and that a processor of that kind lacks nothing of what it needs.
func TestMarch(t *testing.T) {
	if _, err := exec.LookPath("objdump"); err != nil {
		t.Skip("needs objdump (binutils)")
	}
	total := newDifferences()
	for _, compiler := range []string{"gcc", "clang"} {
		if _, err := exec.LookPath(compiler); err != nil {
			t.Logf("without %s, which is not installed", compiler)
			continue
		}
		known := 0
		for _, m := range microarchitectures {
			for _, flags := range []string{"-O2", "-O3 -ffast-math", "-O3 -mprefer-vector-width=512", "-Os -fPIC -fstack-protector-all -fcf-protection"} {
				obj, err := compile(t, compiler, m.name, flags)
				if err != nil {
					break // an older compiler than the processor
				}
				known++
				checkObject(t, obj, m.name, total)
			}
		}
		if known < 80 {
			t.Errorf("%s made only %d objects", compiler, known)
		}
		t.Logf("%s: %d objects", compiler, known)
	}
	if total.instructions == 0 {
		t.Skip("needs gcc or clang")
	}
	t.Logf("%d instructions, differences: %s", total.instructions, total)
	for _, s := range total.unexplained {
		t.Error(s)
	}
}

func compile(t *testing.T, compiler, march, flags string) (string, error) {
	obj := filepath.Join(t.TempDir(), compiler+"-"+march+".o")
	line := fmt.Sprintf("%s -w -march=%s %s -fno-math-errno -c -o %s testdata/kernels.c", compiler, march, flags, obj)
	return obj, exec.Command("sh", "-c", line).Run()
}

func checkObject(t *testing.T, path, march string, total *differences) {
	t.Helper()
	if err := compareObjdump(path, total); err != nil {
		t.Error(err)
	}
	host, err := Assume(march)
	if err != nil {
		t.Fatal(err)
	}
	err = eachObject(path, func(o object) error {
		c, err := o.code()
		if err != nil {
			return err
		}
		v := screened(c, host, Options{})
		for _, r := range v.Refusals {
			t.Errorf("%s: %s+%#x: %s: %s", filepath.Base(path), r.Symbol, r.Offset, r.Text, r.Rule)
		}
		for _, l := range v.HostLacks {
			t.Errorf("%s: %s lacks %s for %s (%s)", filepath.Base(path), march, l.Feature, l.Text, l.Bytes)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
