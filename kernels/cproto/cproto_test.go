package cproto_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"webrunner/kernels/cproto"
)

func TestParse(t *testing.T) {
	f, err := cproto.Parse("static inline unsigned  long f(\n out float x[ n ][restrict static 2*n] = random(-1, min(2,3)) @ 4 slack(8), " +
		"alignas(64) const uint8_t *const rows[h] = each(uint8_t row[w] = \"a\\n\" \"b\"), int n = -3 in -5..0x, float const *restrict p = NULL, " +
		"struct s *q[] = {1, 2}) with (size_t h = 1 in 1..);")
	if err != nil {
		t.Fatal(err)
	}
	if f.Result.Name != "unsigned long" || f.Name.Text != "f" || len(f.Params) != 5 || len(f.With) != 1 {
		t.Fatalf("%+v", f)
	}
	x, rows, n, p, q, h := f.Params[0], f.Params[1], f.Params[2], f.Params[3], f.Params[4], f.With[0]
	if !x.Out || x.Type.Name != "float" || x.Name.Text != "x" || len(x.Dims) != 2 || x.Dims[0].Text != "n" || x.Dims[1].Text != "2*n" ||
		x.Init.Kind != cproto.Word || x.Init.Value.Text != "random" || x.Init.List[1].Text != "min(2,3)" || x.Offset.Text != "4" || x.Slack.Text != "8" {
		t.Errorf("x: %+v %+v", x, x.Init)
	}
	if rows.Align.Text != "64" || !rows.Type.Const || !reflect.DeepEqual(rows.Type.Pointers, []bool{true}) || rows.Init.Kind != cproto.Each ||
		rows.Init.Each.Name.Text != "row" || string(rows.Init.Each.Init.Bytes) != "a\nb\x00" {
		t.Errorf("rows: %+v %+v", rows, rows.Init)
	}
	if n.Init.Kind != cproto.Value || n.Init.Value.Text != "-3" || n.Low.Text != "-5" || n.High.Text != "0x" {
		t.Errorf("n: %+v %+v", n, n.Init)
	}
	if !p.Type.Const || p.Init.Kind != cproto.Null || p.Type.Name != "float" || p.Name.Text != "p" {
		t.Errorf("p: %+v", p)
	}
	if q.Type.Name != "struct s" || q.Dims[0].Text != "" || q.Init.Kind != cproto.List || len(q.Init.List) != 2 {
		t.Errorf("q: %+v", q)
	}
	if h.Low.Text != "1" || h.High.Text != "" || h.Name.Text != "h" {
		t.Errorf("h: %+v", h)
	}
	// Words of the grammar that authors use as names.
	f, err = cproto.Parse("void copy(const float in[n], float *out, int slack = 1, unsigned int with = 2, size_t n = 3 in 1..4)")
	if err != nil || f.Params[0].Name.Text != "in" || f.Params[1].Name.Text != "out" || f.Params[1].Out || f.Params[2].Name.Text != "slack" || f.Params[3].Name.Text != "with" {
		t.Errorf("%+v, %v", f, err)
	}
	for _, text := range []string{"void f()", "void f(void)", "void f ( void ) ;", "const char *f(void)"} {
		if f, err := cproto.Parse(text); err != nil || f.Params != nil {
			t.Errorf("%s: %+v, %v", text, f, err)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, tt := range []struct {
		text   string
		column int
		want   string
	}{
		{"", 1, "expected a type, found the end"},
		{"float", 6, "expected the name of the function, found the end"},
		{"float (", 7, `expected the name of the function, found "("`},
		{"float f", 8, `expected "(", found the end`},
		{"float f(", 9, "expected a type, found the end"},
		{"float f(int n", 14, `expected "," or ")"`},
		{"float f(int n,)", 15, `expected a type, found ")"`},
		{"float f(int n) x", 16, `expected "with" or the end of the prototype, found "x"`},
		{"float f(int n)\x00x", 15, `expected "with" or the end`},
		{"float f(ü)", 9, `expected a type, found "ü"`},
		{"float f(float *ü)", 16, `expected "," or ")"`},
		{"float f(float x[n)", 18, `expected an end before ")"`},
		{"float f(float x[n", 18, `expected "]", found the end`},
		{"float f(float x[n[2]])", 18, `found "["`},
		{"float f(float x[2][])", 20, "only the first can be left out"},
		{"float f(float *x *y)", 18, "expected a length in brackets"},
		{"float f(float *x int)", 18, `expected one name, found "int"`},
		{"float f(float ****** x)", 19, "more than 4 levels"},
		{"float f(int n = )", 17, "expected a value"},
		{"float f(int n = 1 = 2)", 19, "a second value"},
		{"float f(int n in 1..2)", 15, `expected "= VALUE" before "in"`},
		{"float f(int n = 1 in 3)", 22, "expected LOW..HIGH"},
		{"float f(int n = 1 in ..)", 22, "expected LOW..HIGH"},
		{"float f(float x[1] @)", 21, "expected bytes after @"},
		{"float f(float x[1] @ 1 @ 2)", 24, "a second offset"},
		{"float f(float x[1] slack 2)", 26, `expected "(" after slack`},
		{"float f(float x[1] slack(2) slack(2))", 29, "a second slack"},
		{"float f(alignas() float x[1])", 17, "expected a number after alignas("},
		{"float f(alignas(1) alignas(1) float x[1])", 27, "a second alignas"},
		{"float f(char x[] = \"a)", 23, `expected the closing "`},
		{`float f(char x[] = "\q")`, 21, "expected a character or one of C's escapes"},
		{`float f(char x[] = hex"0")`, 23, "expected pairs of hexadecimal digits"},
		{`float f(char x[] = hex"00)`, 27, `expected the closing "`},
		{"float f(char x[] = {1, })", 24, "expected a number"},
		{"float f(char x[] = {1; 2})", 22, `found ";"`},
		{"float f(char *x[1] = each(char[1] = each(char[1])))", 37, "cannot stand within another"},
		{"out float f(int n = 1)", 1, "expected the type of the result"},
		{"float f(a b c d e g h)", 19, "one word more"},
		{"float f(int n = " + strings.Repeat("(", 41) + ")", 57, "more than 40 nested"},
		{"float f(" + strings.Repeat("int n, ", 200) + ")", 904, "more than 128 parameters"},
		{"float f(int " + strings.Repeat("n", 65) + ")", 13, "at most 64 bytes"},
		{strings.Repeat(" ", cproto.MaxText+1), cproto.MaxText + 1, "at most 8192 bytes"},
	} {
		_, err := cproto.Parse(tt.text)
		var e *cproto.Error
		if !errors.As(err, &e) || e.Column != tt.column || !strings.Contains(e.Reason, tt.want) {
			t.Errorf("%.60s: %v, want column %d: %s", tt.text, err, tt.column, tt.want)
		}
	}
}

func TestParseType(t *testing.T) {
	for _, tt := range []struct {
		text, name string
		constant   bool
		pointers   []bool
	}{
		{"int", "int", false, nil},
		{" unsigned  long ", "unsigned long", false, nil},
		{"const float*", "float", true, []bool{false}},
		{"float const * const *", "float", true, []bool{true, false}},
		{"struct s *", "struct s", false, []bool{false}},
	} {
		got, err := cproto.ParseType(tt.text)
		if err != nil || got.Name != tt.name || got.Const != tt.constant || !reflect.DeepEqual(got.Pointers, tt.pointers) {
			t.Errorf("%q: %+v, %v", tt.text, got, err)
		}
	}
	for _, text := range []string{"", "*", "float x", "float *x", "float[2]", "float, int", "const", "out float", "float)", strings.Repeat("*", 9000)} {
		if got, err := cproto.ParseType(text); err == nil {
			t.Errorf("%.20q: %+v", text, got)
		}
	}
}

// Whatever text comes, there is a prototype or an error with a column of it.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"void saxpy(size_t n = 1000, float a = 2.5, const float x[n], float y[n])", `char *f(const char *s = "a\n", void *p = NULL) with (int k = 1 in 0..2);`,
		"int f(alignas(8) out int16_t *const rows[h][2] = each(uint8_t row[w] = random(1, (2))) @ 3 slack(4), struct s x[] = {1,2}, char y[]=hex\"00 ff\")",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := cproto.Parse(text)
		var e *cproto.Error
		if err != nil && (!errors.As(err, &e) || e.Column < 1 || e.Column > len([]rune(text))+1 || e.Reason == "") {
			t.Fatalf("%v", err)
		}
		if err == nil && p.Name.Text == "" {
			t.Fatal("no name")
		}
		if _, err := cproto.ParseType(text); err != nil && !errors.As(err, &e) {
			t.Fatalf("%v", err)
		}
	})
}
