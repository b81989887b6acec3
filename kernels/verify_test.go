package kernels

import (
	"math"
	"regexp"
	"strings"
	"testing"
)

// sdot32 is a dot product in float32 arithmetic with the given number of
// accumulators, as vector code has.
func sdot32(x, y elements, n, incx, incy uint64, lanes int) float32 {
	acc := make([]float32, lanes)
	for i := range n {
		acc[i%uint64(lanes)] += x.f32(i*incx) * y.f32(i*incy)
	}
	var sum float32
	for _, a := range acc {
		sum += a
	}
	return sum
}

func TestVerifySdot(t *testing.T) {
	s := find(t, "sdot")
	for _, p := range []map[string]uint64{
		{"n": 0}, {"n": 1}, {"n": 7, "incx": 3}, {}, {"n": 10000, "incy": 2},
		{"n": 1000, "offx": 63, "offy": 1}, {"n": 70000}, {"n": 1 << 20},
	} {
		c := bind(t, s, p)
		mem, orig := memory(c, 1)
		v := c.values
		x, y := view(c, mem, "x"), view(c, mem, "y")
		for _, lanes := range []int{1, 8, 64} {
			sum := sdot32(x, y, v["n"], v["incx"], v["incy"], lanes)
			got := c.Verify(mem, orig, 0, uint64(math.Float32bits(sum)))
			if got.Status != Match || got.MaxULP != 0 || got.MaxAbs != 0 {
				t.Errorf("%v, %d lanes: %+v, want an exact match", p, lanes, got)
			}
		}
		if v["n"] == 0 {
			continue
		}
		short := sdot32(x, y, v["n"]-1, v["incx"], v["incy"], 8)
		got := c.Verify(mem, orig, 0, uint64(math.Float32bits(short)))
		if got.Status != Mismatch || got.MaxAbs == 0 || got.MaxULP == 0 {
			t.Errorf("%v, last element left out: %+v", p, got)
		}
	}
}

// With all significand bits in use sums are rounded; the bound must hold for
// any order and still notice a wrong result.
func TestVerifySdotRounded(t *testing.T) {
	xml := strings.ReplaceAll(string(find(t, "sdot").XML), ` fill="exact"`, "")
	s, err := Parse([]byte(xml))
	if err != nil {
		t.Fatal(err)
	}
	c := bind(t, s, nil)
	rounded := false
	for seed := range uint64(50) {
		mem, orig := memory(c, seed)
		x, y := view(c, mem, "x"), view(c, mem, "y")
		for _, lanes := range []int{1, 4, 64} {
			sum := sdot32(x, y, 1024, 1, 1, lanes)
			got := c.Verify(mem, orig, 0, uint64(math.Float32bits(sum)))
			if got.Status != Match {
				t.Errorf("seed %d, %d lanes: %+v", seed, lanes, got)
			}
			rounded = rounded || got.MaxAbs > 0
		}
		wrong := sdot32(x, y, 1023, 1, 1, 1)
		if got := c.Verify(mem, orig, 0, uint64(math.Float32bits(wrong))); got.Status != Mismatch {
			t.Errorf("seed %d: a missing element passes: %+v", seed, got)
		}
	}
	if !rounded {
		t.Error("no sum was rounded: the test does not test the bound")
	}
}

func TestVerifyNaN(t *testing.T) {
	c := bind(t, find(t, "sdot"), nil)
	mem, orig := memory(c, 1)
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if got := c.Verify(mem, orig, 0, uint64(math.Float32bits(float32(f)))); got.Status != Mismatch {
			t.Errorf("%v: %+v", f, got)
		}
	}
}

func sgemm32(c *Call, mem [][]byte) {
	v := c.values
	a, b, out := view(c, mem, "a"), view(c, mem, "b"), view(c, mem, "c")
	for i := range v["mr"] {
		for j := range v["nr"] {
			var sum float32
			for p := range v["k"] {
				sum += a.f32(p*v["mr"]+i) * b.f32(p*v["nr"]+j)
			}
			out.set(i*v["rs_c"]+j*v["cs_c"], sum)
		}
	}
}

func TestVerifySgemm(t *testing.T) {
	s := find(t, "sgemm")
	for _, p := range []map[string]uint64{
		{"cs_c": 8}, {"rs_c": 2}, {"mr": 6, "nr": 16, "rs_c": 16, "k": 300},
		{"mr": 3, "nr": 5, "rs_c": 7, "cs_c": 3, "k": 1}, {"mr": 1, "nr": 1, "k": 65536}, {"mr": 4, "nr": 4, "rs_c": 64, "cs_c": 7},
	} {
		c := bind(t, s, p)
		mem, orig := memory(c, 5)
		sgemm32(c, mem)
		got := c.Verify(mem, orig, 0, 0)
		if got.Status != Match || got.MaxAbs != 0 {
			t.Errorf("%v: %+v, want an exact match", p, got)
			continue
		}
		out := view(c, mem, "c")
		last := (c.values["mr"]-1)*c.values["rs_c"] + (c.values["nr"]-1)*c.values["cs_c"]
		out.set(last, math.Nextafter32(out.f32(last), 1000))
		got = c.Verify(mem, orig, 0, 0)
		if got.Status != Mismatch || got.Operand != "c" || got.FirstBad == nil || *got.FirstBad != int(last) || got.MaxULP != 1 {
			t.Errorf("%v, last element one ulp off: %+v", p, got)
		}
	}
}

