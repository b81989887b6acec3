package screen

import (
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkObjdump is objdump's time on what BenchmarkScreen screens.
func BenchmarkObjdump(b *testing.B) {
	path := benchFile()
	if _, err := exec.LookPath("objdump"); err != nil {
		b.Skip("needs objdump, of binutils")
	}
	size := benchCode(b).size()
	b.SetBytes(size)
	var used time.Duration
	for b.Loop() {
		cmd := exec.Command("objdump", "-d", "-w", path)
		cmd.Stdout = io.Discard
		if err := cmd.Run(); err != nil {
			b.Fatal(err)
		}
		used += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	b.ReportMetric(float64(size)*float64(b.N)/1e6/used.Seconds(), "MB/cpu-s")
}

// BenchmarkZydis is Zydis's time on it, lengths alone (minimal) and with operands (full).
func BenchmarkZydis(b *testing.B) {
	path := benchFile()
	bin := filepath.Join(b.TempDir(), "speed")
	if out, err := exec.Command("gcc", "-O2", "-o", bin, "testdata/zydis/speed.c", "-lZydis").CombinedOutput(); err != nil {
		b.Skipf("needs gcc and libzydis-dev: %s", out)
	}
	var minimal, full float64
	for b.Loop() {
		out, err := exec.Command(bin, path).Output()
		if err != nil {
			b.Fatal(err)
		}
		if _, err := fmt.Sscanf(string(out), "Zydis minimal %f MB/cpu-s\nZydis full %f MB/cpu-s", &minimal, &full); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(minimal, "minimal-MB/cpu-s")
	b.ReportMetric(full, "full-MB/cpu-s")
}
