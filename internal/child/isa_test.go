package child_test

import (
	"encoding/hex"
	"slices"
	"testing"

	"webrunner/internal/elfobj"
	"webrunner/internal/wire"
	"webrunner/perf/processor"
)

// The host may lack what the code needs: that is said before the code runs
// where it can be seen, and in place of a bare SIGILL where it cannot.
func TestMissingISA(t *testing.T) {
	if _, _, _, edx := processor.CPUID(7, 0); edx>>8&1 != 0 {
		t.Skip("this host has AVX512_VP2INTERSECT; the test needs one that lacks it")
	}
	for _, tt := range []struct{ name, code string }{
		{"seen by the screen", "62f2774868d0c3"}, // vp2intersectd k2, zmm1, zmm0
		// movabs rax, imm64 that holds it; lea rcx, [rip-15]; jmp rcx
		{"hidden in an immediate", "48b862f2774868d0c390488d0df1ffffffffe1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, err := hex.DecodeString(tt.code)
			if err != nil {
				t.Fatal(err)
			}
			p := do(t, runJob(t, elfobj.Function("playground", code), "playground", nil)).Problem
			if p == nil || p.Class != wire.MissingISA || !slices.Contains(p.MissingISA, "AVX512_VP2INTERSECT") {
				t.Errorf("%+v", p)
			}
		})
	}
}
