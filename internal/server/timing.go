package server

import (
	"fmt"
	"time"

	"webrunner/internal/wire"
)

// steps is where the time of an answer went, as the header Server-Timing tells it (W3C,
// Server Timing): names and milliseconds, in the order in which the steps happened.
type steps []byte

// add adds a step.
func (s *steps) add(name string, took time.Duration) {
	if len(*s) > 0 {
		*s = append(*s, ", "...)
	}
	*s = fmt.Appendf(*s, "%s;dur=%.3f", name, took.Seconds()*1e3)
}

// addJob adds the steps by which a job came to a child, and what is known of the child's
// own. The rest of the time until there was an answer is on its way there and back.
func (s *steps) addJob(queued, spawn, send, answer time.Duration, rep *wire.Report) {
	s.add("queue", queued)
	s.add("spawn", spawn)
	s.add("send", send)
	if rep != nil && rep.Result != nil {
		c := rep.Result.Timing
		for _, step := range []struct {
			name   string
			micros int64
		}{
			{"load", c.Load}, {"screen", c.Screen}, {"watch", c.Watch}, {"measure", c.Measure}, {"audit", c.Audit}, {"count", c.Count}, {"verify", c.Verify},
		} {
			s.add(step.name, time.Duration(step.micros)*time.Microsecond)
		}
	}
	s.add("child", answer)
}
