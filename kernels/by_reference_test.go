package kernels

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"
)

// TestByReference: memory that holds a parameter has the value that the query gives it,
// in its own type, and a value that the type cannot have is the parameter's fault.
func TestByReference(t *testing.T) {
	s, err := ParsePrototype("void f(const int *n = &(size_t n = 1000), const float *a = &(double alpha = 2.5), const uint64_t w[2] = 3*n, const double x[n])")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		n, alpha string
		want     uint64
		float    float32
		wrong    string
	}{
		{"1000", "2.5", 1000, 2.5, ""},
		{"7", "-1", 7, -1, ""},
		{"2147483648", "1", 0, 0, "the value of operand n_ref is 2147483648, above the maximum"},
		{"1", "1e39", 0, 0, "operand a cannot hold 1e+39"},
	} {
		values, err := s.Values(map[string][]string{"n": {tt.n}, "alpha": {tt.alpha}})
		if err != nil {
			t.Fatal(err)
		}
		c, err := s.Bind(values, Limits{})
		if tt.wrong != "" {
			if err == nil || !strings.Contains(err.Error(), tt.wrong) {
				t.Errorf("n=%s alpha=%s: %v, want %s", tt.n, tt.alpha, err, tt.wrong)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		mem, _ := memory(c, 1)
		for i := range 2 {
			if got := binary.LittleEndian.Uint64(mem[2][8*i:]); got != 3*tt.want {
				t.Errorf("w[%d] is %d", i, got)
			}
		}
		if n, a := binary.LittleEndian.Uint32(mem[0]), math.Float32frombits(binary.LittleEndian.Uint32(mem[1])); uint64(n) != tt.want || a != tt.float || c.Operands[3].Count != tt.want {
			t.Errorf("n=%s alpha=%s: %d, %v, %d elements", tt.n, tt.alpha, n, a, c.Operands[3].Count)
		}
	}
}
