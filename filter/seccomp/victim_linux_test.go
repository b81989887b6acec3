//go:build amd64

package seccomp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/filter/internal/victim"
)

// Each victim does one thing under a filter. It must end as the test says,
// exactly; any other end fails the test.
var victims = victim.Set{Do: map[string]func(args []string){
	"go-program": goProgram,
	"call":       callVictim,
	"int80":      int80Victim,
	"install":    installVictim,
}}

func TestMain(m *testing.M) {
	victims.Main(m, func(string) bool { return !raceDetector })
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
	if raceDetector {
		t.Skip("the race detector's runtime makes calls of its own, which no policy allows; the child is never built with it")
	}
	jobR, jobW := pipe(t)
	reportR, reportW := pipe(t)
	cmd := victims.Command(t, name, args...)
	cmd.ExtraFiles = []*os.File{jobR, reportW}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	jobR.Close()
	reportW.Close()
	defer victim.Limit(cmd, 60*time.Second)()
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
