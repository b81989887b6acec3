package kernels

import (
	"bytes"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
)

// strip removes what a parse leaves for itself.
func strip(s *Spec) Spec {
	c := *s
	c.XML = nil
	return c
}

// The files of 2016 mean what the built-in ones mean, but for texts and names
// that they do not have.
func TestParse2016(t *testing.T) {
	for _, name := range []string{"playground", "sdot", "sgemm"} {
		old, err := os.ReadFile("testdata/2016/" + name + ".xml")
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse(old)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		a, b := strip(got), strip(find(t, name))
		if name == "playground" { // no pointer, hence nothing to adopt
			b.Doc, b.Alternatives, b.Result, b.Iterations, b.iterations = "", nil, ResultNone, "", nil
		}
		for i := range b.Params {
			b.Params[i].Doc = ""
		}
		for _, list := range [][]Param{a.Params, b.Params} {
			for i := range list {
				list[i].line = 0
			}
		}
		if !reflect.DeepEqual(a, b) {
			t.Errorf("%s of 2016:\n%+v\nbuilt-in:\n%+v", name, a, b)
		}
	}
}

func TestParse2016Errors(t *testing.T) {
	b, err := os.ReadFile("testdata/2016/sdot.xml")
	if err != nil {
		t.Fatal(err)
	}
	sdot := string(b)
	for _, tt := range []struct {
		from, to string
		line     int
		want     string
	}{
		{`name="sdot"`, `name="ddot"`, 10, `argument x is a pointer and blis/ddot is not a kernel of 2016: add <operands> with an <operand name="x"`},
		{`namespace="blis"`, ``, 10, "sdot is not a kernel of 2016"},
		{`<parameter name="incx" type="uint32" default="1" min="1" />`, ``, 10, "need a parameter incx"},
		{`"const float*"`, `"const double*"`, 12, "operand x is of type float32"},
	} {
		_, err := Parse([]byte(strings.Replace(sdot, tt.from, tt.to, 1)))
		checkSpecError(t, tt.to, err, tt.line, tt.want)
	}
}

func checkSpecError(t *testing.T, what string, err error, line int, want string) {
	t.Helper()
	var e *SpecError
	if !errors.As(err, &e) || e.Line != line || !strings.Contains(e.Error(), want) {
		t.Errorf("%s:\n got %v\nwant line %d: …%s…", what, err, line, want)
	}
}

