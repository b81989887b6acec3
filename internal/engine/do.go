package engine

import (
	"context"
	"time"

	"webrunner/internal/gate"
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
	job.Host, job.Learn = e.Host, e.single
	if job.Kind == wire.Screen || job.Kind == wire.Inspect { // what measuring costs is most of it, and nothing to them
		job.Host = wire.Host{Machine: e.Host.Machine, CPU: e.Host.CPU, Microarchitecture: e.Host.Microarchitecture}
	}
	part, leave := e.berths.take(e.Host.CPUs)
	defer leave()
	job.Host.CPUs = part
	rep, t, err := e.Pool.Do(ctx, job, e.completing(progress, queued))
	if err != nil {
		return nil, t, err
	}
	if missing(job.Kind, rep) && rep.Problem == nil {
		rep.Problem = wire.Problemf(wire.Internal, "the child answered a %s with no result", job.Kind)
	}
	e.complete(rep, queued, t)
	e.share(job, rep.Result)
	if r := rep.Result; e.single && r != nil {
		if err := r.Sandbox.Check(e.Without); err != nil {
			return &wire.Report{Problem: wire.AsProblem(err)}, t, nil
		}
	}
	if rep.Comparison != nil {
		err = e.judge(job, rep.Comparison)
	}
	return rep, t, err
}

// missing tells that a report lacks what the kind of its job is for.
func missing(kind wire.Kind, rep *wire.Report) bool {
	switch kind {
	case wire.Run:
		return rep.Result == nil
	case wire.Compare:
		return rep.Comparison == nil
	case wire.Sweeping:
		return rep.Sweep == nil
	case wire.Check:
		return rep.Checked == nil
	}
	return false
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

// asked has a child do what a query asks for, with an object and the parts that go with
// it.
func (e *Engine) asked(ctx context.Context, plan func(map[string][]string) (*wire.Job, error), query map[string][]string, object []byte, parts []wire.Part) (*wire.Report, error) {
	job, err := plan(query)
	if err != nil {
		return nil, err
	}
	job.Object, job.Parts = object, parts
	return e.Answer(ctx, job)
}

// PlanComparison turns the query of a comparison into a job, which lacks its object. The
// error is a *wire.Problem.
func (e *Engine) PlanComparison(query map[string][]string) (*wire.Job, error) {
	return e.Reader.Compare(query)
}

// Compare compares an object with the part of wire.RoleOther that goes with it, or with
// another function of the same object, as a query says.
func (e *Engine) Compare(ctx context.Context, query map[string][]string, object []byte, parts ...wire.Part) (*wire.Comparison, error) {
	rep, err := e.asked(ctx, e.PlanComparison, query, object, parts)
	if err != nil {
		return nil, err
	}
	return rep.Comparison, nil
}

// judge holds a comparison to the conditions of its job, which its child does not judge.
func (e *Engine) judge(job *wire.Job, c *wire.Comparison) error {
	failed, err := gate.Judge(job.Compare.FailIf, c)
	c.Failed = []string{}
	for _, f := range failed {
		c.Failed = append(c.Failed, f.Condition)
		c.Notes = append(c.Notes, f.Condition+": "+f.Why)
	}
	return err
}

// Run measures an object, with the parts that go with it, as a query says.
func (e *Engine) Run(ctx context.Context, query map[string][]string, object []byte, parts ...wire.Part) (*wire.Result, error) {
	rep, err := e.asked(ctx, e.Plan, query, object, parts)
	if err != nil {
		return nil, err
	}
	return rep.Result, nil
}

// PlanCheck turns the query of a check into a job, which lacks its object. The error is
// a *wire.Problem.
func (e *Engine) PlanCheck(query map[string][]string) (*wire.Job, error) {
	return e.Reader.Check(query)
}

// Check tests an object in many cases against the part of wire.RoleReference that goes
// with it, as a query says. The commands of failures are still to be filled in.
func (e *Engine) Check(ctx context.Context, query map[string][]string, object []byte, parts ...wire.Part) (*wire.Checked, error) {
	rep, err := e.asked(ctx, e.PlanCheck, query, object, parts)
	if err != nil {
		return nil, err
	}
	return rep.Checked, nil
}
