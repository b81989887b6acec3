// Package engine is what the service, the command line and the tools have around
// a job in common: it learns the host, starts the children, turns a query into a
// job within limits, has a child do it, and completes the result with what no
// child can know.
package engine

import (
	"cmp"
	"context"
	"time"

	"webrunner/internal/request"
	"webrunner/internal/runner"
	"webrunner/internal/trust"
	"webrunner/internal/wire"
	"webrunner/kernels"
)

// Pool has children do jobs. It is a *runner.Pool but in tests.
type Pool interface {
	Do(context.Context, *wire.Job, func(*wire.Progress)) (*wire.Report, runner.Timing, error)
	Layers() wire.Layers // those that the pool itself puts around a child
	Stats() runner.Stats
	Close()
}

// Engine runs jobs on this host. Open makes one; a test may fill the fields itself.
// Its methods may be called from any goroutine.
type Engine struct {
	Pool    Pool
	Reader  *request.Reader  // turns queries into jobs
	Host    wire.Host        // what every job is told
	Layers  wire.Layers      // that a child found in force; nil where there will be a single run
	Without []wire.LayerName // layers that the operator gave up

	// Grades are those of the counters, which results show; nil in a process that
	// grades nothing.
	Grades *trust.Book
	// Grader grades the counters by jobs that it hands to do; nil is trust.Run, by
	// the events of this host that have a known answer.
	Grader func(ctx context.Context, do trust.Do) ([]trust.Mark, error)

	single bool

	berths berths // CPUs of the jobs at one time

	ceiling ceiling // what the core can do at most, once that is known
}

// Config shapes an engine. The zero value of a field means its default.
type Config struct {
	Kernels   *kernels.Set     // default: the built-in ones
	Without   []wire.LayerName // layers that may be missing
	Strict    bool             // cells run without the speculation that a process can switch off, or there is no engine
	Timeout   time.Duration    // of a whole job; default DefaultTimeout, at least ShortestTimeout
	Measuring time.Duration    // of a job, at most; default DefaultMeasuring, or half of Timeout if that is less

	// Single tells that the engine is for one run. Then the child that does it finds out
	// what measuring costs here, as far as that run needs it, and there is no other.
	Single bool

	Size     int // warm children; default 1
	Parallel int // jobs at one time; default 1
	Screens  int // of one client that a child does; default runner.ScreensOfAChild
	Behind   int // steps of nice(1) that children's priority is below this process's; default none

	Machine  string // its name in answers; default the one that the host gives itself
	CPUs     []int  // that jobs run on, each on its own where there are enough for Parallel; default those that this process may run on
	Events   string // a list of those that are counted where a client names none; default what the host has
	NoEvents string // why events are not counted even where there is a PMU; empty counts them

	// Learned is what a child found out on this host before: then the measuring
	// code is not calibrated anew. The layers are looked at in any case.
	Learned *wire.Probed

	Log func(format string, args ...any) // the error log, one call a line; default none
}

// Open learns the host, starts children and holds the host to the required layers; of a
// single run, the child holds it to them before it reads the job, and Do does so again.
// The error is a *wire.Problem: of class bad-parameter where the configuration is
// wrong, of class unfit where this host or this binary cannot run jobs.
func Open(c Config) (*Engine, error) {
	if withCgo {
		return nil, wire.Problemf(wire.Unfit, "this binary was built with cgo and cannot lock its child down; build it with CGO_ENABLED=0, as make build does")
	}
	if _, err := c.budget(); err != nil { // before there is a child
		return nil, err
	}
	type opened struct {
		pool *runner.Pool
		err  error
	}
	opening := make(chan opened)
	go func() { // meanwhile
		pool, err := runner.New(runner.Config{Size: c.Size, Single: c.Single, Jobs: c.Parallel, Screens: c.Screens, Behind: c.Behind, Without: c.Without, Strict: c.Strict, Log: c.Log})
		opening <- opened{pool, err}
	}()
	reader, host, err := c.Learn()
	children := <-opening
	if children.err != nil {
		return nil, cmp.Or(err, children.err)
	}
	e := &Engine{Pool: children.pool, Reader: reader, Host: host, Without: c.Without, single: c.Single}
	e.berths.set(host.CPUs, c.Parallel)
	if err == nil {
		err = e.learn(children.pool, c.Learned)
	}
	if err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

// learn holds the host to the required layers, and finds out what measuring costs there
// unless that is known. Of a single run, the child that does it does both.
func (e *Engine) learn(pool *runner.Pool, known *wire.Probed) (err error) {
	if known != nil {
		e.Host.Calibration, e.Host.Detectors, e.Host.Rhythm = known.Calibration, known.Detectors, known.Rhythm
	}
	if e.single {
		return nil
	}
	if e.Layers, err = pool.Probe(context.Background(), &e.Host); err != nil {
		return err
	}
	return e.Layers.Check(e.Without)
}

// Close ends all children, also those that have a job.
func (e *Engine) Close() { e.Pool.Close() }
