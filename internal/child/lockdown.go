package child

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"webrunner/filter/landlock"
	"webrunner/filter/seccomp"
	"webrunner/internal/speculation"
	"webrunner/internal/wire"
)

// step is one act of the lock-down. Together they run in the order of the
// table; what each leaves reachable is what the next one takes away.
type step struct {
	layer wire.LayerName // the layer it belongs to; an operator may do without it
	act   string
	left  string                            // what a compromised child could still reach after it
	do    func() (detail string, err error) // detail is that of the wire.Layer
}

// steps is the lock-down that the child does itself; where it is strict, cells run
// without the speculation that a process can switch off. Before it, the runner has
// taken the steps of its own table.
func steps(strict bool) []step {
	speculate := step{"", "leave speculation as this host has it; --speculation strict switches off what a process can",
		"the same", func() (string, error) { return "", nil }}
	if strict {
		speculate = step{"", "switch off speculation past stores and at indirect branches, for its cells and for good",
			"the same, without those two", restrictSpeculation}
	}
	return []step{
		{wire.LayerCapabilities, "empty the bounding set, drop every capability in every thread",
			"everything the user nobody may do", dropCapabilities},
		{"", "be the first to end when the host's memory runs out (oom_score_adj), where /proc is writable",
			"the same, at no risk for the server", volunteer},
		{wire.LayerRlimits, "limit processor time, memory, files, processes, queues; no core dump",
			"the same, within fixed amounts", limitResources},
		{wire.LayerNoNewPrivs, "let no execve add privileges",
			"the same; set-uid programs are ordinary ones", noNewPrivs},
		{"", "hide the own memory, which holds one client's object, from other processes of the user (dumpable off)",
			"the same; its children cannot look back at it", hide},
		{wire.LayerLandlock, "open no file, reach no TCP port; abstract sockets and signals of its own only, as the kernel's level has it",
			"other sockets, and all other system calls", restrictFiles},
		speculate,
		{wire.LayerSeccomp, "install the stage-1 filter, for every thread",
			"the system calls of the stage-1 policy; a cell has its own", installStage1},
	}
}

// Steps returns the child's part of the lock-down, strict or not, for explanations.
func Steps(strict bool) []wire.Step {
	var list []wire.Step
	for _, s := range steps(strict) {
		list = append(list, wire.Step{By: "child", Layer: s.layer, Act: s.act, Left: s.left})
	}
	return list
}

// lockDown takes every step. A required layer that cannot be had makes the
// child unfit, unless the operator did without it by name.
func lockDown(without []wire.LayerName, strict bool) (wire.Layers, *wire.Problem) {
	layers := make(wire.Layers)
	for _, s := range steps(strict) {
		if s.layer != "" && slices.Contains(without, s.layer) {
			layers[s.layer] = wire.SwitchedOff(s.layer)
			continue
		}
		detail, err := s.do()
		switch {
		case err != nil && s.layer == "":
			return layers, wire.Problemf(wire.Unfit, "the child cannot %s: %v", s.act, err)
		case err != nil:
			return layers, wire.MissingLayer(s.layer, err.Error())
		case s.layer != "":
			layers[s.layer] = wire.Layer{Enforced: true, Detail: detail}
		}
	}
	if slices.Contains(without, wire.LayerNoNewPrivs) && noPrivsAnyhow(layers) {
		off := wire.SwitchedOff(wire.LayerNoNewPrivs)
		layers[wire.LayerNoNewPrivs] = wire.Layer{Enforced: true, Detail: off.Detail + ", but another layer or the server's own start sets it"}
	}
	return layers, nil
}

// The child's resource limits. They bound a compromised child; a cell has
// tighter ones of its own.
const (
	limitCPU   = 120       // seconds; the server's deadline is far below it
	limitSpace = 16 << 30  // bytes of address space, most of which the Go runtime only reserves
	limitData  = 2 << 30   // bytes of private memory: the image, here and in the cell, at its largest, and 1 GiB
	limitLock  = 256 << 10 // bytes; counters' pages beyond kernel.perf_event_mlock_kb
	limitFiles = 64
	limitProcs = 256 // threads of the Go runtime, and cells, of this user
	limitCore  = 1   // bytes; unlike 0 it also stops a program that core_pattern names (fs/coredump.c)
)

func limitResources() (string, error) {
	for _, l := range []struct {
		name     string
		resource int
		max      uint64
	}{
		{"core", unix.RLIMIT_CORE, limitCore},
		{"fsize", unix.RLIMIT_FSIZE, 0},
		{"cpu", unix.RLIMIT_CPU, limitCPU},
		{"as", unix.RLIMIT_AS, limitSpace},
		{"data", unix.RLIMIT_DATA, limitData},
		{"memlock", unix.RLIMIT_MEMLOCK, limitLock},
		{"nofile", unix.RLIMIT_NOFILE, limitFiles},
		{"nproc", unix.RLIMIT_NPROC, limitProcs},
		{"msgqueue", unix.RLIMIT_MSGQUEUE, 0},
		{"sigpending", unix.RLIMIT_SIGPENDING, 64},
		{"nice", unix.RLIMIT_NICE, 0},
		{"rtprio", unix.RLIMIT_RTPRIO, 0},
	} {
		var now unix.Rlimit
		if err := unix.Getrlimit(l.resource, &now); err != nil {
			return "", fmt.Errorf("getrlimit %s: %w", l.name, err)
		}
		to := min(l.max, now.Max)
		if err := unix.Setrlimit(l.resource, &unix.Rlimit{Cur: to, Max: to}); err != nil {
			return "", fmt.Errorf("setrlimit %s: %w", l.name, err)
		}
	}
	return "", nil
}

// volunteer names this process and its cells to the kernel's out-of-memory
// killer before any other (fs/proc/base.c, oom_score_adj). A host without /proc
// chooses by size.
func volunteer() (string, error) {
	const most = "1000"
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte(most), 0)
	return "", nil
}

// noNewPrivs sets the attribute on this thread; the seccomp installation
// carries it to the others.
func noNewPrivs() (string, error) {
	return "", unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
}

// noPrivsAnyhow tells whether the attribute is set though its own step was
// left out. Landlock sets it, and seccomp demands it, and then lets nobody ask.
func noPrivsAnyhow(layers wire.Layers) bool {
	if layers[wire.LayerSeccomp].Enforced {
		return true
	}
	set, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
	return err == nil && set == 1
}

// hide makes the child unreadable to processes of the same user.
func hide() (string, error) {
	return "", unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
}

func restrictFiles() (string, error) {
	applied, err := landlock.Restrict()
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("(ABI %d)", applied.ABI), nil
}

// restrictSpeculation switches speculation off in this thread, which forks the cells.
func restrictSpeculation() (string, error) {
	if err := speculation.Linux().Restrict(); err != nil {
		return "", fmt.Errorf("%w; --speculation host leaves it as it is", err)
	}
	return "", nil
}

func installStage1() (string, error) {
	prog, err := stage1(os.Getpid()).Program()
	if err != nil {
		return "", err
	}
	err = seccomp.Install(prog, true)
	if errors.Is(err, seccomp.ErrNewPrivs) {
		err = errors.New("it needs no_new_privs, which is switched off")
	}
	return "", err
}

// wakePunctually has this thread, which supervises cells, and the cells wake in time,
// other than the child's other threads (package runner, wakeLate).
func wakePunctually() {
	const punctual = 50_000 // ns, what Linux gives every process
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, punctual, 0, 0, 0)
}
