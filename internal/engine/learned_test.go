package engine

import (
	"testing"

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
