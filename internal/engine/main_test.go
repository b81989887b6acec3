package engine

import (
	"context"
	"os"
	"sync"
	"syscall"
	"testing"

	"webrunner/internal/child"
	"webrunner/internal/request"
	"webrunner/internal/runner"
	"webrunner/internal/wire"
	"webrunner/kernels"
)

// The tests that need real children are their own, executed again by the runner.
func TestMain(m *testing.M) {
	if runner.IsChild(os.Args) {
		syscall.Exit(child.Main()) // without the exit hooks: those of coverage would write, as a child may not
	}
	os.Exit(m.Run())
}

// real is an engine on this host that all tests share.
var real = sync.OnceValues(func() (*Engine, error) { return Open(Config{}) })

// realEngine skips where no child can be locked down; where CI is set, it can.
func realEngine(t *testing.T) *Engine {
	t.Helper()
	e, err := real()
	switch {
	case err == nil:
	case os.Getenv("CI") != "":
		t.Fatal(err)
	default:
		t.Skip(err)
	}
	return e
}

// played is a pool that answers every job with one report.
type played struct {
	report wire.Report
	took   runner.Timing
	err    error
	last   *wire.Job
}

func (p *played) Do(_ context.Context, job *wire.Job, _ func(*wire.Progress)) (*wire.Report, runner.Timing, error) {
	p.last = job
	if p.err != nil {
		return nil, p.took, p.err
	}
	rep := p.report
	return &rep, p.took, nil
}

func (p *played) Layers() wire.Layers {
	return wire.Layers{wire.LayerNamespaces: {Enforced: true, Detail: "(user)"}, wire.LayerCgroup: wire.Absent("a test")}
}

func (p *played) Stats() runner.Stats { return runner.Stats{} }

func (p *played) Close() {}

func playedEngine(t *testing.T, p *played) *Engine {
	t.Helper()
	set, err := kernels.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return &Engine{
		Pool: p, Reader: &request.Reader{Kernels: set, Events: request.NewCounting(nil, "a test"), Budget: wire.Budget{Deadline: 1e6, Memory: wire.DefaultMemory}},
		Host: wire.Host{CPU: "played"},
	}
}
