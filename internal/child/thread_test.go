package child_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Thread-local variables work in each way that a compiler has to get at them, keep
// what calls leave in them, and begin as the object says in every cell: the result
// is that of a first call.
func TestThreadLocalVariables(t *testing.T) {
	gcc, err := exec.LookPath("gcc")
	if err != nil {
		t.Skip("gcc is not installed: ", err)
	}
	const source = `
extern __thread int errno;
__thread int a = 5;
static __thread long b;
__thread char big[100] __attribute__((aligned(64))) = {[3] = 9};
static int seven = 7;
static __thread int *p = &seven; /* contents with a relocation */
int f(int n)
{
	b += 10 + errno;
	errno = 7;
	a += n;
	return *p == 7 ? a * 1000 + b + big[n] + ((unsigned long)big % 64) * 100000 : -1;
}`
	dir := t.TempDir()
	for name, flags := range map[string][]string{
		"local exec":      {"-fno-pic", "-ftls-model=local-exec"},
		"initial exec":    {"-fPIC", "-ftls-model=initial-exec"},
		"local dynamic":   {"-fPIC", "-ftls-model=local-dynamic"},
		"general dynamic": {"-fPIC", "-ftls-model=global-dynamic"},
		"without PLT":     {"-fPIC", "-ftls-model=global-dynamic", "-fno-plt"},
		"descriptors":     {"-fPIC", "-mtls-dialect=gnu2"},
		"one descriptor":  {"-fPIC", "-mtls-dialect=gnu2", "-ftls-model=local-dynamic"},
		"large model":     {"-fPIC", "-mcmodel=large"},
	} {
		t.Run(name, func(t *testing.T) {
			object := filepath.Join(dir, "f.o")
			in := filepath.Join(dir, "f.c")
			if err := os.WriteFile(in, []byte(source), 0o600); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.Command(gcc, append(flags, "-O2", "-c", in, "-o", object)...).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			file, err := os.ReadFile(object)
			if err != nil {
				t.Fatal(err)
			}
			if got := calledObject(t, "int f(int n = 3)", file).Result.Int; got == nil || *got != 8*1000+10+9 {
				t.Errorf("it returns %v", got)
			}
		})
	}
}
