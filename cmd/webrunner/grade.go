package main

import (
	"context"

	"webrunner/internal/server"
	"webrunner/internal/trust"
	"webrunner/internal/wire"
)

// grade grades the counters of this host by jobs that it hands to do.
func (e *engine) grade(ctx context.Context, do server.Do) ([]trust.Mark, error) {
	groups, err := e.request.Events.Pick(trust.Known)
	if err != nil {
		return nil, err
	}
	return trust.Run(ctx, trust.Env{Do: do, Host: e.host, Groups: groups})
}

// unchecked puts the grades of a process that grades nothing on a result: to
// grade would take longer than most runs.
func unchecked(r *wire.Result) {
	var none *trust.Book
	none.Fill(r)
}
