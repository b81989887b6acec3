package child

import (
	"fmt"
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"webrunner/filter/landlock"
	"webrunner/filter/seccomp"
	"webrunner/internal/wire"
)

// step is one act of the lock-down. Together they run in the order of the
// table; what each leaves reachable is what the next one takes away.
type step struct {
	layer string // the layer it belongs to; an operator may do without it
	do    func() (string, error)
	left  string // what a compromised child could still reach after it
}

// steps is the lock-down. Before it, the runner has already emptied the
// environment, closed every descriptor but 0-4, made a process group, armed
// the parent-death signal, dropped to nobody, and entered the namespaces that
// the host gives.
func steps() []step {
	return []step{
		{"rlimits", limitResources,
			"everything the user nobody may do, within fixed amounts"},
		{"no_new_privs", noNewPrivs,
			"the same, but no execve can add to it"},
		{"landlock", restrictFiles,
			"no file can be opened and no TCP port reached; other sockets and all other system calls work"},
		{"seccomp", installStage1,
			"the system calls of the stage-1 policy"},
	}
}

// lockDown takes every step. A required layer that cannot be had makes the
// child unfit, unless the operator did without it by name.
func lockDown(without []string) (map[string]string, *wire.Problem) {
	layers := make(map[string]string)
	for _, s := range steps() {
		if slices.Contains(without, s.layer) {
			layers[s.layer] = "absent: switched off by --without " + s.layer
			continue
		}
		detail, err := s.do()
		if err != nil {
			p := wire.Problemf(wire.Unfit, "the layer %s cannot be enforced here: %v; serve --without %s runs without it", s.layer, err, s.layer)
			p.Rule = s.layer
			return layers, p
		}
		layers[s.layer] = "enforced" + detail
	}
	return layers, nil
}

// The child's resource limits. They bound a compromised child; a cell has
// tighter ones of its own.
const (
	limitCPU   = 120 // seconds; the server's deadline is far below it
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
		{"nofile", unix.RLIMIT_NOFILE, limitFiles},
		{"nproc", unix.RLIMIT_NPROC, limitProcs},
		{"msgqueue", unix.RLIMIT_MSGQUEUE, 0},
		{"sigpending", unix.RLIMIT_SIGPENDING, 64},
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

// noNewPrivs sets the attribute on this thread; the seccomp installation
// carries it to the others. It also makes the child unreadable to processes of
// the same user: its memory holds one client's object.
func noNewPrivs() (string, error) {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return "", err
	}
	return "", unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
}

func restrictFiles() (string, error) {
	applied, err := landlock.Restrict()
	if err != nil {
		return "", err
	}
	return fmt.Sprintf(" (ABI %d)", applied.ABI), nil
}

func installStage1() (string, error) {
	prog, err := stage1(os.Getpid()).Compile()
	if err != nil {
		return "", err
	}
	if err := seccomp.Install(prog, true); err != nil {
		return "", err
	}
	return "", nil
}
