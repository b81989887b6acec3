package kernels

import (
	"errors"
	"fmt"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"
)

func TestBindSdot(t *testing.T) {
	c := bind(t, find(t, "sdot"), map[string]uint64{"n": 1000, "incx": 2, "incy": 3, "offx": 4, "offy": 63})
	want := []Buffer{
		{Name: "x", Type: Float32, Count: 2000, Bytes: 8004, Offset: 4, Access: In, Fill: FillExact},
		{Name: "y", Type: Float32, Count: 3000, Bytes: 12063, Offset: 63, Access: In, Fill: FillExact},
	}
	if !reflect.DeepEqual(c.Operands, want) {
		t.Errorf("operands are\n%+v, want\n%+v", c.Operands, want)
	}
	args := []ArgValue{{Name: "n", Kind: ArgInt, Bits: 1000, Operand: -1}, {Name: "x", Kind: ArgPointer, Bits: 4, Operand: 0}, {Name: "incx", Kind: ArgInt, Bits: 2, Operand: -1}, {Name: "y", Kind: ArgPointer, Bits: 63, Operand: 1}, {Name: "incy", Kind: ArgInt, Bits: 3, Operand: -1}}
	if !reflect.DeepEqual(c.Args, args) {
		t.Errorf("arguments are\n%+v, want\n%+v", c.Args, args)
	}
	if c.Elements != 1000 || c.Flops != 2000 || c.Bytes != 8000 {
		t.Errorf("derived: %d elements, %d flops, %d bytes", c.Elements, c.Flops, c.Bytes)
	}
}

// TestElementsOf: without a word of the specification a call works through the elements of the operand with the most.
func TestElementsOf(t *testing.T) {
	for text, want := range map[string]struct {
		elements uint64
		of       string
	}{
		"void f(size_t n = 7, const float x[n], float y[2*n], int8_t z[14])": {14, "y"},
		"void f(size_t n = 7)":                       {0, ""},
		"void f(size_t n = 0, const float x[n])":     {0, ""},
		"void saxpy(size_t n = 5, const float x[9])": {9, "x"},
	} {
		s, err := ParsePrototype(text)
		if err != nil {
			t.Fatal(err)
		}
		if c := bind(t, s, nil); c.Elements != want.elements || c.ElementsOf != want.of {
			t.Errorf("%s: %d elements of %q, want %+v", text, c.Elements, c.ElementsOf, want)
		}
	}
	if c := bind(t, find(t, "sgemm"), nil); c.ElementsOf != "" {
		t.Errorf("sgemm says how many elements it works through, and these are of %s", c.ElementsOf)
	}
}

func TestBindSgemm(t *testing.T) {
	c := bind(t, find(t, "sgemm"), map[string]uint64{"rs_c": 3, "cs_c": 5})
	for i, want := range []Buffer{
		{Name: "alpha", Type: Float32, Count: 1, Bytes: 4, Access: In, Fill: FillConstant, Value: 1},
		{Name: "a", Type: Float32, Count: 8192, Bytes: 32768, Access: In, Fill: FillExact},
		{Name: "b", Type: Float32, Count: 2048, Bytes: 8192, Access: In, Fill: FillExact},
		{Name: "beta", Type: Float32, Count: 1, Bytes: 4, Access: In, Fill: FillConstant},
		{Name: "c", Type: Float32, Count: 8 * 3 * 2 * 5, Bytes: 4 * 8 * 3 * 2 * 5, Access: InOut, Fill: FillRandom},
	} {
		if c.Operands[i] != want {
			t.Errorf("operand %d is %+v, want %+v", i, c.Operands[i], want)
		}
	}
	if c.Flops != 2*8*2*1024 {
		t.Errorf("%d flops", c.Flops)
	}
}

func TestBindArguments(t *testing.T) {
	s, err := Parse([]byte(`<kernel name="f"><query><parameter name="n" type="uint64" default="3"/></query><call>
		<argument name="n" type="int8_t"/><argument name="a" type="float" value="1.5"/><argument name="b" type="double" value="-0.1"/>
		<argument name="c" type="float" value="n"/><argument name="n" type="double"/><argument name="d" type="uint64_t" value="n*n-1"/></call></kernel>`))
	if err != nil {
		t.Fatal(err)
	}
	c := bind(t, s, nil)
	want := []ArgValue{
		{Name: "n", Kind: ArgInt, Bits: 3, Operand: -1}, {Name: "a", Kind: ArgFloat32, Bits: 0x3fc00000, Operand: -1}, {Name: "b", Kind: ArgFloat64, Bits: math.Float64bits(-0.1), Operand: -1},
		{Name: "c", Kind: ArgFloat32, Bits: 0x40400000, Operand: -1}, {Name: "n", Kind: ArgFloat64, Bits: math.Float64bits(3), Operand: -1}, {Name: "d", Kind: ArgInt, Bits: 8, Operand: -1},
	}
	if !reflect.DeepEqual(c.Args, want) {
		t.Errorf("arguments are\n%+v, want\n%+v", c.Args, want)
	}
	for n, want := range map[uint64]string{
		128: "parameter n=128 of kernel f does not fit: argument n of type int8_t is 128, above the maximum, 127",
		0:   "parameter n=0 of kernel f does not fit: argument d of type uint64_t is below zero",
	} {
		_, err := s.Bind(map[string]uint64{"n": n}, Limits{})
		if err == nil || err.Error() != want || Class(err) != "bad-parameter" {
			t.Errorf("n=%d: %v, want %s", n, err, want)
		}
	}
	if _, err := s.Bind(map[string]uint64{"n": 127}, Limits{}); err != nil {
		t.Error(err)
	}
}

