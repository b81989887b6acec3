package child

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"webrunner/internal/count"
	"webrunner/internal/counted"
	"webrunner/internal/subject"
	"webrunner/internal/wire"
)

// countShare is the part of the time that a job has taken, one in so many, that counting
// may take where nobody asked for it.
const countShare = 10

// count adds to a result what a call executes, counted exactly. It comes last: what is
// left of the job's time is its to use.
func (j *job) count(s *subject.Subject, length time.Duration, res *wire.Result) {
	limit := s.Left() / 2
	if !j.Count.All && j.Count.Profile == "" {
		limit = min(limit, max(time.Since(j.began), j.pointTime())/countShare)
	}
	j.countWithin(limit, s, length, res)
}

// pointTime is what one point of a sweep may take, and 0 of any other job. The first
// points of a sweep are counted, too, although there was little time before them.
func (j *job) pointTime() time.Duration {
	if j.Kind != wire.Sweeping {
		return 0
	}
	return time.Duration(j.Budget.CPU) * time.Microsecond
}

// countWithin adds to a result what was asked for of the counts of a call, if they are
// known within a time, and returns what they depend on beside the contents of the operands.
func (j *job) countWithin(limit time.Duration, s *subject.Subject, length time.Duration, res *wire.Result) (depends []string) {
	asked := j.Count
	if asked == (wire.CountOptions{}) {
		return nil
	}
	c, err := counted.Count(s, length, limit)
	if err != nil {
		j.uncounted(res, err)
		return nil
	}
	for _, f := range c.Figures() {
		if !asked.All && f.Name != wire.FigureInstructions {
			continue
		}
		name := f.Name
		if slices.ContainsFunc(res.Counters, func(k wire.Counter) bool { return k.Name == name }) {
			name = wire.FigureInstructionsCounted
		}
		e := exact(name, f)
		e.Depends = strings.Join(c.Depends, "; ")
		res.Counters = append(res.Counters, e)
		res.Unavailable = slices.DeleteFunc(res.Unavailable, func(u wire.Unavailable) bool { return u.Name == f.Name })
	}
	if c.Unsized && asked.All {
		for _, name := range count.AccessNames() {
			res.Unavailable = append(res.Unavailable, wire.Unavailable{Name: name, Reason: "the call saves the registers' state or moves tiles, and how much that accesses depends on more than is looked at"})
		}
	}
	res.Notes = append(res.Notes, c.Notes...)
	if asked.Profile != "" {
		res.Profile = c.Profile(s, asked.Profile)
	}
	return c.Depends
}

// exact is the counter of a figure that is known exactly.
func exact(name string, f count.Figure) wire.Counter {
	v := float64(f.Value)
	return wire.Counter{
		Name: name, Value: v, Unit: f.Unit, Source: wire.Counted, CI95: [2]float64{v, v}, Min: v, P10: v, P90: v,
		Samples: wire.Samples{Accepted: 1, Total: 1}, Cells: 1, Exact: true,
	}
}

// uncounted says why there are no counts.
func (j *job) uncounted(res *wire.Result, err error) {
	if i := slices.IndexFunc(res.Unavailable, func(u wire.Unavailable) bool { return u.Name == wire.FigureInstructions }); i >= 0 {
		u := &res.Unavailable[i]
		u.Reason = fmt.Sprintf("%s; not counted: %v", u.Reason, err)
		if !j.Count.All {
			u.Reason += "; --events counted gives it more time"
		}
		return
	}
	if j.Count.All || j.Count.Profile != "" {
		res.Unavailable = append(res.Unavailable, wire.Unavailable{Name: "counted", Reason: err.Error()})
	}
}
