package kernels

import (
	"math"
	"strings"
	"testing"
)

// Integers up to 2^24 are exact in float32, and so is a sum that stays there.
func TestDotError(t *testing.T) {
	for _, tt := range []struct {
		n    uint64
		abs  float64
		unit int
		want float64
	}{
		{1000, 1 << 24, 0, 0},
		{1000, 1<<24 + 1, 0, 1000 * (1<<24 + 1) * (1.0/(1<<24) + u64)},
		{1000, 1 << 20, -4, 0},
		{1000, 1<<20 + 1, -4, 1000 * (1<<20 + 1) * (1.0/(1<<24) + u64)},
		{0, 0, math.MaxInt16, 0},
	} {
		if got := dotError(Float32, tt.n, tt.abs, tt.unit); got != tt.want {
			t.Errorf("%+v: %v", tt, got)
		}
	}
}

func TestLowBit(t *testing.T) {
	for v, want := range map[float32]int{
		1: 0, 2: 1, 3: 0, -12: 2, 0.5: -1, 1.5: -1, 0.75: -2, 1 + 1.0/(1<<23): -23, 1 << 24: 24,
		math.SmallestNonzeroFloat32: -149, 3 * math.SmallestNonzeroFloat32: -149, math.MaxFloat32: 104,
	} {
		if got := Float32.lowBit(uint64(math.Float32bits(v))); got != want {
			t.Errorf("lowBit(%v) = %d, want %d", v, got, want)
		}
	}
	if got := Float32.lowBit(0); got < 1000 {
		t.Errorf("lowBit(0) = %d: zero is a multiple of everything", got)
	}
}

// A specification may name a reference with operands that are too small for
// it, or with a stride of 0. The reference must neither fail nor take for ever.
func TestReferenceUnfit(t *testing.T) {
	sdot := string(find(t, "sdot").XML)
	sgemm := string(find(t, "sgemm").XML)
	for _, tt := range []struct {
		xml, from, to string
		values        map[string]uint64
		why           string
	}{
		{sdot, `count="n*incx"`, `count="n"`, map[string]uint64{"incx": 2}, "smaller than"},
		{sdot, `count="n*incx"`, `count="1"`, map[string]uint64{"n": 2}, "smaller than"},
		{strings.Replace(sdot, `count="n*incx"`, `count="7"`, 1), `default="1" min="1"`, `default="0"`, map[string]uint64{"n": 1 << 20}, "smaller than"},
		{sdot, `count="n*incx"`, `count="7"`, map[string]uint64{"n": 1 << 20, "incx": 1<<32 - 1, "incy": 1}, "smaller than"},
		{sgemm, `count="k*mr"`, `count="k"`, nil, "smaller than"},
		{sgemm, `count="k*nr"`, `count="k"`, nil, "smaller than"},
		{sgemm, `count="(mr*rs_c)*(nr*cs_c)"`, `count="8"`, nil, "smaller than"},
		{sgemm, `name="beta" type="float32" count="1" access="in" value="0"`, `name="beta" type="float32" count="1" access="in" value="0.5"`, nil, "beta is not 0"},
		{sgemm, `name="beta" type="float32" count="1"`, `name="beta" type="float32" count="0"`, nil, "smaller than"},
		{strings.ReplaceAll(sgemm, `max="64"`, `max="1024"`), ``, ``, map[string]uint64{"mr": 1024, "nr": 1024, "k": 1024}, "larger than"},
	} {
		s, err := Parse([]byte(strings.Replace(tt.xml, tt.from, tt.to, 1)))
		if err != nil {
			t.Fatal(err)
		}
		c := bind(t, s, tt.values)
		mem, orig := memory(c, 1)
		if got := c.Verify(mem, orig, 0, 0); got.Status != NoReference || !strings.Contains(got.Why, tt.why) {
			t.Errorf("%s → %s, %v: %+v, want %q", tt.from, tt.to, tt.values, got, tt.why)
		}
	}
}

// With a factor that is not a power of two each element is rounded once more.
func TestSgemmAlpha(t *testing.T) {
	xml := strings.Replace(string(find(t, "sgemm").XML), `name="alpha" type="float32" count="1" access="in" value="1"`,
		`name="alpha" type="float32" count="1" access="in" value="0.3"`, 1)
	s, err := Parse([]byte(xml))
	if err != nil {
		t.Fatal(err)
	}
	c := bind(t, s, map[string]uint64{"cs_c": 8})
	mem, orig := memory(c, 2)
	sgemm32(c, mem)
	out := view(c, mem, "c")
	for i := range out.len() {
		if out.bits(i) != view(c, orig, "c").bits(i) {
			out.set(i, out.f32(i)*0.3)
		}
	}
	got := c.Verify(mem, orig, 0, 0)
	if got.Status != Match || got.MaxAbs == 0 {
		t.Errorf("%+v, want a match with some rounding", got)
	}
	out.set(0, out.f32(0)*(1+1e-3))
	if got := c.Verify(mem, orig, 0, 0); got.Status != Mismatch {
		t.Errorf("an element a thousandth off: %+v", got)
	}
}

func TestOffsetBeyondSlack(t *testing.T) {
	b := operand(t, Float32, 10, `offset="100" slack="64"`).Operands[0]
	if b.Bytes != 140 || b.end() != 140 {
		t.Errorf("%+v: want 100 bytes before and 40 of elements", b)
	}
}
