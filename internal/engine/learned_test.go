package engine

import (
	"errors"
	"testing"

	"webrunner/examples"
	"webrunner/internal/wire"
)

// TestLearned: what was found out before is not found out again, and the layers are
// looked at all the same.
func TestLearned(t *testing.T) {
	first := realEngine(t)
	told := &wire.Probed{Calibration: first.Host.Calibration, Detectors: first.Host.Detectors, Rhythm: first.Host.Rhythm}
	told.Calibration.Doubt = "as told"
	e, err := Open(Config{Learned: told})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if e.Host.Calibration.Doubt != "as told" || e.Host.Rhythm != told.Rhythm || e.Host.Detectors != told.Detectors {
		t.Errorf("%+v, want %+v", e.Host.Calibration, told.Calibration)
	}
	if !e.Layers[wire.LayerSeccomp].Enforced {
		t.Errorf("layers %v", e.Layers)
	}
}

// TestSingle: of a single run, one child alone finds out what measuring costs, and does
// the run in all layers. What was found out before it does not find out again.
func TestSingle(t *testing.T) {
	object, err := examples.Object("playground")
	if err != nil {
		t.Fatal(err)
	}
	query := map[string][]string{"kernel": {"playground"}, "iterations": {"100"}, "effort": {"quick"}}
	var known *wire.Probed
	for range 2 {
		e, err := Open(Config{Single: true, Learned: known})
		if err != nil {
			t.Fatal(err)
		}
		r, err := e.Run(t.Context(), query, object)
		spawned := e.Pool.Stats().Spawned
		e.Close()
		if err != nil {
			t.Fatal(err)
		}
		if !r.Host.Calibrated() || r.Host.Rhythm.Chain <= 0 || (r.Timing.Learn > 0) != (known == nil) {
			t.Errorf("told %v: calibration %+v, rhythm %+v, learnt for %d µs", known, r.Host.Calibration, r.Host.Rhythm, r.Timing.Learn)
		}
		if err := r.Sandbox.Check(nil); err != nil || spawned != 1 {
			t.Errorf("%d children, layers %v: %v", spawned, r.Sandbox, err)
		}
		if known != nil && r.Host.Rhythm != known.Rhythm {
			t.Errorf("told %+v, used %+v", known.Rhythm, r.Host.Rhythm)
		}
		known = &wire.Probed{Calibration: r.Host.Calibration, Detectors: r.Host.Detectors, Rhythm: r.Host.Rhythm}
	}
}

// TestSingleUnprotected: a run whose child does not name a layer that is required is no
// run.
func TestSingleUnprotected(t *testing.T) {
	p := &played{report: wire.Report{Result: &wire.Result{Sandbox: wire.Layers{wire.LayerSeccomp: {Enforced: true}}}}}
	e := playedEngine(t, p)
	e.single = true
	_, err := e.Run(t.Context(), map[string][]string{"kernel": {"sdot"}}, nil)
	var q *wire.Problem
	if !errors.As(err, &q) || q.Class != wire.Unfit || !p.last.Learn {
		t.Errorf("%v, told to learn: %v", err, p.last.Learn)
	}
}
