package child

import (
	"errors"
	"time"

	"webrunner/internal/calibrate"
	"webrunner/internal/cell"
	"webrunner/internal/subject"
	"webrunner/internal/wire"
)

// learner finds out what measuring costs on the host, for a run that is told nothing of
// it, in the space of the run's own subject, whose code does not run meanwhile. A service
// has another child do so once, for all its jobs.
type learner struct {
	job   *wire.Job
	bench *calibrate.Bench // nil where the host is known
	// took is how long all of it took, and calibrating the part after the watched cell.
	took, calibrating time.Duration
}

// learn begins with what the watched cell needs to know. An error is a problem of a host
// that runs no cells at all.
func (j *job) learn(s *subject.Subject) (*learner, error) {
	l := &learner{job: j.Job}
	if !j.Learn || j.Host.Calibrated() {
		return l, nil
	}
	began := time.Now()
	defer func() { l.took = time.Since(began) }()
	l.bench = calibrate.NewBench(&j.Host, s.Space, s.Plan().Filter)
	d, err := l.bench.Detectors()
	if step := (*cell.StepError)(nil); errors.As(err, &step) {
		return l, noCell(step)
	}
	j.Host.Detectors = d
	return l, nil
}

// calibrate does the rest, as far as a call of about this length needs it. It tells
// whether there was something to do, after which the thread may be on another CPU.
func (l *learner) calibrate(call time.Duration) bool {
	if l.bench == nil {
		return false
	}
	began, host := time.Now(), &l.job.Host
	var err error
	host.Calibration, host.Rhythm, err = l.bench.Calibrate(l.bench.Enough(call, l.job.Budget.Precision))
	if err != nil {
		host.Calibration = uncalibrated(err)
	}
	l.calibrating = time.Since(began)
	l.took += l.calibrating
	return true
}

// uncalibrated is the calibration of a host where there is none, with the reason.
func uncalibrated(err error) wire.Calibration {
	return wire.Calibration{Doubt: "calibration failed: " + err.Error()}
}
