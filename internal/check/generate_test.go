package check

import (
	"math"
	"slices"
	"testing"

	"webrunner/internal/wire"
	"webrunner/kernels"
)

func generatorOf(t *testing.T, prototype string, fixed ...string) *generator {
	t.Helper()
	spec, err := kernels.ParsePrototype(prototype)
	if err != nil {
		t.Fatal(err)
	}
	values, err := spec.Values(nil)
	if err != nil {
		t.Fatal(err)
	}
	g, err := newGenerator(&wire.Job{Params: values, Seed: 7, Check: &wire.CheckOptions{Fixed: fixed}}, spec, wire.DefaultMemory)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestSpan: a range is the specification's, or follows from the default.
func TestSpan(t *testing.T) {
	for _, tt := range []struct {
		prototype string
		low, high int64
	}{
		{"void f(size_t n = 1000)", 0, 2000},
		{"void f(size_t n = 3)", 0, 16},
		{"void f(size_t n = 3000)", 0, 4096},
		{"void f(size_t n = 100000)", 0, 100000},
		{"void f(int n = 1000)", 0, 2000},
		{"void f(int n = -5)", -5, 16},
		{"void f(uint8_t n = 200)", 0, 255},
		{"void f(int n = 10 in -3..77)", -3, 77},
		{"void f(size_t n = 10 in 4..)", 4, 20},
		{"void f(size_t n = 10 in ..100000)", 0, 100000},
		{"void f(uint64_t n = 1 in 1..18446744073709551614)", 1, math.MaxInt64},
	} {
		g := generatorOf(t, tt.prototype)
		if a := g.axes[0]; a.low != tt.low || a.high != tt.high {
			t.Errorf("%s: from %d to %d, want %d to %d", tt.prototype, a.low, a.high, tt.low, tt.high)
		}
	}
}

// TestCases: sizes go through their ranges, with those at which functions go wrong, and
// everything is as large as it may be.
func TestCases(t *testing.T) {
	g := generatorOf(t, "void f(size_t n = 1000 in 0..4096, float a = 2.5, bool b = true, const float x[n], int m = 3, int64_t k = -7) with (size_t unused = 5)", "m")
	seen := map[uint64]bool{}
	scalars := map[float64]bool{}
	odd := 0
	for from := 0; from < 1000; from += 200 {
		for i, k := range g.cases(from, from+200) {
			n := k.params["n"]
			seen[n] = true
			odd += int(n & 1)
			scalars[math.Float64frombits(k.params["a"])] = true
			if n > 4096 || k.params["m"] != 3 || k.params["b"] > 1 || k.call.Operands[0].Bytes != 4*n || k.seed != caseSeed(7, from+i) || k.seed > wire.MaxSeed {
				t.Fatalf("case %d: %v", from+i, k.params)
			}
		}
	}
	for _, n := range []uint64{0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 255, 256, 257, 1000, 1023, 1024, 1025, 4095, 4096} {
		if !seen[n] {
			t.Errorf("no case has n=%d", n)
		}
	}
	if len(seen) < 150 || odd < 300 || odd > 700 || !scalars[2.5] || !scalars[0] || !scalars[1] || !scalars[-1] {
		t.Errorf("%d sizes, %d odd, scalars %v", len(seen), odd, scalars)
	}
}

// TestCasesThatDoNotGoTogether: parameters for which a length would be negative are not
// taken, and sizes are held to what is usual.
func TestCasesThatDoNotGoTogether(t *testing.T) {
	g := generatorOf(t, "void f(size_t n = 100, size_t m = 50, const float x[n - m], float y[n*m])")
	large := 0
	for i, k := range g.cases(0, 400) {
		if k.params["n"] < k.params["m"] {
			t.Fatalf("case %d: %v", i, k.params)
		}
		if bytesOf(k.call) > usualBytes {
			large++
		}
	}
	if large > 100 {
		t.Errorf("%d of 400 cases are large", large)
	}
}

// TestSmaller: what is simpler than a value, the simplest first, and never beyond the
// range.
func TestSmaller(t *testing.T) {
	g := generatorOf(t, "void f(int n = 1000 in -3..4096, float a = 2.5)")
	list := g.axes[0].smaller(3000)
	if !slices.IsSortedFunc(list, func(a, b uint64) int { return int(int64(a) - int64(b)) }) || list[0] != 0 || !slices.Contains(list, 255) || !slices.Contains(list, 1024) || slices.Contains(list, 3000) || len(list) > 400 {
		t.Errorf("%d values: %v", len(list), list)
	}
	if got := g.axes[0].smaller(uint64(math.MaxUint64)); !slices.Equal(got, []uint64{0}) {
		t.Errorf("simpler than -1: %v", got)
	}
	if got := g.axes[1].smaller(math.Float64bits(7)); len(got) != 1 || got[0] != math.Float64bits(2.5) {
		t.Errorf("%v", got)
	}
}
