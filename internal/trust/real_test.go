package trust

import (
	"context"
	"os"
	"sync"
	"testing"

	"webrunner/internal/child"
	"webrunner/internal/runner"
	"webrunner/internal/wire"
	"webrunner/perf"
)

// The tests run real children: this binary, executed again by the runner.
func TestMain(m *testing.M) {
	if runner.IsChild(os.Args) {
		os.Exit(child.Main())
	}
	os.Exit(m.Run())
}

// real is this host, with a pool that all tests share.
var real = sync.OnceValues(func() (Env, error) {
	p, err := runner.New(runner.Config{Size: 1})
	if err != nil {
		return Env{}, err
	}
	e := Env{Do: func(ctx context.Context, job *wire.Job) (*wire.Report, error) {
		rep, _, err := p.Do(ctx, job, nil)
		return rep, err
	}}
	h := perf.ProbeHost(os.DirFS("/"))
	e.Host = wire.Host{CPU: h.CPU, Vendor: h.Vendor, Family: h.Family, Model: h.Model, TSCHz: h.TSCHz, TSCQuantum: h.TSCQuantum, PMUReason: h.PMUReason}
	_, err = p.Probe(context.Background(), &e.Host)
	return e, err
})

func TestThisHost(t *testing.T) {
	env, err := real()
	if err != nil {
		t.Fatal(err)
	}
	marks, err := Run(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range marks {
		t.Logf("%s: %s (%+.5f)", m.Counter, m, m.Ratio)
	}
	for _, name := range []string{"Cycles", "Reference cycles", "Time", "Page faults"} {
		if m, found := lookup(marks, name); !found || m.Grade != Trusted {
			t.Errorf("%s: %s", name, m)
		}
	}
}
