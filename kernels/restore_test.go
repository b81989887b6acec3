package kernels

import (
	"strings"
	"testing"
)

// TestRestoredOperands: that an operand gets its contents back is said in prototypes and
// in XML, is in a call, and is refused where there is nothing to give back.
func TestRestoredOperands(t *testing.T) {
	spec, err := ParsePrototype("void f(restore int32_t a[n], alignas(64) out restore float b[n], float c[n], size_t n = 10)")
	if err != nil {
		t.Fatal(err)
	}
	text, err := spec.Prototype()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse(spec.Print())
	if err != nil || !spec.calls(again) || !strings.Contains(string(spec.Print()), `restore="yes"`) {
		t.Errorf("%v: %s", err, spec.Print())
	}
	back, err := ParsePrototype(text)
	if err != nil || !spec.calls(back) {
		t.Errorf("%s: %v", text, err)
	}
	params, err := spec.Values(nil)
	if err != nil {
		t.Fatal(err)
	}
	call, err := back.Bind(params, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{true, true, false} {
		if got := call.Operands[i].Restore; got != want {
			t.Errorf("operand %d: %v, want %v", i, got, want)
		}
	}
	for _, text := range []string{
		"void f(restore const int a[4])", "void f(restore int n = 4)", "restore int f(int n = 4)", "void f(restore)", "void f(restore float *const a[2] = each(float[2]))", "void f(restore int *p = NULL)",
	} {
		if _, err := ParsePrototype(text); err == nil {
			t.Errorf("%s is accepted", text)
		}
	}
	for _, attrs := range []string{`access="inout" restore="maybe"`, `access="in" restore="yes"`} {
		if _, err := Parse([]byte(`<kernel name="f"><operands><operand name="a" type="int8" count="4" ` + attrs + `/></operands><call><argument name="a" type="int8_t *"/></call></kernel>`)); err == nil || !strings.Contains(err.Error(), "restore") {
			t.Errorf("%s: %v", attrs, err)
		}
	}
}
