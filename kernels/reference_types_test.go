package kernels

import (
	"math"
	"strings"
	"testing"
)

// retyped is a built-in specification with another element type and the
// reference that takes any.
func retyped(t *testing.T, name string, typ Type) *Spec {
	t.Helper()
	c := map[Type]string{Float32: "float", Float64: "double"}[typ]
	if c == "" {
		c = typ.String() + "_t"
	}
	xml := strings.NewReplacer(
		`<reference name="s`, `<reference name="`,
		`type="float32" count`, `type="`+typ.String()+`" count`,
		`<result type="float32"/>`, `<result type="`+typ.result().String()+`"/>`,
		`const float*`, "const "+c+"*", `"float*`, `"`+c+"*",
	).Replace(string(find(t, name).XML))
	s, err := Parse([]byte(xml))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func everyType(t *testing.T, each func(*testing.T, Type)) {
	for typ := Float32; typ <= Uint64; typ++ {
		t.Run(typ.String(), func(t *testing.T) { each(t, typ) })
	}
}

// TestDotOfEveryType: the right sum matches, one with an element left out does
// not, and the other bits of the return register do not matter.
func TestDotOfEveryType(t *testing.T) {
	everyType(t, func(t *testing.T, typ Type) {
		c := bind(t, retyped(t, "sdot", typ), map[string]uint64{"n": 100, "incx": 2})
		mem, orig := memory(c, 1)
		x, y := view(c, mem, "x"), view(c, mem, "y")
		verify := func(n uint64) Verification {
			if typ.float() {
				var sum float64 // the contents make it exact
				for i := range n {
					sum += x.float(2*i) * y.float(i)
				}
				b := math.Float64bits(sum)
				if typ == Float32 {
					b = uint64(math.Float32bits(float32(sum)))
				}
				return c.Verify(mem, orig, 0, b)
			}
			var sum uint64
			for i := range n {
				sum += x.bits(2*i) * y.bits(i)
			}
			unused := uint64(0xa5) << 56
			if typ.Size() == 8 {
				unused = 0
			}
			return c.Verify(mem, orig, int64(sum^unused), 0)
		}
		if v := verify(100); v.Status != Match || v.MaxULP != 0 {
			t.Errorf("the right sum: %+v", v)
		}
		if v := verify(99); v.Status != Mismatch || v.MaxULP == 0 {
			t.Errorf("an element left out: %+v", v)
		}
	})
}

// TestGemmOfEveryType: the right product matches, one with a bit changed does
// not.
func TestGemmOfEveryType(t *testing.T) {
	everyType(t, func(t *testing.T, typ Type) {
		c := bind(t, retyped(t, "sgemm", typ), map[string]uint64{"cs_c": 8, "k": 50})
		mem, orig := memory(c, 2)
		a, b, out := view(c, mem, "a"), view(c, mem, "b"), view(c, mem, "c")
		for i := range uint64(8) {
			for j := range uint64(2) {
				var f float64
				var n uint64
				for p := range uint64(50) {
					if typ.float() {
						f += a.float(p*8+i) * b.float(p*2+j)
					} else {
						n += a.bits(p*8+i) * b.bits(p*2+j)
					}
				}
				switch typ {
				case Float32:
					n = uint64(math.Float32bits(float32(f)))
				case Float64:
					n = math.Float64bits(f)
				}
				out.setBits(i+8*j, n)
			}
		}
		if v := c.Verify(mem, orig, 0, 0); v.Status != Match || v.MaxULP != 0 {
			t.Errorf("the right product: %+v", v)
		}
		out.setBits(9, out.bits(9)^1)
		if v := c.Verify(mem, orig, 0, 0); v.Status != Mismatch || v.Operand != "c" || *v.FirstBad != 9 {
			t.Errorf("a bit changed: %+v", v)
		}
	})
}

// TestReferenceNeedsOneType: operands of several types have no reference.
func TestReferenceNeedsOneType(t *testing.T) {
	xml := strings.NewReplacer(`<reference name="s`, `<reference name="`, `name="y" type="float32"`, `name="y" type="float64"`,
		`name="y" type="const float*"`, `name="y" type="const double*"`).Replace(string(find(t, "sdot").XML))
	_, err := Parse([]byte(xml))
	if err == nil || !strings.Contains(err.Error(), "needs an operand y of type float32") {
		t.Errorf("got %v", err)
	}
	xml = strings.NewReplacer(`<reference name="s`, `<reference name="`, `type="float32" count`, `type="int16" count`, "const float*", "const int16_t*").
		Replace(string(find(t, "sdot").XML))
	if _, err = Parse([]byte(xml)); err == nil || !strings.Contains(err.Error(), `needs <result type="int"/>`) {
		t.Errorf("got %v", err)
	}
}

// TestULPOfDoubles compares with the distance to the next number.
func TestULPOfDoubles(t *testing.T) {
	for _, x := range []float64{0, 1, 1.5, 2, -3, 1e-310, 1e300, math.SmallestNonzeroFloat64} {
		want := math.Nextafter(math.Abs(x), math.Inf(1)) - math.Abs(x)
		if got := Float64.ulp(x); got != want {
			t.Errorf("ulp(%v) = %v, want %v", x, got, want)
		}
	}
	for v, want := range map[float64]int{1: 0, 3: 0, 0.5: -1, 1 + 1.0/(1<<52): -52, math.SmallestNonzeroFloat64: -1074} {
		if got := Float64.lowBit(math.Float64bits(v)); got != want {
			t.Errorf("lowBit(%v) = %d, want %d", v, got, want)
		}
	}
}
