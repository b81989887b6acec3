package kernels

import (
	"bytes"
	"encoding/binary"
	"math"
	"strings"
	"testing"
)

// compared binds a prototype and fills two sets of memory with the same contents.
func compared(t *testing.T, prototype string) (c *Call, mem [2][][]byte) {
	t.Helper()
	s, err := ParsePrototype(prototype)
	if err != nil {
		t.Fatal(err)
	}
	c = bind(t, s, nil)
	for i := range mem {
		for _, b := range c.Operands {
			mem[i] = append(mem[i], make([]byte, b.Bytes))
		}
		c.Fill(mem[i], 7)
	}
	return c, mem
}

// TestCompare: what is compared how, by the type of an element or of the result.
func TestCompare(t *testing.T) {
	f32 := func(v float32) uint64 { return uint64(math.Float32bits(v)) }
	nan := uint64(0x7fc00001)
	for _, tt := range []struct {
		name, prototype string
		tol             Tolerance
		got, want       uint64 // the element at index 3, or the result where there is no operand
		why             string // empty where they match
		ulp             float64
	}{
		{"equal", "void f(float y[8])", Tolerance{}, f32(1.5), f32(1.5), "", 0},
		{"an integer", "void f(int32_t y[8])", Tolerance{}, 7, 8, "y[3] is 7, the reference has 8", 1},
		{"a negative one", "void f(int8_t y[8])", Tolerance{}, 0xff, 1, "y[3] is -1, the reference has 1", 2},
		{"an unsigned one", "void f(out uint64_t y[8])", Tolerance{}, math.MaxUint64, 0, "y[3] is 18446744073709551615, the reference has 0", 1 << 63 * 2},
		{"truth", "void f(out bool y[8])", Tolerance{}, 3, 1, "", 0},
		{"within four units", "void f(float y[8])", Tolerance{}, f32(1) + 4, f32(1), "", 4},
		{"five units", "void f(float y[8])", Tolerance{}, f32(1) + 5, f32(1), "y[3] is 1.000000596046", 5},
		{"ulp=8", "void f(float y[8])", Tolerance{ULP: 8}, f32(1) + 5, f32(1), "", 5},
		{"ulp=2", "void f(float y[8])", Tolerance{ULP: 2}, f32(1) + 3, f32(1), "3 ulp apart", 3},
		{"rel", "void f(float y[8])", Tolerance{Rel: 1e-3}, f32(1000), f32(1001), "", math.Inf(-1)},
		{"rel too far", "void f(float y[8])", Tolerance{Rel: 1e-3}, f32(1000), f32(1002), "ulp apart", math.Inf(-1)},
		{"abs", "void f(float y[8])", Tolerance{Abs: 2}, f32(0), f32(2), "", math.Inf(-1)},
		{"any of them", "void f(float y[8])", Tolerance{ULP: 1, Abs: 2}, f32(0), f32(2), "", math.Inf(-1)},
		{"exact", "void f(float y[8])", Tolerance{Exact: true}, f32(1) + 1, f32(1), "1 ulp apart", 1},
		{"NaN is NaN", "void f(float y[8])", Tolerance{Exact: true}, nan, 0xffc00000, "", 0},
		{"NaN is no number", "void f(float y[8])", Tolerance{Abs: 1e30}, nan, f32(1), "y[3] is NaN, the reference has 1", math.Inf(1)},
		{"nor is a number NaN", "void f(float y[8])", Tolerance{}, f32(1), nan, "y[3] is 1, the reference has NaN", math.Inf(1)},
		{"infinity", "void f(float y[8])", Tolerance{}, f32(math.MaxFloat32), 0x7f800000, "the reference has +Inf", math.Inf(1)},
		{"zeros", "void f(float y[8])", Tolerance{}, 1 << 31, 0, "", 0},
		{"exact zeros", "void f(float y[8])", Tolerance{Exact: true}, 1 << 31, 0, "y[3] is -0, the reference has 0: zeros of other signs", 0},
		{"denormals", "void f(float y[8])", Tolerance{}, 0, 5, "5 ulp apart", 5},
		{"half precision", "void f(_Float16 y[8])", Tolerance{}, 0x3c05, 0x3c00, "5 ulp apart", 5},
		{"bfloat16", "void f(__bf16 y[8])", Tolerance{}, 0x3f84, 0x3f80, "", 4},
		{"double", "void f(double y[8])", Tolerance{}, math.Float64bits(2) + 5, math.Float64bits(2), "5 ulp apart", 5},
		{"a result", "int f(void)", Tolerance{}, 7, 8, "the result is 7, the reference has 8", 1},
		{"of 32 bits", "int f(void)", Tolerance{}, 0xdead00000007, 7, "", 0},
		{"a float", "float f(void)", Tolerance{}, 0xdead00000000 | f32(1) + 5, f32(1), "5 ulp apart", 5},
		{"nothing", "void f(void)", Tolerance{}, 1, 2, "", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, mem := compared(t, tt.prototype)
			got, want := left(mem[0], tt.got, tt.got), left(mem[1], tt.want, tt.want)
			if len(c.Operands) > 0 {
				c.Operands[0].put(mem[0][0], 3, tt.got)
				c.Operands[0].put(mem[1][0], 3, tt.want)
			}
			v := c.Compare(got, c, want, tt.tol, Rounding{})
			if (v.Status == Match) != (tt.why == "") || !strings.Contains(v.Why, tt.why) {
				t.Errorf("%+v, want %q", v, tt.why)
			}
			if !math.IsInf(tt.ulp, -1) && v.MaxULP != tt.ulp {
				t.Errorf("%v ulp, want %v", v.MaxULP, tt.ulp)
			}
			if tt.why != "" && len(c.Operands) > 0 && (v.Operand != "y" || *v.FirstBad != 3 || v.Got.String() == "" || v.Want.String() == "") {
				t.Errorf("%+v", v)
			}
		})
	}
}

