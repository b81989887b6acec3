package request_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"webrunner/internal/request"
	"webrunner/internal/wire"
	"webrunner/kernels"
)

func checkReader(t *testing.T) *request.Reader {
	t.Helper()
	set, err := kernels.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return &request.Reader{Kernels: set, Events: request.NewCounting(nil, "a test")}
}

// TestCheckQuery: what a query of a check says, and what it does not.
func TestCheckQuery(t *testing.T) {
	for _, tt := range []struct {
		query map[string][]string
		want  wire.CheckOptions
		tol   wire.Tolerance
		says  string // of an error
	}{
		{nil, wire.CheckOptions{Fixed: nil, Extremes: []wire.Extreme{"denormal"}}, wire.Tolerance{}, ""},
		{map[string][]string{"n": {"5"}, "incx": {"2"}, "cases": {"77"}}, wire.CheckOptions{Cases: 77, Fixed: []string{"incx", "n"}, Extremes: []wire.Extreme{"denormal"}}, wire.Tolerance{}, ""},
		{map[string][]string{"extreme": {"nan,zero", "nan"}}, wire.CheckOptions{Extremes: []wire.Extreme{"nan", "zero"}}, wire.Tolerance{}, ""},
		{map[string][]string{"extreme": {"all"}}, wire.CheckOptions{Extremes: []wire.Extreme{"denormal", "infinity", "nan", "zero"}}, wire.Tolerance{}, ""},
		{map[string][]string{"extreme": {"none"}}, wire.CheckOptions{Extremes: []wire.Extreme{}}, wire.Tolerance{}, ""},
		{map[string][]string{"tolerance": {"ulp=4,rel=1e-6", "abs=1e-9"}}, wire.CheckOptions{Extremes: []wire.Extreme{"denormal"}}, wire.Tolerance{ULP: 4, Rel: 1e-6, Abs: 1e-9}, ""},
		{map[string][]string{"tolerance": {"exact"}}, wire.CheckOptions{Extremes: []wire.Extreme{"denormal"}}, wire.Tolerance{Exact: true}, ""},
		{map[string][]string{"tolerance": {"rel=-1"}}, wire.CheckOptions{}, wire.Tolerance{}, "tolerance: "},
		{map[string][]string{"tolerance": {"nan"}}, wire.CheckOptions{}, wire.Tolerance{}, "tolerance: "},
		{map[string][]string{"tolerance": {"rel=NaN"}}, wire.CheckOptions{}, wire.Tolerance{}, "tolerance: "},
		{map[string][]string{"cases": {"1", "2"}}, wire.CheckOptions{}, wire.Tolerance{}, "cases: is given 2 times"},
		{map[string][]string{"cases": {"100001"}}, wire.CheckOptions{}, wire.Tolerance{}, "cases: "},
		{map[string][]string{"mode": {"latency"}}, wire.CheckOptions{}, wire.Tolerance{}, "mode"},
	} {
		query := map[string][]string{"kernel": {"sdot"}}
		for name, v := range tt.query {
			query[name] = v
		}
		job, err := checkReader(t).Check(query)
		if tt.says != "" {
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v: %v, want %q", tt.query, err, tt.says)
			}
			continue
		}
		if err != nil {
			t.Errorf("%v: %v", tt.query, err)
			continue
		}
		c := job.Check
		if job.Kind != wire.Check || c.Cases != tt.want.Cases || !slices.Equal(c.Fixed, tt.want.Fixed) || !slices.Equal(c.Extremes, tt.want.Extremes) || job.Tolerance != tt.tol || len(job.Params) != 5 {
			t.Errorf("%v: %+v %+v %v", tt.query, c, job.Tolerance, job.Params)
		}
	}
}

// TestRepeat: a command is what a shell takes apart into the words that were meant.
func TestRepeat(t *testing.T) {
	query := map[string][]string{"call": {"int f(const char *s = \"it's\", int n = 1)"}, "seed": {"9"}, "cases": {"70"}, "extreme": {"nan"}, "symbol": {"g"}, "n": {"3"}}
	f := &wire.Failure{Params: map[string]json.Number{"n": "-2"}, Seed: 7, Cases: 1, Alone: true}
	want := `webrunner check 'my object.o' --reference ref.o --call 'int f(const char *s = "it'\''s", int n = 1)' --symbol g --extreme nan --param n=-2 --cases 1 --seed 7 --kernels 'a b'`
	if got := request.Repeat(query, "my object.o", "ref.o", f, "--kernels", "a b"); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	f.Alone, f.Cases = false, 12
	want = `webrunner check x.o --call 'int f(const char *s = "it'\''s", int n = 1)' --symbol g --extreme nan --param n=3 --cases 12 --seed 7`
	if got := request.Repeat(query, "x.o", "", f); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}
