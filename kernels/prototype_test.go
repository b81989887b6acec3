package kernels

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// documentedForms are the rows of the table of prototypes in docs/kernels.md: a
// prototype, and what stands for it in XML.
func documentedForms(t testing.TB) [][2]string {
	t.Helper()
	b, err := os.ReadFile("../docs/kernels.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(b), "## Prototypes")
	if !ok {
		t.Fatal("docs/kernels.md has no section on prototypes")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var rows [][2]string
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+\\))` \\|[^|]*\\| (.*) \\|$").FindAllStringSubmatch(section, -1) {
		rows = append(rows, [2]string{m[1], m[2]})
	}
	return rows
}

// Each form of the documentation means the XML beside it, can be bound and filled,
// and comes back from both ways of writing it.
func TestDocumentedForms(t *testing.T) {
	rows := documentedForms(t)
	if len(rows) < 30 {
		t.Fatalf("only %d forms are documented", len(rows))
	}
	for _, row := range rows {
		s, err := ParsePrototype(row[0])
		if err != nil {
			t.Errorf("%s: %v", row[0], err)
			continue
		}
		for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row[1], -1) {
			if !strings.Contains(string(s.XML), m[1]) {
				t.Errorf("%s: no %s in\n%s", row[0], m[1], s.XML)
			}
		}
		checkPrintable(t, s)
		values, err := s.Values(nil)
		if err != nil {
			t.Errorf("%s: %v", row[0], err)
			continue
		}
		if strings.Contains(row[0], "= file") {
			if s, err = s.WithFiles([]File{{"x", []byte("data")}}); err != nil {
				t.Errorf("%s: %v", row[0], err)
				continue
			}
		}
		c, err := s.Bind(values, Limits{Memory: 1 << 20})
		if err != nil {
			t.Errorf("%s: %v", row[0], err)
			continue
		}
		memory(c, 1)
	}
}

// checkPrintable holds that a specification comes back from its XML, and from its
// prototype, as it was.
func checkPrintable(t *testing.T, s *Spec) {
	t.Helper()
	printed := s.Print()
	again, err := Parse(printed)
	if err != nil {
		t.Fatalf("%v in\n%s", err, printed)
	}
	if a, b := lineless(s), lineless(again); !reflect.DeepEqual(a, b) {
		t.Fatalf("parsed\n%+v\nprinted\n%s\nparsed again\n%+v", a, printed, b)
	}
	if !bytes.Equal(again.Print(), printed) {
		t.Fatalf("printed\n%s\nprinted again\n%s", printed, again.Print())
	}
	text, err := s.Prototype()
	if err != nil {
		return // what a prototype cannot say; that it says it is what Prototype checks
	}
	if back, err := ParsePrototype(text); err != nil || !s.calls(back) {
		t.Fatalf("%s\nmeans %+v, %v", text, back, err)
	}
}

func lineless(s *Spec) Spec {
	c := strip(s)
	c.Params = append([]Param(nil), c.Params...)
	for i := range c.Params {
		c.Params[i].line = 0
	}
	return c
}

func TestBuiltinPrototypes(t *testing.T) {
	set, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all(t, set) {
		checkPrintable(t, s)
		if text, err := s.Prototype(); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestPrototypeErrors(t *testing.T) {
	for _, tt := range []struct {
		text   string
		column int
		want   string
	}{
		{"void f(int n)", 12, "n needs a value: n = NUMBER"},
		{"__attribute__((noinline)) void f(int n = 1)", 16, "there are ms_abi and sysv_abi"},
		{"void f(int n = 1) __attribute__(ms_abi)", 33, `"((" after __attribute__`},
		{"__attribute__((ms_abi)) void f(void) __attribute__((ms_abi))", 53, "a second attribute"},
		{"void f(__attribute__((ms_abi)) int n = 1)", 23, "no parameter has it"},
		{"void f(int = 3)", 8, "expected a name"},
		{"void f(int n = 3, int n = 4)", 23, "expected another name"},
		{"void f(int n = 3, int m = n, int p = 2*q)", 40, `expected a number of this prototype, found "q"`},
		{"void f(float x[n*], int n = 1)", 18, "unexpected end in an expression"},
		{"void f(float x[(n)+m], int n = 1)", 20, `found "m"`},
		{"void f(float x[a], float a = 1)", 16, "expected an integer, but a is of type float32"},
		{"void f(int n = m, int m = n)", 27, "computed from itself"},
		{"void f(int n = 1.5)", 16, `"1.5" is not a decimal integer`},
		{"void f(uint8_t n = 256)", 20, "above the maximum, 255"},
		{"void f(unsigned n = -1)", 21, "is not an unsigned decimal number"},
		{"void f(int n = 5 in 6..7)", 12, "min 6, default 5, max 7 are not in ascending order"},
		{"void f(int n = m in 6..7, int m = 1)", 21, "only a number that the caller may change has a range"},
		{"void f(const int n = -1, const size_t m = n)", 26, `value "(-1)" is below zero`},
		{"void f(float *x)", 15, "expected a length: x[LENGTH]"},
		{"void f(float x[])", 14, "expected a length"},
		{"void f(float **x)", 16, "expected the number of pointers"},
		{"void f(float *x[2])", 15, "expected what the pointers of x point to"},
		{"void f(float *x[2] = each(int[2]))", 27, "expected memory of type float"},
		{"void f(float *x[2] = each(float))", 27, "expected a length"},
		{"void f(float ***x)", 8, "expected a type"},
		{"void f(float x[3] = each(float[2]))", 21, "each(...) is for arrays of pointers"},
		{"void f(long double x = 1)", 8, "long double cannot be passed"},
		{"void f(double _Complex x[2])", 8, "twice as many real ones"},
		{"void f(__int128 x = 1)", 8, "takes two registers"},
		{"void f(struct s x = 1)", 8, "by value"},
		{"void f(foo x[2])", 8, `expected a type, found "foo": known: C's`},
		{"void f(__m256 x[2])", 8, "expected the type of an element, such as float"},
		{"foo f(int n = 1)", 1, `expected a type of result, found "foo"`},
		{"void f(out int n = 1)", 8, `"out" is for memory`},
		{"void f(int n = 1 @ 4)", 20, "@ is for memory"},
		{"void f(const out float x[1])", 8, "memory that is const cannot be out"},
		{"void f(float x[1] = {})", 21, "expected numbers between the braces"},
		{"void f(uint8_t x[2] = {1, 256})", 27, `expected a number of type uint8, found "256"`},
		{"void f(int x[] = \"ab\")", 18, "expected whole elements of 4 bytes, found 3"},
		{"void f(const int *n = &(int m = 3), int m = 4)", 41, "m is given twice"},
		{"void f(const int n[2] = &(int m = 3))", 25, "for a pointer to one number"},
		{"void f(const int **n = &(int m = 3))", 24, "for a pointer to one number"},
		{"void f(const void *n = &(int m = 3))", 24, "for a pointer to one number"},
		{"void f(const int *n = &(int *m))", 25, "expected a number and its value"},
		{"void f(const int *n = &(int m))", 25, "expected a number and its value"},
		{"void f(const int *n = &(int m = k))", 33, "expected a number"},
		{"void f(const int *n = &(blue m = 1))", 25, "expected a type"},
		{"void f(const int *n = &int m)", 24, "expected \"(\" after &"},
		{"void f(float x[1] = blue)", 21, "expected contents (random, exact"},
		{"void f(float x[1] = text)", 8, "text is of type int8 or uint8, not float32"},
		{"void f(float x[1] = permutation)", 8, "a permutation is of integers, not of type float32"},
		{"void f(float x[1] = random(1))", 28, "expected random without numbers, or random(LOW, HIGH)"},
		{"void f(int x[1] = random(0, q))", 29, `found "q"`},
		{"void f(uint8_t x[1] = random(0, 256))", 8, "is not a number of type uint8"},
		{"void f(float x[1] = file(2))", 26, "expected file without numbers"},
		{"void f(__m128 v = file)", 19, "a file is for memory, and v is a vector"},
		{"void f(const uint8_t *rows[2] = each(uint8_t[] = file))", 38, "expected a length"},
		{"void f(alignas(3) float x[1])", 16, "expected a power of two up to 4096"},
		{"void f(float x[0-1])", 16, "expected a number of bytes or elements, but 0-1 is below zero"},
		{"void f(float x[4] @ m, const int m = -4)", 21, "but m is below zero"},
		{"void f(float x[4] slack(1/0))", 25, "divides by zero"},
		{"void f(int n = 1) with (int *m)", 25, "expected a value that is not passed"},
		{"void f(float x[1] in 1..2)", 19, `expected "= VALUE" before "in"`},
	} {
		_, err := ParsePrototype(tt.text)
		var e *PrototypeError
		if !errors.As(err, &e) || e.Column != tt.column || !strings.Contains(e.Reason, tt.want) || Class(err) != ClassParameter {
			t.Errorf("%s:\n got %v\nwant column %d: %s", tt.text, err, tt.column, tt.want)
		}
	}
}

