package server

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"webrunner/internal/trust"
	"webrunner/internal/wire"
)

// Bounds of grading.
const (
	gradeTime  = 10 * time.Minute // of one grading, with the waiting for clients' jobs
	gradeAgain = time.Minute      // after one that failed
)

// watchCounters grades the counters now and then for as long as the server
// lives.
func (s *Server) watchCounters() {
	for {
		pause := s.cfg.GradeEvery
		if s.GradeNow() != nil {
			pause = min(pause, gradeAgain)
		}
		select {
		case <-time.After(pause):
		case <-s.ctx.Done():
			return
		}
	}
}

// GradeNow grades the counters once and returns why it could not. Each of its
// jobs has a turn of its own, so that no client waits for more than one.
func (s *Server) GradeNow() error {
	ctx, cancel := context.WithTimeout(s.ctx, gradeTime)
	defer cancel()
	marks, err := s.cfg.Engine.Grade(ctx, s.inTurn)
	if s.intake.isClosed() {
		return err // we are leaving: it says nothing about the counters
	}
	if err != nil {
		s.cfg.ErrorLog("counters: %v", err)
	}
	for _, m := range s.cfg.Engine.Grades.Set(marks, err) {
		s.cfg.ErrorLog("counters: %s is %s", m.Counter, m)
	}
	return err
}

// inTurn runs a job that is no client's, unless the server is about to leave.
func (s *Server) inTurn(ctx context.Context, job *wire.Job) (*wire.Report, error) {
	leave, err := s.gate.slot(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	if s.intake.isClosed() {
		return nil, draining()
	}
	return s.cfg.Engine.Turn(ctx, job)
}

// grades is what monitor and metrics show of the counters. It is made anew when there
// was another grading: monitor is asked far more often.
type grades struct {
	marks []trust.Mark
	at    time.Time // of the last grading, zero before
	when  string    // likewise, in words
	err   error     // of the last grading
	text  string    // a line for each counter
}

func (s *Server) grades() *grades {
	marks, at, err := s.cfg.Engine.Grades.Read()
	if g := s.graded.Load(); g != nil && g.at.Equal(at) {
		return g
	}
	g := &grades{marks: marks, at: at, err: err}
	if !at.IsZero() {
		g.when = at.UTC().Format(time.RFC3339)
	}
	g.text = g.lines()
	s.graded.Store(g)
	return g
}

// document adds the grades to the document of monitor.
func (g *grades) document(doc *fitness) {
	doc.Grades, doc.Graded = append([]trust.Mark{}, g.marks...), g.when
	if g.err != nil {
		doc.GradingFailed = g.err.Error()
	}
}

// lines are one for each counter.
func (g *grades) lines() string {
	var b strings.Builder
	switch {
	case g.err != nil:
		fmt.Fprintf(&b, "Grading failed: %v\n", g.err)
	case g.when != "":
		fmt.Fprintf(&b, "Graded: %s\n", g.when)
	}
	for _, m := range g.marks {
		fmt.Fprintf(&b, "Counter %s: %s\n", m.Counter, m)
	}
	return b.String()
}

// metrics writes the grades for Prometheus. A counter has one line for each
// grade, so that a change does not leave the old one behind.
func (g *grades) metrics(b *bytes.Buffer) {
	if len(g.marks) == 0 {
		return
	}
	fmt.Fprint(b, "# HELP webrunner_trust Grade of a counter by kernels of known cost, 1 for the one it has.\n# TYPE webrunner_trust gauge\n")
	for _, m := range g.marks {
		for _, grade := range trust.Grades() {
			has := 0
			if grade == m.Grade {
				has = 1
			}
			fmt.Fprintf(b, "webrunner_trust{counter=%q,grade=%q} %d\n", m.Counter, grade, has)
		}
	}
	fmt.Fprint(b, "# HELP webrunner_bias_ratio Figure over truth less 1, of the longest known kernel.\n# TYPE webrunner_bias_ratio gauge\n")
	for _, m := range g.marks {
		if m.Grade != trust.Ungraded {
			fmt.Fprintf(b, "webrunner_bias_ratio{counter=%q} %g\n", m.Counter, m.Ratio)
		}
	}
}
