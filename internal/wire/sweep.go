package wire

import "encoding/json"

// SweepOptions is what a Sweep job measures, in this order.
type SweepOptions struct {
	Points []SweepPoint `json:"points"`
	// Slice is after how many microseconds no more points are begun: others have their
	// turn, and another job measures the rest.
	Slice int64 `json:"slice_us"`
}

// SweepPoint is one point of a sweep: what it changes of its job.
type SweepPoint struct {
	At            map[string]json.Number `json:"at"`               // the place on each axis, and the other parameters
	Params        map[string]uint64      `json:"params,omitempty"` // every parameter of the specification, validated
	Align         *uint64                `json:"align,omitempty"`
	OperandOffset map[string]uint64      `json:"operand_offset,omitempty"`
}

// MaxPoints bounds the points of a sweep.
const MaxPoints = 1000

// Sweep is a finished sweep. The report of a Sweep job, whose points are told by
// Progress, has how many there were and nothing else.
type Sweep struct {
	Axes   []string `json:"axes"`
	Points []Point  `json:"points"` // in the order of the axes, the last the fastest
	Caches []uint64 `json:"caches"` // of the host, bytes, level 1 first
	Done   int      `json:"done"`   // points that were measured, or have a problem

	Sandbox Layers `json:"sandbox"` // in force for all
}

func (s *Sweep) check() error {
	for i := range s.Points {
		if err := s.Points[i].check(); err != nil {
			return err
		}
	}
	return nil
}
