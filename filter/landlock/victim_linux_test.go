package landlock

import (
	"bytes"
	"fmt"
	"syscall"
	"testing"
	"time"

	"webrunner/filter/internal/victim"
)

// Each victim does one thing under Landlock. It must end with status 0 and say
// what the test expects; any other end, and any other output, fails the test.
var victims = victim.Set{Do: map[string]func(args []string){
	"operation": operationVictim,
	"hello":     func([]string) { fmt.Print("ok") },
	"threads":   threadsVictim,
	"cell":      cellVictim,
	"cost":      costVictim,
	"twice":     twiceVictim,
}}

func TestMain(m *testing.M) {
	victims.Main(m, func(name string) bool { return name != "hello" && hostLevel > 0 })
}

// runVictim returns what the victim wrote, after it ended well.
func runVictim(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := victims.Command(t, name, args...)
	cmd.Dir = dir
	var out, trouble bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &trouble
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer victim.Limit(cmd, 30*time.Second)()
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
