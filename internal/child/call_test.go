package child_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"webrunner/internal/elfobj"
	"webrunner/internal/wire"
	"webrunner/kernels"
)

// What prototypes describe arrives in the function as they say: signs, floating-point
// numbers, no memory, pointers to rows, and contents that keep their meaning from one
// watched call to the next.
func TestCallsOfPrototypes(t *testing.T) {
	for _, tt := range []struct {
		prototype, code string
		want            int64
	}{
		{"int64_t f(int a = -5)", "4863c7 c3", -5},                                                                           // movsxd rax, edi
		{"int64_t f(int8_t a = -5)", "4863c7 c3", -5},                                                                        // callers extend to 32 bits
		{"int64_t f(double a = -2.5)", "f2480f2cc0 c3", -2},                                                                  // cvttsd2si rax, xmm0
		{"int64_t f(float a = 7.75)", "f3480f2cc0 c3", 7},                                                                    // cvttss2si rax, xmm0
		{"int64_t f(void *p = NULL)", "4889f8 c3", 0},                                                                        // mov rax, rdi
		{"int64_t f(const int64_t *const rows[2] = each(int64_t[2] = {1, 2, 3, 42} @ 8))", "488b4708 488b4008 c3", 42},       // mov rax, [rdi+8]; mov rax, [rax+8]
		{"int64_t f(const char s[n] = text) with (size_t n = 100)", "31c0 803c0700 7405 48ffc0 ebf5 c3", 99},                 // strlen
		{"int64_t f(const uint32_t next[n] = cycle, size_t n = 777)", "31c0 8b0487 48ffce 75f8 c3", 0},                       // chases n elements
		{"int64_t f(const int x[4] = {-1, 2}, int k = 1 in 0..3)", "4863c6 48630487 c3", 2},                                  // movsxd rax, [rdi+4*rsi]
		{"int64_t f(const uint8_t x[n] = random(7, 7), size_t n = 64)", "0fb64437ff c3", 7},                                  // movzx eax, byte [rdi+rsi-1]
		{"int64_t f(alignas(64) const uint8_t x[n], size_t n = 64)", "89f8 83e03f c3", 0},                                    // mov eax, edi; and eax, 63
		{"int64_t f(const float *const a[1] = each(float[4]), const float b[4] = zero)", "488b07 488b00 4831c0 c3", 0},       // reads what the pointer points to
		{"int64_t f(const uint16_t x[2] = hex\"3412\", uint64_t big = 18446744073709551615)", "0fb707 01f0 ffc0 c3", 0x1234}, // movzx eax, word [rdi]; add eax, esi; inc eax
	} {
		t.Run(tt.prototype, func(t *testing.T) {
			res := called(t, tt.prototype, tt.code)
			if got := res.Result.Int; got == nil || *got != tt.want {
				t.Errorf("it returns %v, want %d", res.Result, tt.want)
			}
			if v := res.Verify; v.Status != wire.VerifyNone {
				t.Errorf("%+v", v)
			}
		})
	}
}

// A result is told by its type, in the one field that it has.
func TestTypedResults(t *testing.T) {
	for _, tt := range []struct{ prototype, code, want string }{
		{"unsigned f(unsigned a = 4000000000)", "89f8 c3", "4000000000"},            // mov eax, edi
		{"int f(unsigned a = 4000000000)", "89f8 c3", "-294967296"},                 // the same, to another type
		{"bool f(int a = 2)", "89f8 c3", "true"},                                    // the same
		{"uint8_t f(int a = 511)", "89f8 c3", "255"},                                // the same
		{"float *f(float x[4])", "488d4708 c3", "x+8"},                              // lea rax, [rdi+8]
		{"const char *f(const char *s = NULL)", "4889f8 c3", "NULL"},                // mov rax, rdi
		{"double f(const double x[n], size_t n = 1) ", "f20f1007 f20f5cc0 c3", "0"}, // movsd xmm0, [rdi]; subsd xmm0, xmm0
		{"void f(int a = 1)", "89f8 c3", ""},
	} {
		if got := called(t, tt.prototype, tt.code).Result.String(); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.prototype, got, tt.want)
		}
	}
}

// called runs a function, in hexadecimal, with the arguments that its prototype says.
func called(t *testing.T, prototype, function string) *wire.Result {
	t.Helper()
	return calledSo(t, prototype, function, wire.MeasureOptions{})
}

// calledSo is called with options of measuring.
func calledSo(t *testing.T, prototype, function string, options wire.MeasureOptions) *wire.Result {
	t.Helper()
	code, err := hex.DecodeString(strings.ReplaceAll(function, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return calledObjectSo(t, prototype, elfobj.Function("f", code), options)
}

// calledObject runs the function of an object with the arguments that its prototype says.
func calledObject(t *testing.T, prototype string, object []byte) *wire.Result {
	t.Helper()
	return calledObjectSo(t, prototype, object, wire.MeasureOptions{})
}

// calledObjectSo is calledObject with options of measuring.
func calledObjectSo(t *testing.T, prototype string, object []byte, options wire.MeasureOptions) *wire.Result {
	t.Helper()
	spec, err := kernels.ParsePrototype(prototype)
	if err != nil {
		t.Fatal(err)
	}
	job := runJob(t, object, "playground", nil)
	job.Spec, job.Measure = spec.XML, options
	if job.Params, err = spec.Values(nil); err != nil {
		t.Fatal(err)
	}
	rep := do(t, job)
	if rep.Problem != nil {
		t.Fatalf("%s: %v", prototype, rep.Problem)
	}
	return rep.Result
}
