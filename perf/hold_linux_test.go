package perf

import "testing"

func TestHoldSoftware(t *testing.T) {
	g, err := HoldSoftware("page-faults", "alignment-faults")
	if err != nil {
		t.Skipf("this host does not let this process count: %v", err)
	}
	if n := len(g.FDs()); n != 2 {
		t.Errorf("%d events are held", n)
	}
	r, err := g.Read()
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range r.Values {
		if v != 0 {
			t.Errorf("event %d counted %d: it is to be stopped", i, v)
		}
	}
	if err := g.Close(); err != nil {
		t.Error(err)
	}
	if g, err := HoldSoftware("no such event"); err == nil {
		g.Close()
		t.Error("nothing was opened, and nothing is wrong")
	}
}
