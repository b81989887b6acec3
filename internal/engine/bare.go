package engine

import (
	"context"

	"webrunner/internal/runner"
	"webrunner/internal/wire"
)

// Bare starts children without some layers, whatever the host requires, to see what the
// others stop. They do jobs as they are: nobody tells them of the host, and of their reports
// only the layers around them are completed. The caller calls end when it has no more jobs.
func Bare(without []wire.LayerName, log func(string, ...any)) (do func(context.Context, *wire.Job) (*wire.Report, error), end func(), err error) {
	pool, err := runner.New(runner.Config{Without: without, Log: log})
	if err != nil {
		return nil, nil, err
	}
	do = func(ctx context.Context, job *wire.Job) (*wire.Report, error) {
		rep, _, err := pool.Do(ctx, job, nil)
		if rep != nil && rep.Result != nil {
			rep.Result.Sandbox = within(pool.Layers(), rep.Result.Sandbox)
		}
		if rep != nil && rep.Problem != nil && rep.Problem.Sandbox != nil {
			rep.Problem.Sandbox = within(pool.Layers(), rep.Problem.Sandbox)
		}
		return rep, err
	}
	return do, pool.Close, nil
}
