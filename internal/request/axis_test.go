package request_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"webrunner/internal/request"
	"webrunner/internal/wire"
)

// TestComparedPoints writes out ranges and lists of a comparison's parameters.
func TestComparedPoints(t *testing.T) {
	r := reader(t, request.NewCounting(nil, "a test"))
	for text, want := range map[string][]uint64{
		"n=5":          {5},
		"n=5,7,6":      {5, 7, 6},
		"n=3:6":        {3, 4, 5, 6},
		"n=3:3":        {3},
		"n=0:10:4":     {0, 4, 8},
		"n=64:1000:x2": {64, 128, 256, 512},
		"n=64:512:x2":  {64, 128, 256, 512},
		"n=1:6:x1.5":   {1, 2, 3, 4, 5}, // 1, 1.5, 2.25, 3.375, 5.06: each at least one more
		"n=1:3,10":     {1, 2, 3, 10},
		"n=1 n=2":      {1, 2},
	} {
		job, err := r.Compare(query(append(strings.Fields(text), "kernel=sdot")...))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		var got []uint64
		for _, p := range job.Compare.Points {
			got = append(got, p["n"])
			if p["incx"] != 1 {
				t.Errorf("%s: %v", text, p)
			}
		}
		if !slices.Equal(got, want) || job.Kind != wire.Compare || job.Params["n"] != want[0] {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
	job, err := r.Compare(query("kernel=sdot", "n=1,2", "incx=3,4"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range job.Compare.Points {
		got = append(got, fmt.Sprint(p["n"], p["incx"]))
	}
	if !slices.Equal(got, []string{"1 3", "1 4", "2 3", "2 4"}) {
		t.Errorf("%q", got)
	}
	for _, bad := range []string{
		"n=", "n=1,", "n=6:3", "n=1:2:3:4", "n=a:b", "n=1:100:0", "n=1:100:-1", "n=1:100:x1", "n=0:100:x2", "n=1:100:xNaN", "n=1:100:x", "n=1:65", "n=1:99999999999999999999999999999",
		"n=-3:2", "n=1:2:x1e999", "m=1:2", "align=64", "align=swept", "fail-if=Cycles", "other-symbol=", "n=1:9 incx=1:8",
	} {
		if job, err := r.Compare(query(append(strings.Fields(bad), "kernel=sdot")...)); err == nil {
			t.Errorf("%s: %+v", bad, job.Compare)
		} else if p := wire.AsProblem(err); p.Class != wire.BadParameter {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestCompareOptions(t *testing.T) {
	r := reader(t, request.NewCounting(nil, "a test"))
	job, err := r.Compare(query("kernel=sdot", "align=sweep", "symbol=f", "other-symbol=g", "fail-if=Cycles>1.02", "fail-if=Time>2", "mode=throughput"))
	if err != nil {
		t.Fatal(err)
	}
	c := job.Compare
	if !slices.Equal(c.Layouts, []uint64{0, 16, 32, 48}) || job.Measure.Align != nil || job.Symbol != "f" || c.OtherSymbol != "g" ||
		!slices.Equal(c.FailIf, []string{"Cycles>1.02", "Time>2"}) || !job.Measure.Throughput {
		t.Errorf("%+v %+v", job, c)
	}
	job, err = r.Compare(query("kernel=sdot", "align=16"))
	if err != nil || job.Compare.Layouts != nil || *job.Measure.Align != 16 {
		t.Errorf("%+v, %v", job, err)
	}
}
