package kernels

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"testing"
)

// operand binds one operand of a given type and fill.
func operand(t testing.TB, typ Type, count uint64, attrs string) *Call {
	t.Helper()
	s, err := Parse(fmt.Appendf(nil, `<kernel name="f"><operands><operand name="x" type="%s" count="%d" access="in" %s/></operands>
		<call><argument name="x" type="void*"/></call></kernel>`, typ, count, attrs))
	if err != nil {
		t.Fatal(err)
	}
	return bind(t, s, nil)
}

// The generator is a promise: the same seed gives the same contents on every
// machine and in every version.
func TestFillGolden(t *testing.T) {
	for _, tt := range []struct {
		typ   Type
		attrs string
		want  uint32
	}{
		{Float32, "", 0xb663c19}, {Float64, "", 0x36190271}, {Int8, "", 0x857dfc32}, {Uint16, "", 0x7329836}, {Int32, "", 0xcf223d3}, {Uint64, "", 0x597d18a5},
		{Float32, `fill="exact"`, 0x8a69d04d}, {Float64, `fill="exact"`, 0x27870813}, {Float32, `value="2.5"`, 0xa1961b4c}, {Int16, `value="-3"`, 0xf6a46d61},
		{Float32, `offset="5" slack="64"`, 0x4d3c2282},
	} {
		mem, _ := memory(operand(t, tt.typ, 1001, tt.attrs), 42)
		if got := crc32.ChecksumIEEE(mem[0]); got != tt.want {
			t.Errorf("%s %s: contents have the sum %#x, want %#x", tt.typ, tt.attrs, got, tt.want)
		}
	}
}

// at reads element i as a number.
func at(typ Type, m []byte, i uint64) float64 {
	m = m[i*typ.Size():]
	switch typ {
	case Float32:
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(m)))
	case Float64:
		return math.Float64frombits(binary.LittleEndian.Uint64(m))
	case Int8:
		return float64(int8(m[0]))
	case Uint8:
		return float64(m[0])
	case Int16:
		return float64(int16(binary.LittleEndian.Uint16(m)))
	case Uint16:
		return float64(binary.LittleEndian.Uint16(m))
	case Int32:
		return float64(int32(binary.LittleEndian.Uint32(m)))
	case Uint32:
		return float64(binary.LittleEndian.Uint32(m))
	case Int64:
		return float64(int64(binary.LittleEndian.Uint64(m)))
	case Float16, BFloat16:
		return typ.float64(uint64(binary.LittleEndian.Uint16(m)))
	}
	return float64(binary.LittleEndian.Uint64(m))
}

func TestFillValues(t *testing.T) {
	const count = 20000
	for _, typ := range []Type{Float32, Float64, Int8, Int16, Int32, Int64, Uint8, Uint16, Uint32, Uint64, Float16, BFloat16} {
		for _, fill := range []string{"random", "exact"} {
			c := operand(t, typ, count, `offset="3" slack="67" fill="`+fill+`"`)
			mem, _ := memory(c, 7)
			m := mem[0][3:]
			negative, different := 0, map[float64]bool{}
			if slack := m[count*typ.Size():]; len(slack) != 64 || !bytes.Equal(slack, make([]byte, 64)) {
				t.Fatalf("%s %s: behind the elements lies % x", typ, fill, slack)
			}
			for i := range uint64(count) {
				v := at(typ, m, i)
				if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
					t.Fatalf("%s %s: element %d is %v", typ, fill, i, v)
				}
				low := 0.5
				if fill == "exact" {
					low = 1
				}
				if typ.float() && (math.Abs(v) < low || math.Abs(v) >= 2) {
					t.Fatalf("%s %s: element %d is %v", typ, fill, i, v)
				}
				if v < 0 {
					negative++
				}
				different[v] = true
			}
			if signed := typ.signed() || typ.float(); signed && (negative < count*2/5 || negative > count*3/5) || !signed && negative > 0 {
				t.Errorf("%s %s: %d of %d are negative", typ, fill, negative, count)
			}
			want := 200
			if typ.float() && fill == "exact" {
				want = 2 << min(3, max(1, (typ.format().significand-16)/2)) // signs and significands of three bits, at least; one of halves
			}
			if len(different) < want {
				t.Errorf("%s %s: only %d different values", typ, fill, len(different))
			}
		}
	}
}

// The sum of products is exact in any order: of magnitudes it stays below
// 2^precision units, the unit being that of the smallest bit of a product.
func TestFillExactly(t *testing.T) {
	for _, typ := range []Type{Float32, Float64} {
		precision := 24
		if typ == Float64 {
			precision = 53
		}
		for _, count := range []uint64{1, 2, 3, 1000, 1024, 1025, 1 << 16, 1 << 20} {
			b := operand(t, typ, count, `fill="exact"`).Operands[0]
			and, _ := b.masks()
			width := 23
			if typ == Float64 {
				width = 52
			} else {
				and &= math.MaxUint32
			}
			lowest := 0
			for and>>lowest&1 == 0 {
				lowest++
			}
			bits := width - lowest // of the significand
			if float64(count)*4*math.Ldexp(1, 2*bits) > math.Ldexp(1, precision) || bits < 1 {
				t.Errorf("%s, %d elements: %d bits are too many", typ, count, bits)
			}
		}
	}
}

