package request_test

import (
	"reflect"
	"strings"
	"testing"

	"webrunner/internal/request"
	"webrunner/internal/wire"
	"webrunner/kernels"
)

// A query can describe the function itself: the job is that of the specification
// which the prototype stands for.
func TestCall(t *testing.T) {
	r := reader(t, request.NewCounting(nil, "a test"))
	const prototype = "void saxpy(size_t n = 1000, float a = 2.5, const float x[n], float y[n])"
	job, err := r.Run(query("call="+prototype, "n=7", "a=-1.5", "operand-offset=x=4"))
	if err != nil {
		t.Fatal(err)
	}
	spec, err := kernels.Parse(job.Spec)
	if err != nil {
		t.Fatal(err)
	}
	if got := spec.Numbers(job.Params); got["n"] != "7" || got["a"] != "-1.5" || len(got) != 2 {
		t.Errorf("%v", got)
	}
	want, err := kernels.ParsePrototype(prototype)
	if err != nil || !reflect.DeepEqual(spec, want) {
		t.Errorf("%+v, want %+v, %v", spec, want, err)
	}
	for _, tt := range []struct {
		query []string
		says  string
	}{
		{[]string{"call=void f(int n)"}, "call: prototype, column 12: n needs a value"},
		{[]string{"call=void f(int n = 1)", "call=void f(int n = 1)"}, "names 0 kernels and has 2 prototypes"},
		{[]string{"call=void f(int n = 1)", "kernel=sdot"}, "names 1 kernels and has 1 prototypes"},
		{[]string{"call=void f(alignas(32) float x[8])", "operand-offset=x=48"}, "operand x of f is aligned to 32 bytes, and 48 is no multiple of that"},
		{[]string{"call=void f(int n = 1)", "m=2"}, "parameter m=2 of kernel f does not exist; known: n"},
		{[]string{"call=void f(int seed = 1)"}, "the parameter seed of f has the name of an option"},
		{[]string{"call=void f(int call = 1)"}, "the parameter call of f has the name of an option"},
		{[]string{"call="}, "column 1: expected a type"},
		{nil, "or give a C prototype: call=PROTOTYPE"},
	} {
		_, err := r.Run(query(tt.query...))
		if p := wire.AsProblem(err); err == nil || p.Class != wire.BadParameter || !strings.Contains(p.Detail, tt.says) {
			t.Errorf("%v: %v, want %s", tt.query, err, tt.says)
		}
	}
}
