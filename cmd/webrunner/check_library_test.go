//go:build oracle

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestCheckLibraries checks functions of static libraries that nobody wrote for this
// program against plain C: none of them may be found wrong.
//
//	WEBRUNNER_LIBRARIES  directory with one directory a package, as
//	                     scripts/corpus-objects.sh DIR fills DIR/deb
func TestCheckLibraries(t *testing.T) {
	dir := os.Getenv("WEBRUNNER_LIBRARIES")
	if dir == "" {
		t.Skip("WEBRUNNER_LIBRARIES names no directory of static libraries (scripts/corpus-objects.sh DIR fills DIR/deb)")
	}
	needsChild(t)
	reference := filepath.Join(t.TempDir(), "reference.o")
	if out, err := exec.Command("gcc", "-O0", "-c", "testdata/check_library.c", "-o", reference).CombinedOutput(); err != nil {
		t.Skipf("no gcc to build the references: %v: %s", err, out)
	}
	text, err := os.ReadFile("testdata/check_library.txt")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for line := range strings.Lines(string(text)) {
		f := strings.Split(strings.TrimSpace(line), "|")
		if strings.HasPrefix(line, "#") {
			continue
		}
		pkg, archive, member, which, symbol, prototype := f[0], f[1], f[2], f[3], f[4], f[5]
		t.Run(pkg+"/"+member+"/"+symbol, func(t *testing.T) {
			found, err := filepath.Glob(filepath.Join(dir, pkg, archive))
			if err != nil || len(found) == 0 {
				t.Skipf("%s has no %s", pkg, archive)
			}
			work := t.TempDir()
			ar := exec.Command("ar", "xN", which, found[0], member)
			ar.Dir = work
			if out, err := ar.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			args := []string{"check", filepath.Join(work, member), "--reference", reference + ":" + symbol, "--call", prototype}
			if len(f) > 6 {
				args = append(args, "--with", found[0])
			}
			code, out, stderr := call("", args...)
			if strings.Contains(stderr, "missing-isa") {
				t.Skip(stderr)
			}
			if checked++; code != exitGood {
				t.Errorf("%s%s", out, stderr)
			}
		})
	}
	t.Logf("%d functions checked", checked)
}
