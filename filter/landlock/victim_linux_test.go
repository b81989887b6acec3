package landlock

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A victim is this test binary, started again to do one thing under Landlock,
// which cannot be taken back. It must end with status 0 and say what the test
// expects; any other end, and any other output, fails the test.
const victimEnv = "WEBRUNNER_TEST_VICTIM"

// victims are started by name; a complete run that leaves one unused fails.
var victims = map[string]func(args []string){
	"operation": operationVictim,
	"hello":     func([]string) { fmt.Print("ok") },
	"threads":   threadsVictim,
	"cell":      cellVictim,
	"cost":      costVictim,
	"twice":     twiceVictim,
}

var (
	usedMu sync.Mutex
	used   = map[string]bool{}
)

func TestMain(m *testing.M) {
	if name := os.Getenv(victimEnv); name != "" {
		victims[name](os.Args[1:])
		os.Exit(0)
	}
	code := m.Run()
	whole := flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.skip").Value.String() == "" &&
		flag.Lookup("test.list").Value.String() == "" && flag.Lookup("test.fuzz").Value.String() == ""
	for name := range victims {
		if code == 0 && whole && !used[name] && name != "hello" && hostLevel > 0 {
			fmt.Fprintf(os.Stderr, "victim %q is never started\n", name)
			code = 1
		}
	}
	os.Exit(code)
}

// runVictim returns what the victim wrote, after it ended well.
func runVictim(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	if victims[name] == nil {
		t.Fatalf("no victim %q", name)
	}
	usedMu.Lock()
	used[name] = true
	usedMu.Unlock()
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Env = []string{victimEnv + "=" + name}
	cmd.Dir = dir
	var out, trouble bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &trouble
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	watchdog := time.AfterFunc(30*time.Second, func() { cmd.Process.Kill() })
	defer watchdog.Stop()
	if err := cmd.Wait(); err != nil || trouble.Len() > 0 {
		t.Fatalf("victim %s %q: %v\n%s%s", name, args, err, out.String(), trouble.String())
	}
	return out.String()
}

// level returns the host's level, or skips where there is none: the package
// then has nothing to apply, as TestABI shows.
func level(t *testing.T) int {
	t.Helper()
	if raceDetector {
		t.Skip("the race detector needs cgo, with which go-landlock reaches the threads in another way than in the child")
	}
	abi, err := ABI()
	if err != nil {
		t.Skip(err)
	}
	hostLevel = abi
	return min(abi, MaxABI)
}

var hostLevel int

// must ends a victim with status 3.
func must(err error, what string) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", what, err)
		os.Exit(3)
	}
}

// name is an errno's name, or "ok".
func name(err error) string {
	if err == nil {
		return "ok"
	}
	if e, ok := err.(syscall.Errno); ok {
		switch e {
		case syscall.EACCES:
			return "EACCES"
		case syscall.EPERM:
			return "EPERM"
		}
	}
	return err.Error()
}
