package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"webrunner/internal/wire"
	"webrunner/perf/events"
	"webrunner/perf/processor"
)

// mayRunOn returns the CPUs that any thread of a process may run on.
func mayRunOn(t *testing.T, pid int) (list []int) {
	t.Helper()
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/status", pid, task.Name()))
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(status), "Cpus_allowed_list:")
		text, _, _ := strings.Cut(rest, "\n")
		cpus, err := events.ParseCPUList(strings.TrimSpace(text))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, cpus...)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// TestCPUs: no job runs on a CPU of the service, and each of several jobs at one time has
// its own, on which all its cells are.
func TestCPUs(t *testing.T) {
	host := processor.ProbeHost(os.DirFS("/"))
	if len(host.CPUs) < 2 {
		t.Skip("this process may run on one CPU alone")
	}
	fit := events.CPUsFor(host, os.DirFS("/"))
	if len(fit) == 0 {
		fit = host.CPUs
	}
	last := fit[len(fit)-1]
	for _, row := range []struct {
		flags []string
		jobs  []int // CPUs that they may have, nil for those that the service does not
		slots int
	}{
		{nil, nil, 1},
		{[]string{"--cpus", fmt.Sprint(last)}, []int{last}, 1},
		{[]string{"--cpus", strings.Trim(strings.ReplaceAll(fmt.Sprint(fit), " ", ","), "[]")}, fit, len(fit)},
	} {
		s := startService(t, nil, row.flags...)
		own := mayRunOn(t, s.cmd.Process.Pid)
		var mu sync.Mutex
		var used []int
		var all sync.WaitGroup
		for range 2 * row.slots {
			all.Go(func() {
				status, body := s.runJSON("sdot", "kernel=sdot&effort=quick")
				var r wire.Result
				if err := json.Unmarshal([]byte(body), &r); err != nil || status != 200 {
					t.Errorf("%v: %d %s", row.flags, status, body)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				used = append(used, r.Conditions.CPU)
				if !strings.HasPrefix(r.Conditions.Pinned, "pinned, verified") || !slices.Contains(r.Host.CPUs, r.Conditions.CPU) || row.slots == len(fit) && len(r.Host.CPUs) != 1 {
					t.Errorf("%v: a job on CPU %d of %v: %s", row.flags, r.Conditions.CPU, r.Host.CPUs, r.Conditions.Pinned)
				}
			})
		}
		all.Wait()
		for _, c := range used {
			if row.jobs == nil && slices.Contains(own, c) || row.jobs != nil && !slices.Contains(row.jobs, c) {
				t.Errorf("%v: a job ran on CPU %d; the service may run on %v", row.flags, c, own)
			}
		}
		s.stop(os.Interrupt)
		if warned := strings.Contains(s.stderr.String(), "HTTP may run on the CPUs of jobs"); warned != (len(row.jobs) == len(host.CPUs)) {
			t.Errorf("%v: warned is %v: %s", row.flags, warned, s.stderr.String())
		}
	}
	for _, flags := range [][]string{{"--cpus", "x"}, {"--cpus", "1023"}, {"--cpus", fmt.Sprint(last), "--parallel", "2"}} {
		if code, _, err := call("", append([]string{"serve", "--listen", "127.0.0.1:0"}, flags...)...); code != exitUsage || !strings.Contains(err, "--cpus") {
			t.Errorf("%v: exit code %d, %s", flags, code, err)
		}
	}
}
