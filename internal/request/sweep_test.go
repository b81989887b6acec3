package request_test

import (
	"slices"
	"strings"
	"testing"

	"webrunner/internal/request"
	"webrunner/internal/wire"
)

func TestSweepPlan(t *testing.T) {
	r := reader(t, request.NewCounting(nil, "a test"))
	s, err := r.Sweep(query("kernel=sdot", "n=1:4", "align=0,63", "operand-offset=x=0:64:32,7,y=5"))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.Axes, []string{"n", "align", "operand-offset.x", "operand-offset.y"}) || len(s.Points) != 4*2*4 || len(s.Order) != len(s.Points) {
		t.Fatalf("%q, %d points", s.Axes, len(s.Points))
	}
	p := s.Points[len(s.Points)-1]
	if p.Params["n"] != 4 || p.Params["incx"] != 1 || *p.Align != 63 || p.OperandOffset["x"] != 7 || p.OperandOffset["y"] != 5 || len(p.At) != 4 || p.At["operand-offset.x"] != "7" || p.At["n"] != "4" {
		t.Errorf("%+v", p)
	}
	seen := slices.Clone(s.Order)
	slices.Sort(seen)
	for i, v := range seen {
		if i != v {
			t.Fatalf("the order is no permutation: %v", s.Order)
		}
	}
	// A point that cannot be is a problem of its own.
	s, err = r.Sweep(query("kernel=sdot", "n=1,-7", "incx=1"))
	if err != nil || len(s.Points) != 2 || s.Problems[1] == nil || s.Problems[1].Class != wire.BadParameter || len(s.Order) != 1 {
		t.Errorf("%+v, %v", s, err)
	}
	for _, bad := range []string{
		"", "n=5", "n=1:1001", "n=1:40 incx=1:40", "n=-5:-1", "align=64:70", "operand-offset=5", "operand-offset=x=0,x=1", "operand-offset=z=0:8", "n=1:3 sweep-time=1h", "n=1:3 sweep-time=x", "n=1:3 fail-if=Cycles>1",
	} {
		if s, err := r.Sweep(query(append(strings.Fields(bad), "kernel=sdot")...)); err == nil {
			t.Errorf("%s: %+v", bad, s)
		} else if p := wire.AsProblem(err); p.Class != wire.BadParameter {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
