package trust

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"webrunner/internal/wire"
	"webrunner/perf/processor"
)

// Do runs one job. The error tells that there is no report.
type Do func(context.Context, *wire.Job) (*wire.Report, error)

// Env is what grading needs of its host.
type Env struct {
	// Do runs one job as a client's would be run. Between two jobs of a grading
	// others may run.
	Do Do
	// Host is what every job is told.
	Host wire.Host
	// Groups are of events that Known knows, as the jobs of clients have them;
	// empty where there is no PMU.
	Groups []wire.Group
	// TSCRate finds how many ticks a second of the system's clock has; nil is
	// processor.MeasureTSC.
	TSCRate func() (uint64, error)
}

// run is one kernel with one argument, called in one way.
type run struct {
	kernel     string
	n          uint64
	pmu        bool // of use only where events are counted
	throughput bool // calls back to back
}

// label names a run for people.
func (r run) label() string {
	label := fmt.Sprintf("kernel %s, n=%d", r.kernel, r.n)
	if r.throughput {
		label += ", throughput"
	}
	return label
}

// runs returns what a grading runs: two lengths tell an offset from a factor.
// The short ones show an offset of one, the long ones are beyond everything
// that a call's edges can hide: some 20,000 and 60,000 cycles, 20 and 60 µs;
// and ten times that back to back, where one call hides behind the next.
func runs(pmu bool) []run {
	return slices.DeleteFunc([]run{
		{kernel: "add", n: 10, pmu: true}, {kernel: "add", n: 600}, {kernel: "add", n: 2000},
		{kernel: "imul", n: 200}, {kernel: "imul", n: 600},
		{kernel: "load", n: 10, pmu: true}, {kernel: "load", n: 500, pmu: true},
		{kernel: "store", n: 10, pmu: true}, {kernel: "store", n: 500, pmu: true},
		{kernel: "branch", n: 10, pmu: true}, {kernel: "branch", n: 500, pmu: true},
		{kernel: "page", n: 1}, {kernel: "page", n: 2},
		{kernel: "spin", n: 50_000}, {kernel: "spin", n: 150_000},
		{kernel: "imul", n: 7000, throughput: true}, {kernel: "spin", n: 150_000, throughput: true},
	}, func(r run) bool { return r.pmu && !pmu })
}

// The least numbers of cycles that truths are stated for. Of shorter calls the
// edges are a part; back to back, the next call begins while as much of a chain
// is still to be done as the reorder buffer holds, some 500 steps at most.
const (
	shortest           = 10_000
	shortestThroughput = 500_000
)

// truth is what a run must show of a quantity.
func (r run) truth(q quantity, m machine) (float64, bool) {
	perN, once, known := find(r.kernel).truth(q, m)
	t := perN*float64(r.n) + once
	least := 0.0
	switch {
	case q == cycles && r.throughput:
		least = shortestThroughput
	case q == cycles:
		least = shortest
	}
	return t, known && t >= least
}

// budget of a run: enough for a precise figure also on a busy host.
func (r run) budget() wire.Budget {
	b := wire.Budget{
		Deadline: (10 * time.Second).Microseconds(),
		CPU:      (200 * time.Millisecond).Microseconds(),
		Call:     time.Second.Microseconds(),
		Memory:   16 << 20,
		// Half of the tolerance: an interval as wide as that would leave open
		// what the figure shows.
		Precision: Tolerance / 2,
	}
	for _, q := range []quantity{cycles, ticks} {
		if _, known := r.truth(q, machine{imul: 3}); known {
			return b
		}
	}
	b.Precision = 0.5 // how long a call takes is of no interest
	return b
}

// passes is how often a run is made whose figure is off: the middle one counts,
// so that one bad moment of the host is not taken for the counter's.
const passes = 3

// Run grades every counter that a report of this host has, by name. It fails
// when a kernel does not run at all, which says nothing about counters.
func Run(ctx context.Context, env Env) ([]Mark, error) {
	s := &sheet{env: env, got: make(map[run][]*wire.Result)}
	if err := s.clock(); err != nil {
		return nil, err
	}
	all := runs(env.Host.PMU != "")
	for _, r := range all {
		if err := s.take(ctx, r); err != nil {
			return nil, err
		}
	}
	for range passes - 1 {
		for _, r := range all {
			if !s.suspicious(r) {
				continue
			}
			if err := s.take(ctx, r); err != nil {
				return nil, err
			}
		}
	}
	return s.marks(all), nil
}

// sheet is a grading under way.
type sheet struct {
	env     Env
	machine machine
	got     map[run][]*wire.Result
}

