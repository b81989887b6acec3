// Package victim starts a test binary again, as a process to which a test may do
// what cannot be taken back, such as a filter. Only tests import it.
package victim

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"
)

// env holds the victim's name.
const env = "WEBRUNNER_TEST_VICTIM"

// Set is the victims of a package. One that returns has ended well.
type Set struct {
	Do map[string]func(args []string)

	mu   sync.Mutex
	used map[string]bool
}

// Main is for TestMain, and does not return: it runs the tests, or the victim
// that this process is. A complete run fails when it has not started a victim
// that is needed.
func (s *Set) Main(m *testing.M, needed func(name string) bool) {
	if name := os.Getenv(env); name != "" {
		s.Do[name](os.Args[1:])
		syscall.Exit(0) // without the exit hooks: those of coverage would write, as a victim may not
	}
	code := m.Run()
	for name := range s.Do {
		if code == 0 && complete() && needed(name) && !s.used[name] {
			fmt.Fprintf(os.Stderr, "victim %q is never started\n", name)
			code = 1
		}
	}
	os.Exit(code)
}

// complete reports whether all tests of the package run.
func complete() bool {
	for _, name := range []string{"test.run", "test.skip", "test.list", "test.fuzz"} {
		if flag.Lookup(name).Value.String() != "" {
			return false
		}
	}
	return true
}

// Command is a victim that is yet to start.
func (s *Set) Command(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	if s.Do[name] == nil {
		t.Fatalf("no victim %q", name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used == nil {
		s.used = make(map[string]bool)
	}
	s.used[name] = true
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Env = Environ(name)
	return cmd
}

// Environ is the environment that makes the test binary a victim.
func Environ(name string) []string { return []string{env + "=" + name} }

// Limit kills a started victim after a time, unless the test stops that.
func Limit(cmd *exec.Cmd, limit time.Duration) (stop func()) {
	timer := time.AfterFunc(limit, func() { _ = cmd.Process.Kill() })
	return func() { timer.Stop() }
}

// Must ends a victim with status 3 and the reason.
func Must(err error, what string) {
	if err != nil {
		GiveUp("%s: %v", what, err)
	}
}

// GiveUp ends a victim with status 3 and the reason.
func GiveUp(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
	os.Exit(3)
}
