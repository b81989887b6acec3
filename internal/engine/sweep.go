package engine

import (
	"context"
	"time"

	"webrunner/internal/request"
	"webrunner/internal/wire"
)

// slice is how long a sweep measures before others have their turn, if it has points left.
const slice = time.Second

// Turn waits for the turn of a job, and returns what ends it.
type Turn func(context.Context) (leave func(), err error)

// atOnce is the turn of jobs that wait for nobody.
func atOnce(context.Context) (func(), error) { return func() {}, nil }

// PlanSweep reads the query of a sweep. The error is a *wire.Problem.
func (e *Engine) PlanSweep(query map[string][]string) (*request.Sweep, error) {
	return e.Reader.Sweep(query)
}

// Sweep measures an object at all points of a plan: one child at a time does as many as it
// can in a second, and each waits for its turn; nil is at once. Progress, unless it is nil,
// is called for each point. A point that fails has its problem; the error, a *wire.Problem
// or what a pool or a turn says, tells of what is no point's fault.
func (e *Engine) Sweep(ctx context.Context, plan *request.Sweep, object []byte, turn Turn, progress func(*wire.Progress)) (*wire.Sweep, error) {
	if turn == nil {
		turn = atOnce
	}
	if progress == nil {
		progress = func(*wire.Progress) {}
	}
	s := &sweep{Engine: e, plan: plan, object: object, progress: progress, began: time.Now()}
	s.out = &wire.Sweep{Axes: plan.Axes, Points: make([]wire.Point, len(plan.Points)), Caches: append([]uint64{}, e.Host.Caches...), Sandbox: e.Layers}
	for i, p := range plan.Problems {
		s.is(i, wire.Point{Problem: p})
	}
	for s.left = plan.Order; len(s.left) > 0; {
		if time.Since(s.began) > plan.Time {
			s.late()
			break
		}
		if err := s.slice(ctx, turn); err != nil {
			return nil, err
		}
	}
	return s.out, nil
}

// sweep is one sweep under way.
type sweep struct {
	*Engine
	plan     *request.Sweep
	object   []byte
	progress func(*wire.Progress)
	began    time.Time
	out      *wire.Sweep
	left     []int // indices of points
}

// is notes what became of a point.
func (s *sweep) is(i int, p wire.Point) {
	p.Params = s.plan.Points[i].At // whatever the child wrote there
	s.out.Points[i] = p
	s.out.Done++
	all := len(s.plan.Points)
	left := time.Since(s.began).Seconds() / float64(s.out.Done) * float64(all-s.out.Done)
	s.progress(&wire.Progress{Done: s.out.Done, Of: all, Left: left, Point: &p})
}

// late notes of what is left that there was no time for it.
func (s *sweep) late() {
	for _, i := range s.left {
		p := wire.Problemf(wire.Timeout, "the sweep's time of %v was up before this point; ask for fewer points, or for less of each by effort=quick", s.plan.Time)
		p.Limit = "sweep-time"
		s.is(i, wire.Point{Problem: p})
	}
	s.left = nil
}

// slice has one child measure what it can.
func (s *sweep) slice(ctx context.Context, turn Turn) error {
	waiting := time.Now()
	inTime, cancel := context.WithDeadline(ctx, s.began.Add(s.plan.Time))
	defer cancel()
	leave, err := turn(inTime)
	switch {
	case err != nil && ctx.Err() == nil && inTime.Err() != nil && s.out.Done > 0:
		s.late()
		return nil
	case err != nil:
		return err
	}
	defer leave()
	job := *s.plan.Job
	job.Object = s.object
	job.Sweep = &wire.SweepOptions{Slice: slice.Microseconds()}
	for _, i := range s.left {
		job.Sweep.Points = append(job.Sweep.Points, s.plan.Points[i])
	}
	here, done := s.left, 0
	var hopeless *wire.Problem
	rep, _, err := s.Do(ctx, &job, time.Since(waiting), func(p *wire.Progress) {
		if p.Point == nil || done == len(here) {
			return // a child that was taken over tells of more than there is
		}
		if q := p.Point.Problem; q != nil && objects(q.Class) {
			hopeless = q
		}
		s.is(here[done], *p.Point)
		done++
	})
	s.left = here[done:]
	switch {
	case err != nil:
		return err
	case hopeless != nil:
		return hopeless
	case rep.Problem != nil && (rep.Problem.Class == wire.Unfit || done == len(here)):
		return rep.Problem
	case rep.Problem != nil: // the point that it was at
		s.is(s.left[0], wire.Point{Problem: rep.Problem})
		s.left = s.left[1:]
	case done == 0:
		return wire.Problemf(wire.Internal, "the child of a sweep told of no point")
	}
	return nil
}

// objects tells of a class of problems that they are the object's, at whatever point.
func objects(c wire.Class) bool {
	switch c {
	case wire.MalformedObject, wire.UnsupportedObject, wire.UndefinedSymbol, wire.RefusedInstruction, wire.MissingISA:
		return true
	}
	return false
}
