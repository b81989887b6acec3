package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"webrunner/internal/wire"
)

// built compiles C files and puts each into an archive of its own, lib of its name.
func built(t *testing.T, sources map[string]string) (dir string) {
	t.Helper()
	needsTools(t, "gcc", "ar")
	dir = t.TempDir()
	for name, text := range sources {
		base := filepath.Join(dir, name)
		if err := os.WriteFile(base+".c", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{
			{"gcc", "-O2", "-fno-tree-vectorize", "-c", base + ".c", "-o", base + ".o"},
			{"ar", "rcs", filepath.Join(dir, "lib"+name+".a"), base + ".o"},
		} {
			if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
		}
	}
	return dir
}

// What an object lacks comes from objects and archives beside it, here and at a server,
// in a run, a screening and an inspection; who was taken and what lacks still is told.
func TestWith(t *testing.T) {
	needsChild(t)
	dir := built(t, map[string]string{
		"k":     "int helper(int), other(int), missing(int); int k(int n) { return n > 1000 ? missing(n) : helper(n) + other(n); }",
		"h":     "int third(int); __thread int calls = 5; int helper(int n) { return n * 2 + calls + third(n); }",
		"third": "int third(int n) { return n * 100; }",
		"other": "int other(int n) { return n * 1000; }",
		"spare": "int spare(int n) { return n; }",
	})
	file := func(name string) string { return filepath.Join(dir, name) }
	script := "/* GNU ld script\n*/\nOUTPUT_FORMAT(elf64-x86-64)\nGROUP ( libh.a " + file("libspare.a") + " AS_NEEDED ( libx.so.6 ) )\n"
	if err := os.WriteFile(file("libscript.a"), []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	with := []string{"--with", file("other.o"), "--with", file("libscript.a"), "--with", file("libthird.a")}
	taken := []string{"other.o", "libh.a(h.o)", "libthird.a(third.o)"}
	run := append([]string{"run", file("k.o"), "--call", "int k(int n = 3)", "--effort", "quick", "-o", "json"}, with...)
	s := startService(t, nil)
	for _, args := range [][]string{run, append(run, "--server", s.url)} {
		code, out, stderr := call("", args...)
		var r wire.Result
		if err := json.Unmarshal([]byte(out), &r); err != nil || code != exitGood {
			t.Fatalf("%d %s %v", code, stderr, err)
		}
		if r.Result.Int == nil || *r.Result.Int != 3*2+5+300+3000 || r.Symbol != "k" {
			t.Errorf("%s returned %v", r.Symbol, r.Result)
		}
		if r.With == nil || !slices.Equal(r.With.Taken, taken) || !slices.Equal(r.With.Undefined, []string{"missing"}) {
			t.Errorf("with %+v", r.With)
		}
		if !slices.ContainsFunc(r.Notes, func(n string) bool { return strings.Contains(n, "libh.a(h.o)") }) {
			t.Errorf("notes %q", r.Notes)
		}
	}
	code, out, stderr := call("", append([]string{"screen", file("k.o"), "-o", "json"}, with...)...)
	if code != exitGood || !strings.Contains(out, `"taken":["other.o","libh.a(h.o)"`) {
		t.Errorf("screen: %d %s %s", code, out, stderr)
	}
	code, out, stderr = call("", append([]string{"inspect", file("k.o"), "--load"}, with...)...)
	if code != exitGood || !strings.Contains(out, `"taken":["other.o","libh.a(h.o)"`) || !strings.Contains(out, `"file":"libthird.a(third.o)"`) {
		t.Errorf("inspect: %d %s %s", code, out, stderr)
	}
	code, _, stderr = call("", "run", file("k.o"), "--call", "int k(int n = 3)")
	if code != exitFailed || !strings.Contains(stderr, "the kernel called helper") || !strings.Contains(stderr, "--with FILE") || !strings.Contains(stderr, "ld -r -o") {
		t.Errorf("without: %d %s", code, stderr)
	}
	code, _, stderr = call("", "run", file("k.o"), "--call", "int k(int n = 3)", "--with", file("k.c"))
	if code != exitFailed || !strings.Contains(stderr, "k.c") {
		t.Errorf("with its source: %d %s", code, stderr)
	}
}

// Of an indirect function's implementations that one stands for it which needs most of
// what the host has, wherever it is used.
func TestWithIndirect(t *testing.T) {
	needsChild(t)
	dir := built(t, map[string]string{
		"k": "int best(int); int k(int n) { return best(n); }",
		"best": `int best_sse(int n) { return n + 1; }
int best_popcnt(int n) { int r; __asm__("popcntl %1, %0" : "=r"(r) : "r"(n)); return r; }
int best_none(int n) { __asm__("vp2intersectd %zmm0, %zmm1, %k2"); return n + 3; }
extern int cpu;
static int (*resolve(void))(int) { return cpu == 2 ? best_none : cpu ? best_popcnt : best_sse; }
int best(int) __attribute__((ifunc("resolve")));`,
	})
	code, out, stderr := call("", "run", filepath.Join(dir, "k.o"), "--call", "int k(int n = 7)", "-o", "json", "--with", filepath.Join(dir, "libbest.a"))
	var r wire.Result
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != exitGood {
		t.Fatalf("%d %s %v", code, stderr, err)
	}
	stood := map[int64]string{8: "best_sse for best", 3: "best_popcnt for best", 10: "best_none for best"}
	if r.Result.Int == nil || stood[*r.Result.Int] == "" || !slices.ContainsFunc(r.Notes, func(n string) bool { return strings.Contains(n, stood[*r.Result.Int]) }) {
		t.Errorf("it returned %v, notes %q", r.Result, r.Notes)
	}
}

// A call of a weak function that nobody defines, under its own test, is no obstacle; one
// that is reached is named.
func TestWeakCall(t *testing.T) {
	needsChild(t)
	dir := built(t, map[string]string{
		"k": "extern int hook(int) __attribute__((weak)); int k(int n) { return hook && n > 9 ? hook(n) : n + 1; } int bare(int n) { return n + hook(n); }",
	})
	k := filepath.Join(dir, "k.o")
	code, out, stderr := call("", "run", k, "--call", "int k(int n = 7)", "-o", "json", "--effort", "quick")
	var r wire.Result
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != exitGood || r.Result.Int == nil || *r.Result.Int != 8 {
		t.Errorf("%d %s %s", code, out, stderr)
	}
	code, _, stderr = call("", "run", k, "--call", "int bare(int n = 7)")
	if code != exitFailed || !strings.Contains(stderr, "undefined-symbol") || !strings.Contains(stderr, "hook is weak") {
		t.Errorf("%d %s", code, stderr)
	}
}

// Where code crashes or is refused, the line of the source is told, whichever section the
// function lies in and whichever version of DWARF the object has.
func TestSourceLine(t *testing.T) {
	needsChild(t)
	const source = "#ifndef REFUSED\n#define REFUSED __asm__(\"cli\");\n#endif\n#line 1\nint other(int n) { return n * 3; }\n\nint crash(int n, int *p)\n{\n\tif (n > 3)\n\t\treturn p[n << 20];\n\treturn 0;\n}\n\n" +
		"int refused(int n)\n{\n\tn++;\n\tREFUSED\n\treturn n;\n}\n"
	dir := built(t, map[string]string{"k": source})
	for _, flags := range []string{"-g -O0", "-g -gdwarf-4 -ffunction-sections -O2", "-g -gz -O1", "-g0"} {
		object := filepath.Join(dir, "lines.o")
		for function, want := range map[string]string{"crash": "k.c:6", "refused": "k.c:13"} {
			args := append(strings.Fields(flags), "-c", filepath.Join(dir, "k.c"), "-o", object)
			if function == "crash" {
				args = append(args, "-DREFUSED=") // which would keep the whole object from running
			}
			if out, err := exec.Command("gcc", args...).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			code, _, stderr := call("", "run", object, "--call", "int "+function+"(int n = 5, int p[1])", "-o", "json")
			var p wire.Problem
			if err := json.Unmarshal([]byte(stderr), &p); err != nil || code != exitFailed {
				t.Fatalf("%s: %d %s", flags, code, stderr)
			}
			if flags == "-g0" {
				want = ""
			}
			if p.Source != want {
				t.Errorf("%s, %s: source %q, want %q: %s", flags, function, p.Source, want, p.Detail)
			}
		}
	}
}

// TestWithEverywhere gives companions to a sweep, here and at a server, and to a record
// that a build is held against.
func TestWithEverywhere(t *testing.T) {
	dir := built(t, map[string]string{
		"k": "int helper(int); int k(int n) { int s = 0; for (int i = 0; i < n; i++) s += helper(i); return s; }",
		"h": "int helper(int n) { return n * 2; }",
	})
	record := filepath.Join(dir, "record.json")
	s := startService(t, nil)
	common := []string{filepath.Join(dir, "k.o"), "--call", "int k(int n = 10)", "--effort", "quick", "--with", filepath.Join(dir, "libh.a")}
	for _, args := range [][]string{
		append([]string{"sweep", "--param", "n=1,2"}, common...),
		append([]string{"sweep", "--param", "n=1,2", "--server", s.url}, common...),
		append([]string{"compare", "--save", record}, common...),
		append([]string{"compare", "--baseline", record}, common...),
	} {
		if code, out, stderr := call("", args...); code != exitGood || strings.Contains(out+stderr, "undefined") {
			t.Errorf("%q: %d %s%s", args, code, out, stderr)
		}
	}
}
