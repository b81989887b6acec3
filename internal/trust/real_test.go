package trust

import (
	"context"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"

	"webrunner/internal/child"
	"webrunner/internal/hostinfo"
	"webrunner/internal/runner"
	"webrunner/internal/wire"
	"webrunner/perf/processor"
)

// The tests run real children: this binary, executed again by the runner.
func TestMain(m *testing.M) {
	if runner.IsChild(os.Args) {
		syscall.Exit(child.Main()) // without the exit hooks: those of coverage would write, as a child may not
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
	h := processor.ProbeHost(os.DirFS("/"))
	e.Host = hostinfo.WithoutPMU(hostinfo.Of(h), "a test")
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
		m, found := lookup(marks, name)
		busy := m.Grade == Ungraded && strings.Contains(m.Why, "too busy") // of what needs a processor for itself
		if !found || m.Grade != Trusted && !busy {
			t.Errorf("%s: %s", name, m)
		}
	}
}

// TestLyingCounter: what is sold as instructions, but is another event, goes
// all the way from the kernel's counter to a broken grade, and takes no other
// with it.
func TestLyingCounter(t *testing.T) {
	env, err := real()
	if err != nil {
		t.Fatal(err)
	}
	const software, pageFaultEvents = 1, 2 // PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS
	env.Host.PMU, env.Host.RDPMC = "played", false
	env.Groups = []wire.Group{{{Name: "Instructions", Unit: "instructions", Type: software, Config: pageFaultEvents}}}
	marks, err := Run(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	if m, _ := lookup(marks, "Instructions"); m.Grade != Broken || m.Ratio != -1 || !strings.Contains(m.Why, "reads 0 where ") {
		t.Errorf("Instructions: %s", m)
	}
	for _, name := range []string{"Cycles by TSC", "Reference cycles", "Time", "Page faults"} {
		if m, found := lookup(marks, name); !found || m.Grade == Biased || m.Grade == Broken {
			t.Errorf("%s: %s", name, m)
		}
	}
}
