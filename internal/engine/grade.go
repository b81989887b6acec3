package engine

import (
	"context"

	"webrunner/internal/trust"
	"webrunner/internal/wire"
)

// Grade grades the counters of this host by jobs that it hands to do, one after the
// other. A grading takes longer than most runs.
func (e *Engine) Grade(ctx context.Context, do trust.Do) ([]trust.Mark, error) {
	if e.Grader != nil {
		return e.Grader(ctx, do)
	}
	groups, err := e.Reader.Events.Pick(trust.Known)
	if err != nil {
		return nil, err
	}
	return trust.Run(ctx, trust.Env{Do: do, Host: e.Host, Groups: groups})
}

// Turn does a job of the host's own, such as one of a grading. It is a trust.Do.
func (e *Engine) Turn(ctx context.Context, job *wire.Job) (*wire.Report, error) {
	rep, _, err := e.Do(ctx, job, 0, nil)
	return rep, err
}
