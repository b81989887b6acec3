package trust

import (
	"bytes"
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"webrunner/internal/wire"
	"webrunner/kernels"
)

// figure is what a played counter shows of a truth; nil is none.
type figure func(truth float64, pass int) *wire.Counter

func shows(f func(truth float64) float64) figure {
	return func(truth float64, _ int) *wire.Counter {
		v := f(truth)
		return &wire.Counter{Value: v, CI95: [2]float64{v, v}}
	}
}

const playedRate = 2_500_000_000 // Hz

// play is a host whose counters show what they are told to.
func play(t *testing.T, counters map[string]figure) Env {
	passes := make(map[run]int)
	return Env{
		Host:    wire.Host{PMU: "played", Vendor: "GenuineIntel", Family: 6, Model: 0x8f},
		Groups:  []wire.Group{{{Name: "Cycles"}}},
		TSCRate: func() (uint64, error) { return playedRate, nil },
		Do: func(_ context.Context, job *wire.Job) (*wire.Report, error) {
			r := whichRun(t, job)
			defer func() { passes[r]++ }()
			res := &wire.Result{}
			for name, f := range counters {
				q, _ := quantityOf(name)
				truth, known := r.truth(q, machine{imul: 3, tscRate: playedRate})
				if !known {
					truth = 12345
				}
				if c := f(truth, passes[r]); c != nil {
					c.Name = name
					res.Counters = append(res.Counters, *c)
				} else {
					res.Unavailable = append(res.Unavailable, wire.Unavailable{Name: name, Reason: "as played"})
				}
			}
			return &wire.Report{Result: res, OK: true}, nil
		},
	}
}

// whichRun finds the run of a job, and holds it to what clients' jobs have.
func whichRun(t *testing.T, job *wire.Job) run {
	t.Helper()
	if job.Kind != wire.Run || job.Host.PMU != "played" || len(job.Groups) != 1 || job.Budget.Deadline == 0 || job.Budget.CPU == 0 || job.Budget.Call == 0 || job.Budget.Memory == 0 || job.Budget.Precision == 0 {
		t.Errorf("job %+v", job)
	}
	for _, r := range runs(true) {
		if r.n == job.Params["n"] && r.throughput == job.Measure.Throughput && bytes.Equal(job.Object, find(r.kernel).object()) {
			return r
		}
	}
	t.Fatalf("an unknown job: %v", job.Params)
	return run{}
}

func TestGrades(t *testing.T) {
	wide := func(truth float64, _ int) *wire.Counter {
		return &wire.Counter{Value: 1.02 * truth, CI95: [2]float64{.98 * truth, 1.06 * truth}}
	}
	busy := func(truth float64, _ int) *wire.Counter {
		return &wire.Counter{Value: 1.3 * truth, CI95: [2]float64{1.3 * truth, 1.3 * truth},
			Samples: wire.Samples{Total: 100, Rejected: map[string]int{"contended": 40, "interrupted": 11}}}
	}
	once := func(truth float64, pass int) *wire.Counter {
		if pass == 0 {
			truth *= 1.1
		}
		return shows(func(v float64) float64 { return v })(truth, pass)
	}
	mostly := func(truth float64, pass int) *wire.Counter {
		if pass != 1 {
			truth *= 1.1
		}
		return shows(func(v float64) float64 { return v })(truth, pass)
	}
	sometimes := func(truth float64, _ int) *wire.Counter {
		if truth > 1000 {
			return nil
		}
		return shows(func(v float64) float64 { return v })(truth, 0)
	}
	for _, row := range []struct {
		name, counter string
		f             figure
		grade         Grade
		words         string
	}{
		{"right", "Cycles", shows(func(v float64) float64 { return v }), Trusted, "trusted"},
		{"right within the tolerance", "Cycles", shows(func(v float64) float64 { return 1.0049 * v }), Trusted, "trusted"},
		{"too much by a factor", "Cycles", shows(func(v float64) float64 { return 1.013 * v }), Biased, "biased by +1.3 %"},
		{"too little by a factor", "Time", shows(func(v float64) float64 { return .97 * v }), Biased, "biased by -3 %"},
		{"two more", "Instructions", shows(func(v float64) float64 { return v + 2 }), Biased, "biased by +2 per call"},
		{"one less", "BR_INST_RETIRED.NEAR_TAKEN", shows(func(v float64) float64 { return v - 1 }), Biased, "biased by -1 per call"},
		{"loads by a fault too many", "MEM_INST_RETIRED.ALL_LOADS", shows(func(v float64) float64 { return v + 1 }), Biased, "biased by +1 per call"},
		{"both", "ex_ret_instr", shows(func(v float64) float64 { return 1.25*v + 40 }), Biased, "biased by +25 % and +40 per call"},
		{"counts nothing", "Cycles", shows(func(float64) float64 { return 0 }), Broken, "broken: reads 0 where 19200 is true (kernel add, n=600)"},
		{"does not move", "ex_ret_brn", shows(func(float64) float64 { return 700 }), Broken, "broken: reads 700 where"},
		{"something else", "MEM_INST_RETIRED.ALL_STORES", shows(func(v float64) float64 { return v * v }), Broken, "broken: reads"},
		{"a factor beyond belief", "Cycles", shows(func(v float64) float64 { return 20 * v }), Broken, "broken: reads"},
		{"backwards", "Instructions", shows(func(v float64) float64 { return 1e6 - v }), Broken, "broken: reads"},
		{"never there", "Cycles", func(float64, int) *wire.Counter { return nil }, Ungraded, "ungraded: unavailable: as played"},
		{"not always there", "Instructions", sometimes, Broken, "broken: no figure of 8 of 12 kernels: as played"},
		{"wrong for a moment", "Cycles", once, Trusted, "trusted"},
		{"right for a moment", "Cycles", mostly, Biased, "biased by +10 %"},
		{"uncertain", "Cycles", wide, Ungraded, "ungraded: the host is too busy to tell: reads"},
		{"disturbed", "Cycles", busy, Ungraded, "ungraded: the host is too busy to tell: reads"},
		{"page faults", "Page faults", shows(func(v float64) float64 { return v }), Trusted, "trusted"},
		{"no page faults", "Page faults", shows(func(float64) float64 { return 0 }), Broken, "broken: reads 0 where 2 is true (kernel page, n=2)"},
		{"nothing to count", "Alignment faults", shows(func(float64) float64 { return 0 }), Ungraded, "ungraded: no kernel makes it count; it reads 0, as it should"},
		{"counted for nothing", "Alignment faults", shows(func(float64) float64 { return 3 }), Broken, "broken: reads 3 where 0 is true"},
		{"unknown", "L2_RQSTS.MISS", shows(func(v float64) float64 { return v }), Ungraded, "ungraded: no kernel has a known answer"},
	} {
		marks, err := Run(t.Context(), play(t, map[string]figure{row.counter: row.f}))
		if err != nil || len(marks) != 1 {
			t.Errorf("%s: %v %v", row.name, marks, err)
			continue
		}
		if m := marks[0]; m.Counter != row.counter || m.Grade != row.grade || !strings.HasPrefix(m.String(), row.words) {
			t.Errorf("%s: %s, want %s: %s", row.name, m, row.grade, row.words)
		}
	}
}

