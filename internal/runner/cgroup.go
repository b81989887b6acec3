package runner

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"webrunner/internal/wire"
)

// Limits of the group that all children together live in
// (Documentation/admin-guide/cgroup-v2.rst). That of CPU time is beyond what
// children ever use, as a throttled cell could not be measured: it bounds one
// that is taken over, which could have hundreds of threads.
const (
	groupMemory = 2 << 30 // bytes for each job at one time; beyond, the largest child is killed
	groupPIDs   = 1024
	groupPeriod = 100000 // of accounting CPU time, microseconds
)

// cpusFor is how many processors' time the children may use: a job's cell and
// its child take turns, and warm children and collecting garbage add little.
func cpusFor(cfg Config) int { return 2*cfg.Jobs + cfg.Size + 1 }

// ChildGroup is the name of the group for children, below the server's own.
const ChildGroup = "children"

// cgroup is a control group of version 2 for children, where the host
// delegates one to this process (systemd: Delegate=).
type cgroup struct {
	dir   *os.File // nil when absent
	layer wire.Layer
}

// joinCgroup makes the group under the one that this process is in. The server
// itself moves to a sibling, because only groups without processes can hand
// controllers down ("no internal processes"). It does nothing where the host
// does not delegate, or where other processes share the group.
func joinCgroup(root string, pid, jobs, cpus int) cgroup {
	memory := max(jobs, 1) * groupMemory
	dir, err := OwnGroup(os.DirFS(root))
	dir = filepath.Join(root, dir)
	if err == nil {
		err = delegate(dir, pid, memory)
	}
	cpu := ", CPU time unlimited: the controller is not delegated"
	if err == nil && limitCPU(dir, cpus) == nil {
		cpu = fmt.Sprintf(", CPU time of %d processors", cpus)
	}
	var f *os.File
	if err == nil {
		f, err = os.Open(filepath.Join(dir, ChildGroup))
	}
	if err != nil {
		return cgroup{layer: wire.Absent(err.Error())}
	}
	return cgroup{dir: f, layer: wire.Layer{Enforced: true, Detail: fmt.Sprintf("(memory %d MiB, pids %d%s)", memory>>20, groupPIDs, cpu)}}
}

// limitCPU bounds the children's CPU time, where that controller is delegated.
func limitCPU(dir string, cpus int) error {
	if err := os.WriteFile(filepath.Join(dir, "cgroup.subtree_control"), []byte("+cpu"), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, ChildGroup+"/cpu.max"), fmt.Appendf(nil, "%d %d", cpus*groupPeriod, groupPeriod), 0o644)
}

func (g *cgroup) close() {
	if g.dir != nil {
		_ = g.dir.Close()
	}
}

// Why children can have no group of their own, as OwnGroup says.
var (
	ErrNoHierarchy  = errors.New("no cgroup v2 hierarchy is mounted")
	ErrNotDelegated = errors.New("not delegated")
)

// OwnGroup finds the control group of version 2 that this process is in, and that
// controllers can be handed down from: its directory, below fsys, which is the root
// directory of the host. An error is ErrNoHierarchy, ErrNotDelegated or about
// /proc/self/cgroup.
func OwnGroup(fsys fs.FS) (string, error) {
	text, err := fs.ReadFile(fsys, "proc/self/cgroup")
	if err != nil {
		return "", reason(err)
	}
	for line := range strings.Lines(string(text)) {
		group, ok := strings.CutPrefix(strings.TrimSpace(line), "0::")
		if !ok {
			continue
		}
		dir := path.Join("sys/fs/cgroup", group)
		have, err := fs.ReadFile(fsys, path.Join(dir, "cgroup.controllers"))
		if err != nil {
			return "", ErrNoHierarchy
		}
		for _, want := range []string{"memory", "pids"} {
			if !slices.Contains(strings.Fields(string(have)), want) {
				return "", fmt.Errorf("the %s controller is %w", want, ErrNotDelegated)
			}
		}
		return dir, nil
	}
	return "", ErrNoHierarchy
}

// delegate makes the groups server and children under dir, moves this process
// to the first, and limits the second.
func delegate(dir string, pid, memory int) error {
	procs, err := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
	if err != nil {
		return reason(err)
	}
	if got := strings.Fields(string(procs)); len(got) != 1 || got[0] != strconv.Itoa(pid) {
		return errors.New("the group is shared with other processes")
	}
	for _, step := range []struct{ file, value string }{
		{"server/cgroup.procs", strconv.Itoa(pid)},
		{"cgroup.subtree_control", "+memory +pids"},
		{ChildGroup + "/memory.max", strconv.Itoa(memory)},
		// Each child has been told to Linux as the first to die (oom_score_adj), so the
		// one with the most memory does, and no innocent one with it.
		{ChildGroup + "/memory.oom.group", "0"},
		{ChildGroup + "/pids.max", strconv.Itoa(groupPIDs)},
	} {
		path := filepath.Join(dir, step.file)
		if parent := filepath.Dir(path); parent != dir {
			if err := os.Mkdir(parent, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
				return reason(err)
			}
		}
		if err := os.WriteFile(path, []byte(step.value), 0o644); err != nil {
			return reason(err)
		}
	}
	// Swap would let a child hide memory from its limit; not every kernel has it.
	_ = os.WriteFile(filepath.Join(dir, ChildGroup+"/memory.swap.max"), []byte("0"), 0o644)
	return nil
}

// reason keeps a path error short: the answer is shown to clients.
func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return fmt.Errorf("%s %s: %w", p.Op, filepath.Base(p.Path), p.Err)
	}
	return err
}
