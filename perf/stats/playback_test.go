package stats

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"webrunner/perf/recording"
)

// play reads what was recorded on a host.
func play(t *testing.T, name string) recording.File {
	t.Helper()
	r, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	f, err := recording.Read(r)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// the returns the places of a set's laps of a kind.
func the(set recording.Set, kind string) (at []int) {
	for i, s := range set.Laps {
		if s.Kind == kind {
			at = append(at, i)
		}
	}
	return at
}

// referencesOf are the cells of a set of references.
func referencesOf(set recording.Set) (list []References) {
	chains, witness, adds, straight := the(set, recording.Chain), the(set, recording.Witness), the(set, recording.Adds), the(set, recording.Straight)
	slices.SortFunc(straight, func(a, b int) int { return int(set.Laps[a].Cycles - set.Laps[b].Cycles) })
	if len(adds) == 0 { // the chain then checks itself
		adds = chains[1:]
	}
	for _, c := range set.Cells {
		length := func(at int) Length { return Length{set.Laps[at].Cycles, column(c, at)} }
		r := References{Long: length(chains[0]), Chain: length(chains[1]), Adds: length(adds[0]), Witness: column(c, witness[0]), Alone: set.Laps[witness[0]].Cycles}
		for _, at := range straight {
			r.Straight = append(r.Straight, length(at))
		}
		for _, flags := range column(c, len(set.Laps)) {
			r.Disturbed = append(r.Disturbed, flags != 0)
		}
		list = append(list, r)
	}
	return list
}

func column(c recording.Cell, at int) (list []uint64) {
	for _, r := range c.Records {
		list = append(list, r[at])
	}
	return list
}

// samplesOf are the cells of a set that measures a kernel.
func samplesOf(set recording.Set) (cells [][]Sample) {
	chains, witness, kernel := the(set, recording.Chain), the(set, recording.Witness), the(set, recording.Kernel)[0]
	chain, ofLong := chains[0], uint64(0) // flags
	if len(chains) > 1 {
		const both = 1<<0 | 1<<8 // an interrupt, a preemption
		ofLong = both << chains[1]
	}
	for _, c := range set.Cells {
		var samples []Sample
		for i, r := range c.Records {
			s := Sample{
				Before: r[chain], After: c.Last, WitnessBefore: r[witness[0]], WitnessAfter: r[witness[1]],
				Ticks: r[kernel], Interrupted: r[len(set.Laps)]&^ofLong != 0,
			}
			if len(chains) > 1 && r[len(set.Laps)]&ofLong == 0 {
				s.Long, s.LongCycles = r[chains[1]], set.Laps[chains[1]].Cycles
			}
			if i+1 < len(c.Records) {
				s.After = c.Records[i+1][chain]
			}
			samples = append(samples, s)
		}
		cells = append(cells, samples)
	}
	return cells
}

// calibrated plays the references, which are the first set.
func calibrated(t *testing.T, f recording.File) Calibration {
	t.Helper()
	cal, err := Calibrate(referencesOf(f.Sets[0]), f.Quantum)
	if err != nil || cal.Doubt != "" {
		t.Fatal(cal, err)
	}
	return cal
}

// TestPlayback: what quiet hosts showed of multiplications in a row reads as three
// cycles each, and the interval says how sure that is: of all cells, and of nearly
// every cell alone.
func TestPlayback(t *testing.T) {
	for _, host := range []struct {
		name     string
		shortest float64 // whose edge is that of the references
		distort  float64 // by which shorter ones may be off
	}{
		{"zen5-2096.json.gz", 15, 4},
		{"zen5-2596.json.gz", 60, 2},
	} {
		f := play(t, host.name)
		cal := calibrated(t, f)
		if cal.EdgeError > 1 || math.Abs(cal.WitnessCycles/f.Sets[0].Laps[1].Cycles-1) > .01 {
			t.Errorf("%s: %+v", host.name, cal)
		}
		held, alone := 0, 0
		for _, set := range f.Sets[1:] {
			want := set.Laps[the(set, recording.Kernel)[0]].Cycles
			cells := samplesOf(set)
			fig, q, err := EstimateCycles(cells, cal, f.Quantum)
			if err != nil || len(q.Warnings) > 0 || fig.Cells != len(cells) {
				t.Errorf("%s: %.0f cycles: %+v, %+v, %v", host.name, want, fig, q, err)
			}
			if want < host.shortest {
				if math.Abs(fig.Value-want) > host.distort {
					t.Errorf("%s: %.0f cycles read as %.1f", host.name, want, fig.Value)
				}
				continue
			}
			if math.Abs(fig.Value-want) > resolution || fig.CILow > want || fig.CIHigh < want || !Enough(fig, q, 0) {
				t.Errorf("%s: %.0f cycles read as %.1f, from %.1f to %.1f", host.name, want, fig.Value, fig.CILow, fig.CIHigh)
			}
			for i := range cells {
				fig, _, err := EstimateCycles(cells[i:i+1], cal, f.Quantum)
				if alone++; err == nil && fig.CILow <= want && want <= fig.CIHigh {
					held++
				}
			}
		}
		if held*100 < alone*93 {
			t.Errorf("%s: %d intervals of %d cells alone hold the truth", host.name, held, alone)
		}
	}
}

// TestPlaybackBusy: beside a busy hyper-thread the edges of a calibration are three
// cycles too long. It knows it by its witnesses, and the intervals say it; where
// no sample is left, so does the figure.
func TestPlaybackBusy(t *testing.T) {
	f := play(t, "zen5-2096-busy.json.gz")
	cal := calibrated(t, f)
	if cal.EdgeError < busyEdge {
		t.Errorf("%+v", cal)
	}
	bounds := 0
	for _, set := range f.Sets[1:] {
		want := set.Laps[the(set, recording.Kernel)[0]].Cycles
		fig, q, err := EstimateCycles(samplesOf(set), cal, f.Quantum)
		switch {
		case err != nil:
			t.Error(err)
		case q.Contended:
			if bounds++; fig.Value < want || Enough(fig, q, 1) {
				t.Errorf("%.0f cycles are at most %.1f", want, fig.Value)
			}
		case fig.CILow > want || fig.CIHigh < want:
			t.Errorf("%.0f cycles read as %.1f, from %.1f to %.1f", want, fig.Value, fig.CILow, fig.CIHigh)
		}
	}
	if bounds != 1 {
		t.Errorf("%d upper bounds", bounds)
	}
}

// TestPlaybackTaken: where the host takes the processor every 60 us, and no flag tells,
// calls of all lengths read as what they are.
func TestPlaybackTaken(t *testing.T) {
	f := play(t, "redwoodcove-2600.json.gz")
	cal := calibrated(t, f)
	taken := 0
	for _, set := range f.Sets[1:] {
		want := set.Laps[the(set, recording.Kernel)[0]].Cycles
		if want < 15 { // hidden by what is around them
			continue
		}
		fig, q, err := EstimateCycles(samplesOf(set), cal, f.Quantum)
		if err != nil || fig.CILow > want || fig.CIHigh < want || fig.Half() > max(.02*want, resolution) || q.Contended || q.Disturbed || len(q.Modes) > 0 {
			t.Errorf("%.0f cycles read as %.1f, from %.1f to %.1f, %+v, %v", want, fig.Value, fig.CILow, fig.CIHigh, q, err)
		}
		if fig.Unseen > .03 {
			taken++
		}
	}
	if taken < 2 {
		t.Errorf("the host took from %d calls", taken)
	}
}
