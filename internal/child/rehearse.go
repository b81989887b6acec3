package child

import (
	"bytes"
	"io"
	"time"

	"webrunner/examples"
	"webrunner/internal/wire"
	"webrunner/kernels"
)

// idleTime is how long a child waits for its job before it rehearses: where jobs
// come faster there is no time to spare.
const idleTime = 20 * time.Millisecond

// rehearse does a job of the child's own while there is none to do. A process takes
// its pages one by one, as it first touches them; on a virtual machine that is most
// of what a short job costs, and the two frames of a job are as much of that as the
// loading and screening. Nothing of the rehearsal is kept. A job that arrives meanwhile
// waits for its next step at most.
func rehearse(layers wire.Layers, arrived <-chan struct{}) {
	piece, err := rehearsal()
	if err != nil {
		return
	}
	var frame bytes.Buffer
	if err := wire.WriteJob(&frame, piece); err != nil {
		return
	}
	job, err := wire.ReadJob(&frame, wire.MaxJob)
	if err != nil {
		return
	}
	j := newJob(job, layers)
	j.arrived = arrived
	_ = wire.WriteReport(io.Discard, j.do())
	if j.space != nil {
		_ = j.space.Close()
	}
}

// rehearsal is the job that a child does of its own: the shortest that goes through all
// that a run does.
func rehearsal() (*wire.Job, error) {
	object, err := examples.Object("playground")
	if err != nil {
		return nil, err
	}
	set, err := kernels.Builtin()
	if err != nil {
		return nil, err
	}
	spec, err := set.Find("playground")
	if err != nil {
		return nil, err
	}
	values, err := spec.Values(nil)
	if err != nil {
		return nil, err
	}
	return &wire.Job{
		Kind: wire.Run, Spec: spec.XML, Params: values, Object: object,
		Budget: wire.Budget{Deadline: time.Second.Microseconds(), CPU: 1, Call: (100 * time.Millisecond).Microseconds(), Precision: 1, Effort: wire.Quick},
	}, nil
}