func TestVerifySgemmOverlap(t *testing.T) {
	c := bind(t, find(t, "sgemm"), nil)
	mem, orig := memory(c, 5)
	sgemm32(c, mem)
	got := c.Verify(mem, orig, 0, 0)
	if got.Status != NoReference || !strings.Contains(got.Why, "share an address") {
		t.Errorf("%+v", got)
	}
	view(c, mem, "c").set(15, 1) // 8+2-1 = 9 elements are the tile's
	got = c.Verify(mem, orig, 0, 0)
	if got.Status != Mismatch || got.FirstBad == nil || *got.FirstBad != 15 {
		t.Errorf("a store beside the tile: %+v", got)
	}
}

// overlaps has a closed form; compare it with counting.
func TestOverlaps(t *testing.T) {
	for mr := uint64(1); mr <= 6; mr++ {
		for nr := uint64(1); nr <= 6; nr++ {
			for rs := uint64(1); rs <= 9; rs++ {
				for cs := uint64(1); cs <= 9; cs++ {
					seen := map[uint64]bool{}
					for i := range mr {
						for j := range nr {
							seen[i*rs+j*cs] = true
						}
					}
					x := tile{mr: mr, nr: nr, rs: rs, cs: cs}
					if want := len(seen) < int(mr*nr); x.overlaps() != want {
						t.Fatalf("mr %d nr %d rs %d cs %d: overlaps is %t", mr, nr, rs, cs, !want)
					}
				}
			}
		}
	}
}

// slackened is the dot product's specification with 64 more bytes behind each operand.
func slackened(t *testing.T) *Spec {
	t.Helper()
	xml := regexp.MustCompile(`offset="off[xy]"`).ReplaceAll(find(t, "sdot").XML, []byte(`$0 slack="64"`))
	s, err := Parse(xml)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestVerifyUntouched(t *testing.T) {
	s := slackened(t)
	c := bind(t, s, map[string]uint64{"n": 10, "offx": 5})
	for _, tt := range []struct {
		at   int // byte of x's memory
		bad  int
		want string
	}{
		{0, -2, "operand x was changed"}, {4, -1, "operand x was changed"}, {5, 0, "operand x was changed"},
		{5 + 4*9 + 3, 9, "operand x was changed"}, {5 + 40, 10, "operand x was changed"}, {40 + 63, 24, "operand x was changed"},
	} {
		mem, orig := memory(c, 3)
		mem[0][tt.at] ^= 1
		sum := sdot32(view(c, orig, "x"), view(c, orig, "y"), 10, 1, 1, 1)
		got := c.Verify(mem, orig, 0, uint64(math.Float32bits(sum)))
		if got.Status != Mismatch || got.Operand != "x" || got.FirstBad == nil || *got.FirstBad != tt.bad || !strings.Contains(got.Why, tt.want) {
			t.Errorf("byte %d: %+v", tt.at, got)
		}
	}
}

func TestVerifyOutMargins(t *testing.T) {
	s, err := Parse([]byte(`<kernel name="f"><operands><operand name="y" type="float64" count="4" offset="8" slack="64" access="out"/></operands>
		<call><argument name="y" type="double*"/></call></kernel>`))
	if err != nil {
		t.Fatal(err)
	}
	c := bind(t, s, nil)
	if got, want := c.Operands[0].Bytes, uint64(4*8+64); got != want {
		t.Fatalf("%d bytes, want %d", got, want)
	}
	for _, tt := range []struct {
		at     int
		status Status
		why    string
	}{{7, Mismatch, "before its first"}, {8, NoReference, "no reference"}, {39, NoReference, "no reference"}, {40, Mismatch, "after its last"}, {95, Mismatch, "after its last"}} {
		mem, orig := memory(c, 3)
		mem[0][tt.at] ^= 0x80
		if got := c.Verify(mem, orig, 0, 0); got.Status != tt.status || !strings.Contains(got.Why, tt.why) {
			t.Errorf("byte %d: %+v", tt.at, got)
		}
	}
}

func TestUlp(t *testing.T) {
	for _, x := range []float32{0, 1, 1.5, 2, -3, 1e-40, 1e30, math.MaxFloat32, math.SmallestNonzeroFloat32} {
		next := math.Float32frombits(math.Float32bits(float32(math.Abs(float64(x)))) + 1)
		want := float64(next) - math.Abs(float64(x))
		if x == math.MaxFloat32 {
			want = math.Ldexp(1, 104)
		}
		if got := Float32.ulp(float64(x)); got != want {
			t.Errorf("ulp(%v) = %v, want %v", x, got, want)
		}
	}
}

func BenchmarkVerifySgemmLargest(b *testing.B) {
	c := bind(b, find(b, "sgemm"), map[string]uint64{"mr": 64, "nr": 64, "k": 65536, "cs_c": 64})
	mem, orig := memory(c, 1)
	for b.Loop() {
		c.Verify(mem, orig, 0, 0)
	}
}
