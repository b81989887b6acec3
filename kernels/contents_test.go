package kernels

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// prototype binds a prototype with its defaults.
func prototype(t testing.TB, text string) *Call {
	t.Helper()
	s, err := ParsePrototype(text)
	if err != nil {
		t.Fatal(err)
	}
	return bind(t, s, nil)
}

// integers reads the elements of the first operand.
func (c *Call) integers64(mem [][]byte, i int) (list []uint64) {
	b := &c.Operands[i]
	e := elements{b.Type, mem[i][b.Offset:b.end()]}
	for k := range b.Count {
		list = append(list, e.integer(k))
	}
	return list
}

func isPermutation(list []uint64) bool {
	sorted := slices.Sorted(slices.Values(list))
	for i, v := range sorted {
		if v != uint64(i) {
			return false
		}
	}
	return true
}

func isCycle(list []uint64) bool {
	at := uint64(0)
	for n := range list {
		if at >= uint64(len(list)) || at == 0 && n > 0 {
			return false
		}
		at = list[at]
	}
	return at == 0
}

// Contents mean what their word says, after changes too, and a change is one.
func TestContents(t *testing.T) {
	for _, tt := range []struct {
		decl  string
		holds func(c *Call, mem [][]byte) bool
		stays bool // nothing about it can change
	}{
		{"uint8_t x[256] = index @ 3", func(c *Call, mem [][]byte) bool {
			l := c.integers64(mem, 0)
			return slices.IsSorted(l) && isPermutation(l)
		}, true},
		{"float x[1000] = index", func(c *Call, mem [][]byte) bool {
			e := view(c, mem, "x")
			return e.f32(0) == 0 && e.f32(999) == 999
		}, true},
		{"int8_t x[128] = permutation", func(c *Call, mem [][]byte) bool {
			l := c.integers64(mem, 0)
			return isPermutation(l) && !slices.IsSorted(l)
		}, false},
		{"uint64_t x[1000] = permutation @ 8", func(c *Call, mem [][]byte) bool { return isPermutation(c.integers64(mem, 0)) }, false},
		{"uint16_t x[1] = permutation", func(c *Call, mem [][]byte) bool { return isPermutation(c.integers64(mem, 0)) }, true},
		{"uint32_t x[1000] = cycle", func(c *Call, mem [][]byte) bool { return isCycle(c.integers64(mem, 0)) }, false},
		{"int16_t x[3] = cycle", func(c *Call, mem [][]byte) bool { return isCycle(c.integers64(mem, 0)) }, false},
		{"int x[2] = cycle", func(c *Call, mem [][]byte) bool { return isCycle(c.integers64(mem, 0)) }, true},
		{"int x[1] = cycle", func(c *Call, mem [][]byte) bool { return isCycle(c.integers64(mem, 0)) }, true},
		{"char x[100] = text", func(c *Call, mem [][]byte) bool { return isText(mem[0]) }, false},
		{"char x[1] = text", func(c *Call, mem [][]byte) bool { return isText(mem[0]) }, true},
		{"uint8_t x[1001] = utf8", func(c *Call, mem [][]byte) bool { return utf8.Valid(mem[0]) && utf8.RuneCount(mem[0]) < 700 }, false},
		{"uint8_t x[1] = utf8", func(c *Call, mem [][]byte) bool { return utf8.Valid(mem[0]) }, false},
		{"uint8_t x[1001] = maybe_utf8", func(c *Call, mem [][]byte) bool { return faultAtEnd(mem[0]) }, false},
		{"char x[1] = maybe_utf8", func(c *Call, mem [][]byte) bool { return faultAtEnd(mem[0]) }, false},
		{"char x[2] = maybe_utf8", func(c *Call, mem [][]byte) bool { return faultAtEnd(mem[0]) }, false},
		{"char x[0] = maybe_utf8", func(c *Call, mem [][]byte) bool { return len(mem[0]) == 0 }, true},
		{"int x[1000] = random(-3, 5)", func(c *Call, mem [][]byte) bool {
			l := c.integers64(mem, 0)
			low, high := int64(slices.MinFunc(l, twos)), int64(slices.MaxFunc(l, twos))
			return low >= -3 && high <= 5
		}, false},
		{"uint8_t x[1000] = random(0, 255)", func(*Call, [][]byte) bool { return true }, false},
		{"int64_t x[9] = random(-9223372036854775807-1, 9223372036854775807)", func(*Call, [][]byte) bool { return true }, false},
		{"int x[10] = random(7, 7)", func(c *Call, mem [][]byte) bool { return c.integers64(mem, 0)[9] == 7 }, true},
		{"float x[1000] = random(-1, 0.5)", func(c *Call, mem [][]byte) bool {
			e := view(c, mem, "x")
			for i := range uint64(1000) {
				if v := e.float(i); v < -1 || v > 0.5 {
					return false
				}
			}
			return true
		}, false},
		{"bool x[1000]", func(c *Call, mem [][]byte) bool {
			l := c.integers64(mem, 0)
			return slices.Max(l) == 1 && slices.Min(l) == 0
		}, false},
		{"int16_t x[5] = {-1, 2}", func(c *Call, mem [][]byte) bool { return bytes.Equal(mem[0], []byte{255, 255, 2, 0, 0, 0, 0, 0, 0, 0}) }, true},
		{"const char *x = \"ab\"", func(c *Call, mem [][]byte) bool { return string(mem[0]) == "ab\x00" }, true},
		{"int x[2] = hex\"0102\"", func(c *Call, mem [][]byte) bool { return string(mem[0]) == "\x01\x02\x00\x00\x00\x00\x00\x00" }, true},
		{"_Float16 x[3] = 1.5", func(c *Call, mem [][]byte) bool { return string(mem[0]) == "\x00\x3e\x00\x3e\x00\x3e" }, true},
		{"out int x[3]", func(*Call, [][]byte) bool { return true }, true},
	} {
		c := prototype(t, "void f("+tt.decl+")")
		mem, other := memory(c, 1)
		if !tt.holds(c, mem) {
			t.Errorf("%s: % x", tt.decl, mem)
		}
		for seed := range uint64(100) {
			before := bytes.Clone(mem[0])
			n := c.Change(seed, mem, other)
			if changed := !bytes.Equal(before, mem[0]); !tt.holds(c, mem) || !bytes.Equal(mem[0], other[0]) || changed == tt.stays && n > 0 != changed || tt.stays && (n > 0 || changed) {
				t.Fatalf("%s, seed %d, %d changed: % x became % x", tt.decl, seed, n, before, mem[0])
			}
		}
	}
}

