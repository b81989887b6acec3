//go:build amd64

package seccomp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A victim is this test binary, started again to do one thing under a filter.
// It must end as the test says, exactly; any other end fails the test.
const victimEnv = "WEBRUNNER_TEST_VICTIM"

// victims are started by name; startVictim notes each use, and TestMain fails
// a complete run that leaves one unused.
var victims = map[string]func(args []string){
	"go-program": goProgram,
	"call":       callVictim,
	"int80":      int80Victim,
	"install":    installVictim,
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
	if code == 0 && wholeRun() && !raceDetector {
		for name := range victims {
			if !used[name] {
				fmt.Fprintf(os.Stderr, "victim %q is never started\n", name)
				code = 1
			}
		}
	}
	os.Exit(code)
}

// result is how a victim ended and what it left behind.
type result struct {
	status  syscall.WaitStatus
	report  string // what it wrote to descriptor 4
	trouble string // and to 1 and 2
}

// String describes the end.
func (r result) String() string {
	how := fmt.Sprintf("exit status %d", r.status.ExitStatus())
	if r.status.Signaled() {
		how = "killed by " + unix.SignalName(r.status.Signal())
	}
	return fmt.Sprintf("%s, report %q, output:\n%s", how, r.report, r.trouble)
}

// startVictim runs a victim to its end with job on its descriptor 3.
func startVictim(t *testing.T, name, job string, args ...string) result {
	t.Helper()
	if victims[name] == nil {
		t.Fatalf("no victim %q", name)
	}
	if raceDetector {
		t.Skip("the race detector's runtime makes calls of its own, which no policy allows; the child is never built with it")
	}
	usedMu.Lock()
	used[name] = true
	usedMu.Unlock()
	jobR, jobW := pipe(t)
	reportR, reportW := pipe(t)
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Env = []string{victimEnv + "=" + name}
	cmd.ExtraFiles = []*os.File{jobR, reportW}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	jobR.Close()
	reportW.Close()
	watchdog := time.AfterFunc(60*time.Second, func() { cmd.Process.Kill() })
	defer watchdog.Stop()
	// A victim that dies early breaks the pipe; its status tells.
	if _, err := io.WriteString(jobW, job); err != nil && !errors.Is(err, syscall.EPIPE) {
		t.Fatal(err)
	}
	jobW.Close()
	report, err := io.ReadAll(reportR)
	if err != nil {
		t.Fatal(err)
	}
	reportR.Close()
	cmd.Wait() // its error is the status below
	return result{cmd.ProcessState.Sys().(syscall.WaitStatus), string(report), out.String()}
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	return r, w
}

// must ends a victim with status 3 and the reason.
func must(err error, what string) {
	if err != nil {
		giveUp("%s: %v", what, err)
	}
}

func giveUp(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
	os.Exit(3)
}
