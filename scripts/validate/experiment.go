package main

import (
	"errors"
	"os"
	"strings"
	"time"

	"webrunner/internal/wire"
)

// experiment is tasks beside a neighbour.
type experiment struct {
	Name      string   `json:"name"`
	Neighbour string   `json:"neighbour"`
	Load      []string `json:"load"` // average of a minute, before and after
	Seconds   float64  `json:"seconds"`
	Series    []series `json:"series"`
}

// series is all runs of a task.
type series struct {
	task
	Runs     []observation `json:"runs"`
	Failures []string      `json:"failures,omitempty"`
	Skipped  string        `json:"skipped,omitempty"` // why there are none
	Summary  summary       `json:"summary"`
}

// The experiments.
const (
	longCalls  = "long calls"
	shortCalls = "short calls"
	backToBack = "calls back to back"
)

// The modes of measuring.
const (
	latency    = "latency"
	throughput = "throughput"
)

// experiments returns those to make beside a neighbour. Short calls, and calls
// back to back, are measured without any.
func (b *bench) experiments(o options, n neighbour, list []known) []*experiment {
	long := &experiment{Name: longCalls, Neighbour: n.name}
	short := &experiment{Name: shortCalls, Neighbour: n.name}
	for _, k := range list {
		switch {
		case !o.only.MatchString(k.symbol):
		case k.short():
			short.Series = append(short.Series, series{task: b.newTask(k, latency, 0)})
		default:
			long.Series = append(long.Series, series{task: b.newTask(k, latency, o.cycles)})
		}
	}
	if n.kind != "" {
		return []*experiment{long}
	}
	ports := &experiment{Name: backToBack, Neighbour: n.name}
	if o.only.MatchString(portKernel) {
		for _, cycles := range []float64{48, 288, 1008, 3024} {
			ports.Series = append(ports.Series, series{task: b.newTask(find(list, portKernel), throughput, cycles)})
		}
	}
	return []*experiment{long, short, ports}
}

// carryOut runs every task, then every task again: so that a spell of noise
// hits some runs of each.
func (b *bench) carryOut(e *experiment, reps int) {
	began := time.Now()
	e.Load = append(e.Load, load())
	for range reps {
		for i := range e.Series {
			s := &e.Series[i]
			if s.Skipped != "" {
				continue
			}
			o, err := b.measure(s.task)
			var p *wire.Problem
			switch {
			case errors.As(err, &p) && p.Class == wire.MissingISA:
				s.Skipped = p.Detail
			case err != nil:
				s.Failures = append(s.Failures, err.Error())
			default:
				s.Runs = append(s.Runs, o)
			}
		}
	}
	e.Load = append(e.Load, load())
	e.Seconds = time.Since(began).Seconds()
	for i := range e.Series {
		e.Series[i].Summary = e.Series[i].summarise()
	}
}

// load is the kernel's load average over a minute, as it prints it.
func load() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(b), " ")
	return first
}