func twos(a, b uint64) int { return int(int64(a) - int64(b)) }

// faultAtEnd reports whether all but the last four bytes are well-formed, but for a
// character that these cut off.
func faultAtEnd(m []byte) bool {
	end := max(len(m)-4, 0)
	for back := 0; back < 3 && end > 0 && !utf8.RuneStart(m[end]); back++ {
		end--
	}
	return utf8.Valid(m[:end])
}

// Of texts that may have a fault half have one, every fault comes, and a change takes
// it away or makes one.
func TestMaybeUTF8(t *testing.T) {
	c := prototype(t, "void f(const uint8_t x[100] = maybe_utf8)")
	valid, seen := 0, map[string]bool{}
	for seed := range uint64(4000) {
		mem := memoryOf(c)
		c.Fill(mem, seed)
		was := utf8.Valid(mem[0])
		if was {
			valid++
		}
		for _, f := range faults() {
			if !was && bytes.HasSuffix(mem[0], []byte(f)) {
				seen[f] = true
			}
		}
		if c.Change(seed, mem); utf8.Valid(mem[0]) == was {
			t.Fatalf("seed %d: a change leaves it %t that a text is well-formed: % x", seed, was, mem[0])
		}
	}
	if valid < 1800 || valid > 2200 || len(seen) != len(faults()) {
		t.Errorf("%d of 4000 well-formed, faults %v", valid, seen)
	}
	for _, f := range faults() {
		if utf8.ValidString(f) {
			t.Errorf("%q is well-formed", f)
		}
	}
}

