package engine

import (
	"context"
	"time"

	"webrunner/internal/runner"
	"webrunner/internal/wire"
)

// Plan turns the query of a run into a job, which lacks its object. The error is a
// *wire.Problem.
func (e *Engine) Plan(query map[string][]string) (*wire.Job, error) { return e.Reader.Run(query) }

// Document returns a job that is answered by a document, Screen or Inspect. It
// lacks its object.
func (e *Engine) Document(kind wire.Kind) *wire.Job {
	return &wire.Job{Kind: kind, Budget: e.Reader.Budget}
}

// Do has a child do the job and completes its report. The job is told of this host;
// queued is how long it has waited for its turn, and progress, unless it is nil, is
// called for what a long job tells meanwhile, completed like a report. Whatever became of the object is
// in the report: a problem, or what the kind of the job asks for. The error tells
// that no child could be had, or that ctx ended (runner.Pool).
func (e *Engine) Do(ctx context.Context, job *wire.Job, queued time.Duration, progress func(*wire.Progress)) (*wire.Report, runner.Timing, error) {
	job.Host = e.Host
	rep, t, err := e.Pool.Do(ctx, job, e.completing(progress, queued))
	if err != nil {
		return nil, t, err
	}
	if job.Kind == wire.Run && rep.Result == nil && rep.Problem == nil {
		rep.Problem = wire.Problemf(wire.Internal, "the child answered a run with no result")
	}
	e.complete(rep, queued, t)
	return rep, t, nil
}

// Answer is Do where nobody waits for a turn; the problem of a report is the error.
func (e *Engine) Answer(ctx context.Context, job *wire.Job) (*wire.Report, error) {
	rep, _, err := e.Do(ctx, job, 0, nil)
	if err != nil {
		return nil, err
	}
	if rep.Problem != nil {
		return nil, rep.Problem
	}
	return rep, nil
}

// Run measures an object, with the parts that go with it, as a query says.
func (e *Engine) Run(ctx context.Context, query map[string][]string, object []byte, parts ...wire.Part) (*wire.Result, error) {
	job, err := e.Plan(query)
	if err != nil {
		return nil, err
	}
	job.Object, job.Parts = object, parts
	rep, err := e.Answer(ctx, job)
	if err != nil {
		return nil, err
	}
	return rep.Result, nil
}
