package wire

import (
	"encoding/json"
	"math"
	"testing"
)

// TestScalar: a number is its bare self in JSON, and is read again as it was written.
func TestScalar(t *testing.T) {
	for want, v := range map[string]Value{
		"-7": {Int: new(int64(-7))}, "18446744073709551615": {Uint: new(uint64(math.MaxUint64))}, "true": {Bool: new(true)},
		"1.5": {Float: new(Float(1.5))}, `"NaN"`: {Float: new(Float(math.NaN()))}, `"-Inf"`: {Float: new(Float(math.Inf(-1)))}, "-0": {Float: new(Float(math.Copysign(0, -1)))},
		`"x+16"`: {Pointer: &Pointer{"x", 16}}, `"NULL"`: {Pointer: &Pointer{}}, `"0x1000"`: {Pointer: &Pointer{Offset: 0x1000}}, "null": {},
	} {
		text, err := json.Marshal(Scalar{v})
		if err != nil || string(text) != want {
			t.Errorf("%s is written %s: %v", want, text, err)
		}
		var s Scalar
		if err := json.Unmarshal(text, &s); err != nil {
			t.Errorf("%s is not read: %v", text, err)
		}
		if again, err := json.Marshal(s); err != nil || string(again) != want {
			t.Errorf("%s is %s when it was read: %v", want, again, err)
		}
	}
	for _, text := range []string{`"y"`, `"+1"`, `[1]`, `{}`, `"x+y"`, `"x+-1"`} {
		var s Scalar
		if err := json.Unmarshal([]byte(text), &s); err == nil {
			t.Errorf("%s is read as %s", text, s)
		}
	}
}

// TestCheckedWords: a child that was taken over cannot make up kinds of failures, nor
// call a check good that has some.
func TestCheckedWords(t *testing.T) {
	for _, tt := range []struct {
		checked Checked
		good    bool
	}{
		{Checked{OK: true}, true},
		{Checked{Failures: []Failure{{Kind: FailABI}}}, true},
		{Checked{}, false},
		{Checked{OK: true, Failures: []Failure{{Kind: FailABI}}}, false},
		{Checked{Failures: []Failure{{Kind: "odd"}}}, false},
		{Checked{Failures: make([]Failure, MaxFailures+1)}, false},
	} {
		if err := (&Report{Checked: &tt.checked}).check(); (err == nil) != tt.good {
			t.Errorf("%+v: %v", tt.checked, err)
		}
	}
}

// TestToleranceText: a tolerance is told as the option takes it.
func TestToleranceText(t *testing.T) {
	for want, tol := range map[string]Tolerance{"": {}, "exact": {Exact: true}, "ulp=4,rel=1e-06": {ULP: 4, Rel: 1e-6}, "abs=0.5": {Abs: 0.5}} {
		if tol.String() != want {
			t.Errorf("%+v is %q, want %q", tol, tol, want)
		}
	}
}