// A copy has the elements of its original, but for one, which stays a number; a change
// of the original makes them differ.
func TestCopies(t *testing.T) {
	for _, tt := range []struct {
		decl   string
		differ int // index of the element, -1 for none
	}{
		{"uint8_t x[n], const uint8_t y[n] = copy(x, n - 1)", 99},
		{"uint8_t x[n] @ 3, const uint8_t y[n] = copy(x) @ 5", -1},
		{"double x[n] @ 8, const double y[n] = copy(x, 0)", 0},
		{"const bool y[n] = copy(x, 7), bool x[n]", 7},
		{"char x[n] = text, const char y[n - 1] = copy(x, n - 1)", -1},
		{"int x[n] = random(1, 2), const int y[n] = copy(x, 0 - 1)", -1},
	} {
		c := prototype(t, "void f(size_t n = 100, "+tt.decl+")")
		for seed := range uint64(200) {
			mem, _ := memory(c, seed)
			x, y := view(c, mem, "x"), view(c, mem, "y")
			for i := range y.len() {
				if differs := x.bits(i) != y.bits(i); differs != (int(i) == tt.differ) {
					t.Fatalf("%s, seed %d: element %d is %#x and %#x", tt.decl, seed, i, x.bits(i), y.bits(i))
				}
			}
			if x.typ == Float64 && !(y.float(0) != x.float(0) && math.Abs(y.float(0)) < 2) {
				t.Fatalf("%v became %v", x.float(0), y.float(0))
			}
			if c.Change(seed, mem); x.bits(0) == y.bits(0) && tt.differ != 0 && tt.decl[0] == 'u' {
				t.Fatalf("%s, seed %d: a change leaves them the same", tt.decl, seed)
			}
		}
	}
	for decl, want := range map[string]string{
		"const uint8_t y[n] = copy(z)":                                   `there is no operand "z" to copy`,
		"uint8_t x[n], const char y[n] = copy(x)":                        "must be of type int8 too",
		"uint8_t x[n] = copy(y), uint8_t y[n] = copy(x)":                 "no copy itself",
		"uint8_t x[n], const uint8_t y[n + 1] = copy(x)":                 "has 101 elements, but x, of which it is a copy, has 100",
		"uint8_t x[n], const uint8_t y[n] = copy()":                      "expected copy(OPERAND)",
		"uint8_t x[n], const uint8_t y[n] = copy(x, 1 / 0)":              "divides by zero",
		"uint8_t x[n], const uint8_t y[n] = copy(x, m)":                  `found "m"`,
		"int *const x[2] = each(int z[2]), const int64_t y[n] = copy(x)": "cannot be a copy of x",
	} {
		s, err := ParsePrototype("void f(size_t n = 100, " + decl + ")")
		if err == nil {
			_, err = s.Bind(map[string]uint64{"n": 100}, Limits{})
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", decl, err, want)
		}
	}
}

func isText(m []byte) bool {
	for _, c := range m[:len(m)-1] {
		if !isLetter(c) || c == '_' {
			return false
		}
	}
	return m[len(m)-1] == 0
}

// What a kernel has written there is no reason to fail.
func TestChangeAnything(t *testing.T) {
	c := prototype(t, "void f(uint32_t a[9] = cycle, uint8_t b[9] = permutation, char c[9] = utf8, char g[9] = maybe_utf8, char d[9] = text, int8_t e[9] = cycle)")
	for _, fill := range []byte{0, 0x7f, 0x80, 0xc3, 0xff} {
		mem, _ := memory(c, 1)
		for _, m := range mem {
			for i := range m {
				m[i] = fill
			}
		}
		for seed := range uint64(50) {
			c.Change(seed, mem)
		}
	}
}

