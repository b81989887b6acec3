package kernels

import "testing"

// TestExtremesByType: a call of integers alone has no denormal numbers, and one whose
// contents are given has no extremes at all.
func TestExtremesByType(t *testing.T) {
	const floats = Denormals | Zeros | Infinities | NaNs
	for call, want := range map[string]Extremes{
		"void f(const int x[4])":                    Integers,
		"void f(const float x[4])":                  floats,
		"void f(const float x[4], uint8_t y[4])":    floats | Integers,
		"void f(const double x[4] = {1}, __m128 v)": floats,
		"void f(const double x[4] = zero)":          0,
	} {
		s, err := ParsePrototype(call)
		if err != nil {
			t.Fatalf("%s: %v", call, err)
		}
		if got := bind(t, s, nil).Extremes(); got != want {
			t.Errorf("%s: %b, want %b", call, got, want)
		}
	}
}