func TestBindChecksValues(t *testing.T) {
	s := find(t, "playground")
	for _, tt := range []struct {
		values map[string]uint64
		want   string
	}{
		{nil, "parameter iterations of kernel playground has no value"},
		{map[string]uint64{"iterations": 0}, "iterations=0 of kernel playground is below the minimum, 1"},
		{map[string]uint64{"iterations": 1, "n": 2}, "parameter n=2 of kernel playground does not exist"},
	} {
		if _, err := s.Bind(tt.values, Limits{}); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: %v, want %s", tt.values, err, tt.want)
		}
	}
}

// In 2016 n*incx could wrap around and leave the kernel with a page.
func TestBindMemory(t *testing.T) {
	s := slackened(t)
	for _, tt := range []struct {
		n, incx, limit uint64
		operand        string
		need           uint64
	}{
		{1<<64 - 5, 1, 0, "x", 0},
		{1 << 62, 4, 0, "x", 0},
		{1 << 61, 2, 0, "x", 0},
		{1<<62 - 1, 1, 0, "x", 0}, // 2^64-4 bytes, and 64 more
		{1 << 26, 1, 256 << 20, "x", 256<<20 + 4096},
		{1<<26 - 16, 1, 256 << 20, "y", 512 << 20},
		{1024, 1, 3 * 4096, "y", 4 * 4096},
		{1024, 1, 4095, "x", 2 * 4096},
		{1, 1, 8191, "y", 8192},
	} {
		values, err := s.Values(map[string][]string{"n": {fmt.Sprint(tt.n)}, "incx": {fmt.Sprint(tt.incx)}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Bind(values, Limits{Memory: tt.limit})
		limit := tt.limit
		if limit == 0 {
			limit = math.MaxUint64
		}
		var e *MemoryError
		if !errors.As(err, &e) || e.Operand != tt.operand || e.Need != tt.need || e.Limit != limit || Class(err) != "memory-limit" {
			t.Errorf("n=%d incx=%d within %d: %v", tt.n, tt.incx, tt.limit, err)
		}
	}
	values, err := s.Values(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Bind(values, Limits{Memory: 4 * 4096}); err != nil {
		t.Error("exactly enough:", err)
	}
	values["n"] = 1 << 40
	if _, err := s.Bind(values, Limits{}); err != nil {
		t.Error("no limit, and nothing is allocated:", err)
	}
}

// A derived figure that cannot be computed is not known; the call goes on.
func TestBindDerivedOverflow(t *testing.T) {
	s, err := Parse([]byte(`<kernel name="f"><query><parameter name="n" type="uint64" default="1"/></query>
		<call><argument name="n" type="size_t"/></call><derived elements="n" flops="2*n"/></kernel>`))
	if err != nil {
		t.Fatal(err)
	}
	c := bind(t, s, map[string]uint64{"n": 1 << 63})
	if c.Elements != 1<<63 || c.Flops != 0 || c.Bytes != 0 {
		t.Errorf("%d elements, %d flops, %d bytes", c.Elements, c.Flops, c.Bytes)
	}
}

// The example in the documentation is complete.
func TestDocumentedExample(t *testing.T) {
	b, err := os.ReadFile("../docs/kernels.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), "```xml\n")
	text, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("there is no XML in docs/kernels.md")
	}
	s, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	c := bind(t, s, map[string]uint64{"n": 10, "incx": 3, "incy": 2})
	if s.FullName() != "mine/saxpy" || len(c.Args) != 6 || c.Args[1].Bits != uint64(math.Float32bits(0.5)) {
		t.Errorf("%s: %+v", s.FullName(), c.Args)
	}
	if x, y := c.Operands[0].Count, c.Operands[1].Count; x != 28 || y != 19 {
		t.Errorf("x has %d elements, y %d; want 28 and 19", x, y)
	}
	mem, orig := memory(c, 1)
	view(c, mem, "y").set(18, 1)
	if v := c.Verify(mem, orig, 0, 0); v.Status != NoReference {
		t.Errorf("%+v", v)
	}
}