// left is what a call left in memory, rax and the low half of xmm0.
func left(mem [][]byte, rax, xmm0 uint64) Left {
	return Left{mem, Registers{RAX: rax, Vector: [8]uint64{xmm0}}}
}

// TestComparePointers: pointers are compared by where in their operand they point to.
func TestComparePointers(t *testing.T) {
	c, mem := compared(t, "float *f(float *rows[2] = each(float row[8]), float x[4])")
	one, other := c.Placed([]uint64{0x1000, 0x2000, 0x3000}), c.Placed([]uint64{0x51000, 0x52000, 0x53000})
	one.Fill(mem[0], 7)
	other.Fill(mem[1], 7)
	if v := one.Compare(left(mem[0], 0x3008, 0), other, left(mem[1], 0x53008, 0), Tolerance{}, Rounding{}); v.Status != Match {
		t.Errorf("%+v", v)
	}
	if v := one.Compare(left(mem[0], 0x3008, 0), other, left(mem[1], 0x5300c, 0), Tolerance{}, Rounding{}); v.Why != "the result is x+8, the reference has x+12" {
		t.Errorf("%+v", v)
	}
	binary.LittleEndian.PutUint64(mem[0][0][8:], 0)
	if v := one.Compare(left(mem[0], 0x3008, 0), other, left(mem[1], 0x53008, 0), Tolerance{}, Rounding{}); v.Why != "rows[1] is NULL, the reference has rows_each+32" && v.Why != "rows[1] is NULL, the reference has row+32" {
		t.Errorf("%+v", v)
	}
}

// TestRoundingOfSums: sums in other orders are right by default, and a missing product is not,
// however much the products cancel each other.
func TestRoundingOfSums(t *testing.T) {
	c, mem := compared(t, "float dot(const float x[1000], const float y[1000])")
	dot := func(mem [][]byte, backwards, short bool) uint64 {
		x, y := elements{Float32, mem[0]}, elements{Float32, mem[1]}
		var sum float32
		for i := range uint64(1000) {
			if backwards {
				i = 999 - i
			}
			if i == 0 && short {
				continue
			}
			sum += float32(x.float(i)) * float32(y.float(i))
		}
		return uint64(math.Float32bits(sum))
	}
	for seed := range uint64(200) {
		c.Fill(mem[0], seed)
		want := left(mem[0], 0, dot(mem[0], false, false))
		var s Rounding
		s.Enlarge(c, want)
		for _, signs := range []Signs{Positive, Scattered} {
			c.Fill(mem[1], seed)
			c.Resign(mem[1], signs, seed)
			s.Enlarge(c, left(mem[1], 0, dot(mem[1], false, false)))
		}
		if v := c.Compare(left(mem[0], 0, dot(mem[0], true, false)), c, want, Tolerance{}, s); v.Status != Match {
			t.Fatalf("seed %d: %+v, rounding %v", seed, v, s)
		}
		if v := c.Compare(left(mem[0], 0, dot(mem[0], false, true)), c, want, Tolerance{}, s); v.Status != Mismatch {
			t.Fatalf("seed %d: a product is missing: %+v, rounding %v", seed, v, s)
		}
	}
}

