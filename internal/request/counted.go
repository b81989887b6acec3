package request

import (
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

func profile(job *wire.Job, values []string) (err error) {
	job.Count.Profile, err = word(values, wire.ProfileWays()...)
	return err
}

// withCounted completes what a specification says of the work of a call by what was
// counted of it.
func withCounted(w events.Work, counts map[string]float64) events.Work {
	if w.FLOPs == 0 {
		w.FLOPs = counts["FLOPs"]
	}
	if w.Bytes == 0 {
		w.Bytes = counts["LoadedBytes"] + counts["StoredBytes"]
	}
	return w
}
