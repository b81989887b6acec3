package main

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"net/url"
	"os"
	"time"

	"webrunner/internal/request"
	"webrunner/internal/runner"
	"webrunner/internal/wire"
	"webrunner/kernels"
	"webrunner/perf/processor"
)

// specs are the specifications of what the built-in ones do not describe.
//
//go:embed specs/*.xml
var specs embed.FS

// bench runs objects on this host as webrunner run does: each as a job from a
// query, in a child of its own.
type bench struct {
	pool   *runner.Pool
	reader *request.Reader
	host   wire.Host
}

// The limits of a job, those of webrunner run.
const (
	deadline = 10 * time.Second
	memory   = 512 << 20
)

// newBench starts a pool. A run measures so long at most.
func newBench(limit time.Duration) (*bench, error) {
	b, err := newReader(limit)
	if err != nil {
		return nil, err
	}
	if b.pool, err = runner.New(runner.Config{}); err != nil {
		return nil, err
	}
	if _, err = b.pool.Probe(context.Background(), &b.host); err != nil {
		b.pool.Close()
	}
	return b, err
}

// newReader returns a bench that makes jobs, and has no pool to run them.
func newReader(limit time.Duration) (*bench, error) {
	h := processor.ProbeHost(os.DirFS("/"))
	b := &bench{host: wire.Host{
		CPU: h.CPU, Vendor: h.Vendor, Family: h.Family, Model: h.Model, Stepping: h.Stepping, Microcode: h.Microcode, Kernel: h.Kernel,
		TSCHz: h.TSCHz, TSCQuantum: h.TSCQuantum, CPUs: h.CPUs, PMUReason: h.PMUReason,
	}}
	set, err := kernels.Builtin()
	if err != nil {
		return nil, err
	}
	if err := set.Load(specs, "specs"); err != nil {
		return nil, err
	}
	// Without the counters of a PMU, also where there is one: what is tried here
	// must hold without them.
	b.reader = &request.Reader{Kernels: set, Events: request.NewCounting(nil, "not asked for"), Budget: wire.Budget{
		Deadline: deadline.Microseconds(), CPU: limit.Microseconds(), Call: request.MaxCall.Microseconds(), Memory: memory,
	}}
	return b, nil
}

// job is the job that runs a probe. Its specification has the name of the
// function, so that an object may hold many.
func (b *bench) job(p *probe) (*wire.Job, error) {
	query, err := url.ParseQuery(p.query)
	if err != nil {
		return nil, err
	}
	query.Set("kernel", p.kernel)
	job, err := b.reader.Run(query)
	if err != nil {
		return nil, err
	}
	spec, err := b.reader.Find(p.kernel)
	if err != nil {
		return nil, err
	}
	job.Spec = bytes.Replace(job.Spec, []byte(`name="`+spec.Name+`"`), []byte(`name="`+p.symbol+`"`), 1)
	job.Host = b.host
	job.Object, err = p.object(job)
	return job, err
}

// run runs a probe once. A problem is part of the observation.
func (b *bench) run(p *probe) (observation, error) {
	job, err := b.job(p)
	if err != nil {
		return observation{}, fmt.Errorf("%s: %w", p.name(), err)
	}
	began := time.Now()
	rep, _, err := b.pool.Do(context.Background(), job)
	if err != nil {
		return observation{}, fmt.Errorf("%s: %w", p.name(), err)
	}
	return observe(rep, time.Since(began)), nil
}