// TestRoundingOfDifferences: the same computation with products that are rounded and
// with products that are not is right however much they cancel, and where signs can tell
// nothing; an element that is wrong by more than a rounding is not, beside others that
// are a million times as large.
func TestRoundingOfDifferences(t *testing.T) {
	// y = c*y - s*x by two roundings more, or less
	rotate := func(c *Call, mem [][]byte, fused bool, wrong uint64) Left {
		x, y := elements{Float32, mem[0]}, elements{Float32, mem[1]}
		co, si := float32(Float32.float64(c.Args[2].Bits)), float32(Float32.float64(c.Args[3].Bits))
		out := make([]byte, len(mem[1]))
		for k := range x.len() {
			v := float32(float32(co*float32(y.float(k))) - float32(si*float32(x.float(k))))
			if fused {
				v = float32(math.FMA(float64(co), y.float(k), -float64(float32(si*float32(x.float(k))))))
			}
			if k == wrong {
				v *= 1.05
			}
			binary.LittleEndian.PutUint32(out[4*k:], math.Float32bits(v))
		}
		return left([][]byte{nil, out}, 0, 0)
	}
	c, mem := compared(t, "void rot(const float x[4], float y[4], float c = 0.6, float s = 0.8)")
	varied := func(seed uint64) (r Rounding) {
		of := rotate(c, mem[0], false, 4)
		r.Enlarge(c, of)
		for v := range uint64(12) {
			own := c.Own()
			other := [][]byte{bytes.Clone(mem[0][0]), bytes.Clone(mem[0][1])}
			if v%2 == 0 {
				own.Resign(other, Scattered, seed+v)
				r.Enlarge(c, rotate(own, other, false, 4))
				continue
			}
			own.Nudge(other, seed+v)
			r.Spread(c, rotate(own, other, false, 4), of)
		}
		return r
	}
	for seed := range uint64(500) {
		c.Fill(mem[0], seed)
		for k, near := range []float32{1, 0.999, 1.00001, 1.0000001} { // these cancel
			x := float32(elements{Float32, mem[0][0]}.float(uint64(k)))
			c.Operands[1].put(mem[0][1], uint64(k), uint64(math.Float32bits(x*0.8/0.6*near)))
		}
		c.Operands[0].put(mem[0][0], 0, uint64(math.Float32bits(1e6))) // and this does not
		r := varied(seed)
		want := rotate(c, mem[0], false, 4)
		if v := c.Compare(rotate(c, mem[0], true, 4), c, want, Tolerance{}, r); v.Status != Match {
			t.Fatalf("seed %d: %+v, rounding %v", seed, v, r)
		}
		if v := c.Compare(rotate(c, mem[0], true, 1), c, want, Tolerance{}, r); v.Status != Mismatch || *v.FirstBad != 1 {
			t.Fatalf("seed %d: one part in twenty: %+v, rounding %v", seed, v, r)
		}
	}
}

// TestNudge: numbers that are read move by a few units, zeros by that of the others,
// and nothing else does; numbers by value keep to their limits.
func TestNudge(t *testing.T) {
	c, mem := compared(t, "void f(const float x[64], const float z[4] = zero, const int n[64], out double o[64], double p[64] = random(-2, -1), float a = 1 in 1..2, double b = 3)")
	own := c.Own()
	own.Nudge(mem[0], 1)
	moved := 0
	for i, b := range c.Operands {
		for k := range b.Count {
			was, is := b.get(mem[1][i], k), b.get(mem[0][i], k)
			switch {
			case b.Name == "z":
				if v := math.Abs(b.Type.float64(is)); v < 0x1p-24 || v > 0x1p-20 {
					t.Errorf("z[%d] is %v", k, v)
				}
			case b.Name == "x" || b.Name == "p":
				if d := math.Abs(b.Type.float64(was)-b.Type.float64(is)) / b.Type.unit(b.Type.float64(was)); d < 0.5 || d > nudges || 2*d != math.Trunc(2*d) {
					t.Errorf("%s[%d] moved by %v units", b.Name, k, d)
				}
				moved++
			case was != is:
				t.Errorf("%s[%d] was %#x and is %#x", b.Name, k, was, is)
			}
		}
	}
	if moved != 128 {
		t.Error(moved)
	}
	if a := math.Float32frombits(uint32(own.Args[5].Bits)); a < 1 || own.Args[6].Bits == c.Args[6].Bits {
		t.Errorf("a is %v, b %v", a, math.Float64frombits(own.Args[6].Bits))
	}
}