func TestFillConstant(t *testing.T) {
	for _, tt := range []struct {
		typ   Type
		value string
		want  float64
	}{{Float32, "1", 1}, {Float32, "-0.1", float64(float32(-0.1))}, {Float64, "1e-3", 1e-3}, {Int8, "-128", -128}, {Uint8, "255", 255}, {Int64, "-1", -1}, {Uint16, "0", 0}} {
		c := operand(t, tt.typ, 5, `slack="7" value="`+tt.value+`"`)
		mem, _ := memory(c, 1)
		for i := range uint64(5) {
			if got := at(tt.typ, mem[0], i); got != tt.want {
				t.Errorf("%s %s: element %d is %v", tt.typ, tt.value, i, got)
			}
		}
	}
}

func TestFillSeeds(t *testing.T) {
	c := bind(t, find(t, "sdot"), map[string]uint64{"offx": 9})
	a, again := memory(c, 1)
	b, _ := memory(c, 2)
	if !bytes.Equal(a[0], again[0]) || !bytes.Equal(a[1], again[1]) {
		t.Error("one seed gives two contents")
	}
	if bytes.Equal(a[0][9:], b[0][9:]) {
		t.Error("two seeds give the same contents")
	}
	if bytes.Equal(a[0][9:2000], a[1][:1991]) {
		t.Error("two operands have the same contents")
	}
	for i, m := range a[0][:9] {
		if m != margin {
			t.Errorf("byte %d before the operand is %#x", i, m)
		}
	}
}

// The first output for state 0, as every implementation of SplitMix64 has it.
func TestMix(t *testing.T) {
	if got, want := mix(0), uint64(0xe220a8397b1dcdaf); got != want {
		t.Errorf("mix(0) = %#x, want %#x", got, want)
	}
}

func TestNonzero(t *testing.T) {
	for _, tt := range []struct{ v, low, want uint64 }{
		{0, 1, 1 << 63},
		{1 << 63, 1, 1 << 63},
		{5, 1, 5},
		{0x00ff007f00800001, 0x0101010101010101, 0x80ff807f80808001},
		{0x0000ffff80000001, 0x0001000100010001, 0x8000ffff80000001},
		{0xffffffff, 0x0000000100000001, 0x80000000ffffffff},
	} {
		if got := nonzero(tt.v, tt.low); got != tt.want {
			t.Errorf("nonzero(%#x, %#x) = %#x, want %#x", tt.v, tt.low, got, tt.want)
		}
	}
}

func BenchmarkFill(b *testing.B) {
	for _, tt := range []struct {
		typ   Type
		attrs string
	}{{Float32, ""}, {Float64, ""}, {Int8, ""}, {Float32, `value="1"`}} {
		b.Run(tt.typ.String()+tt.attrs, func(b *testing.B) {
			c := operand(b, tt.typ, 1<<20, tt.attrs)
			mem := [][]byte{make([]byte, c.Operands[0].Bytes)}
			b.SetBytes(int64(len(mem[0])))
			for b.Loop() {
				c.Fill(mem, 1)
			}
		})
	}
}

// Change alters elements that a kernel reads to others that Fill could have
// given, and nothing else.
func TestChange(t *testing.T) {
	set, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	spec, err := set.Find("sgemm")
	if err != nil {
		t.Fatal(err)
	}
	values, err := spec.Values(nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := spec.Bind(values, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	a, b, before := memoryOf(c), memoryOf(c), memoryOf(c)
	for _, mem := range [][][]byte{a, b, before} {
		c.Fill(mem, 1)
	}
	places := map[int]bool{}
	for seed := range uint64(50) {
		if n := c.Change(seed, a, b); n != 6 { // two elements of a, b and c; alpha and beta are constant
			t.Fatalf("%d elements changed", n)
		}
		for i := range c.Operands {
			if !bytes.Equal(a[i], b[i]) {
				t.Fatalf("the sets of operand %s differ", c.Operands[i].Name)
			}
			for j := 0; j+4 <= len(a[i]); j += 4 {
				if bytes.Equal(a[i][j:j+4], before[i][j:j+4]) {
					continue
				}
				places[j] = true
				if v := math.Abs(float64(math.Float32frombits(binary.LittleEndian.Uint32(a[i][j:])))); v < 0.5 || v >= 2 || c.Operands[i].Fill == FillExact && v < 1 {
					t.Errorf("element %d of %s became %v", j/4, c.Operands[i].Name, v)
				}
			}
			copy(before[i], a[i])
		}
	}
	if !places[0] || len(places) < 20 {
		t.Errorf("only %d places were changed", len(places))
	}
}

func memoryOf(c *Call) (mem [][]byte) {
	for i := range c.Operands {
		mem = append(mem, make([]byte, c.Operands[i].Bytes))
	}
	return mem
}
