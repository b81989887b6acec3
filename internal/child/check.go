package child

import (
	"webrunner/internal/check"
	"webrunner/internal/wire"
)

// check tests a function in many cases.
func (j *job) check() (*wire.Report, error) {
	if j.Check == nil {
		return nil, wire.Problemf(wire.Internal, "a check without options")
	}
	c, err := check.Do(j.Job, j.filtered(), j.began)
	if err != nil {
		return nil, j.told(err)
	}
	c.Sandbox = j.layers
	return &wire.Report{Checked: c, OK: c.OK}, nil
}
