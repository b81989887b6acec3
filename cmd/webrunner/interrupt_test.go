package main

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// process is what /proc/PID/stat tells (proc_pid_stat(5)).
type process struct {
	pid, parent int
	ticks       int    // of processor time, its own and that of children it has waited for
	start       string // which with pid is a process's identity
}

// processes is all that there are.
func processes(t *testing.T) (list []process) {
	t.Helper()
	dir, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range dir {
		pid, err := strconv.Atoi(d.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + d.Name() + "/stat")
		if err != nil {
			continue // it has ended
		}
		f := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		number := func(i int) int { n, _ := strconv.Atoi(f[i]); return n }
		list = append(list, process{pid: pid, parent: number(1), ticks: number(11) + number(12) + number(13) + number(14), start: f[19]})
	}
	return list
}

// descendants is all processes that a process started, and those that they did.
func descendants(t *testing.T, pid int) (list []process) {
	t.Helper()
	of := map[int][]process{}
	for _, p := range processes(t) {
		of[p.parent] = append(of[p.parent], p)
	}
	for left := []int{pid}; len(left) > 0; left = left[1:] {
		for _, p := range of[left[0]] {
			list, left = append(list, p), append(left, p.pid)
		}
	}
	return list
}

// adopting makes this process the parent of all that its descendants leave behind, and
// returns what tells of them: when a process has ended they are this one's children, dead or
// alive (PR_SET_CHILD_SUBREAPER(2const)).
func adopting(t *testing.T) (orphans func() []process) {
	t.Helper()
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0) })
	before := map[int]string{}
	for _, p := range descendants(t, os.Getpid()) {
		before[p.pid] = p.start
	}
	return func() (list []process) {
		for _, p := range descendants(t, os.Getpid()) {
			if before[p.pid] != p.start {
				list = append(list, p)
			}
		}
		for _, p := range list {
			_ = syscall.Kill(p.pid, syscall.SIGKILL)
			_, _ = syscall.Wait4(p.pid, nil, 0, nil)
		}
		return list
	}
}

// waitBusy waits until the descendants of a process have computed for half a second together,
// as a function that never returns may be ended and called again in another cell meanwhile,
// and returns the one of them that did most. A child that only waits for its job has taken a
// hundredth of that time.
func waitBusy(t *testing.T, pid int) (busiest process) {
	t.Helper()
	const ticks = 50 // half a second
	type identity struct {
		pid   int
		start string
	}
	before := map[identity]int{}
	for _, p := range descendants(t, pid) {
		before[identity{p.pid, p.start}] = p.ticks
	}
	sum := 0
	for end := time.Now().Add(40 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		sum, busiest = 0, process{}
		for _, p := range descendants(t, pid) {
			p.ticks -= before[identity{p.pid, p.start}]
			if sum += p.ticks; p.ticks > busiest.ticks {
				busiest = p
			}
		}
		if sum >= ticks {
			return busiest
		}
	}
	t.Fatalf("the children of %d computed for %d ticks only; there are %+v", pid, sum, descendants(t, pid))
	return busiest
}

// TestInterrupted: who interrupts a command is told so, and no process of it is left, although
// its function would run for a minute more.
func TestInterrupted(t *testing.T) {
	needsChild(t)
	loop, good := objectFile(t, "loop"), objectFile(t, "playground")
	for _, row := range []struct {
		args []string
		sig  syscall.Signal
	}{
		{[]string{"sweep", loop, "--param", "iterations=1:3"}, syscall.SIGINT},
		{[]string{"sweep", loop, "--param", "iterations=1:3"}, syscall.SIGTERM},
		{[]string{"compare", loop, good}, syscall.SIGINT},
		{[]string{"compare", loop, "--save", t.TempDir() + "/base.json"}, syscall.SIGINT},
		{[]string{"run", loop}, syscall.SIGINT},
		{[]string{"run", loop, "--repeat", "3"}, syscall.SIGTERM},
		{[]string{"check", loop}, syscall.SIGINT},
	} {
		t.Run(row.args[0]+" "+row.sig.String(), func(t *testing.T) {
			orphans := adopting(t)
			var out, stderr bytes.Buffer
			cmd := program(t, append(row.args, "-k", "playground", "--timeout", "60s")...)
			cmd.Stdout, cmd.Stderr = &out, &stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = cmd.Process.Kill() })
			waitBusy(t, cmd.Process.Pid)
			if err := cmd.Process.Signal(row.sig); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			if list := orphans(); len(list) > 0 {
				t.Errorf("left behind: %+v", list)
			}
			if code := cmd.ProcessState.ExitCode(); code != exitFailed || out.Len() > 0 || !strings.Contains(stderr.String(), "interrupted; nothing is left running") {
				t.Errorf("exit code %d: %q %q", code, out.String(), stderr.String())
			}
		})
	}
}

// TestInterruptedRemote: nor is a job left at the server that was asked.
func TestInterruptedRemote(t *testing.T) {
	s := startService(t, nil, "--timeout", "60s")
	loop, good := objectFile(t, "loop"), objectFile(t, "playground")
	for _, args := range [][]string{
		{"sweep", loop, "--param", "iterations=1:3"},
		{"compare", loop, good},
		{"compare", loop, "--save", t.TempDir() + "/base.json"},
		{"run", loop, "--repeat", "3"},
		{"check", loop},
	} {
		var stderr bytes.Buffer
		cmd := program(t, append(args, "-k", "playground", "--server", s.url)...)
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Process.Kill() })
		s.waitRunning()
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != exitFailed || !strings.Contains(stderr.String(), "interrupted; nothing is left running") {
			t.Errorf("%q: exit code %d: %s", args, code, stderr.String())
		}
		s.waitIdle()
	}
}
