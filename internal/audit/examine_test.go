package audit

import (
	"strings"
	"testing"
	"time"

	"webrunner/internal/cell"
	"webrunner/internal/measure"
	"webrunner/internal/subject"
	"webrunner/internal/wire"
	"webrunner/trampoline"
)

// nanoseconds is a ruler whose ticks are as long.
func nanoseconds() measure.Ruler { return measure.RulerOf(wire.Host{TSCHz: 1e9}) }

// TestLonger: what makes watched calls too long for what was measured, 1,000
// ticks of a nanosecond, and what does not.
func TestLonger(t *testing.T) {
	const way = 10_000 // from stop to stop, with nothing in between
	// calls find such contents, each with an empty one.
	calls := func(n int, what contents, touched int, ticks, wall, cpu time.Duration) (list []watched) {
		at := time.Unix(1, 0)
		for range n {
			list = append(list, watched{
				call:     cell.WatchedCall{Began: at, Ticks: 50 + uint64(ticks), Wall: way + wall, CPU: way/2 + cpu},
				empty:    cell.WatchedCall{Began: at, Ticks: 50, Wall: way, CPU: way / 2},
				contents: what, touched: touched,
			})
		}
		return list
	}
	const us = time.Microsecond
	pair := func(what contents, touched int, first, second time.Duration) []watched {
		return append(calls(1, what, touched, first, first, first), calls(1, same, 0, second, second, second)...)
	}
	for _, tt := range []struct {
		name    string
		calls   []watched
		why     string
		certain bool
	}{
		{"as measured", append(calls(2, again, 0, us, us, us), pair(changed, 2, us, us)...), "", false},
		{"colder", calls(2, again, 0, 3*us, 3*us, 3*us), "", false},
		{"cold as can be", calls(2, again, 0, 4*us, 4*us, 4*us), "a watched call takes 4000 ticks, those that were measured 1000", false},
		{"inside", calls(2, again, 0, 7*us, 7*us, 7*us), "a watched call takes 7000 ticks, those that were measured 1000", true},
		{"outside", calls(2, again, 0, us, 8*us, 8*us), "a watched call takes 8000 ticks as seen from outside", true},
		{"as early calls are", calls(2, again, 0, us, 3500, 3500), "", false},
		{"others had the processor", calls(2, again, 0, us, 400*us, us), "", false},
		{"ticks of the scheduler", calls(2, again, 0, us, us, 400*us), "", false},
		{"the first call", calls(1, usual, 2, 900*us, 900*us, 900*us), "", false},
		{"a disturbed one", append(calls(1, again, 0, us, us, us), calls(1, again, 0, 900*us, 900*us, 900*us)...), "", false},
		{"remembers what came of the same", append(pair(changed, 2, 4*us, us), pair(changed, 2, 4*us, us)...), "changed a little", true},
		{"sets its clock when it does not", append(calls(1, changed, 2, us, 40*us, 40*us), calls(1, same, 0, us, us, us)...), "from outside", false},
		{"takes as long once more", append(calls(1, again, 0, us, us, us), pair(changed, 2, 40*us, 40*us)...), "", false},
		{"long by turns", append(pair(changed, 2, 40*us, us), pair(changed, 2, us, 40*us)...), "", false},
		{"lines of another processor", pair(changed, 100, 4500, us), "", false},
		{"not so many lines", pair(changed, 100, 6*us, us), "changed a little", true},
		{"unlearned branches", pair(fresh, 2, 10*us, us), "", false},
		{"remembers what came of others", pair(fresh, 2, 20*us, us), "been replaced", true},
	} {
		w := &Watched{reach: 6400, ruler: nanoseconds(), calls: tt.calls}
		if d := w.longer(1000, 1000); tt.why == "" && d.why != "" || !strings.Contains(d.why, tt.why) || d.certain != tt.certain {
			t.Errorf("%s: %+v, want %q", tt.name, d, tt.why)
		}
	}
}

// The first call of a process finds caches cold and pages absent, for which there
// is some room.
func TestFirstCall(t *testing.T) {
	for _, tt := range []struct {
		took    time.Duration
		faults  int64
		touched int
		odd     bool
	}{
		{50 * time.Microsecond, 0, 0, false},
		{70 * time.Microsecond, 0, 0, true},
		{70 * time.Microsecond, 1, 0, false},
		{70 * time.Microsecond, 0, 1000, false},
		{500 * time.Microsecond, 2, 1000, true},
	} {
		c := watched{call: cell.WatchedCall{Wall: tt.took, CPU: tt.took, Faults: tt.faults}, empty: cell.WatchedCall{Began: time.Unix(1, 0)}, touched: tt.touched}
		w := &Watched{ruler: nanoseconds(), calls: []watched{c}}
		if why := w.firstCall(1000); (why != "") != tt.odd {
			t.Errorf("%+v: %q", tt, why)
		}
	}
}