// clock asks the system's clock how fast the time-stamp counter is, as no
// kernel can.
func (s *sheet) clock() error {
	rate := s.env.TSCRate
	if rate == nil {
		rate = func() (uint64, error) { hz, _, err := processor.MeasureTSC(); return hz, err }
	}
	hz, err := rate()
	if err != nil {
		return fmt.Errorf("trust: the time-stamp counter cannot be compared with the clock: %w", err)
	}
	s.machine = machineOf(&s.env.Host, float64(hz))
	return nil
}

// take makes one run. A kernel that ended badly is given a second chance.
func (s *sheet) take(ctx context.Context, r run) error {
	var rep *wire.Report
	var err error
	for range 2 {
		rep, err = s.env.Do(ctx, &wire.Job{
			Kind: wire.Run, Spec: []byte(spec), Params: map[string]uint64{"n": r.n}, Object: find(r.kernel).object(),
			Budget: r.budget(), Host: s.env.Host, Groups: s.env.Groups, Measure: wire.MeasureOptions{Throughput: r.throughput},
		})
		switch {
		case err == nil && rep.Problem != nil:
			err = rep.Problem
		case err == nil && rep.Result == nil:
			err = fmt.Errorf("no result")
		}
		if err == nil || ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("trust: %s: %w", r.label(), err)
	}
	s.got[r] = append(s.got[r], rep.Result)
	return nil
}

// suspicious tells whether a run has shown anything but the truth.
func (s *sheet) suspicious(r run) bool {
	for _, name := range s.counters([]run{r}) {
		q, resolution := quantityOf(name)
		if _, known := r.truth(q, s.machine); !known {
			continue
		}
		p, ok := s.point(r, name)
		if !ok || len(wrongOnes([]point{p}, 0, 1, resolution)) > 0 {
			return true
		}
	}
	return false
}

// counters returns the names of all figures, had or not, in the order of the
// reports.
func (s *sheet) counters(all []run) (names []string) {
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, r := range all {
		for _, res := range s.got[r] {
			for _, c := range res.Counters {
				add(c.Name)
			}
			for _, u := range res.Unavailable {
				add(u.Name)
			}
		}
	}
	return names
}

// point returns the figure of a run in the middle of its passes.
func (s *sheet) point(r run, name string) (p point, ok bool) {
	var list []point
	q, _ := quantityOf(name)
	truth, _ := r.truth(q, s.machine)
	for _, res := range s.got[r] {
		for i := range res.Counters {
			if c := &res.Counters[i]; c.Name == name {
				// What a host takes unseen is known to a part of itself, which may be all that is tolerated.
				unsure := q == cycles && res.Conditions.Unseen > Tolerance
				list = append(list, point{r.label(), truth, c.Value, c.CI95[0], c.CI95[1], disturbed(c) || unsure})
			}
		}
	}
	if len(list) == 0 {
		return p, false
	}
	slices.SortFunc(list, func(a, b point) int { return cmpFloat(math.Abs(a.value-truth), math.Abs(b.value-truth)) })
	return list[len(list)/2], true
}

// disturbed tells that more than half of a figure's samples were lost to other
// work on the machine.
func disturbed(c *wire.Counter) bool {
	lost := 0
	for _, why := range []string{"preempted", "interrupted", "unsteady", "contended"} {
		lost += c.Samples.Rejected[why]
	}
	return 2*lost > c.Samples.Total
}

// marks grades every counter.
func (s *sheet) marks(all []run) []Mark {
	var list []Mark
	for _, name := range s.counters(all) {
		list = append(list, s.mark(all, name))
	}
	return list
}

func (s *sheet) mark(all []run, name string) Mark {
	q, resolution := quantityOf(name)
	var points []point
	var missing []run
	for _, r := range all {
		if _, known := r.truth(q, s.machine); !known {
			continue
		}
		if p, ok := s.point(r, name); ok {
			points = append(points, p)
		} else {
			missing = append(missing, r)
		}
	}
	switch {
	case len(points) == 0 && len(missing) == 0:
		return Mark{Counter: name, Grade: Ungraded, Why: "no kernel has a known answer"}
	case len(points) == 0:
		return Mark{Counter: name, Grade: Ungraded, Why: "unavailable: " + s.reason(missing[0], name)}
	case len(missing) > 0:
		return Mark{Counter: name, Grade: Broken, Why: fmt.Sprintf("no figure of %d of %d kernels: %s", len(missing), len(missing)+len(points), s.reason(missing[0], name))}
	}
	return gradeOf(name, points, resolution)
}

// reason is why a run has no figure.
func (s *sheet) reason(r run, name string) string {
	for _, res := range s.got[r] {
		for _, u := range res.Unavailable {
			if u.Name == name {
				return u.Reason
			}
		}
	}
	return "the report does not say why"
}
