package main

import (
	"errors"
	"time"

	"webrunner/internal/engine"
	"webrunner/internal/wire"
)

// engineOptions are the flags of every command that runs children here.
type engineOptions struct {
	without []string
	strict  bool // cells run without the speculation that a process can switch off
	timeout time.Duration
	kernels string
	name    string // its name in answers, empty for the host's own
	events  string // that are counted where a query names none, empty for the host's own choice
	pool    int    // children kept warm, 0 for one
	screens int    // of one client that a child does, 0 for the default
	// parallel is how many jobs there are at one time, 0 for one.
	parallel int
	single   bool  // there will be one run
	cpus     []int // that jobs run on; nil for all that there are
	behind   int   // steps of priority that children are behind this process
}

func (o *engineOptions) define(f *flags) {
	o.timeout = engine.DefaultTimeout
	f.list(&o.without, "without", "LAYER", "run although this layer is missing, or switch it off: "+wire.JoinLayers(wire.LayerNames())+"; may be repeated")
	f.row("speculation", "host|strict", "in cells: as this host has it, or switched off past stores and at indirect branches (host)", func(name string) {
		f.set.Func(name, "", func(s string) error {
			if s != "host" && s != "strict" {
				return errors.New("there is host, strict")
			}
			o.strict = s == "strict"
			return nil
		})
	})
	f.span(&o.timeout, "timeout", "DURATION", "end a whole job after this time (10s)")
	kernelsFlag(f, &o.kernels)
}

// open starts the engine that the flags ask for. A host without a required layer is
// a problem of class unfit.
func (a *app) open(o *engineOptions, log func(string, ...any)) (*engine.Engine, error) {
	without, err := wire.ParseLayers(o.without)
	if err != nil {
		return nil, usage("%v", err)
	}
	set, err := loadKernels(o.kernels)
	if err != nil {
		return nil, usage("%v", err)
	}
	for _, line := range set.Replaced() {
		log("%s", line)
	}
	if o.timeout < engine.ShortestTimeout {
		return nil, usage("--timeout must be at least %v, not %v", engine.ShortestTimeout, o.timeout)
	}
	return engine.Open(engine.Config{
		Machine: o.name, Kernels: set, Events: o.events, Without: without, Strict: o.strict, Timeout: o.timeout, Single: o.single, Size: o.pool, Screens: o.screens, Parallel: o.parallel, CPUs: o.cpus, Behind: o.behind, Learned: a.learned, Log: log,
	})
}