func TestRhythm(t *testing.T) {
	want := rhythm{chain: 10_000, gap: 3000}
	turbo := rhythm{chain: 10_000, gap: 3000, atBase: 16_000}
	if why := turbo.compare(rhythm{chain: 15_900, gap: 3000}, 1000); why != "" {
		t.Errorf("a core without its turbo: %q", why)
	}
	if why := turbo.compare(rhythm{chain: 16_100, gap: 3000}, 1000); !strings.Contains(why, "calibration chain") {
		t.Errorf("a core slower than its clock: %q", why)
	}
	for _, tt := range []struct {
		got rhythm
		why string
	}{
		{rhythm{chain: 10_000, gap: 3000}, ""},
		{rhythm{chain: 12_900, gap: 6100}, ""},
		{rhythm{chain: 5_000, gap: 100}, ""},
		{rhythm{chain: 13_100, gap: 3000}, "calibration chain"},
		{rhythm{chain: 10_000, gap: 6300}, "time is hidden"},
	} {
		if why := want.compare(tt.got, 1000); tt.why == "" && why != "" || !strings.Contains(why, tt.why) {
			t.Errorf("%+v: %q, want %q", tt.got, why, tt.why)
		}
	}
}

// TestChains: a kernel cannot make its chains longer than those after its last
// calls; a host whose frequency changes between cells does no harm.
func TestChains(t *testing.T) {
	cells := func(pairs ...[2]uint64) (list []*cell.Outcome) {
		for _, p := range pairs {
			o := &cell.Outcome{Samples: cell.Samples{LastChain: p[1]}}
			for range 20 {
				o.Samples.Records = append(o.Samples.Records, cell.Record{Record: trampoline.Record{Ticks: [trampoline.MaxLaps]uint64{p[0]}}})
			}
			list = append(list, o)
		}
		return list
	}
	for _, tt := range []struct {
		cells []*cell.Outcome
		ok    bool
	}{
		{cells([2]uint64{1000, 1000}, [2]uint64{1000, 1000}, [2]uint64{1000, 1000}), true},
		{cells([2]uint64{1500, 1000}, [2]uint64{1000, 1000}, [2]uint64{1000, 1000}), true},
		{cells([2]uint64{1500, 1500}, [2]uint64{1000, 1000}, [2]uint64{1500, 1500}), true},
		{cells([2]uint64{1250, 1000}, [2]uint64{1250, 1000}, [2]uint64{1250, 2000}), false},
		{cells([2]uint64{1250, 1000}, [2]uint64{1250, 1000}), true},
		{cells([2]uint64{5000, 1000}), false},
	} {
		if why := chainsStretched(tt.cells); (why == "") != tt.ok {
			t.Errorf("%q, want ok %v", why, tt.ok)
		}
	}
}

// TestLessThanNothing: a call that takes less than one that returns at once has set the clock.
func TestLessThanNothing(t *testing.T) {
	for _, tt := range []struct {
		value, high float64
		batch       int
		lie         bool
	}{
		{0, 2, 1, false},
		{-1, -0.5, 1, false}, // another place
		{-9, -4, 1, false},
		{-9, -7, 1, true},
		{-9, -7, 100, false}, // of batches, the empty calls are subtracted
	} {
		m := &measure.Measurement{Record: measure.Record{Batch: tt.batch}}
		m.Counters = []wire.Counter{{Name: wire.FigureReferenceCycles, Value: tt.value, CI95: [2]float64{2*tt.value - tt.high, tt.high}}}
		if why := lessThanNothing(m); (why != "") != tt.lie {
			t.Errorf("%+v: %q", tt, why)
		}
	}
}

// TestOdd: noise may make one cell of three look odd; one that has more records than the
// others decides what the figure is.
func TestOdd(t *testing.T) {
	outcome := func(records int, hidden time.Duration) *cell.Outcome {
		const apart = 20_000 // ticks of a nanosecond
		o := &cell.Outcome{Samples: cell.Samples{End: uint64(records) * apart, LastChain: 5000}}
		for i := range records {
			o.Samples.Records = append(o.Samples.Records, cell.Record{Record: trampoline.Record{
				Start: uint64(i) * apart, Ticks: [trampoline.MaxLaps]uint64{5000, 1000, 10_000, 1000},
			}})
		}
		o.Loop = time.Duration(o.Samples.End)
		o.Busy = o.Loop + hidden
		return o
	}
	for _, tt := range []struct {
		odd, others int
		suspect     bool
	}{{20, 20, false}, {10, 20, false}, {30, 20, true}, {600, 20, true}} {
		e := &examination{
			record: measure.Record{Ruler: nanoseconds()}, retakes: mostRetakes + 1,
			subject:   &subject.Subject{Job: &wire.Job{Host: wire.Host{}}},
			reference: &rhythm{chain: 5000, gap: 3000, beside: 100_000},
			measured: &measure.Measurement{Cells: []*cell.Outcome{
				outcome(tt.others, 0), outcome(tt.odd, 10*time.Millisecond), outcome(tt.others, 0),
			}},
		}
		if why := e.odd(); (len(why) > 0) != tt.suspect {
			t.Errorf("%+v: %q", tt, why)
		}
	}
}
