package server

import (
	"bytes"
	"time"

	"webrunner/internal/report"
	"webrunner/internal/wire"
)

// peaks tells what the core can do at most. The first one who asks waits until that is
// measured.
func (s *Server) peaks(x *exchange) (answer, *wire.Problem) {
	if !s.intake.enter() {
		return answer{}, draining()
	}
	defer s.intake.leave()
	ctx, stop := s.watched(x)
	defer stop()
	began := time.Now()
	p, err := s.cfg.Engine.Peaks(ctx, s.turns(x, nil, &x.queued))
	x.steps.add("queue", x.queued)
	x.steps.add("peaks", time.Since(began)-x.queued)
	if err != nil {
		return answer{}, s.unserved(ctx, err)
	}
	f := chooseFormat(x.accept, report.PeaksFormats())
	var b bytes.Buffer
	if err := f.Write(&b, p); err != nil {
		return answer{}, wire.Problemf(wire.Internal, "the peaks cannot be written as %s: %v", f.Name, err)
	}
	return answer{status: 200, media: f.Media, body: b.Bytes()}, nil
}
