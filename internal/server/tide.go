package server

import (
	"runtime/debug"
	"time"
)

// Bounds of giving memory back.
const (
	highTide = 16 << 20        // bytes of bodies and answers, beyond which there is something to give
	slack    = 2 * time.Second // how often it is looked at
)

// ebb gives memory back to the system when bodies and answers have taken much of it
// and no longer do. By itself the runtime keeps what it had for minutes, and takes
// twice of it before it collects garbage.
func (s *Server) ebb() {
	tick := time.NewTicker(slack)
	defer tick.Stop()
	peak := int64(0)
	for {
		select {
		case <-tick.C:
		case <-s.ctx.Done():
			return
		}
		bodies, b := s.memory.settle()
		answers, a := s.answers.settle()
		if peak = max(peak, bodies+answers); peak < highTide || b+a > peak/4 {
			continue
		}
		leave, err := s.gate.slot(s.ctx) // it would disturb the figures of a job
		if err != nil {
			return
		}
		debug.FreeOSMemory()
		leave()
		peak = 0
	}
}