// Numbers that are computed from others can be used in lengths.
func TestPrototypeComputes(t *testing.T) {
	s, err := ParsePrototype("void f(int n = 5, int ld = n + 3, const int two = 2, float a[ld*two], const float b[n][ld] @ two)")
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Params) != 1 || s.Operands[0].Count != "(n + 3)*2" || s.Operands[1].Count != "n*((n + 3))" && s.Operands[1].Count != "n*(n + 3)" || s.Operands[1].Offset != "2" {
		t.Errorf("%+v", s)
	}
	c := bind(t, s, nil)
	if c.Operands[0].Count != 16 || c.Operands[1].Count != 40 || c.Args[1].Bits != 8 {
		t.Errorf("%+v", c)
	}
}

// Arguments are passed as their types say.
func TestPrototypeArguments(t *testing.T) {
	s, err := ParsePrototype("void f(int8_t a = -1, unsigned char b = 255, int c = -2 in -5..5, long d = -3, float e = -1.5, _Float16 g = 1.5, __bf16 h = 1.5, double i = c, bool j = true, float *k = NULL, int l = -c)")
	if err != nil {
		t.Fatal(err)
	}
	c := bind(t, s, nil)
	for i, want := range []ArgValue{
		{Name: "a", Kind: ArgInt, Bits: 0xffffffff, Operand: -1}, {Name: "b", Kind: ArgInt, Bits: 255, Operand: -1}, {Name: "c", Kind: ArgInt, Bits: 0xfffffffe, Operand: -1}, {Name: "d", Kind: ArgInt, Bits: 1<<64 - 3, Operand: -1},
		{Name: "e", Kind: ArgFloat32, Bits: 0xbfc00000, Operand: -1}, {Name: "g", Kind: ArgFloat32, Bits: 0x3e00, Operand: -1}, {Name: "h", Kind: ArgFloat32, Bits: 0x3fc0, Operand: -1}, {Name: "i", Kind: ArgFloat64, Bits: 0xc000000000000000, Operand: -1},
		{Name: "j", Kind: ArgInt, Bits: 1, Operand: -1}, {Name: "k", Kind: ArgInt, Bits: 0, Operand: -1}, {Name: "l", Kind: ArgInt, Bits: 2, Operand: -1},
	} {
		if !reflect.DeepEqual(c.Args[i], want) {
			t.Errorf("%+v, want %+v", c.Args[i], want)
		}
	}
	for _, tt := range []struct{ name, value, want string }{
		{"a", "-129", "parameter a=-129 of kernel f is below the minimum, -128"}, {"a", "x", "is not a decimal integer"}, {"c", "6", "is above the maximum, 5"},
		{"c", "-6", "is below the minimum, -5"}, {"e", "1e39", "is beyond the largest"}, {"e", "nan", "is not a decimal number"}, {"g", "65505", "is beyond the largest"},
		{"j", "2", "is above the maximum, 1"}, {"b", "-1", "is not an unsigned decimal number"}, {"d", "-9223372036854775809", "is below -2^63"}, {"d", "9223372036854775808", "is 2^63 or more"},
	} {
		_, err := s.Values(map[string][]string{tt.name: {tt.value}})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s=%s: %v, want %s", tt.name, tt.value, err, tt.want)
		}
	}
	values, err := s.Values(map[string][]string{"c": {"-5"}, "e": {"2.5"}, "d": {"-9223372036854775808"}})
	if err != nil {
		t.Fatal(err)
	}
	if c, err = s.Bind(values, Limits{}); err != nil || c.Args[4].Bits != 0x40200000 || c.Args[10].Bits != 5 || c.Args[3].Bits != 1<<63 {
		t.Errorf("%+v, %v", c, err)
	}
}

