package server

import (
	"context"
	"sync/atomic"
	"testing"

	"webrunner/internal/wire"
)

// TestUnfitJobAsksForCheck: a job that finds the host unfit has the self-check run at once,
// and monitor tells of it long before a check was due. Others do not.
func TestUnfitJobAsksForCheck(t *testing.T) {
	var checks atomic.Int64
	var sick atomic.Bool
	b := start(t, true, func(c *Config) {
		c.Check = func(context.Context) error {
			checks.Add(1)
			if sick.Load() {
				return wire.Problemf(wire.Unfit, "a layer has gone")
			}
			return nil
		}
	})
	waitFor(t, func() bool { return checks.Load() == 2 }) // start's, and the one that serving begins with
	sick.Store(true)
	if r := b.do("POST", runSdot, object("crashed")); r.status != 422 {
		t.Errorf("%+v", r)
	}
	if r := b.do("GET", "/m/monitor", nil); r.status != 200 || checks.Load() != 2 {
		t.Errorf("a crash is no reason for a check: %d checks, %+v", checks.Load(), r)
	}
	if r := b.do("POST", runSdot, object("unfit")); r.status != 503 {
		t.Errorf("%+v", r)
	}
	waitFor(t, func() bool { return b.do("GET", "/m/monitor", nil).status == 503 })
}
