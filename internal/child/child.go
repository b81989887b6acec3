// Package child is the life of the re-exec'd child: it locks itself down step
// by step, reads one job, loads and screens the object, runs it in cells,
// checks and measures what they did, writes one report, and ends.
package child

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/internal/cell"
	"webrunner/internal/wire"
)

// The child's descriptors. 0 and 1 are /dev/null, 2 is a pipe for the Go
// runtime's crash text.
const (
	jobFD    = 3
	reportFD = 4
)

// maxJob bounds a job's frame, in bytes; the server's own limit on bodies is
// below it.
const maxJob = 1 << 30

// withoutPrefix begins the argument that lists the layers an operator gave up.
const withoutPrefix = "without="

// Main is the child's whole life. It returns the exit code: 0 when a report
// was written, 4 when there was nobody to report to.
func Main() int {
	// ptrace and the cell's parent-death signal know this thread, not this process.
	runtime.LockOSThread()
	// A child lives for milliseconds and allocates little beside the object.
	debug.SetGCPercent(400)

	layers, problem := lockDown(without(os.Args))
	job, err := awaitJob(func() {
		if problem == nil {
			rehearse(layers)
		}
	})
	if err != nil {
		return 4 // the server is gone: nobody waits for an answer
	}
	var rep *wire.Report
	if problem != nil {
		rep = &wire.Report{Problem: problem}
	} else {
		rep = serve(job, layers)
	}
	if err := wire.WriteReport(descriptor(reportFD), rep); err != nil {
		return 4
	}
	return 0
}

// awaitJob reads the job. Where it is not there soon, idle is called meanwhile.
func awaitJob(idle func()) (job *wire.Job, err error) {
	read := make(chan struct{})
	go func() {
		defer close(read)
		job, err = wire.ReadJob(descriptor(jobFD), maxJob)
	}()
	select {
	case <-read:
	case <-time.After(idleTime):
		idle()
		<-read
	}
	return job, err
}

// without returns the layers named on the child's command line.
func without(args []string) (layers []wire.LayerName) {
	for _, a := range args[1:] {
		if names, ok := strings.CutPrefix(a, withoutPrefix); ok && names != "" {
			for name := range strings.SplitSeq(names, ",") {
				layers = append(layers, wire.LayerName(name))
			}
		}
	}
	return layers
}

// serve does the job. A panic in it is our bug, and is reported as such: the
// text goes to the server's log through descriptor 2.
func serve(job *wire.Job, layers wire.Layers) (rep *wire.Report) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintf(descriptor(2), "panic: %v\n%s", r, debug.Stack())
			rep = &wire.Report{Problem: wire.Problemf(wire.Internal, "the child failed; the server's error log says where")}
		}
	}()
	s := &session{job: job, layers: layers, start: time.Now()}
	return s.do()
}

// do does the job by its kind.
func (s *session) do() *wire.Report {
	switch s.job.Kind {
	case wire.Run:
		return s.run()
	case wire.Screen:
		return s.screenOnly()
	case wire.Inspect:
		return s.inspect()
	case wire.Probe:
		return s.probe()
	}
	return &wire.Report{Problem: wire.Problemf(wire.Internal, "a job of kind %q", s.job.Kind)}
}

// session is one job being served.
type session struct {
	job    *wire.Job
	layers wire.Layers
	start  time.Time
	space  *cell.Space // of a run; it ends with the process
}

// deadline is when the job has to be over.
func (s *session) deadline() time.Time {
	return s.start.Add(time.Duration(s.job.Budget.Deadline) * time.Microsecond)
}

// probe tells which layers are in force here, and what the measuring code
// costs on this host.
func (s *session) probe() *wire.Report {
	probed := wire.Probed{Layers: s.layers}
	err := s.learn(&probed)
	var step *cell.StepError
	if errors.As(err, &step) {
		return &wire.Report{Problem: noCell(step)}
	}
	if errors.Is(err, cell.ErrAddressTaken) {
		return &wire.Report{NotStarted: true}
	}
	if err != nil {
		probed.Calibration.Doubt = "calibration failed: " + err.Error()
	}
	doc, err := json.Marshal(probed)
	if err != nil {
		return internal(err)
	}
	return &wire.Report{Document: doc, OK: true}
}

// noCell says that this host cannot run cells at all.
func noCell(e *cell.StepError) *wire.Problem {
	mend := "see docs/operators.md"
	if e.Step.Kind == cell.StepTrace {
		mend = "sysctl -w kernel.yama.ptrace_scope=1"
	}
	return wire.Problemf(wire.Unfit, "no cell can be made here: %v; %s", e, mend)
}

// internal reports an error that is nobody's fault but ours or the host's.
func internal(err error) *wire.Report {
	return &wire.Report{Problem: wire.Problemf(wire.Internal, "%v", err)}
}

// descriptor reads and writes a descriptor with plain blocking calls. An
// os.File would register it with the network poller, whose descriptors a child
// has no use for.
type descriptor int

// Read implements io.Reader.
func (d descriptor) Read(b []byte) (int, error) {
	for {
		n, err := unix.Read(int(d), b)
		if err == unix.EINTR {
			continue
		}
		if n == 0 && err == nil && len(b) > 0 {
			return 0, io.EOF
		}
		return max(n, 0), err
	}
}

// Write implements io.Writer.
func (d descriptor) Write(b []byte) (int, error) {
	done := 0
	for done < len(b) {
		n, err := unix.Write(int(d), b[done:])
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return done, err
		}
		done += n
	}
	return done, nil
}
