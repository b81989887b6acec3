package server

import (
	"bytes"
	"context"
	"time"

	"webrunner/internal/report"
	"webrunner/internal/request"
	"webrunner/internal/wire"
)

// sweep measures an object at many points. To a client that likes events best it tells of
// each as it comes, unless it speaks HTTP/1.0, in which nothing tells the end of an answer
// that is not whole yet from its loss.
func (s *Server) sweep(x *exchange) (answer, *wire.Problem) {
	var plan *request.Sweep
	p := s.planning(x, "events", func() (err error) {
		plan, err = s.cfg.Engine.PlanSweep(x.query)
		return err
	})
	if p != nil {
		return answer{}, p
	}
	leave, p := s.accept(x, plan.Job)
	if p != nil {
		return answer{}, p
	}
	forms := report.SweepFormats()
	var offers []string
	for _, f := range forms {
		offers = append(offers, mediaType(f.Media))
	}
	if x.conn.Head().TakesChunks() && negotiate(x.accept, append(offers, mediaEvents)...) == mediaEvents {
		return s.sweepEvents(x, plan, leave)
	}
	defer leave()
	ctx, stop := s.watched(x)
	defer stop()
	if p := s.promise(x, sweepSize(plan)); p != nil {
		return answer{}, p
	}
	began := time.Now()
	out, err := s.cfg.Engine.Sweep(ctx, plan, plan.Job.Object, s.turns(x, nil, &x.queued), nil)
	x.steps.add("queue", x.queued)
	x.steps.add("sweep", time.Since(began)-x.queued)
	if err != nil {
		return answer{}, begun(s.unserved(ctx, err))
	}
	f := chooseFormat(x.accept, forms)
	encoding := time.Now()
	var b bytes.Buffer
	if err := f.Write(&b, out); err != nil {
		return answer{}, wire.Problemf(wire.Internal, "the sweep cannot be written as %s: %v", f.Name, err)
	}
	x.steps.add("encode", time.Since(encoding))
	return answer{status: 200, media: f.Media, body: b.Bytes()}, nil
}

// turns has each part of a sweep wait in the line of its client, one after the other, and
// adds up how long. The first one may have had its turn already: held ends that. Only the
// first one is refused where the queue is full.
func (s *Server) turns(x *exchange, held func(), waited *time.Duration) func(context.Context) (func(), error) {
	who, kind := x.client, x.command // x itself is gone when a sweep of events goes on
	enter := s.gate.enter
	return func(ctx context.Context) (func(), error) {
		leave := held
		if held = nil; leave == nil {
			var err error
			began := time.Now()
			leave, err = enter(ctx, who, kind)
			if *waited += time.Since(began); err != nil {
				return nil, err
			}
		}
		enter = s.gate.enterAgain
		end := s.metrics.begin(kind)
		start := time.Now()
		return func() {
			end()
			s.metrics.job(kind, time.Since(start))
			leave()
		}, nil
	}
}

// sweepEvents answers with events as they come. The first turn is waited for before the
// answer begins, so that a queue that is full is told by the status.
func (s *Server) sweepEvents(x *exchange, plan *request.Sweep, leave func()) (answer, *wire.Problem) {
	ctx, stop := s.watched(x)
	waiting, cancel := context.WithTimeout(ctx, plan.Time)
	began := time.Now()
	held, err := s.gate.enter(waiting, x.client, x.command)
	cancel()
	x.queued = time.Since(began)
	x.steps.add("queue", x.queued)
	if err != nil {
		stop()
		leave()
		return answer{}, s.unserved(ctx, err)
	}
	who, size := x.client, sweepSize(plan)
	if !s.answers.draw(who, size, size) {
		held()
		stop()
		leave()
		return answer{}, s.noRoom()
	}
	e := newFeed(stop)
	turns := s.turns(x, held, new(time.Duration))
	go func() {
		defer leave()
		defer s.answers.give(who, size)
		defer e.end()
		out, err := s.cfg.Engine.Sweep(ctx, plan, plan.Job.Object, turns, func(p *wire.Progress) {
			e.send("progress", struct {
				Done int     `json:"done"`
				Of   int     `json:"of"`
				Left float64 `json:"left_s"`
			}{p.Done, p.Of, p.Left})
			e.send("point", p.Point)
		})
		if err != nil {
			e.send("problem", s.unserved(ctx, err))
			return
		}
		e.send("result", out)
	}()
	return answer{status: 200, media: mediaEvents, stream: e}, nil
}

// pointSize is about what a point takes as JSON, in bytes.
const pointSize = 8 << 10

func sweepSize(plan *request.Sweep) int64 { return int64(len(plan.Points)) * pointSize }
