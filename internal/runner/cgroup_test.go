package runner

import (
	"os"
	"path/filepath"
	"testing"
)

// tree writes files below a new directory and returns it.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestJoinCgroup(t *testing.T) {
	const self = "12:pids:/x\n0::/svc\n"
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"delegated", map[string]string{"proc/self/cgroup": self, "sys/fs/cgroup/svc/cgroup.controllers": "cpu memory pids\n", "sys/fs/cgroup/svc/cgroup.procs": "77\n"}, "enforced (memory 2048 MiB, pids 1024, CPU time of 5 processors)"},
		{"no version 2", map[string]string{"proc/self/cgroup": "12:pids:/x\n"}, "absent: no cgroup v2 hierarchy is mounted"},
		{"not mounted", map[string]string{"proc/self/cgroup": self}, "absent: no cgroup v2 hierarchy is mounted"},
		{"no memory", map[string]string{"proc/self/cgroup": self, "sys/fs/cgroup/svc/cgroup.controllers": "pids\n"}, "absent: the memory controller is not delegated"},
		{"shared", map[string]string{"proc/self/cgroup": self, "sys/fs/cgroup/svc/cgroup.controllers": "memory pids\n", "sys/fs/cgroup/svc/cgroup.procs": "77\n78\n"}, "absent: the group is shared with other processes"},
		{"no proc", nil, "absent: open cgroup: no such file or directory"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root := tree(t, tt.files)
			g := joinCgroup(root, 77, 1, cpusFor(Config{Jobs: 1, Size: 2}))
			defer g.close()
			if g.layer.String() != tt.want {
				t.Fatalf("layer %q, want %q", g.layer, tt.want)
			}
			if (g.dir != nil) != g.layer.Enforced {
				t.Fatalf("directory %v", g.dir)
			} else if g.dir == nil {
				return
			}
			for file, want := range map[string]string{
				"server/cgroup.procs": "77", "cgroup.subtree_control": "+cpu", "children/cpu.max": "500000 100000",
				"children/memory.max": "2147483648", "children/pids.max": "1024",
				"children/memory.oom.group": "0", "children/memory.swap.max": "0",
			} {
				if got, err := os.ReadFile(filepath.Join(root, "sys/fs/cgroup/svc", file)); err != nil || string(got) != want {
					t.Errorf("%s = %q, %v; want %q", file, got, err, want)
				}
			}
		})
	}
}
