package subject

import (
	"errors"
	"strings"
	"testing"

	"webrunner/internal/wire"
	"webrunner/kernels"
)

// TestPassable: a host whose registers do not hold a vector refuses it, and names what it lacks.
func TestPassable(t *testing.T) {
	const sse, avx, avx512 = 1<<1 | 1, 1<<2 | 1<<1 | 1, 7<<5 | 1<<2 | 1<<1 | 1
	for _, tt := range []struct {
		prototype string
		xcr0      uint64
		lacks     string
	}{
		{"void f(const int n = 1)", 0, ""},
		{"__m128 f(__m128i v)", 0, ""},
		{"void f(__m256 v)", sse, "AVX"},
		{"__m256d f(void)", sse, "AVX"},
		{"void f(__m256 v)", avx, ""},
		{"void f(__m256 v, __m512i w)", avx, "AVX512F"},
		{"__m512 f(__m128 v)", avx, "AVX512F"},
		{"__m512 f(__m128 v)", avx512, ""},
	} {
		spec, err := kernels.ParsePrototype(tt.prototype)
		if err != nil {
			t.Fatal(err)
		}
		call, err := spec.Bind(nil, kernels.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		err = (&Subject{Call: call}).passable(tt.xcr0)
		var p *wire.Problem
		if tt.lacks == "" && err != nil || tt.lacks != "" && (!errors.As(err, &p) || p.Class != wire.MissingISA || len(p.MissingISA) != 1 || p.MissingISA[0] != tt.lacks || !strings.Contains(p.Detail, "by value")) {
			t.Errorf("%s with %#x: %v, want %q", tt.prototype, tt.xcr0, err, tt.lacks)
		}
	}
}
