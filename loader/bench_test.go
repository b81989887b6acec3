package loader

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// benchObjects are the committed objects, or the .o files of $BENCH_OBJECTS.
func benchObjects(b *testing.B) (objects [][]byte, total int64) {
	b.Helper()
	if dir := os.Getenv("BENCH_OBJECTS"); dir != "" {
		paths, err := filepath.Glob(filepath.Join(dir, "*.o"))
		if err != nil || len(paths) == 0 {
			b.Fatalf("BENCH_OBJECTS=%s has no .o files (%v)", dir, err)
		}
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				b.Fatal(err)
			}
			objects = append(objects, data)
		}
	} else {
		all := realObjects(b)
		for _, name := range slices.Sorted(maps.Keys(all)) {
			objects = append(objects, all[name])
		}
	}
	for _, o := range objects {
		total += int64(len(o))
	}
	return objects, total
}

// perObject adds the figures that bytes per second do not show.
func perObject(b *testing.B, objects int) {
	b.ReportMetric(float64(objects)*float64(b.N)/b.Elapsed().Seconds(), "objects/s")
}

// BenchmarkLoad is Parse, Layout and Relocate of every object.
func BenchmarkLoad(b *testing.B) {
	objects, total := benchObjects(b)
	b.SetBytes(total)
	b.ReportAllocs()
	for b.Loop() {
		for _, file := range objects {
			o, err := Parse(file, Limits{})
			if err != nil {
				b.Fatal(err)
			}
			if _, err := load(o, testPlacement()); err != nil {
				b.Fatal(err)
			}
		}
	}
	perObject(b, len(objects))
}

// BenchmarkSteps is the same, step by step.
func BenchmarkSteps(b *testing.B) {
	files, total := benchObjects(b)
	objects, plans := make([]*Object, len(files)), make([]*Plan, len(files))
	step := func(name string, do func(i int) error) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(total)
			for b.Loop() {
				for i := range files {
					if err := do(i); err != nil {
						b.Fatal(err)
					}
				}
			}
			perObject(b, len(files))
		})
	}
	step("parse", func(i int) (err error) { objects[i], err = Parse(files[i], Limits{}); return err })
	step("layout", func(i int) (err error) { plans[i], err = Layout(objects[i], testPlacement()); return err })
	step("relocate", func(i int) (err error) { _, err = Relocate(plans[i]); return err })
}

// BenchmarkOthers gives the same objects to GNU ld -r and llvm-jitlink
// -noexec: each in a process of its own, and ld also all in one process. Both
// read and write files; this is for scale, not a race.
func BenchmarkOthers(b *testing.B) {
	objects, total := benchObjects(b)
	dir := b.TempDir()
	var paths []string
	for i, o := range objects {
		path := filepath.Join(dir, fmt.Sprintf("%d.o", i))
		if err := os.WriteFile(path, o, 0o600); err != nil {
			b.Fatal(err)
		}
		paths = append(paths, path)
	}
	out := filepath.Join(dir, "out")
	ld := []string{"ld", "-r", "-z", "muldefs", "-o", out}
	b.Run("ld-r-in-one", func(b *testing.B) {
		b.SetBytes(total)
		for b.Loop() {
			runTool(b, append(slices.Clone(ld), paths...))
		}
		perObject(b, len(objects))
	})
	b.Run("ld-r-each", func(b *testing.B) {
		b.SetBytes(total)
		for b.Loop() {
			for _, path := range paths {
				runTool(b, append(slices.Clone(ld), path))
			}
		}
		perObject(b, len(objects))
	})
	b.Run("jitlink-each", func(b *testing.B) { benchJITLink(b, paths) })
}

// benchJITLink takes the objects that llvm-jitlink can link at all: it knows
// no traps for undefined symbols.
func benchJITLink(b *testing.B, paths []string) {
	tool, err := exec.LookPath("llvm-jitlink")
	if err != nil {
		if tool, err = exec.LookPath("llvm-jitlink-14"); err != nil {
			b.Skip("llvm-jitlink is not installed: ", err)
		}
	}
	var able []string
	total := int64(0)
	for _, path := range paths {
		if exec.Command(tool, "-noexec", path).Run() == nil {
			able = append(able, path)
			if info, err := os.Stat(path); err == nil {
				total += info.Size()
			}
		}
	}
	if len(able) == 0 {
		b.Skip("llvm-jitlink links none of these objects")
	}
	b.SetBytes(total)
	for b.Loop() {
		for _, path := range able {
			runTool(b, []string{tool, "-noexec", path})
		}
	}
	perObject(b, len(able))
}

func runTool(b *testing.B, args []string) {
	if _, err := exec.LookPath(args[0]); err != nil {
		b.Skip(args[0], " is not installed: ", err)
	}
	if text, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
		b.Fatalf("%v: %v\n%s", args[0], err, text)
	}
}
