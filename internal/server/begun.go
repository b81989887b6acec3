package server

import (
	"github.com/valyala/fasthttp"

	"webrunner/internal/wire"
)

// begun says of a job that was ended with the server that it may have run in part. Its
// status is not 503, which who stands between a client and this server may take as leave
// to give the job to another one.
func begun(p *wire.Problem) *wire.Problem {
	if p.Class != wire.Draining {
		return p
	}
	own := *p
	own.Status, own.RetryAfter = fasthttp.StatusInternalServerError, 0
	own.Detail = "the server shut down and ended this job, which may have begun"
	return &own
}