// Each row breaks one line of a good specification.
func TestParseErrors(t *testing.T) {
	good := `<kernel name="f" namespace="ns">
<doc>text</doc>
<alias symbol="_Z1fv"/>
<query>
<parameter name="n" type="uint64" default="10" min="1" max="100"/>
<parameter name="m" type="uint32" default="7"/>
</query>
<operands>
<operand name="x" type="int16" count="n*m" offset="2" slack="64" access="in" value="-3"/>
<operand name="y" type="float64" count="n" access="out"/>
</operands>
<call>
<argument name="n" type="int32_t"/>
<argument name="x" type="const void*"/>
<argument name="y" type="double *"/>
<argument name="ld" type="size_t" value="n*m"/>
<argument name="alpha" type="float" value="-1.5e1"/>
<argument name="gamma" type="double" value="m"/>
</call>
<result type="float64"/>
<derived elements="n" flops="2*n" bytes="8*n"/>
</kernel>
`
	if _, err := Parse([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		from, to string
		line     int
		want     string
	}{
		{`<kernel name="f"`, `<kernel`, 1, "<kernel> needs the attribute name"},
		{`<kernel name="f"`, `<kernel name="../f"`, 1, `"../f" of <kernel> is not a name`},
		{`<kernel name="f"`, `<kernel name="f" version="2"`, 1, `unknown attribute "version", known: name, namespace`},
		{`namespace="ns"`, `namespace=""`, 1, "needs the attribute namespace"},
		{`<doc>text</doc>`, `<note>text</note>`, 2, "unknown element <note>, known: doc, alias,"},
		{`<doc>text</doc>`, `text`, 1, `<kernel> holds text: "text"`},
		{`<doc>text</doc>`, `<doc/><doc/>`, 2, "second <doc>"},
		{`<doc>text</doc>`, `<doc>te<b>x</b>t</doc>`, 2, "unknown element <b>, it takes none"},
		{`<doc>text</doc>`, `<!DOCTYPE a>`, 2, "DOCTYPE"},
		{`<doc>text</doc>`, `<?php x?>`, 2, "<?php?> has no place"},
		{`<doc>text</doc>`, `<doc xmlns="urn:x"/>`, 2, "namespace"},
		{`<doc>text</doc>`, `<doc>&unknown;</doc>`, 2, "not well-formed"},
		{`<doc>text</doc>`, `<doc>text`, 22, "not well-formed"},
		{`symbol="_Z1fv"`, `symbol="a b"`, 3, `"a b" cannot be a symbol`},
		{`symbol="_Z1fv"`, ``, 3, "<alias> needs the attribute symbol"},
		{`name="n" type="uint64"`, `name="n" name="n" type="uint64"`, 5, "given twice"},
		{`name="n" type="uint64"`, `name="n" type="int65"`, 5, `type "int65", known: int8 to int64, uint8 to uint64`},
		{`default="10" `, ``, 5, "<parameter> needs the attribute default"},
		{`default="10"`, `default="10x"`, 5, `default="10x" of parameter n is not a decimal`},
		{`default="10"`, `default="-1"`, 5, "not a decimal"},
		{`default="10"`, `default="0"`, 5, "min 1, default 0, max 100 are not in ascending order"},
		{`default="10"`, `default="101"`, 5, "not in ascending order"},
		{`max="100"`, `max="18446744073709551616"`, 5, "not a decimal number of type uint64"},
		{`default="7"`, `default="4294967296"`, 6, "not a decimal number of type uint32"},
		{`name="m" type`, `name="n" type`, 6, "parameter n is given twice"},
		{`<query>`, `<query x="">`, 4, `unknown attribute "x", it takes none`},
		{`name="x" type="int16"`, `name="n" type="int16"`, 9, "the name n is already taken"},
		{`name="x" type="int16"`, `name="y" type="int16"`, 10, "the name y is already taken"},
		{`type="int16"`, `type="float17"`, 9, `type "float17", known: float32`},
		{`type="int16"`, `type="uint16"`, 9, `value "-3" is not a number of type uint16`},
		{`value="-3"`, `value="-32769"`, 9, "not a number of type int16"},
		{`value="-3"`, `value="2.5"`, 9, "not a number of type int16"},
		{`value="-3"`, `value="n+"`, 9, "nor computed from parameters"},
		{`value="-3"`, `value="NaN"`, 9, "not a number of type int16"},
		{`value="-3"`, `value="3" fill="random"`, 9, "belong together"},
		{`value="-3"`, `fill="constant"`, 9, "belong together"},
		{`value="-3"`, `fill="zeros"`, 9, "known: zero, random, exact, constant"},
		{`value="-3"`, `fill="zero" value="0"`, 9, "takes no value"},
		{`access="in"`, `access="read"`, 9, `access "read", known: in, out, inout`},
		{`access="in"`, ``, 9, "<operand> needs the attribute access"},
		{`access="in"`, `access="inout"`, 14, `type "const void*", but operand x has access inout`},
		{`count="n*m"`, ``, 9, "<operand> needs the attribute count"},
		{`count="n*m"`, `count="n*q"`, 9, `uses "q", which is not a parameter`},
		{`count="n*m"`, `count="n*"`, 9, "unexpected end at column 3"},
		{`offset="2"`, `offset="x"`, 9, `offset of <operand> uses "x"`},
		{`<argument name="n" type="int32_t"/>`, `<argument name="q" type="int32_t"/>`, 13, "q is not a parameter and has no value"},
		{`type="int32_t"`, `type="integer"`, 13, `type "integer": known: C's integer types`},
		{`type="int32_t"`, `type="const"`, 13, "expected a type"},
		{`type="int32_t"`, `type="float**"`, 13, "there is no <operand> named n"},
		{`type="int32_t"`, `type="void"`, 13, "no values of it"},
		{`type="int32_t"`, `type="float32_t"`, 13, "known: C's integer types"},
		{`<argument name="x" type="const void*"/>`, ``, 12, "operand x is not an argument of the call, nor does one that is point to it"},
		{`<argument name="x" type="const void*"/>`, `<argument name="z" type="const void*"/>`, 14, "there is no <operand> named z"},
		{`"const void*"`, `"const void*" value="0"`, 14, "is a pointer and can have no value but NULL"},
		{`"const void*"`, `"const int32_t*"`, 14, "operand x is of type int16"},
		{`value="n*m"`, `value="0-1"`, 16, `argument ld of type size_t: value "0-1" is below zero`},
		{`value="n*m"`, `value="1/0"`, 16, "divides by zero"},
		{`count="n*m"`, `count="3-4"`, 9, `count="3-4" of <operand> is below zero`},
		{`type="int32_t"`, `type="int8_t" value="-129"`, 13, "is -129, below the minimum, -128"},
		{`name="m" type="uint32" default="7"`, `name="m" type="float32" default="7"`, 9, `count of <operand> uses "m", which is not an integer but a float32`},
		{`value="-3"`, `low="1"`, 9, "low and high belong together"},
		{`value="-3"`, `low="1" high="40000"`, 9, "bound 40000 is not a number of type int16"},
		{`value="-3"`, `values="1, 2, x"`, 9, `"x" among its values is not a number of type int16`},
		{`value="-3"`, `bytes="0g"`, 9, "not pairs of hexadecimal digits"},
		{`value="-3"`, `fill="index" value="1"`, 9, "belong together"},
		{`value="-3"`, `align="48"`, 9, `align "48" is not a power of two up to 4096`},
		{`type="int16"`, `type="pointer" to="q" step="1"`, 9, "belong together"},
		{`type="int16" count="n*m" offset="2" slack="64" access="in" value="-3"`, `type="pointer" count="1" access="in" to="q" step="1"`, 9, `no operand "q" that it could point to`},
		{`type="int16" count="n*m" offset="2" slack="64" access="in" value="-3"`, `type="pointer" count="1" access="in"`, 9, "belong together"},
		{`value="n*m"`, `value="x"`, 16, `uses "x", which is not a parameter`},
		{`value="-1.5e1"`, `value="x"`, 17, `alpha needs a value: a number or the name of a parameter, not "x"`},
		{`value="-1.5e1"`, `value="1e39"`, 17, "alpha needs a value"},
		{`value="-1.5e1"`, `value="inf"`, 17, "alpha needs a value"},
		{`value="m"`, `value="0x1p3"`, 18, "gamma needs a value"},
		{`value="m"`, ``, 18, "gamma needs a value"},
		{`<result type="float64"/>`, `<result type="double"/>`, 20, `type "double", known: none, int`},
		{`<result type="float64"/>`, `<result/>`, 20, "needs the attribute type"},
		{`<result type="float64"/>`, `<reference name="ddot"/>`, 20, `no reference "ddot", known: dot, sdot, gemm, sgemm`},
		{`<result type="float64"/>`, `<reference name="sdot"/>`, 20, "reference sdot: needs a parameter incx"},
		{`flops="2*n"`, `flops="2*x"`, 21, `flops of <derived> uses "x"`},
		{`</kernel>`, `</kernel><kernel name="g"><call/></kernel>`, 1, "not exactly one <kernel>"},
		{`</kernel>`, ``, 23, "not well-formed"},
	} {
		if !strings.Contains(good, tt.from) {
			t.Fatalf("the specification does not contain %s", tt.from)
		}
		_, err := Parse([]byte(strings.Replace(good, tt.from, tt.to, 1)))
		checkSpecError(t, tt.from+" → "+tt.to, err, tt.line, tt.want)
	}
	_, err := Parse([]byte(`<kernel name="f"/>`))
	checkSpecError(t, "no call", err, 1, "no <call>")
	_, err = Parse([]byte(`<spec/>`))
	checkSpecError(t, "spec", err, 1, "<spec>, not <kernel>")
	_, err = Parse(nil)
	checkSpecError(t, "nothing", err, 1, "not exactly one")
	_, err = Parse(make([]byte, maxXML+1))
	checkSpecError(t, "too long", err, 0, "at most 65536")
}

func TestParseBounds(t *testing.T) {
	for _, tt := range []struct{ what, xml, want string }{
		{"parameters", `<kernel name="f"><query>` + repeat(65, `<parameter name="p#" type="uint32" default="0"/>`) + `</query><call/></kernel>`, "more than 64 parameters"},
		{"operands", `<kernel name="f"><operands>` + repeat(33, `<operand name="p#" type="int8" count="1" access="in"/>`) + `</operands><call/></kernel>`, "more than 32 operands"},
		{"arguments", `<kernel name="f"><call>` + repeat(65, `<argument name="p#" type="size_t" value="1"/>`) + `</call></kernel>`, "more than 64 arguments"},
		{"depth", strings.Repeat("<doc>", 1000) + strings.Repeat("</doc>", 1000), "nested too deeply"},
		{"name", `<kernel name="` + strings.Repeat("a", 65) + `"><call/></kernel>`, "is not a name"},
		{"symbol", `<kernel name="a"><alias symbol="` + strings.Repeat("a", 256) + `"/><call/></kernel>`, "cannot be a symbol"},
	} {
		_, err := Parse([]byte(tt.xml))
		checkSpecError(t, tt.what, err, 1, tt.want)
	}
}

// repeat replaces # by a running letter pair.
func repeat(n int, s string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Replace(s, "#", string([]byte{byte('a' + i/26), byte('a' + i%26)}), 1))
	}
	return b.String()
}

