package child_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"webrunner/internal/wire"
	"webrunner/kernels"
)

// compiled is a C file as an object.
func compiled(t *testing.T, file string, flags ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("no gcc to compile ", file, ": ", err)
	}
	object := filepath.Join(t.TempDir(), "object.o")
	args := append([]string{"-c", "-O1", "-Wall", "-Werror", "-ffreestanding", "-fno-tree-loop-distribute-patterns", "-fno-stack-protector", "-o", object, file}, flags...)
	if out, err := exec.Command("gcc", args...).CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	b, err := os.ReadFile(object)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// sizes are the parameters, beside the defaults, with which built-in kernels are run,
// separated by semicolons. The last ones find the mistake of the broken kernel.
func sizes() map[string]string {
	return map[string]string{
		"sdot": "n=0; n=1 incx=3; n=1001", "ddot": "n=0; n=7 incx=3 incy=2; n=1001",
		"saxpy": "n=0; n=1; n=1001 incx=2 incy=3 alpha=-0.3", "daxpy": "n=0; n=17 incx=3 incy=2; alpha=0.1",
		"scopy": "n=0; n=33 incx=2 incy=5; n=1", "sscal": "n=0; n=7; n=100 alpha=0.7 incx=3", "sasum": "n=0; n=1 incx=2; n=999",
		"isamax": "n=1; n=333 incx=2; n=100", "sgemv": "m=0; n=0; m=5 n=9 lda=7 incx=2 incy=3 alpha=0.3 beta=-1.5",
		"sgemm": "cs_c=8 k=1; cs_c=8 k=77", "dgemm": "k=1; rs_c=1 cs_c=4 k=77", "zaxpy": "n=0; n=1; n=33 incx=2 incy=3",
		"conv1d": "n=0; n=1 k=1; k=0; n=99 k=7", "conv3x3": "width=0; height=0; width=1 height=1 shift=0; width=33 height=7", "radix4": "n=0; n=1; n=7",
		"memcpy": "n=0; n=1; n=4097", "memset": "n=0; n=1 c=-1; c=255 n=77", "memcmp": "n=0; n=33; n=1", "strlen": "n=0; n=1; n=999",
		"crc32c": "n=0 crc=7; n=1; crc=4294967295 n=999", "adler32": "n=0; n=1; adler=65537 n=9999",
		"sha256_block": "blocks=0; blocks=1; blocks=3", "chacha20_block": "", "sum_bytes": "n=0; n=1; n=9999",
		"dot_int8": "n=0; n=1; n=999", "dot_bf16": "n=0; n=1; n=999", "popcount": "n=0; n=1; n=99",
		"utf8_validate": "n=0; n=1; n=2; n=3; n=4; n=999", "base64_encode": "n=0; n=1; n=2; n=3; n=1000", "prefix_sum": "n=0; n=1; n=999",
		"transpose": "rows=0; rows=1 cols=9; rows=5 cols=7", "partition": "n=0; n=1; n=999 pivot=-77777", "playground": "iterations=77",
	}
}

// Every built-in kernel is right in C, with any parameters, and one with a mistake is
// not.
func TestBuiltinSet(t *testing.T) {
	right, broken := compiled(t, "testdata/set/set.c"), compiled(t, "testdata/set/set.c", "-DBROKEN")
	set, err := kernels.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	list, err := set.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range list {
		t.Run(s.Name, func(t *testing.T) {
			more, ok := sizes()[s.Name]
			if !ok {
				t.Fatal("nothing says with which parameters to run it")
			}
			want := wire.VerifyMatch
			if s.Reference == "" {
				want = wire.VerifyNone
			}
			for params := range strings.SplitSeq("; "+more, "; ") {
				if s.Name == "sgemm" && params == "" {
					continue // elements of C share addresses, as in 2016
				}
				if v := verified(t, right, s, params, 1); v.Status != want {
					t.Errorf("%s: %+v, want %s", params, v, want)
				}
			}
			if s.Reference == "" {
				return
			}
			last := more[strings.LastIndex(more, ";")+1:]
			v := verified(t, broken, s, last, 1)
			for seed := uint64(2); s.Reference == "utf8" && v.Status == wire.VerifyMatch && seed < 20; seed++ {
				v = verified(t, broken, s, last, seed) // it is right for half of the seeds
			}
			if v.Status != wire.VerifyMismatch {
				t.Errorf("one with a mistake: %+v", v)
			}
		})
	}
}

// verified runs the function of a kernel's name with parameters, in the least time.
func verified(t *testing.T, object []byte, s *kernels.Spec, params string, seed uint64) wire.Verify {
	t.Helper()
	query := map[string][]string{"effort": {"quick"}}
	for p := range strings.FieldsSeq(params) {
		name, value, _ := strings.Cut(p, "=")
		query[name] = []string{value}
	}
	job := runJob(t, object, s.FullName(), query)
	job.Seed = seed
	rep := do(t, job)
	if rep.Problem != nil {
		t.Fatalf("%s: %v", params, rep.Problem)
	}
	if rep.Result.Symbol != s.Name {
		t.Fatalf("%s: it ran %s", params, rep.Result.Symbol)
	}
	return rep.Result.Verify
}

// Who asks for one kernel with an object of another is told so, unless he names the
// function; any function can be the playground.
func TestMistakenKernel(t *testing.T) {
	rep := do(t, runJob(t, example(t, "sdot"), "sgemm", nil))
	p := rep.Problem
	if p == nil || p.Class != wire.UndefinedSymbol || p.Symbol != "sdot" || !strings.Contains(p.Detail, "its only one is sdot, which the kernel blis/sdot is for") {
		t.Errorf("%+v", p)
	}
	for kernel, query := range map[string]map[string][]string{"ddot": {"symbol": {"sdot"}, "n": {"0"}}, "playground": {"iterations": {"1"}}} {
		if rep := do(t, runJob(t, example(t, "sdot"), kernel, query)); rep.Problem != nil && rep.Problem.Class == wire.UndefinedSymbol {
			t.Errorf("%s: %v", kernel, rep.Problem)
		}
	}
}