func TestRatio(t *testing.T) {
	marks, err := Run(t.Context(), play(t, map[string]figure{"Cycles": shows(func(v float64) float64 { return 1.002 * v })}))
	if err != nil || len(marks) != 1 || math.Abs(marks[0].Ratio-.002) > 1e-9 {
		t.Errorf("%+v %v", marks, err)
	}
}

// TestTimeAgainstTheClock: a time-stamp counter whose frequency was taken for
// another shows in the figures of time, and in those only.
func TestTimeAgainstTheClock(t *testing.T) {
	identity := shows(func(v float64) float64 { return v })
	env := play(t, map[string]figure{"Time": identity, "Reference cycles": identity})
	env.TSCRate = func() (uint64, error) { return playedRate * 51 / 50, nil }
	marks, err := Run(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	if m, _ := lookup(marks, "Time"); m.Grade != Biased || m.String() != "biased by +2 %" {
		t.Errorf("time: %s", m)
	}
	if m, _ := lookup(marks, "Reference cycles"); m.Grade != Trusted {
		t.Errorf("reference cycles: %s", m)
	}
	env.TSCRate = func() (uint64, error) { return 0, errors.New("no clock") }
	if _, err := Run(t.Context(), env); err == nil || !strings.Contains(err.Error(), "no clock") {
		t.Errorf("without a clock: %v", err)
	}
}

// TestWithoutPMU runs only what has figures then.
func TestWithoutPMU(t *testing.T) {
	all, few := runs(true), runs(false)
	if len(few) == 0 || len(few) >= len(all) {
		t.Errorf("%d of %d runs", len(few), len(all))
	}
	for _, q := range []quantity{cycles, ticks, nanoseconds, pageFaults} {
		truths := map[float64]bool{}
		for _, r := range few {
			if v, known := r.truth(q, machine{imul: 3, tscRate: playedRate}); known {
				truths[v] = true
			}
		}
		if len(truths) < 2 {
			t.Errorf("quantity %d has %d truths: no offset can be told from a factor", q, len(truths))
		}
	}
}

// TestFailures: a kernel that does not run says nothing about counters, and is
// tried twice.
func TestFailures(t *testing.T) {
	env := play(t, map[string]figure{"Cycles": shows(func(v float64) float64 { return v })})
	good, tries, failures := env.Do, 0, 1
	env.Do = func(ctx context.Context, job *wire.Job) (*wire.Report, error) {
		if tries++; tries <= failures {
			return &wire.Report{Problem: wire.Problemf(wire.Timeout, "as played")}, nil
		}
		return good(ctx, job)
	}
	if marks, err := Run(t.Context(), env); err != nil || marks[0].Grade != Trusted {
		t.Errorf("after one failure: %v %v", marks, err)
	}
	tries, failures = 0, 2
	if marks, err := Run(t.Context(), env); err == nil || marks != nil || !strings.Contains(err.Error(), "as played") {
		t.Errorf("after two failures: %v %v", marks, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	env.Do = func(context.Context, *wire.Job) (*wire.Report, error) { cancel(); return nil, ctx.Err() }
	if _, err := Run(ctx, env); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string]quantity{
		"Cycles": cycles, "Cycles by TSC": cycles, "LS_NOT_HALTED_CYC": cycles, "CPU_CLK_UNHALTED.REF_TSC": ticks,
		"ex_ret_cond": conditional, "MEM_UOPS_RETIRED.ALL_LOADS": loads, "BR_MISP_RETIRED.ALL_BRANCHES": unknown, "": unknown,
	} {
		if got, _ := quantityOf(name); got != want || Known(name) != (want != unknown) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestSpec: the specification is one that the child understands.
func TestSpec(t *testing.T) {
	s, err := kernels.Parse([]byte(spec))
	if err != nil {
		t.Fatal(err)
	}
	call, err := s.Bind(map[string]uint64{"n": 5}, kernels.Limits{Memory: 1 << 20})
	if err != nil || s.Name != symbol || len(call.Args) != 1 || call.Args[0].Bits != 5 {
		t.Errorf("%+v %v", call, err)
	}
}
