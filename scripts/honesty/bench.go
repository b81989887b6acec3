package main

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"net/url"
	"time"

	"webrunner/internal/engine"
	"webrunner/internal/request"
	"webrunner/internal/wire"
	"webrunner/kernels"
)

// specs are the specifications of what the built-in ones do not describe.
//
//go:embed specs/*.xml
var specs embed.FS

// bench makes the jobs that run probes on this host as webrunner run does.
type bench struct{ reader *request.Reader }

// config is of an engine whose runs measure so long at most. It does without the
// counters of a PMU, also where there is one: what is tried here must hold without
// them.
func config(limit time.Duration) (c engine.Config, err error) {
	c = engine.Config{Measuring: limit, NoEvents: "not asked for"}
	if c.Kernels, err = kernels.Builtin(); err != nil {
		return c, err
	}
	return c, c.Kernels.Load(specs, "specs")
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
	job.Object, err = p.object(job)
	return job, err
}

// run runs a probe once. A problem is part of the observation.
func (b *bench) run(e *engine.Engine, p *probe) (observation, error) {
	job, err := b.job(p)
	if err != nil {
		return observation{}, fmt.Errorf("%s: %w", p.name(), err)
	}
	began := time.Now()
	rep, err := e.Turn(context.Background(), job)
	if err != nil {
		return observation{}, fmt.Errorf("%s: %w", p.name(), err)
	}
	return observe(rep, time.Since(began)), nil
}
