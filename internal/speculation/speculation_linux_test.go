package speculation

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// What is on is switched off where Linux lets a process do so; what it does not is an
// error that names it.
func TestRestrict(t *testing.T) {
	for _, tt := range []struct {
		name   string
		states [2]State // of store bypass and indirect branches
		refuse error
		set    int
		err    []string
	}{
		{"not affected", [2]State{}, nil, 0, nil},
		{"open", [2]State{unix.PR_SPEC_PRCTL | unix.PR_SPEC_ENABLE, unix.PR_SPEC_PRCTL | unix.PR_SPEC_ENABLE}, nil, 2, nil},
		{"off already", [2]State{unix.PR_SPEC_PRCTL | unix.PR_SPEC_FORCE_DISABLE, unix.PR_SPEC_DISABLE}, nil, 0, nil},
		{"one each", [2]State{unix.PR_SPEC_PRCTL | unix.PR_SPEC_ENABLE, unix.PR_SPEC_DISABLE}, nil, 1, nil},
		{"left on", [2]State{unix.PR_SPEC_ENABLE, unix.PR_SPEC_ENABLE}, nil, 0, []string{"store bypass: on, and the host leaves nothing open", "indirect branches: on"}},
		{"refused", [2]State{unix.PR_SPEC_PRCTL | unix.PR_SPEC_ENABLE, 0}, unix.EPERM, 1, []string{"store bypass cannot be switched off: operation not permitted"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			set := 0
			c := Calls{
				Get: func(k Kind) (State, error) { return tt.states[k.which], nil },
				Set: func(Kind) error { set++; return tt.refuse },
			}
			err := c.Restrict()
			if (err != nil) != (tt.err != nil) || set != tt.set {
				t.Fatalf("%v, %d calls to set; want %d", err, set, tt.set)
			}
			for _, words := range tt.err {
				if !strings.Contains(err.Error(), words) {
					t.Errorf("%q lacks %q", err, words)
				}
			}
		})
	}
	old := Calls{Get: func(Kind) (State, error) { return 0, errors.New("EINVAL") }}
	if old.Restrict() == nil {
		t.Error("a Linux that does not tell is taken for one that has switched all off")
	}
}

// This host answers, and in words.
func TestGet(t *testing.T) {
	for _, k := range Kinds() {
		s, err := Get(k)
		if err != nil {
			t.Skipf("%v: Linux 4.17 and newer tell", err)
		}
		if s.String() == "" || s.Off() && strings.HasPrefix(s.String(), "on") {
			t.Errorf("%s: %d, %q", k.Name, int(s), s)
		}
		t.Logf("%s: %v", k.Name, s)
	}
}

// played is set in the environment of a test whose Linux strace plays.
const played = "WEBRUNNER_SPECULATION_PLAYED"

// TestRestrictAsksLinux: where Linux leaves both kinds open, as strace has it say, the
// calls that switch them off for good are made, and succeed.
func TestRestrictAsksLinux(t *testing.T) {
	if os.Getenv(played) != "" {
		if err := Linux().Restrict(); err != nil {
			t.Error(err)
		}
		return
	}
	strace, err := exec.LookPath("strace")
	if err != nil && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(t.TempDir(), "calls")
	const open = "3" // PR_SPEC_PRCTL | PR_SPEC_ENABLE
	cmd := exec.Command(strace, "-f", "-o", log, "-e", "trace=prctl", "-e", "inject=prctl:retval="+open, os.Args[0], "-test.run=^TestRestrictAsksLinux$")
	cmd.Env = append(os.Environ(), played+"=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		if strings.Contains(string(out), "Operation not permitted") || strings.Contains(string(out), "PTRACE") {
			t.Skipf("strace may not trace here: %s", out)
		}
		t.Fatalf("%v: %s", err, out)
	}
	calls, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"PR_SPEC_STORE_BYPASS", "PR_SPEC_INDIRECT_BRANCH"} {
		for _, call := range []string{"prctl(PR_GET_SPECULATION_CTRL, " + kind, "prctl(PR_SET_SPECULATION_CTRL, " + kind + ", PR_SPEC_FORCE_DISABLE"} {
			if !strings.Contains(string(calls), call) {
				t.Errorf("%s was not called:\n%s", call, calls)
			}
		}
	}
}
