package request

import (
	"slices"
	"strings"

	"webrunner/internal/gate"
	"webrunner/internal/wire"
	"webrunner/perf/events"
)

// countedSet is the name of all that is counted by executing a call, which needs no
// PMU.
const countedSet = "counted"

// withoutCounted takes the set of exact counts out of lists of names, and tells whether
// it is there. Other names stay as they are.
func withoutCounted(values []string) (others []string, found bool) {
	for _, v := range values {
		rest := ""
		for _, name := range events.SplitList(v) {
			if name == countedSet {
				found = true
				continue
			}
			rest += "," + name
		}
		switch {
		case rest != "":
			others = append(others, rest[1:])
		case v == "" || !found:
			others = append(others, v)
		}
	}
	return others, found
}

// wantsInstructions tells whether instructions are among the events of a job, whether a
// PMU counts them or not: the exact count replaces the PMU's or is held against it.
func wantsInstructions(job *wire.Job) bool {
	for _, g := range job.Groups {
		if slices.ContainsFunc(g, func(e wire.Event) bool { return e.Name == wire.FigureInstructions }) {
			return true
		}
	}
	return slices.ContainsFunc(job.Refused, func(u wire.Unavailable) bool { return u.Name == wire.FigureInstructions })
}

// gated tells whether a condition of a comparison is of a figure that there is only if
// calls are counted: there must be time for that, then.
func gated(job *wire.Job) bool {
	for _, text := range job.Compare.FailIf {
		c, err := gate.Parse(text)
		if err != nil {
			continue // the condition was refused before
		}
		if gate.Counted(c.Name) || job.Count.Instructions && strings.EqualFold(c.Name, wire.FigureInstructions) {
			return true
		}
	}
	return false
}

func profile(job *wire.Job, values []string) (err error) {
	job.Count.Profile, err = word(values, wire.ProfileWays()...)
	return err
}
