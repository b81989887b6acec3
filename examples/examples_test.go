package examples

import (
	"bytes"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// needTools skips a test that needs programs which are not installed.
func needTools(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("needs %s: %v", name, err)
		}
	}
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

func TestListIsComplete(t *testing.T) {
	files, err := objects.ReadDir("objects")
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for _, f := range files {
		have = append(have, strings.TrimSuffix(f.Name(), ".o"))
	}
	var listed []string
	for _, e := range List() {
		listed = append(listed, e.Name)
	}
	slices.Sort(listed)
	if !slices.Equal(have, listed) {
		t.Errorf("embedded: %v\nlisted:   %v", have, listed)
	}
	if _, err := Object("nothing"); err == nil {
		t.Error("an object that does not exist is found")
	}
}

// Every object defines the function that its kernel looks for.
func TestObjectsDefineKernel(t *testing.T) {
	for _, e := range List() {
		b, err := Object(e.Name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := elf.NewFile(bytes.NewReader(b))
		if err != nil {
			t.Fatalf("%s: %v", e.Name, err)
		}
		want := filepath.Base(e.Kernel)
		if e.Name == "playme" {
			want = "playme"
		}
		symbols, err := f.Symbols()
		if err != nil {
			t.Fatalf("%s: %v", e.Name, err)
		}
		if !slices.ContainsFunc(symbols, func(s elf.Symbol) bool {
			return s.Name == want && elf.ST_BIND(s.Info) == elf.STB_GLOBAL && s.Section != elf.SHN_UNDEF
		}) {
			t.Errorf("%s does not define %s", e.Name, want)
		}
	}
}

// The bytes 0f 05 stand for the system call: in plain sight they begin an
// instruction at the end, late ones lie inside a constant.
func TestHostilePairs(t *testing.T) {
	for _, e := range List() {
		name := e.Name
		plain, late := strings.CutSuffix(name, "_late")
		if !late {
			continue
		}
		for _, tt := range []struct{ name, tail string }{{plain, "\x0f\x05\xc3"}, {name, "\x41\xbb\x0f\x05\xc3\x90\xc3"}} {
			code := section(t, tt.name, ".text")
			if !bytes.HasSuffix(code, []byte(tt.tail)) || bytes.Count(code, []byte("\x0f\x05")) != 1 {
				t.Errorf("%s: code is % x, want its only 0f 05 in the tail % x", tt.name, code, tt.tail)
			}
		}
	}
}

func section(t *testing.T, object, name string) []byte {
	t.Helper()
	b, err := Object(object)
	if err != nil {
		t.Fatal(err)
	}
	f, err := elf.NewFile(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	s := f.Section(name)
	if s == nil {
		t.Fatalf("%s has no section %s", object, name)
	}
	data, err := s.Data()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// The committed objects are what the sources give. Another version of an
// assembler may lay the file out differently, but not the code and data.
func TestObjectsMatchSources(t *testing.T) {
	needTools(t, "sh", "as", "nasm")
	dir := t.TempDir()
	run(t, "./build.sh", "objects", dir)
	same := hasVersion(t, "as", "2.40") && hasVersion(t, "nasm", "2.16")
	built, err := filepath.Glob(dir + "/*.o")
	if err != nil || len(built) == 0 {
		t.Fatal("nothing was built", err)
	}
	for _, path := range built {
		name := strings.TrimSuffix(filepath.Base(path), ".o")
		fresh, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		committed, err := Object(name)
		if err != nil {
			t.Errorf("%s is not committed", name)
			continue
		}
		if same && !bytes.Equal(fresh, committed) {
			t.Errorf("objects/%s.o differs from what its source gives: run ./build.sh objects objects", name)
		}
		f, err := elf.NewFile(bytes.NewReader(fresh))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range f.Sections {
			if s.Type != elf.SHT_PROGBITS || s.Flags&elf.SHF_ALLOC == 0 || s.Size == 0 {
				continue
			}
			data, err := s.Data()
			if err != nil || !bytes.Equal(data, section(t, name, s.Name)) {
				t.Errorf("objects/%s.o: %s differs from what its source gives (%v)", name, s.Name, err)
			}
		}
	}
}

func hasVersion(t *testing.T, tool, version string) bool {
	t.Helper()
	out, err := exec.Command(tool, "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(out), "\n")
	if strings.Contains(line, " "+version) {
		return true
	}
	t.Logf("%s: only code and data are compared, the objects were built with %s", line, version)
	return false
}

// harnessFlags are those that testdata/harness.c needs for an example.
func harnessFlags(name string) []string {
	playground := func(expect string) []string { return []string{"-DPLAYGROUND=playground", "-DEXPECT=" + expect} }
	switch name {
	case "playme":
		return []string{"-DPLAYGROUND=playme", "-DEXPECT=n"}
	case "imul":
		return playground("power(3, n, 1)")
	case "add":
		return playground("power(3, n, 0)")
	case "data":
		return playground("111 * n")
	case "memcpy":
		return playground("64")
	case "sdot", "sdot_avx2":
		return []string{"-DSDOT"}
	case "sgemm":
		return []string{"-DSGEMM", "-DMR=8", "-DNR=2"}
	case "sgemm_6x16":
		return []string{"-DSGEMM", "-DMR=6", "-DNR=16"}
	}
	return playground("n")
}

// The harmless examples compute what they say, called by a C program.
func TestObjectsCompute(t *testing.T) {
	needTools(t, "gcc")
	dir := t.TempDir()
	for _, e := range List() {
		if e.Outcome != "" || e.Name == "clobber" {
			continue
		}
		t.Run(e.Name, func(t *testing.T) {
			needISA(t, e.Name)
			call(t, dir, e.Name, "objects/"+e.Name+".o")
		})
	}
}

// needISA skips objects for AVX and FMA where the processor lacks them.
func needISA(t *testing.T, name string) {
	t.Helper()
	if name != "sdot_avx2" && name != "sgemm_6x16" {
		return
	}
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		t.Skip("cannot tell whether the processor has AVX and FMA:", err)
	}
	for _, flag := range []string{" avx ", " fma "} {
		if !bytes.Contains(info, []byte(flag)) {
			t.Skipf("the processor lacks%s", flag)
		}
	}
}

// call links an object with the harness, which it compiles once for each set
// of flags, and runs it.
func call(t *testing.T, dir, name, object string) {
	t.Helper()
	flags := harnessFlags(name)
	harness := filepath.Join(dir, "harness"+strings.Map(wordOnly, strings.Join(flags, ""))+".obj")
	if _, err := os.Stat(harness); err != nil {
		run(t, "gcc", append(flags, "-c", "-O1", "-Wall", "-Werror", "-fno-pic", "-o", harness, "testdata/harness.c")...)
	}
	program := filepath.Join(dir, filepath.Base(object)+".exe")
	run(t, "gcc", "-no-pie", "-o", program, harness, object)
	run(t, program)
}

// wordOnly keeps what is safe in a file's name.
func wordOnly(r rune) rune {
	if r == '-' || r == '=' || r == ' ' || r == '*' {
		return '_'
	}
	return r
}

// The C sources compute the same, whatever the compiler and its options.
func TestCompiledExamples(t *testing.T) {
	needTools(t, "sh", "gcc", "clang")
	dir := t.TempDir()
	run(t, "./build.sh", "c", dir)
	built, err := filepath.Glob(dir + "/*.o")
	if err != nil || len(built) != 48 {
		t.Fatalf("%d objects were built, want 4 from each of 2 compilers with 6 sets of options (%v)", len(built), err)
	}
	for _, object := range built {
		kernel, variant, _ := strings.Cut(strings.TrimSuffix(filepath.Base(object), ".o"), "-")
		if testing.Short() && !strings.HasSuffix(variant, "O3-native") {
			continue
		}
		if kernel == "playground" {
			kernel = "imul" // the C loop multiplies
		}
		t.Run(filepath.Base(object), func(t *testing.T) { call(t, dir, kernel, object) })
	}
}
