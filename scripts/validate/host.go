package main

import (
	"context"
	"net/url"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/internal/request"
	"webrunner/internal/runner"
	"webrunner/internal/wire"
	"webrunner/kernels"
	"webrunner/perf/processor"
	"webrunner/perf/uarch"
)

// bench runs objects on this host as webrunner run does: each as a job from a
// query, in a child of its own.
type bench struct {
	pool   *runner.Pool
	reader *request.Reader
	info   processor.HostInfo
	core   uarch.Core // that the cells run on
	host   wire.Host
}

// The limits of a job, those of webrunner run.
const (
	deadline  = 10 * time.Second
	measuring = 2 * time.Second
	memory    = 512 << 20
)

// newBench starts a pool whose cells run on one CPU; a run measures so long at
// most.
func newBench(cpu int, limit time.Duration) (*bench, error) {
	b := &bench{info: processor.ProbeHost(os.DirFS("/"))}
	h := &b.info
	b.core = coreOf(b.info, cpu)
	b.host = wire.Host{
		CPU: h.CPU, Vendor: h.Vendor, Family: h.Family, Model: h.Model, Stepping: h.Stepping, Microcode: h.Microcode, Kernel: h.Kernel,
		TSCHz: h.TSCHz, TSCQuantum: h.TSCQuantum, CPUs: []int{cpu}, PMUReason: h.PMUReason,
	}
	set, err := kernels.Builtin()
	if err != nil {
		return nil, err
	}
	// Without the counters of a PMU, also where there is one: their figures are
	// graded by the service itself.
	b.reader = &request.Reader{Kernels: set, Events: request.NewCounting(nil, "not asked for"), Budget: wire.Budget{
		Deadline: deadline.Microseconds(), CPU: limit.Microseconds(), Call: request.MaxCall.Microseconds(), Memory: memory,
	}}
	if b.pool, err = runner.New(runner.Config{}); err != nil {
		return nil, err
	}
	if _, err = b.pool.Probe(context.Background(), &b.host); err != nil {
		b.pool.Close()
	}
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
	job, err := b.reader.Run(query)
	if err != nil {
		return nil, err
	}
	job.Object, job.Host = object, b.host
	rep, _, err := b.pool.Do(context.Background(), job)
	switch {
	case err != nil:
		return nil, err
	case rep.Problem != nil:
		return nil, rep.Problem
	}
	b.reader.Complete(rep.Result)
	return rep.Result, nil
}
