package server

import (
	"errors"
	"time"

	"webrunner/internal/wire"
)

// planning does what a request asks for with a list of events, the parameter of this
// name. To plan some hundred events takes tens of milliseconds of this server's own
// time, and no body, so one list is planned at one time, and clients take turns: a
// flood of lists takes one processor, and keeps nobody else's list from its turn.
func (s *Server) planning(x *exchange, list string, plan func() error) *wire.Problem {
	if len(x.query[list]) > 0 {
		began := time.Now()
		defer func() { x.steps.add("plan", time.Since(began)) }()
		leave, err := s.desk.enter(s.ctx, x.client, "")
		switch {
		case errors.Is(err, errQueueFull):
			return s.busy("too many lists of events are waiting to be planned")
		case err != nil:
			return draining()
		}
		defer leave()
	}
	if err := plan(); err != nil {
		return wire.AsProblem(err)
	}
	return nil
}
