package request_test

import (
	"strings"
	"testing"

	"webrunner/internal/request"
)

// A query can name the function to call, once and within bounds.
func TestSymbol(t *testing.T) {
	r := reader(t, request.NewCounting(nil, "a test"))
	for _, tt := range []struct {
		values []string
		want   string // part of the error; empty is none
	}{
		{[]string{"_Z10playgroundPf"}, ""},
		{[]string{""}, "1 to 4096 bytes"},
		{[]string{strings.Repeat("x", 4097)}, "not 4097"},
		{[]string{"a", "b"}, "given 2 times"},
	} {
		job, err := r.Run(map[string][]string{"kernel": {"playground"}, "symbol": tt.values})
		switch {
		case tt.want == "" && (err != nil || job.Symbol != tt.values[0]):
			t.Errorf("%q: %+v, %v", tt.values, job, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%.20q: %v, want %s", tt.values, err, tt.want)
		}
	}
}
