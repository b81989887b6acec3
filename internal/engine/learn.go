package engine

import (
	"cmp"
	"os"
	"slices"
	"sync"

	"webrunner/internal/cpus"
	"webrunner/internal/hostinfo"
	"webrunner/internal/request"
	"webrunner/internal/wire"
	"webrunner/kernels"
	"webrunner/perf/events"
	"webrunner/perf/processor"
)

// Learn asks this machine what there is to know without a child. With the reader
// that it returns jobs can be planned, but none can be run.
func (c Config) Learn() (*request.Reader, wire.Host, error) {
	budget, err := c.budget()
	if err != nil {
		return nil, wire.Host{}, err
	}
	set := c.Kernels
	if set == nil {
		if set, err = kernels.Builtin(); err != nil {
			return nil, wire.Host{}, wire.Problemf(wire.Internal, "%v", err)
		}
	}
	if err := set.Reserve(request.Names()); err != nil {
		return nil, wire.Host{}, wire.Problemf(wire.BadParameter, "%v", err)
	}
	var host wire.Host
	var counting *request.Counting
	cpus.On(c.CPUs, func() { host, counting = learnHost() })
	host.Machine = cmp.Or(c.Machine, host.Machine)
	if c.NoEvents != "" {
		host, counting = hostinfo.WithoutPMU(host, c.NoEvents), request.NewCounting(nil, c.NoEvents)
	}
	if c.Events != "" {
		if counting, err = counting.Usually(c.Events); err != nil {
			return nil, wire.Host{}, wire.Problemf(wire.BadParameter, "the events to count where a client names none: %v", err)
		}
	}
	if len(c.CPUs) > 0 {
		host.CPUs = c.CPUs
	}
	return &request.Reader{Kernels: set, Events: counting, Budget: budget}, host, nil
}

// learnHost asks the machine once; a locked-down child cannot.
func learnHost() (wire.Host, *request.Counting) {
	h := processor.ProbeHost(os.DirFS("/"))
	w := hostinfo.Of(h)
	h.PMU = w.PMU != ""                                          // to the events, too, it is there only if children may use it
	if kind := events.CPUsFor(h, os.DirFS("/")); len(kind) > 0 { // the other cores of a hybrid count other events
		w.CPUs = slices.DeleteFunc(w.CPUs, func(c int) bool { return !slices.Contains(kind, c) })
	}
	counted := sync.OnceValue(func() *events.Host {
		counted, err := events.ForHost(h, os.DirFS("/"))
		if err != nil { // a processor that nobody knows; it has the generic events
			return nil
		}
		return counted
	})
	return w, request.NewCountingLater(counted, w.PMUReason)
}
