package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestKernelsOf2016: the files of 2016 can be given as they are, one by one and together, and
// it is said that they take the place of built-in kernels.
func TestKernelsOf2016(t *testing.T) {
	const folder = "../../kernels/testdata/2016"
	for _, name := range []string{"playground", "sdot", "sgemm"} {
		for _, path := range []string{filepath.Join(folder, name+".xml"), folder} {
			code, out, stderr := call("", "kernels", "--kernels", path, name)
			if code != exitGood || !strings.Contains(out, name) || !strings.Contains(stderr, name+".xml takes the place of the built-in one") {
				t.Errorf("%s of %s: exit code %d: %s%s", name, path, code, out, stderr)
			}
		}
	}
	if code, _, stderr := call("", "kernels", "--kernels", t.TempDir(), "sdot"); code != exitUsage || !strings.Contains(stderr, "no file in it ends in .xml") {
		t.Errorf("a folder without kernels: exit code %d: %s", code, stderr)
	}
}
