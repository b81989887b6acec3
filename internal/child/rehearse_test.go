package child

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"

	"webrunner/internal/wire"
)

// aloneEnv tells a test that it has a process to itself: one that makes cells is no good for
// starting children any more, as its memory is not for those.
const aloneEnv = "WEBRUNNER_TEST_ALONE"

// TestRehearsalEnds: a rehearsal goes no further when a job has come, and a job that is none
// goes to its end.
func TestRehearsalEnds(t *testing.T) {
	if os.Getenv(aloneEnv) == "" {
		cmd := exec.Command("/proc/self/exe", "-test.run=^TestRehearsalEnds$", "-test.v")
		cmd.Env = append(os.Environ(), aloneEnv+"=1")
		if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("--- PASS: TestRehearsalEnds")) {
			t.Errorf("%v: %s", err, out)
		}
		return
	}
	come := make(chan struct{})
	close(come)
	for _, row := range []struct {
		name    string
		arrived chan struct{}
		want    error
	}{
		{"a job has come", come, errArrived},
		{"no job has come", make(chan struct{}), nil},
		{"no rehearsal", nil, nil},
	} {
		job, err := rehearsal()
		if err != nil {
			t.Fatal(err)
		}
		job.Budget.Deadline, job.Budget.Call = time.Minute.Microseconds(), time.Second.Microseconds() // of a busy host
		j := newJob(job, wire.Layers{})
		j.arrived = row.arrived
		res, err := j.measure()
		if !errors.Is(err, row.want) || (res == nil) != (row.want != nil) {
			t.Errorf("%s: %v, %v", row.name, res, err)
		}
		if j.space == nil {
			t.Fatalf("%s: no space was made", row.name)
		}
		if err := j.space.Close(); err != nil {
			t.Error(err)
		}
	}
}
