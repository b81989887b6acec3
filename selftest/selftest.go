// Package selftest checks a host with real objects in real children: that good
// kernels give figures, that hostile ones give the class they must give, and
// that every layer is in force. It is for operators, and for the watchdog.
package selftest

import (
	"context"
	"fmt"
	"time"

	"webrunner/internal/engine"
	"webrunner/internal/trust"
	"webrunner/internal/wire"
	"webrunner/kernels"
)

// Check is one thing that must hold.
type Check interface {
	Name() string   // lower-kebab-case, stable
	Required() bool // whether the host is unfit when it fails
	// Run returns what was found, for people, and an error when the check failed.
	Run(context.Context) (detail string, err error)
}

// Env is the host under test.
type Env struct {
	Do      func(context.Context, *wire.Job) (*wire.Report, error)
	Grade   func(context.Context) ([]trust.Mark, error) // grades the counters
	Kernels *kernels.Set
	Host    wire.Host
	Layers  wire.Layers
	Without []wire.LayerName // layers that the operator gave up
}

// Of is the host that an engine runs jobs on.
func Of(e *engine.Engine) Env {
	return Env{
		Do: e.Turn, Grade: func(ctx context.Context) ([]trust.Mark, error) { return e.Grade(ctx, e.Turn) },
		Kernels: e.Reader.Kernels, Host: e.Host, Layers: e.Layers, Without: e.Without,
	}
}

// Outcome is the result of one check.
type Outcome struct {
	Name     string  `json:"name"`
	OK       bool    `json:"ok"`
	Required bool    `json:"required"`
	Detail   string  `json:"detail"`
	MS       float64 `json:"ms"`
}

// Report is the result of all.
type Report struct {
	OK     bool      `json:"ok"` // every required check passed
	Checks []Outcome `json:"checks"`
}

// Run runs checks one after the other and tells each outcome as it comes.
func Run(ctx context.Context, checks []Check, tell func(Outcome)) Report {
	r := Report{OK: true, Checks: []Outcome{}}
	for _, c := range checks {
		o := runOne(ctx, c)
		r.OK = r.OK && (o.OK || !o.Required)
		r.Checks = append(r.Checks, o)
		tell(o)
	}
	return r
}

func runOne(ctx context.Context, c Check) Outcome {
	start := time.Now()
	detail, err := c.Run(ctx)
	o := Outcome{Name: c.Name(), OK: err == nil, Required: c.Required(), Detail: detail}
	if err != nil {
		o.Detail = err.Error()
	}
	o.MS = float64(time.Since(start).Microseconds()) / 1000
	return o
}

// Quick is what a server does every half minute: a good kernel gives a figure,
// and a system call that the screen cannot see ends the kernel that makes it.
func Quick(ctx context.Context, env Env) error {
	for _, name := range []string{"playground", "socket_late"} {
		c, err := objectCheck(env, name)
		if err != nil {
			return err
		}
		if _, err := c.Run(ctx); err != nil {
			return fmt.Errorf("%s: %w", c.Name(), err)
		}
	}
	return nil
}