// TestExtreme: contents that are asked for are there, within bounds, and others are
// not.
func TestExtreme(t *testing.T) {
	for _, tt := range []struct {
		name, operand string
		kinds         Extremes
		has, lacks    func(Type, uint64) bool
	}{
		{"denormals", "float x[256]", Denormals, isDenormal, isZeroBits},
		{"of half precision", "_Float16 x[256]", Denormals, isDenormal, isZeroBits},
		{"not of integers", "uint32_t x[256]", Denormals, nil, isZeroBits},
		{"limits", "int16_t x[256]", Integers, func(_ Type, v uint64) bool { return v == 0x8000 }, nil},
		{"zero", "int16_t x[256]", Integers, isZeroBits, nil},
		{"within bounds", "uint8_t x[256] = random(3, 9)", Integers, func(_ Type, v uint64) bool { return v == 9 }, func(_ Type, v uint64) bool { return v < 3 || v > 9 }},
		{"not of floats", "double x[256]", Integers, nil, isZeroBits},
		{"negative zero", "double x[256]", Zeros, func(_ Type, v uint64) bool { return v == 1<<63 }, isDenormal},
		{"NaN", "double x[256]", NaNs, func(t Type, v uint64) bool { return math.IsNaN(t.float64(v)) }, func(t Type, v uint64) bool { return math.IsInf(t.float64(v), 0) }},
		{"infinity", "float x[256]", Infinities, func(t Type, v uint64) bool { return math.IsInf(t.float64(v), -1) }, func(t Type, v uint64) bool { return math.IsNaN(t.float64(v)) }},
		{"bounded floats", "float x[256] = random(-1, 1)", Infinities | NaNs | Zeros, isZeroBits, func(t Type, v uint64) bool { return !(math.Abs(t.float64(v)) <= 1) }},
		{"bounds above zero", "float x[256] = random(1, 2)", Denormals | Zeros, nil, func(t Type, v uint64) bool { return t.float64(v) < 1 }},
		{"not what is given", "float x[256] = 2.5", Denormals | Zeros | NaNs, nil, func(t Type, v uint64) bool { return t.float64(v) != 2.5 }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, mem := compared(t, "void f("+tt.operand+")")
			c.Extreme(mem[0], tt.kinds, 3)
			e := elements{c.Operands[0].Type, mem[0][0]}
			found := false
			for i := range e.len() {
				found = found || tt.has != nil && tt.has(e.typ, e.bits(i))
				if tt.lacks != nil && tt.lacks(e.typ, e.bits(i)) {
					t.Fatalf("element %d is %#x", i, e.bits(i))
				}
			}
			if tt.has != nil && !found {
				t.Error("what was asked for is not there")
			}
		})
	}
}

func isZeroBits(_ Type, v uint64) bool { return v == 0 }

func isDenormal(t Type, v uint64) bool {
	x := math.Abs(t.float64(v))
	return x > 0 && x < math.Ldexp(1, 1-t.format().bias())
}

// TestResign: signs change, and nothing else does, within bounds.
func TestResign(t *testing.T) {
	c, mem := compared(t, "void f(float x[64], const int n[64], out double o[64], double p[64] = random(-2, -1))")
	c.Resign(mem[0], Positive, 1)
	for i, b := range c.Operands {
		for k := range b.Count {
			was, is := b.get(mem[1][i], k), b.get(mem[0][i], k)
			want := was
			if b.Name == "x" {
				want &^= 1 << 31
			}
			if is != want {
				t.Fatalf("%s[%d] was %#x and is %#x", b.Name, k, was, is)
			}
		}
	}
	c.Resign(mem[0], Scattered, 1)
	negative := 0
	for k := range uint64(64) {
		negative += int(c.Operands[0].get(mem[0][0], k) >> 31)
	}
	if negative < 16 || negative > 48 {
		t.Errorf("%d of 64 are negative", negative)
	}
}

// TestUndefined: what a caller need not set of each argument.
func TestUndefined(t *testing.T) {
	c, _ := compared(t, "void f(int a = 1, long b = 2, bool c = true, float d = 1, double e = 2, _Float16 g = 1, const float x[4], void *p = NULL)")
	want := []uint64{0xffffffff00000000, 0, 0xffffffff00000000, 0xffffffff00000000, 0, 0xffffffffffff0000, 0, 0}
	for i, w := range want {
		if got := c.Undefined(i); got != w {
			t.Errorf("argument %s: %#x, want %#x", c.Args[i].Name, got, w)
		}
	}
}