// Shuffles are even: each of the 24 orders of four, and each of the six cycles,
// is as frequent, and every character of a range can be drawn.
func TestShufflesAreEven(t *testing.T) {
	for decl, want := range map[string]int{"uint8_t x[4] = permutation": 24, "uint8_t x[4] = cycle": 6} {
		c := prototype(t, "void f("+decl+")")
		seen := map[string]int{}
		const draws = 24000
		for seed := range uint64(draws) {
			mem := memoryOf(c)
			c.Fill(mem, seed)
			seen[string(mem[0])]++
		}
		if len(seen) != want {
			t.Errorf("%s: %d orders", decl, len(seen))
		}
		for order, n := range seen {
			if mean := draws / want; n < mean*3/4 || n > mean*5/4 {
				t.Errorf("%s: % x came %d times, expected %d", decl, order, n, mean)
			}
		}
	}
	sizes := [utf8.UTFMax + 1]map[rune]bool{}
	draw := drawer{1}
	for size := 1; size <= utf8.UTFMax; size++ {
		sizes[size] = map[rune]bool{}
		for range 5000 {
			var b [4]byte
			n := draw.character(b[:], size)
			r, got := utf8.DecodeRune(b[:n])
			if n != size || got != size || r == utf8.RuneError && size != 3 {
				t.Fatalf("% x is no character of %d bytes", b, size)
			}
			sizes[size][r] = true
		}
	}
	if len(sizes[1]) != '~'-' '+1 || len(sizes[2]) < 1500 || len(sizes[3]) < 4000 || len(sizes[4]) < 4500 {
		t.Errorf("%d, %d, %d and %d different characters", len(sizes[1]), len(sizes[2]), len(sizes[3]), len(sizes[4]))
	}
}

// Pointers lead to where the rows lie.
func TestPlaced(t *testing.T) {
	c := prototype(t, "char *f(const int16_t *rows[h] = each(int16_t[w] = {1, 2, 3, 4, 5, 6, 7, 8} @ 6), int h = 4, int w = 2, char s[8])")
	mem := memoryOf(c)
	placed := c.Placed([]uint64{0x1000, 0x20000, 0x30000})
	placed.Fill(mem, 1)
	if got := placed.integers64(mem, 0); !slices.Equal(got, []uint64{0x20006, 0x2000a, 0x2000e, 0x20012}) {
		t.Errorf("%#x", got)
	}
	if n := placed.Change(1, mem); n == 0 || mem[0][0] != 6 || mem[1][6] != 1 {
		t.Errorf("%d elements changed: % x", n, mem)
	}
	for addr, want := range map[uint64]string{0: "NULL", 0x1000: "rows+0", 0x20005: "0x20005", 0x20006: "rows_each+0", 0x20016: "rows_each+16", 0x20017: "0x20017", 0x30008: "s+8"} {
		if r := placed.Returned(Registers{RAX: addr}); r.Pointer == nil || told(r.Pointer) != want || r.Int != nil {
			t.Errorf("%#x is %v, want %s", addr, r.Pointer, want)
		}
	}
	if r := c.Returned(Registers{RAX: 0x1000}); told(r.Pointer) != "0x1000" {
		t.Errorf("of a call that is not placed: %s", told(r.Pointer))
	}
}

func TestReturned(t *testing.T) {
	const rax = 0xfedcba98_76543281
	for result, want := range map[string]Returned{
		"void": {}, "int64_t": {Int: new(int64(-0x123456789abcd7f))}, "int": {Int: new(int64(0x76543281))}, "short": {Int: new(int64(0x3281))}, "char": {Int: new(int64(-0x7f))},
		"uint64_t": {Uint: new(uint64(rax))}, "unsigned": {Uint: new(uint64(0x76543281))}, "uint16_t": {Uint: new(uint64(0x3281))}, "uint8_t": {Uint: new(uint64(0x81))},
		"bool": {Bool: new(true)}, "float": {Float: new(1.5)}, "double": {Float: new(math.Float64frombits(0x40000000_3fc03e00))},
		"_Float16": {Float: new(1.5)}, "__bf16": {Float: new(0.125)}, "float *": {Pointer: &Place{Offset: 0xfedcba9876543281}},
	} {
		xmm0 := uint64(0x40000000_3fc03e00)
		if result == "float" {
			xmm0 = 0xffffffff_3fc00000
		}
		c := prototype(t, result+" f(void)")
		got := c.Returned(Registers{RAX: rax, Vector: [8]uint64{xmm0}})
		if fmt.Sprint(show(got)) != fmt.Sprint(show(want)) {
			t.Errorf("%s: %s, want %s", result, show(got), show(want))
		}
	}
	if r := prototype(t, "bool f(void)").Returned(Registers{RAX: 0xff00}); *r.Bool {
		t.Error("false, with anything above it")
	}
}

