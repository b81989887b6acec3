package child_test

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"webrunner/internal/wire"
	"webrunner/kernels"
)

// prototypes are the proposals for the functions of testdata/prototypes.c; those with a
// # are reasons.
func prototypes() map[string]string {
	return map[string]string{
		"saxpy":    "void saxpy(size_t n = 1000, float a = 1, const float x[n], float y[n])",
		"length":   "size_t length(const char s[1000] = text)",
		"copy":     "void *copy(void dst[len], const void src[len], size_t len = 1000)",
		"norm":     "double norm(const void p[16*count], int count = 1000)",
		"rows":     "int rows(const uint8_t *const rows[n] = each(uint8_t[1000]), int n = 1000, int w = 1)",
		"options":  "bool options(int arg1 = 1, int arg2 = 1, int32_t c = 1, unsigned char size = 100, char buf[size])",
		"two":      "float two(const float x[nx], int nx = 1000, float y[ny], unsigned long ny = 1000)",
		"parts":    "double parts(const double z[2*N], long N = 1000)",
		"vectors":  "__m128i vectors(__m128i a = 1, const double m[2000])",
		"nothing":  "int nothing(void)",
		"matrix":   "float matrix(float a[4*n], int n = 1000)",
		"opaque":   "int opaque(void u[1000], int flag[1000])",
		"hidden":   "int16_t hidden(int16_t n = 1000)",
		"user":     "int user(int16_t n = 1000)",
		"extended": "# its result is a number of type long double",
		"by_value": "# parameter 1, p, is a structure, point, by value",
		"returned": "# its result is a structure, point, by value",
		"callback": "# parameter 2, compare, is a pointer to a function",
		"real":     "# parameter 1, z, is a number of type complex double",
		"variable": "# it takes a variable number of arguments",
		"wide":     "# its result is a number of type __int128",
		"deep":     "# parameter 1, p, is a pointer to a pointer to a pointer",
	}
}

// TestPrototypes: each function of an object that has debugging information comes with a
// call, which parses, or with the reason why there is none, whatever version of DWARF
// says it and whether or not it is compressed.
func TestPrototypes(t *testing.T) {
	for _, flags := range [][]string{{"-gdwarf-4"}, {"-gdwarf-5", "-gz=zlib"}, {"-gdwarf-5", "-O2", "-ffunction-sections"}} {
		rep := do(t, &wire.Job{Kind: wire.Inspect, Object: compiled(t, "testdata/prototypes.c", append(flags, "-fno-ipa-ra", "-fno-ipa-sra", "-fno-ipa-cp")...),
			Screen: wire.ScreenOptions{Prototypes: true, Reserved: []string{"mode", "seed"}}})
		if rep.Problem != nil || !rep.OK {
			t.Fatalf("%q: %v", flags, rep.Problem)
		}
		var doc struct{ Prototypes []wire.Prototype }
		if err := json.Unmarshal(rep.Document, &doc); err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, p := range doc.Prototypes {
			got[p.Symbol] = p.Call
			if p.Call == "" {
				got[p.Symbol] = "# " + p.Reason
				continue
			}
			if s, err := kernels.ParsePrototype(p.Call); err != nil || s.Name != p.Symbol {
				t.Errorf("%s: %v", p.Call, err)
			}
			if !strings.Contains(rep.Text, "--call '"+p.Call+"'\n") {
				t.Errorf("the text has no %s:\n%s", p.Call, rep.Text)
			}
		}
		want := prototypes()
		for _, name := range slices.Sorted(maps.Keys(want)) {
			if plainType(got[name]) != plainType(want[name]) {
				t.Errorf("%q %s:\n%s, want\n%s", flags, name, got[name], want[name])
			}
		}
		if len(got) != len(want) {
			t.Errorf("%q: %d functions, want %d", flags, len(got), len(want))
		}
	}
}

// plainType writes types one way: compilers call long also long int.
func plainType(call string) string {
	return strings.NewReplacer("long unsigned int", "unsigned long", "long int", "long").Replace(call)
}

// TestNoPrototypes: an object without debugging information proposes nothing, and says
// what would.
func TestNoPrototypes(t *testing.T) {
	rep := do(t, &wire.Job{Kind: wire.Inspect, Object: example(t, "sdot_avx2"), Screen: wire.ScreenOptions{Prototypes: true}})
	if rep.Problem != nil || !strings.Contains(string(rep.Document), `"prototypes":[]`) || !strings.Contains(rep.Text, "-g") {
		t.Errorf("%v %s %s", rep.Problem, rep.Text, rep.Document)
	}
}

// TestPrototypesByReference: what a function gets the address of, by its language, is a
// parameter by reference.
func TestPrototypesByReference(t *testing.T) {
	for _, tt := range []struct{ compiler, file, source, want string }{
		{"g++", "f.cc", "extern \"C\" double f(const double &a, double *p, long n) { return a + p[n - 1]; }\n",
			"double f(const double *a = &(double a = 1), double p[n], long n = 1000)"},
		{"gfortran", "f.f90", "real function f(n, x, k)\n integer :: n, i\n real :: x(n), k\n f = k\n do i = 1, n\n f = f + x(i)\n end do\nend function\n",
			"float f_(int32_t *n = &(int32_t n = 1000), float x[n], float *k = &(float k = 1))"},
	} {
		t.Run(tt.compiler, func(t *testing.T) {
			if _, err := exec.LookPath(tt.compiler); err != nil {
				t.Skip(err)
			}
			source := filepath.Join(t.TempDir(), tt.file)
			if err := os.WriteFile(source, []byte(tt.source), 0o600); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.Command(tt.compiler, "-O1", "-g", "-c", source, "-o", source+".o").CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			object, err := os.ReadFile(source + ".o")
			if err != nil {
				t.Fatal(err)
			}
			rep := do(t, &wire.Job{Kind: wire.Inspect, Object: object, Screen: wire.ScreenOptions{Prototypes: true}})
			if rep.Problem != nil || plainType(rep.Text) != "--call '"+tt.want+"'\n" {
				t.Errorf("%v %s, want %s", rep.Problem, rep.Text, tt.want)
			}
		})
	}
}
