package runner

import (
	"context"
	"encoding/json"
	"maps"
	"time"

	"webrunner/internal/wire"
)

// The re-exec'd child is told apart by its argument vector, which is exactly
//
//	{ChildName, wire.WithoutArg of the layers to leave out}
//
// with wire.StrictArg behind it where Config.Strict is set.
//
// main asks IsChild before anything else and hands over to child.Main, which
// finds its job on descriptor 3, writes its report to descriptor 4, and has
// descriptor 2 for the Go runtime's crash text. Descriptors 0 and 1 are
// /dev/null, there is no other descriptor, and the environment is empty.
const ChildName = "webrunner-child"

// IsChild tells whether args are those of a child.
func IsChild(args []string) bool {
	return (len(args) == 2 || len(args) == 3 && args[2] == wire.StrictArg) && args[0] == ChildName
}

// probeTime is the deadline of a probe; calibrating is the most of it.
const probeTime = 30 * time.Second

// Probe runs a probe job in a child. It returns the layers that the
// child found, and adds to
// the host what the measuring code costs there and which of its detectors work.
// Where the child found that a required layer is missing, the error is a
// *wire.Problem of class unfit.
func (p *Pool) Probe(ctx context.Context, host *wire.Host) (wire.Layers, error) {
	job := &wire.Job{Kind: wire.Probe, Host: *host, Budget: wire.Budget{Deadline: probeTime.Microseconds()}}
	rep, _, err := p.Do(ctx, job, nil)
	if err != nil {
		return nil, err
	}
	if q := rep.Problem; q != nil {
		if q.Class == wire.Timeout { // no kernel ran: it is the host that is too slow
			q = wire.Problemf(wire.Unfit, "the probe of this host does not end: %s", q.Detail)
		}
		return nil, q
	}
	var doc wire.Probed
	if err := json.Unmarshal(rep.Document, &doc); err != nil || len(doc.Layers) == 0 {
		return nil, wire.Problemf(wire.Internal, "the child's probe names no layer")
	}
	maps.Copy(doc.Layers, p.Layers())
	host.Calibration, host.Detectors, host.Rhythm = doc.Calibration, doc.Detectors, doc.Rhythm
	return doc.Layers, nil
}
