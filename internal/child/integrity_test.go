package child

import (
	"strings"
	"testing"
	"time"

	"webrunner/internal/cell"
	"webrunner/internal/wire"
	"webrunner/trampoline"
)

// TestLonger: what makes watched calls too long for what was measured, 1,000
// ticks of a nanosecond, and what does not.
func TestLonger(t *testing.T) {
	const way = 10_000 // from stop to stop, with nothing in between
	// calls follow each other after a pause, each with an empty one.
	calls := func(n int, pause, ticks, wall, cpu time.Duration) (list []watched) {
		at := time.Unix(0, 0)
		for range n {
			list = append(list, watched{
				cell.Seen{Began: at, Ticks: 50 + uint64(ticks), Wall: way + wall, CPU: way/2 + cpu},
				cell.Seen{Ticks: 50, Wall: way, CPU: way / 2},
			})
			at = at.Add(way + wall + pause)
		}
		return list
	}
	const soon, us = 50 * time.Microsecond, time.Microsecond
	for _, tt := range []struct {
		name        string
		same, fresh []watched
		why         string
	}{
		{"as measured", calls(12, soon, us, us, us), calls(4, soon, us, us, us), ""},
		{"colder", calls(12, soon, 3*us, 3*us, 3*us), nil, ""},
		{"inside", calls(12, soon, 4*us, 4*us, 4*us), nil, "a watched call takes 4000 ticks, those that were measured 1000"},
		{"outside", calls(12, soon, us, 4*us, 4*us), nil, "a watched call takes 4000 ticks as seen from outside"},
		{"others had the processor", calls(12, soon, us, 400*us, us), nil, ""},
		{"ticks of the scheduler", calls(12, soon, us, us, 400*us), nil, ""},
		{"caches are cold after a pause", calls(12, 5*time.Millisecond, 7*us, 7*us, 7*us), nil, ""},
		{"too cold", calls(12, 5*time.Millisecond, 9*us, 9*us, 9*us), nil, "9000 ticks"},
		{"a single call", calls(1, soon, 9*us, 9*us, 9*us), nil, "9000 ticks"},
		{"a few disturbed ones", append(calls(7, soon, us, us, us), calls(5, soon, 900*us, 900*us, 900*us)...), nil, ""},
		{"unlearned branches", calls(12, soon, us, us, us), calls(4, soon, 10*us, 10*us, 10*us), ""},
		{"remembered", calls(12, soon, us, us, us), calls(4, soon, 20*us, 20*us, 20*us), "other contents"},
		{"remembered, with a clock of its own", calls(12, soon, us, us, us), calls(4, soon, us, 20*us, 20*us), "other contents of the operands takes 20000 ticks as seen from outside"},
	} {
		a := &audit{runner: &runner{session: &session{job: &wire.Job{Host: wire.Host{TSCHz: 1e9}}}}, same: tt.same, fresh: tt.fresh}
		if why := a.longer(1000); tt.why == "" && why != "" || !strings.Contains(why, tt.why) {
			t.Errorf("%s: %q, want %q", tt.name, why, tt.why)
		}
	}
}

func TestRhythm(t *testing.T) {
	want := rhythm{chain: 10_000, gap: 3000}
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
		if why := want.compare(tt.got); tt.why == "" && why != "" || !strings.Contains(why, tt.why) {
			t.Errorf("%+v: %q, want %q", tt.got, why, tt.why)
		}
	}
}

// TestChains: a kernel cannot make its chains longer than those after its last
// calls; a host whose frequency changes between cells does no harm.
func TestChains(t *testing.T) {
	cells := func(pairs ...[2]uint64) *sampler {
		s := &sampler{}
		for _, p := range pairs {
			o := &cell.Outcome{Samples: cell.Samples{LastChain: p[1]}}
			for range 20 {
				o.Samples.Records = append(o.Samples.Records, cell.Record{Record: trampoline.Record{Ticks: [trampoline.MaxSections]uint64{p[0]}}})
			}
			s.outcomes = append(s.outcomes, o)
		}
		return s
	}
	for _, tt := range []struct {
		s  *sampler
		ok bool
	}{
		{cells([2]uint64{1000, 1000}, [2]uint64{1000, 1000}, [2]uint64{1000, 1000}), true},
		{cells([2]uint64{1500, 1000}, [2]uint64{1000, 1000}, [2]uint64{1000, 1000}), true},
		{cells([2]uint64{1500, 1500}, [2]uint64{1000, 1000}, [2]uint64{1500, 1500}), true},
		{cells([2]uint64{1250, 1000}, [2]uint64{1250, 1000}, [2]uint64{1250, 2000}), false},
		{cells([2]uint64{1250, 1000}, [2]uint64{1250, 1000}), true},
		{cells([2]uint64{5000, 1000}), false},
	} {
		if why := tt.s.chainsStretched(); (why == "") != tt.ok {
			t.Errorf("%q, want ok %v", why, tt.ok)
		}
	}
}
