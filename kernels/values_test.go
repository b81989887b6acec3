package kernels

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestValues(t *testing.T) {
	s := find(t, "sdot")
	got, err := s.Values(nil)
	want := map[string]uint64{"n": 1024, "incx": 1, "incy": 1, "offx": 0, "offy": 0}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("defaults are %v, %v; want %v", got, err, want)
	}
	got, err = s.Values(map[string][]string{"n": {"18446744073709551615"}, "offx": {"063"}, "incy": {"4294967295"}})
	want = map[string]uint64{"n": 1<<64 - 1, "incx": 1, "incy": 1<<32 - 1, "offx": 63, "offy": 0}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("values are %v, %v; want %v", got, err, want)
	}
}

func TestValuesErrors(t *testing.T) {
	for _, tt := range []struct {
		kernel, param string
		values        []string
		want          string
		min, max      uint64
	}{
		{"sdot", "n", []string{"10xyz"}, "parameter n=10xyz of kernel blis/sdot is not an unsigned decimal number", 0, 1<<64 - 1},
		{"sdot", "n", []string{"-5"}, "parameter n=-5 of kernel blis/sdot is not an unsigned decimal number", 0, 1<<64 - 1},
		{"sdot", "n", []string{"+5"}, "is not an unsigned decimal number", 0, 1<<64 - 1},
		{"sdot", "n", []string{" 5"}, "is not an unsigned decimal number", 0, 1<<64 - 1},
		{"sdot", "n", []string{"5 "}, "is not an unsigned decimal number", 0, 1<<64 - 1},
		{"sdot", "n", []string{"0x10"}, "is not an unsigned decimal number", 0, 1<<64 - 1},
		{"sdot", "n", []string{"1_000"}, "is not an unsigned decimal number", 0, 1<<64 - 1},
		{"sdot", "n", []string{"1e3"}, "is not an unsigned decimal number", 0, 1<<64 - 1},
		{"sdot", "n", []string{"٣"}, "is not an unsigned decimal number", 0, 1<<64 - 1},
		{"sdot", "n", []string{"a\x00\n\xff"}, `parameter n="a\x00\n\xff" of kernel`, 0, 1<<64 - 1},
		{"sdot", "n", []string{strings.Repeat("x", 100)}, "n=" + strings.Repeat("x", 64) + "… of", 0, 1<<64 - 1},
		{"sdot", "n", []string{""}, "parameter n of kernel blis/sdot has no value", 0, 1<<64 - 1},
		{"sdot", "n", []string{"18446744073709551616"}, "is 2^64 or more", 0, 1<<64 - 1},
		{"sdot", "n", []string{"1", "1"}, "parameter n=1,1 of kernel blis/sdot is given 2 times", 0, 1<<64 - 1},
		{"sdot", "n", nil, "is given 0 times", 0, 1<<64 - 1},
		{"sdot", "incx", []string{"0"}, "parameter incx=0 of kernel blis/sdot is below the minimum, 1", 1, 1<<32 - 1},
		{"sdot", "incx", []string{"4294967296"}, "is above the maximum, 4294967295", 1, 1<<32 - 1},
		{"sdot", "offy", []string{"64"}, "is above the maximum, 63", 0, 63},
		{"sdot", "nn", []string{"1"}, "parameter nn=1 of kernel blis/sdot does not exist; known: n, incx, incy, offx, offy", 0, 0},
		{"playground", "iterations", []string{"0"}, "is below the minimum, 1", 1, 1<<64 - 1},
	} {
		_, err := find(t, tt.kernel).Values(map[string][]string{tt.param: tt.values})
		var e *ParamError
		if !errors.As(err, &e) || !strings.Contains(e.Error(), tt.want) || Class(err) != "bad-parameter" {
			t.Errorf("%s=%q: %v, want %q", tt.param, tt.values, err, tt.want)
			continue
		}
		if e.Param != tt.param || e.Min != tt.min || e.Max != tt.max {
			t.Errorf("%s=%q: %+v", tt.param, tt.values, e)
		}
	}
}

// Of several faults the same one is reported every time.
func TestValuesDeterministic(t *testing.T) {
	for range 20 {
		_, err := find(t, "sdot").Values(map[string][]string{"zz": {"1"}, "yy": {"1"}, "n": {"x"}, "offx": {"99"}})
		if err == nil || !strings.HasPrefix(err.Error(), "parameter n=x") {
			t.Fatal(err)
		}
	}
}

func TestFind(t *testing.T) {
	set, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"sdot": "blis/sdot", "blis/sdot": "blis/sdot", "playground": "playground"} {
		if s, err := set.Find(name); err != nil || s.FullName() != want {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, tt := range []struct{ name, nearest, want string }{
		{"sdto", "blis/sdot", `there is no kernel "sdto": did you mean blis/sdot? Available: array/partition, array/prefix_sum`},
		{"blas/sgemm", "blis/sgemm", "did you mean blis/sgemm?"},
		{"playgruond", "playground", "did you mean playground?"},
		{"fft", "", `there is no kernel "fft"; available: array/partition`},
		{"", "", "no kernel is named; available: array/partition"},
		{strings.Repeat("sdot", 1000), "", "there is no kernel"},
	} {
		_, err := set.Find(tt.name)
		var e *UnknownError
		if !errors.As(err, &e) || e.Nearest != tt.nearest || !strings.Contains(e.Error(), tt.want) || Class(err) != "unknown-kernel" {
			t.Errorf("%q: %v, want %q", clip(tt.name), err, tt.want)
		}
	}
}

func TestAdd(t *testing.T) {
	set, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	var mine *Spec
	for _, namespace := range []string{"yours", "mine"} {
		if mine, err = Parse([]byte(`<kernel name="sdott" namespace="` + namespace + `"><call/></kernel>`)); err != nil {
			t.Fatal(err)
		}
		if err := set.add(mine, namespace+".xml"); err != nil {
			t.Fatal(err)
		}
	}
	if err := set.add(mine, "mine.xml"); err == nil {
		t.Error("two kernels of one name are accepted")
	}
	var e *UnknownError
	if _, err = set.Find("sdott"); !errors.As(err, &e) || !slices.Equal(e.Ambiguous, []string{"yours/sdott", "mine/sdott"}) {
		t.Errorf("an ambiguous name: %v", err)
	}
	if s, err := set.Find("mine/sdott"); err != nil || s != mine {
		t.Errorf("mine/sdott: %v", err)
	}
}
