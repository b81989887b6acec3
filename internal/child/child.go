// Package child is the life of the re-exec'd child: it locks itself down step
// by step, reads one job, loads and screens the object, runs it in cells,
// checks and measures what they did, writes one report, and ends. Only where
// nothing of an object was executed may it screen another one.
package child

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/internal/calibrate"
	"webrunner/internal/cell"
	"webrunner/internal/heap"
	"webrunner/internal/subject"
	"webrunner/internal/wire"
)

// The child's descriptors. 0 and 1 are /dev/null, 2 is a pipe for the Go
// runtime's crash text.
const (
	jobFD    = 3
	reportFD = 4
)

// Main is the child's whole life. It returns the exit code: 0 when a report
// was written, 4 when there was nobody to report to.
func Main() int {
	// ptrace and the cell's parent-death signal know this thread, not this process.
	runtime.LockOSThread()
	heap.Enlarge()
	wakePunctually()
	ignoreStops()
	// A child lives for milliseconds and allocates little beside the object.
	debug.SetGCPercent(400)
	// Near the limit it collects in time, before that ends it.
	debug.SetMemoryLimit(limitData / 4 * 3)

	strict := slices.Contains(os.Args, wire.StrictArg)
	layers, problem := lockDown(wire.ParseWithoutArg(os.Args[1]), strict)
	job, err := awaitJob(func(arrived <-chan struct{}) {
		if problem == nil {
			rehearse(layers, arrived)
		}
	})
	if err != nil {
		return 4 // the server is gone: nobody waits for an answer
	}
	for {
		var rep *wire.Report
		if problem != nil {
			rep = &wire.Report{Problem: problem}
		} else {
			j := newJob(job, layers)
			j.strict = strict
			rep = j.do()
		}
		if err := wire.WriteReport(descriptor(reportFD), rep); err != nil {
			fmt.Fprintf(descriptor(2), "the report cannot be written: %v\n", err)
			return 4
		}
		if job.Kind != wire.Screen || rep.Problem != nil {
			linger()
			return 0
		}
		if job = another(job); job == nil {
			return 0
		}
	}
}

// another waits for another object to screen, which the server has of the same client
// only. It is the one kind of job in which nothing of an object is executed, and of which
// nothing is left: what another job had here is written over. It returns nil where there
// is none.
func another(last *wire.Job) *wire.Job {
	clear(last.Object)
	for i := range last.Parts {
		clear(last.Parts[i].Data)
	}
	next, err := wire.ReadJob(descriptor(jobFD), wire.MaxJob)
	switch {
	case err != nil:
		return nil
	case next.Kind != wire.Screen: // it takes a child that has done nothing
		_ = wire.WriteReport(descriptor(reportFD), &wire.Report{NotStarted: true})
		linger()
		return nil
	}
	return next
}

// linger waits for the end, which comes from outside, or with the server. Taking this
// process apart takes a processor as long as many a job, just when the answer is on its
// way: whoever has it chooses the moment.
func linger() { _, _ = descriptor(jobFD).Read(make([]byte, 1)) }

// awaitJob reads the job. Where it is not there soon, idle is called meanwhile, with what
// is closed when the job has come.
func awaitJob(idle func(arrived <-chan struct{})) (job *wire.Job, err error) {
	arrived := make(chan struct{})
	go func() {
		defer close(arrived)
		job, err = wire.ReadJob(descriptor(jobFD), wire.MaxJob)
	}()
	select {
	case <-arrived:
	case <-time.After(idleTime):
		idle(arrived)
		<-arrived
	}
	return job, err
}

// job is one job under way.
type job struct {
	*wire.Job
	layers wire.Layers // in force here
	strict bool        // cells run without some speculation
	began  time.Time
	space  *cell.Space // of a run; it ends with the process, or by who began the job
	// tell tells of how far a long job is.
	tell func(*wire.Progress) error
	// arrived is closed when a job has come; nil but in a rehearsal, which then ends.
	arrived <-chan struct{}
}

// errArrived ends a rehearsal.
var errArrived = errors.New("child: a job has come")

// interrupted is errArrived in a rehearsal that a job waits for.
func (j *job) interrupted() error {
	select {
	case <-j.arrived:
		return errArrived
	default:
		return nil
	}
}

// filtered tells whether cells have their seccomp filter.
func (j *job) filtered() bool { return j.layers[wire.LayerSeccomp].Enforced }

// stop ends work on a document whose time is up.
func (j *job) stop() error { return subject.Overdue(j.Job, j.began) }

// newJob begins a job.
func newJob(w *wire.Job, layers wire.Layers) *job {
	return &job{Job: w, layers: layers, began: time.Now(), tell: func(p *wire.Progress) error { return wire.WriteProgress(descriptor(reportFD), p) }}
}

// do does the job. A panic in it is our bug, and is reported as such: the text goes to
// the server's log through descriptor 2.
func (j *job) do() (rep *wire.Report) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintf(descriptor(2), "panic: %v\n%s", r, debug.Stack())
			rep = &wire.Report{Problem: wire.Problemf(wire.Internal, "the child failed; the server's error log says where")}
		}
	}()
	// All work of a job is done where its cells run, away from the service. Should that not
	// be allowed, measuring says so.
	_ = cell.Move(j.Host.CPUs)
	var err error
	switch j.Kind {
	case wire.Run:
		rep, err = j.run()
	case wire.Screen:
		rep, err = j.screen()
	case wire.Inspect:
		rep, err = j.inspect()
	case wire.Compare:
		rep, err = j.compare()
	case wire.Check:
		rep, err = j.check()
	case wire.Sweeping:
		rep, err = j.sweep()
	case wire.Probe:
		rep, err = j.probe()
	default:
		err = wire.Problemf(wire.Internal, "a job of kind %q", j.Kind)
	}
	switch {
	case errors.Is(err, cell.ErrAddressTaken):
		return &wire.Report{NotStarted: true}
	case err != nil:
		return &wire.Report{Problem: wire.AsProblem(err)}
	}
	return rep
}

// probe tells which layers are in force here, and what the measuring code
// costs on this host.
func (j *job) probe() (*wire.Report, error) {
	probed, err := calibrate.Learn(&j.Host, j.filtered())
	var step *cell.StepError
	switch {
	case errors.As(err, &step):
		return nil, noCell(step)
	case errors.Is(err, cell.ErrAddressTaken):
		return nil, err
	case err != nil:
		probed.Calibration = uncalibrated(err)
	}
	probed.Layers = j.layers
	doc, err := json.Marshal(probed)
	return &wire.Report{Document: doc, OK: true}, err
}

// noCell says that this host cannot run cells at all.
func noCell(e *cell.StepError) *wire.Problem {
	mend := "see docs/operators.md"
	if e.Step.Kind == cell.StepTrace {
		mend = "sysctl -w kernel.yama.ptrace_scope=1"
	}
	return wire.Problemf(wire.Unfit, "no cell can be made here: %v; %s", e, mend)
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
