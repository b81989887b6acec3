package server

import (
	"fmt"
	"time"

	"webrunner/internal/wire"
)

// steps is where the time of an answer went, as the header Server-Timing tells it (W3C,
// Server Timing): names and milliseconds, in the order in which the steps happened.
type steps []step

// step is one step of an answer.
type step struct {
	name string
	took time.Duration
}

// add adds a step.
func (s *steps) add(name string, took time.Duration) { *s = append(*s, step{name, took}) }

// header is the value of Server-Timing.
func (s steps) header() []byte {
	var b []byte
	for i, t := range s {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = fmt.Appendf(b, "%s;dur=%.3f", t.name, t.took.Seconds()*1e3)
	}
	return b
}

// stepNames are those of all steps, in the order in which they happen.
func stepNames() []string {
	return []string{"plan", "read", "queue", "spawn", "send", "load", "screen", "watch", "measure", "audit", "verify", "count", "child", "sweep", "peaks", "encode", "total"}
}

// addJob adds the steps by which a job came to a child, and what is known of the child's
// own. The rest of the time until there was an answer is on its way there and back.
func (s *steps) addJob(queued, spawn, send, answer time.Duration, rep *wire.Report) {
	s.add("queue", queued)
	s.add("spawn", spawn)
	s.add("send", send)
	if rep != nil && rep.Timing != nil {
		c := rep.Timing
		for _, step := range []struct {
			name   string
			micros int64
		}{
			{"load", c.Load}, {"screen", c.Screen}, {"watch", c.Watch}, {"measure", c.Measure}, {"audit", c.Audit}, {"verify", c.Verify}, {"count", c.Count},
		} {
			if step.micros > 0 {
				s.add(step.name, time.Duration(step.micros)*time.Microsecond)
			}
		}
	}
	s.add("child", answer)
}
