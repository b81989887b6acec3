package child

import (
	"errors"
	"time"

	"webrunner/internal/cell"
	"webrunner/internal/wire"
)

// sweep runs a function at one point after another, and tells of each as soon as it is
// known. It begins no point after its slice of time is over.
func (j *job) sweep() (*wire.Report, error) {
	if j.Sweep == nil {
		return nil, wire.Problemf(wire.Internal, "a sweep without points")
	}
	slice := time.Duration(j.Sweep.Slice) * time.Microsecond
	done := 0
	for i := range j.Sweep.Points {
		if done > 0 && time.Since(j.began) > slice {
			break
		}
		p := &j.Sweep.Points[i]
		point := &wire.Point{Params: p.At}
		res, err := j.at(p)
		switch {
		case errors.Is(err, cell.ErrAddressTaken) && done == 0:
			return nil, err
		case errors.Is(err, cell.ErrAddressTaken): // another child measures the rest
			return &wire.Report{Sweep: &wire.Sweep{Done: done}, OK: true}, nil
		case err != nil:
			point.Problem = wire.AsProblem(err)
		default:
			point.Result = res
		}
		done++
		if err := j.tell(&wire.Progress{Done: done, Of: len(j.Sweep.Points), Point: point}); err != nil {
			return nil, err
		}
	}
	return &wire.Report{Sweep: &wire.Sweep{Done: done}, OK: true}, nil
}

// at is a run at one point. It leaves nothing behind: the next point has the same
// addresses.
func (j *job) at(p *wire.SweepPoint) (*wire.Result, error) {
	w := *j.Job
	w.Params, w.Sweep = p.Params, nil
	w.Measure.Align, w.Measure.OperandOffset = p.Align, p.OperandOffset
	one := &job{Job: &w, layers: j.layers, strict: j.strict, began: j.began}
	res, err := one.measure()
	if one.space != nil {
		err = errors.Join(err, one.space.Close())
	}
	return res, err
}