func TestParseFields(t *testing.T) {
	s := find(t, "blis/sgemm")
	if got := s.Params[2]; got.Name != "k" || got.Type != Uint32 || got.Default != 1024 || got.Min != 1 || got.Max != 65536 {
		t.Errorf("k is %+v", got)
	}
	if got := find(t, "sdot").Params[1]; got.Min != 1 || got.Max != 1<<32-1 {
		t.Errorf("incx is %+v", got)
	}
	var order []string
	for _, a := range s.Args {
		order = append(order, a.Name+":"+a.Kind.String())
	}
	if got, want := strings.Join(order, " "), "k:int alpha:pointer a:pointer b:pointer beta:pointer c:pointer rs_c:int cs_c:int"; got != want {
		t.Errorf("arguments are %s, want %s", got, want)
	}
	if got := find(t, "playground").Alternatives; len(got) != 1 || got[0] != "playme" {
		t.Errorf("playground's aliases are %v", got)
	}
}

// Whatever is parsed once can be parsed again, bound, filled and verified.
func FuzzParse(f *testing.F) {
	set, err := Builtin()
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range all(f, set) {
		f.Add(s.XML)
	}
	for _, name := range []string{"playground", "sdot", "sgemm"} {
		b, err := os.ReadFile("testdata/2016/" + name + ".xml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	for _, row := range documentedForms(f) {
		s, err := ParsePrototype(row[0])
		if err != nil {
			f.Fatal(err)
		}
		f.Add(s.XML)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Parse(b)
		if err != nil {
			return
		}
		again, err := Parse(s.XML)
		if err != nil || !reflect.DeepEqual(s, again) || !bytes.Equal(b, s.XML) {
			t.Fatalf("parsed again: %v\n%+v\n%+v", err, s, again)
		}
		checkPrintable(t, s)
		checkCall(t, s)
	})
}