// Vectors hold what memory of their elements would, drawn from the seed where it is random.
func TestVectors(t *testing.T) {
	for text, want := range map[string]string{
		"void f(__m128 v = 1.5)":                                     "0000c03f0000c03f0000c03f0000c03f",
		"void f(__m128d v = a) with (double a = -2)":                 "00000000000000c000000000000000c0",
		"void f(__m128i v = n - 1) with (int n = 3)":                 "02000000000000000200000000000000",
		"void f(__m128i v = {1})":                                    "01000000000000000000000000000000",
		"void f(__m128i v = {1, -1, 2})":                             "01000000ffffffff0200000000000000",
		"void f(__m128i v = {1, -1, 2, 3, 4, 5})":                    "0100ffff020003000400050000000000",
		"void f(__m128i v = {1, 2, 3, 4, 5, 6, 7, 8, 255})":          "0102030405060708ff00000000000000",
		"void f(__m128i v = hex\"0102 03\")":                         "01020300000000000000000000000000",
		"void f(__m128i v = \"abc\")":                                "61626300000000000000000000000000",
		"void f(__m128 v = index)":                                   "000000000000803f0000004000004040",
		"void f(__m128d v = zero)":                                   "00000000000000000000000000000000",
		"void f(__m128i v = random(7, 7))":                           "07000000000000000700000000000000",
		"void f(__m256 v = {1, 2, 3})":                               "0000803f0000004000004040" + strings.Repeat("00", 20),
		"void f(float x[2], __m512d v = {-0.5}, int n = 3)":          "000000000000e0bf" + strings.Repeat("00", 56),
		"void f(__m128i v = {18446744073709551615, 1})":              "ffffffffffffffff0100000000000000",
		"void f(__m128i v = {1, 2, 3, 4, 5, 6, 7, 8, 9}, int n = 1)": "01020304050607080900000000000000",
	} {
		c := prototype(t, text)
		got := ""
		for _, a := range c.Args {
			got += hex.EncodeToString(a.Vector)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	for _, text := range []string{"void f(__m256 v)", "void f(__m512i v = permutation, __m128i s = text)", "void f(__m128d v = random(-1, 1), __m256d w = exact)", "void f(__m512i v)"} {
		c := prototype(t, text)
		one, again, other := c.Drawn(1), c.Drawn(1), c.Drawn(2)
		for i := range c.Args {
			if a := one.Args[i]; a.Operand != -1 || !bytes.Equal(a.Vector, again.Args[i].Vector) || bytes.Equal(a.Vector, other.Args[i].Vector) || bytes.Count(a.Vector, []byte{0}) > 40 && i == 1 {
				t.Errorf("%s: %x, %x, %x", text, a.Vector, again.Args[i].Vector, other.Args[i].Vector)
			}
		}
	}
	for text, want := range map[string]string{
		"void f(__m128 v = {1, 2, 3, 4, 5})":                          "16 bytes, but 20 are given",
		"void f(__m128i v = {" + strings.Repeat("1, ", 16) + "1})":    "16 bytes, but 17 are given",
		"void f(__m128i v = hex\"" + strings.Repeat("00", 17) + "\")": "16 bytes, but 17 are given",
		"void f(__m128 v = n) with (int n = 3)":                       "",
		"void f(__m128i v = {1, 2, 300, 4, 5, 6, 7, 8, 9})":           "column 27: expected a number of type int8",
		"void f(__m128 v = text)":                                     "text is of type int8 or uint8, not float32",
		"void f(__m128 v = copy(x), float x[4])":                      "a copy is for memory",
		"void f(__m128 v = NULL)":                                     "NULL is for a pointer",
		"void f(__m128 v = 1 in 0..2)":                                "a range is for numbers",
		"void f(__m128 v[2])":                                         "found a vector",
		"void f(__m256 *v)":                                           "describe memory by the type of its elements",
	} {
		s, err := ParsePrototype(text)
		if err == nil {
			_, err = s.Bind(nil, Limits{})
		}
		if want == "" && err == nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// Numbers may be written as C has them.
func TestLiterals(t *testing.T) {
	for text, want := range map[string]string{
		"1": "1", "-5": "-5", "10u": "10", "10ULL": "10", "0x10": "16", "-0x10L": "-16", "0xffffffffffffffff": "18446744073709551615", "2.5f": "2.5", "-1e3F": "-1e3",
		".5": ".5", "1.5L": "1.5", "n": "n", "": "", "-": "-", "0x": "0x", "0xg": "0xg", "0x10000000000000000": "0x10000000000000000", "1 + 2u": "1 + 2u", "2*nu": "2*nu", "2-eu": "2-eu", "1.5-f": "1.5-f", "f": "f", "2f": "2f",
	} {
		if got := literal(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
	s, err := ParsePrototype("void f(size_t n = 0x40u in 1u..0x100, float a = 2.5f, const int k = 0x10, float x[0x8] = -1.5f @ 0x40, int y[] = {1u, 0xff}, float z[n] = random(-1.0f, 1.0f))")
	if err != nil {
		t.Fatal(err)
	}
	c := bind(t, s, nil)
	if c.Args[0].Bits != 64 || s.Params[0].Max != 256 || c.Args[2].Bits != 16 || c.Operands[0].Count != 8 || c.Operands[0].Offset != 64 || c.Operands[1].data != "\x01\x00\x00\x00\xff\x00\x00\x00" {
		t.Errorf("%+v", c)
	}
	checkPrintable(t, s)
}

func TestCTypes(t *testing.T) {
	for text, want := range map[string]Type{
		"char": Int8, "signed char": Int8, "unsigned char": Uint8, "short": Int16, "short int": Int16, "unsigned short int": Uint16, "int": Int32, "signed": Int32,
		"unsigned": Uint32, "int unsigned": Uint32, "long": Int64, "long int": Int64, "unsigned long": Uint64, "long long": Int64, "long unsigned long int": Uint64,
		"size_t": Uint64, "ssize_t": Int64, "ptrdiff_t": Int64, "intptr_t": Int64, "uintptr_t": Uint64, "int8_t": Int8, "uint16_t": Uint16, "int64_t": Int64,
		"bool": Bool, "_Bool": Bool, "float": Float32, "double": Float64, "_Float16": Float16, "__bf16": BFloat16, "wchar_t": Int32, "enum color": Int32,
		"volatile int": Int32, "const int": Int32, "intmax_t": Int64, "uintmax_t": Uint64, "int_least16_t": Int16, "uint_least64_t": Uint64,
		"int_fast8_t": Int8, "uint_fast16_t": Uint64, "int_fast32_t": Int64, "wint_t": Uint32,
	} {
		if got, err := parseCType(text); err != nil || got.elem != want || got.pointers != 0 {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"short long", "long long long", "unsigned signed", "char int", "unsigned float", "float32_t", "pointer_t", "bool_t", "int int", "void", "struct s", "short char", "size_least_t", "int_least_fast8_t", "int_fast128_t"} {
		if got, err := parseCType(text); err == nil {
			t.Errorf("%s: %+v", text, got)
		}
	}
}

// Whatever text comes, there is an error with a column, or a specification that
// comes back from both ways of writing it and can be bound, filled and changed.
func FuzzPrototype(f *testing.F) {
	for _, row := range documentedForms(f) {
		f.Add(row[0])
	}
	f.Add("uint32_t g(const struct foo s[24] = hex\"00ff\", alignas(64) out int16_t a[n][m] @ 64 slack(n), const int n = m*2, int m = 3 in -5..8)")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParsePrototype(text)
		if err != nil {
			var e *PrototypeError
			if !errors.As(err, &e) || e.Column < 1 {
				t.Fatal(err)
			}
			return
		}
		checkPrintable(t, s)
		if back, err := s.Prototype(); err != nil {
			t.Fatalf("%s: %s, %v", text, back, err)
		}
		checkCall(t, s)
	})
}

// checkCall binds, fills and changes a call within a limit of memory.
func checkCall(t *testing.T, s *Spec) {
	t.Helper()
	values, err := s.Values(nil)
	if err != nil {
		t.Fatal("defaults:", err)
	}
	var files []File
	for _, o := range s.Operands {
		if o.Fill == FillFile {
			files = append(files, File{o.Name, []byte("eight by")})
		}
	}
	if s, err = s.WithFiles(files); err != nil {
		t.Fatal("files:", err)
	}
	const limit = 1 << 20
	c, err := s.Bind(values, Limits{Memory: limit})
	if err != nil {
		if Class(err) == "" {
			t.Fatalf("no class: %v", err)
		}
		return
	}
	mem, orig := memory(c, 1)
	total := 0
	for _, m := range mem {
		total += len(m)
	}
	if total > limit {
		t.Fatalf("%d bytes are bound", total)
	}
	c.Verify(mem, orig, 0, 0)
	c.Change(2, mem, orig)
	for _, m := range [][][]byte{mem, orig} {
		drawn := c.Drawn(7)
		drawn.Extreme(m, Denormals|Integers|Zeros|Infinities|NaNs, 3)
		drawn.Resign(m, Scattered, 4)
		drawn.Nudge(m, 5)
	}
	left := Left{Memory: mem}
	rounding := Rounding{}
	rounding.Enlarge(c, left)
	rounding.Spread(c, left, Left{Memory: orig})
	if v := c.Compare(left, c, Left{Memory: orig}, Tolerance{}, rounding); v.Status != Match {
		t.Fatalf("alike, and %+v", v)
	}
	c.Returned(Registers{RAX: 1 << 63, Vector: [8]uint64{1 << 63}})
	for i := range mem {
		if !bytes.Equal(mem[i], orig[i]) {
			t.Fatal(fmt.Sprint("operand ", i, " was not changed alike"))
		}
	}
}

// TestPrototypeABI: the attribute may stand where C has it, and comes back from XML and from the prototype that is written.
func TestPrototypeABI(t *testing.T) {
	for text, want := range map[string]string{
		"__attribute__((ms_abi)) int f(int n = 1)": MicrosoftABI, "int __attribute__((__ms_abi__)) f(int n = 1)": MicrosoftABI,
		"void * __attribute__((ms_abi)) f(int n = 1)": MicrosoftABI, "void f(int n = 1) __attribute__((ms_abi)) with (int m = 2);": MicrosoftABI,
		"__attribute__((sysv_abi)) int f(int n = 1)": "", "int f(int n = 1)": "",
	} {
		s, err := ParsePrototype(text)
		if err != nil || s.ABI != want {
			t.Errorf("%s: %v, %+v", text, err, s)
			continue
		}
		checkPrintable(t, s)
		if again, err := s.Prototype(); err != nil || strings.Contains(again, "ms_abi") != (want != "") {
			t.Errorf("%s: %v, %s", text, err, again)
		}
	}
	if _, err := Parse([]byte(`<kernel name="f"><call abi="fast"/></kernel>`)); err == nil || !strings.Contains(err.Error(), "neither sysv nor ms") {
		t.Error(err)
	}
}
