package main

import (
	"fmt"
	"os"
	"strings"

	"webrunner/internal/cpus"
	"webrunner/perf/events"
	"webrunner/perf/processor"
)

// divide finds out which CPUs jobs run on, and how many at one time, and keeps this
// process, with all that children do beside their jobs, on the others.
func (o *serveOptions) divide(logf func(string, ...any)) error {
	asked, err := events.ParseCPUList(o.cpuList)
	if err != nil {
		return usage("--cpus takes a list of CPUs, as 2,4-7, not %.40q", o.cpuList)
	}
	root := os.DirFS("/")
	host := processor.ProbeHost(root)
	share, err := cpus.Host{
		Allowed: host.CPUs, Fit: events.CPUsFor(host, root), Siblings: siblings,
	}.Divide(asked, o.parallel)
	if err != nil {
		return usage("--cpus: %v", err)
	}
	if o.parallel, o.cpus = share.Slots, share.Jobs; len(o.cpus) == 0 {
		return nil // the kernel does not tell
	}
	if share.Apart() {
		if err = cpus.Confine(share.Rest); err == nil {
			// So that a client is not kept waiting while children start, which takes them longer
			// than any request takes this process.
			o.behind = cpus.Precede(precedence)
		}
	} else if len(host.CPUs) > 1 {
		err = fmt.Errorf("jobs have all of them")
	}
	if err != nil {
		logf("warning: HTTP may run on the CPUs of jobs, %v, and disturb their figures: %v", share.Jobs, err)
	}
	return nil
}

// precedence is the steps of priority by which the service goes before its children, on the
// CPUs that it has apart from jobs.
const precedence = 10

// siblings are the hyper-threads of a CPU's core, nothing where the kernel does not tell.
func siblings(cpu int) []int {
	text, err := os.ReadFile(fmt.Sprintf("/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu))
	if err != nil {
		return nil
	}
	list, err := events.ParseCPUList(strings.TrimSpace(string(text)))
	if err != nil {
		return nil
	}
	return list
}
