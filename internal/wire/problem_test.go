package wire

import (
	"errors"
	"fmt"
	"testing"
)

func TestAsProblem(t *testing.T) {
	p := Problemf(Timeout, "too slow")
	if got := AsProblem(fmt.Errorf("sdot.o: %w", p)); got != p {
		t.Errorf("the problem in an error is %v", got)
	}
	if got := AsProblem(errors.New("oh")); got.Class != Internal || got.Status != 500 || got.Detail != "oh" {
		t.Errorf("an error without a class is %+v", got)
	}
}

// TestMissingISA: the text has the extensions, and so has the member for programs.
func TestMissingISA(t *testing.T) {
	p := MissingISAf("the code needs", []string{"AVX512F", "AVX512VL"}, ": first at f+%#x: %s", 3, "vmovups zmm0, [rsi]")
	if p.Class != MissingISA || p.Status != 422 || len(p.MissingISA) != 2 ||
		p.Detail != "the code needs AVX512F, AVX512VL, which this host lacks: first at f+0x3: vmovups zmm0, [rsi]" {
		t.Errorf("%+v", p)
	}
}