func show(r Returned) string {
	s := ""
	if r.Int != nil {
		s += fmt.Sprint("int ", *r.Int)
	}
	if r.Uint != nil {
		s += fmt.Sprint("uint ", *r.Uint)
	}
	if r.Bool != nil {
		s += fmt.Sprint("bool ", *r.Bool)
	}
	if r.Float != nil {
		s += fmt.Sprint("float ", *r.Float)
	}
	if r.Pointer != nil {
		s += fmt.Sprint("pointer ", told(r.Pointer))
	}
	return s
}

// What an operand cannot hold is refused with the parameter that asks for it.
func TestBindRefusesContents(t *testing.T) {
	for decl, want := range map[string]string{
		"uint8_t x[n] = index":                                 "operand x counts to 256, but uint8 does only to 255",
		"int8_t x[n] = permutation":                            "operand x counts to 256, but int8 does only to 127",
		"_Float16 x[n*10] = index":                             "operand x counts to 2569, but float16 does only to 2048",
		"char x[n - 257] = text":                               "operand x has no element for the zero",
		"int x[n - 256] = {1, 2}":                              "operand x has 4 bytes, but 8 are given",
		"int x[4] = random(n, 4)":                              "cannot hold random numbers from 257 to 4",
		"uint8_t x[4] = random(0, n)":                          "a bound of operand x is 257, above the maximum, 255",
		"float x[4] = random(n, 4)":                            "cannot hold random numbers from 257 to 4",
		"int x[4 - n]":                                         "is below zero",
		"alignas(8) int x[4] @ n":                              "begins 257 bytes behind the start of a page, which is no multiple of its alignment, 8",
		"int *x[n] = each(int[4 - n])":                         "below zero",
		"const int8_t m = n, int x[4]":                         "argument m of type int8_t is 257, above the maximum, 127",
		"int x[n] = random(0, 18446744073709551615 * n)":       "is 2^64 or more",
		"uint64_t x[n] = random(0, -18446744073709551615 * n)": "is -2^64 or less",
	} {
		s, err := ParsePrototype("void f(int n = 257, " + decl + ")")
		if err != nil {
			t.Errorf("%s: %v", decl, err)
			continue
		}
		values, err := s.Values(nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Bind(values, Limits{}); err == nil || !bytes.Contains([]byte(err.Error()), []byte(want)) || Class(err) != ClassParameter {
			t.Errorf("%s: %v, want %s", decl, err, want)
		}
	}
}

// Every number of 16 bits is encoded as it was decoded, and numbers between two
// are rounded to the nearer one.
func TestHalves(t *testing.T) {
	for _, typ := range []Type{Float16, BFloat16} {
		for bits := range uint64(1 << 16) {
			v := typ.float64(bits)
			if got := typ.encode(v); got != bits && !math.IsNaN(v) {
				t.Fatalf("%s %#x is %v, which is %#x", typ, bits, v, got)
			}
			if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
				continue
			}
			next := typ.float64(bits + 1)
			if math.IsInf(next, 0) {
				continue
			}
			even := bits + bits&1
			if got := typ.encode(v/2 + next/2); got != even {
				t.Fatalf("%s: halfway between %v and %v is %#x, want %#x", typ, v, next, got, even)
			}
		}
	}
	for v, want := range map[float64]uint64{65504: 0x7bff, 65519.9: 0x7bff, 65520: 0x7c00, math.Inf(-1): 0xfc00, 1e-10: 0, -0.1: 0xae66} {
		if got := Float16.encode(v); got != want {
			t.Errorf("%v is %#x, want %#x", v, got, want)
		}
	}
	if bits := Float16.encode(math.NaN()); !math.IsNaN(Float16.float64(bits)) {
		t.Errorf("NaN is %#x", bits)
	}
}

// told says in words where a pointer points to.
func told(p *Place) string {
	switch {
	case p == nil:
		return "nowhere"
	case p.Operand != "":
		return fmt.Sprintf("%s+%d", p.Operand, p.Offset)
	case p.Offset == 0:
		return "NULL"
	}
	return fmt.Sprintf("%#x", p.Offset)
}
