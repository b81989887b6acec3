package main

import (
	"context"
	"net/url"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/internal/engine"
	"webrunner/internal/wire"
	"webrunner/perf/processor"
	"webrunner/perf/uarch"
)

// bench runs objects on this host as webrunner run does: each as a job from a
// query, in a child of its own.
type bench struct {
	*engine.Engine
	info processor.HostInfo
	core uarch.Core // that the cells run on
}

// newBench starts an engine whose cells run on one CPU; a run measures so long at
// most.
func newBench(cpu int, limit time.Duration) (b *bench, err error) {
	b = &bench{info: processor.ProbeHost(os.DirFS("/"))}
	b.core = coreOf(b.info, cpu)
	// Without the counters of a PMU, also where there is one: their figures are
	// graded by the service itself.
	b.Engine, err = engine.Open(engine.Config{Measuring: limit, CPUs: []int{cpu}, NoEvents: "not asked for"})
	return b, err
}

// coreOf tells what kind of core a CPU is. Those of a hybrid processor differ, and
// each tells its own kind only.
func coreOf(h processor.HostInfo, cpu int) uarch.Core {
	if h.Hybrid {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		var before, there unix.CPUSet
		there.Set(cpu)
		if unix.SchedGetaffinity(0, &before) == nil && unix.SchedSetaffinity(0, &there) == nil {
			kind, _, _, _ := processor.CPUID(0x1a, 0)
			h.CoreType, h.NativeModel = uint8(kind>>24), kind&0xffffff
			_ = unix.SchedSetaffinity(0, &before)
		}
	}
	return h.Core()
}

// run has the object called as a query says.
func (b *bench) run(object []byte, query url.Values) (*wire.Result, error) {
	return b.Run(context.Background(), query, object)
}
