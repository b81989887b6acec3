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
	wholeCalls = "calls of known cost to the cycle" // longer than short ones
	backToBack = "calls back to back"
	twoModes   = "two modes"
	timeOfRun  = "time of a run"
)

// The modes of measuring.
const (
	latency    = "latency"
	throughput = "throughput"
)

// experiments returns those to make beside a neighbour.
func (b *bench) experiments(o options, n neighbour, list []known) (all []*experiment) {
	var tasks = map[string][]task{}
	add := func(experiment string, t task) { tasks[experiment] = append(tasks[experiment], t) }
	for _, k := range list {
		switch {
		case strings.HasPrefix(k.symbol, coins):
		case k.symbol == longestRow:
			for _, turns := range []float64{1, 10, 100} {
				add(wholeCalls, newTask(k, latency, turns*k.turn()))
			}
		case k.inARow():
			add(shortCalls, newTask(k, latency, 0))
		default:
			add(longCalls, newTask(k, latency, o.cycles))
		}
	}
	for _, cycles := range []float64{48, 288, 1008, 3024} {
		add(backToBack, newTask(find(list, portKernel), throughput, cycles))
	}
	for _, c := range allCoins() {
		add(twoModes, newCoin(c, list, microsecond, b.core.ChainStep))
	}
	steady := newTask(find(list, steadyKernel), latency, microsecond)
	quick := steady
	quick.Effort = "quick"
	add(timeOfRun, steady)
	add(timeOfRun, quick)
	add(timeOfRun, newCoin(allCoins()[0], list, microsecond, b.core.ChainStep))

	for _, name := range []string{longCalls, shortCalls, wholeCalls, backToBack, twoModes, timeOfRun} {
		e := &experiment{Name: name, Neighbour: n.name}
		for _, t := range tasks[name] {
			if o.only.MatchString(t.Kernel) {
				e.Series = append(e.Series, series{task: t})
			}
		}
		if len(e.Series) > 0 && o.experiments.MatchString(name) {
			all = append(all, e)
		}
	}
	return all
}

// microsecond is about that of a core, in cycles.
const microsecond = 3600

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
			case errors.As(err, &p) && (p.Class == wire.MissingISA || s.Effort != "" && strings.Contains(p.Detail, "effort")):
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
