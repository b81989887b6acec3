package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"webrunner/internal/request"
	"webrunner/internal/runner"
	"webrunner/internal/wire"
	"webrunner/kernels"
	"webrunner/perf/events"
	"webrunner/perf/processor"
)

// engineOptions are the flags of every command that runs children here.
type engineOptions struct {
	without []string
	timeout time.Duration
	kernels string
	pool    int
	// parallel is how many jobs there are at one time, 0 for one.
	parallel int
}

const defaultTimeout = 10 * time.Second

func (o *engineOptions) define(f *flags) {
	o.timeout = defaultTimeout
	f.list(&o.without, "without", "LAYER", "run although this layer is missing, or switch it off: "+wire.JoinLayers(wire.LayerNames())+"; may be repeated")
	f.span(&o.timeout, "timeout", "DURATION", "end a whole job after this time (10s)")
	kernelsFlag(f, &o.kernels)
}

// engine is what runs jobs on this host.
type engine struct {
	*runner.Pool
	host    wire.Host
	layers  wire.Layers
	request *request.Reader
	without []wire.LayerName
}

// open starts children and learns which layers are in force. A host without a
// required layer is a problem of class unfit.
func (o *engineOptions) open(log func(string, ...any)) (*engine, error) {
	if withCgo {
		return nil, wire.Problemf(wire.Unfit, "this binary was built with cgo and cannot lock its child down; build it with CGO_ENABLED=0, as make build does")
	}
	without, err := wire.ParseLayers(o.without)
	if err != nil {
		return nil, usage("%v", err)
	}
	if o.timeout < shortest {
		return nil, usage("--timeout must be at least %v, not %v", shortest, o.timeout)
	}
	set, err := loadKernels(o.kernels)
	if err != nil {
		return nil, usage("%v", err)
	}
	pool, err := runner.New(runner.Config{Size: o.pool, Jobs: o.parallel, Without: without, Log: log})
	if err != nil {
		return nil, err
	}
	e := &engine{Pool: pool, without: without}
	var counting *request.Counting
	e.host, counting = learnHost()
	e.request = &request.Reader{Kernels: set, Events: counting, Budget: o.budget()}
	if err := e.probe(); err != nil {
		pool.Close()
		return nil, err
	}
	return e, nil
}

// Limits of a job beside its time.
const (
	shortest  = 10 * time.Millisecond
	measuring = 2 * time.Second // a steady kernel needs far less
	jobMemory = 512 << 20       // bytes of image and operands
)

func (o *engineOptions) budget() wire.Budget {
	return wire.Budget{
		Deadline: o.timeout.Microseconds(),
		CPU:      min(measuring, o.timeout/2).Microseconds(),
		Call:     min(request.MaxCall, o.timeout/2).Microseconds(),
		Memory:   jobMemory,
	}
}

// probe learns from a child what only a child can find out, and holds the host
// to the required layers. The child refuses by itself; this is the second pair
// of eyes.
func (e *engine) probe() error {
	layers, err := e.Probe(context.Background(), &e.host)
	if err != nil {
		return err
	}
	e.layers = layers
	return layers.Check(e.without)
}

func kernelsFlag(f *flags, name *string) {
	f.text(name, "kernels", "PATH", "read more kernel specifications: a file, or a folder's files that end in .xml")
}

// loadKernels returns the built-in kernels and those of a file or folder, if any.
func loadKernels(name string) (*kernels.Set, error) {
	set, err := kernels.Builtin()
	if err != nil || name == "" {
		return set, err
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	folder, root := name, "."
	if !info.IsDir() {
		folder, root = filepath.Split(filepath.Clean(name))
		folder = cmp.Or(folder, ".")
	}
	builtin := len(set.All())
	if err := set.Load(os.DirFS(folder), root); err != nil {
		return nil, fmt.Errorf("--kernels %s: %w", name, err)
	}
	if len(set.All()) == builtin {
		return nil, fmt.Errorf("--kernels %s: no file in it ends in .xml", name)
	}
	return set, nil
}

// learnHost asks the machine once; a locked-down child cannot.
func learnHost() (wire.Host, *request.Counting) {
	h := processor.ProbeHost(os.DirFS("/"))
	w := wire.Host{
		CPU: h.CPU, Vendor: h.Vendor, Family: h.Family, Model: h.Model, Stepping: h.Stepping,
		Microarchitecture: h.Core().Name,
		Microcode:         h.Microcode, Kernel: h.Kernel, PMUReason: strings.TrimPrefix(h.PMUReason, "no PMU: "), TSCHz: h.TSCHz, TSCQuantum: h.TSCQuantum, CPUs: h.CPUs,
	}
	if h.PMU && h.Paranoid > 2 {
		// A privileged server may count all the same, its children may not.
		h.PMU = false
		w.PMUReason = fmt.Sprintf("kernel.perf_event_paranoid is %d; sysctl kernel.perf_event_paranoid=2 lets unprivileged processes count themselves", h.Paranoid)
	}
	if h.PMU {
		if w.PMU = h.PMUName; w.PMU == "" {
			w.PMU = "generic"
		}
		w.PMUWidth, w.RDPMC = h.PMUWidth, h.RDPMC == "1" || h.RDPMC == "2"
	}
	counted, err := events.ForHost(h, os.DirFS("/"))
	if err != nil { // a processor that nobody knows; it has the generic events
		return w, request.NewCounting(nil, w.PMUReason)
	}
	if kind := counted.PMU.CPUs; len(kind) > 0 { // the other cores of a hybrid count other events
		w.CPUs = slices.DeleteFunc(w.CPUs, func(c int) bool { return !slices.Contains(kind, c) })
	}
	return w, request.NewCounting(counted, w.PMUReason)
}
