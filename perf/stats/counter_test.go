package stats

import (
	"errors"
	"testing"
)

// counted builds samples of one counter: values of calls, and of empty calls.
func counted(calls, empties []uint64) []Sample {
	var out []Sample
	for _, v := range calls {
		out = append(out, Sample{Counters: []uint64{0, v}})
	}
	for _, v := range empties {
		out = append(out, Sample{Empty: true, Counters: []uint64{0, v}})
	}
	return out
}

// second are the readings of the second counter of each cell.
func second(cells ...[]Sample) (list []Readings) {
	for _, c := range cells {
		list = append(list, Readings{c, 1})
	}
	return list
}

func repeat(v uint64, n int) []uint64 {
	out := make([]uint64, n)
	for i := range out {
		out[i] = v
	}
	return out
}

func TestEstimateCounter(t *testing.T) {
	exact := counted(append(repeat(1012, 95), 1013, 1050, 1012, 1014, 1015), repeat(12, 100))
	f, q, err := EstimateCounter(second(exact, exact))
	if err != nil || !f.Exact || f.Value != 1000 || f.Overhead != 12 || f.CILow != 1000 || f.CIHigh != 1000 || f.Cells != 2 || f.Total != 200 || len(q.Warnings) != 0 {
		t.Errorf("exact: %+v, %+v, %v", f, q, err)
	}

	if f, _, err = EstimateCounter(second(counted(repeat(1012, 1), nil))); err != nil || f.Exact || f.Value != 1012 {
		t.Errorf("one sample is exact: %+v, %v", f, err)
	}

	var noisy []uint64
	for i := range uint64(101) {
		noisy = append(noisy, 500+i)
	}
	f, _, err = EstimateCounter(second(counted(noisy, repeat(50, 10))))
	if err != nil || f.Exact || f.Value != 500 || f.CILow < 485 || f.CILow > 495 || f.CIHigh < 505 || f.CIHigh > 515 || f.Min != 450 {
		t.Errorf("noisy: %+v, %v", f, err)
	}

	f, q, err = EstimateCounter(second(counted(append(repeat(100, 60), repeat(200, 40)...), repeat(0, 5))))
	if err != nil || f.Exact || f.Value != 100 || len(q.Modes) != 2 || q.Modes[1].Value != 200 {
		t.Errorf("two modes: %+v, %+v, %v", f, q, err)
	}

	f, q, err = EstimateCounter(second(counted(repeat(7, 20), nil)))
	if err != nil || f.Value != 7 || len(q.Warnings) != 1 {
		t.Errorf("no empty call: %+v, %+v, %v", f, q, err)
	}
	// The overhead may be larger than the call; the figure says so.
	if f, _, err = EstimateCounter(second(counted(repeat(7, 20), repeat(9, 20)))); err != nil || f.Value != -2 {
		t.Errorf("clamped: %+v, %v", f, err)
	}

	// What is subtracted makes a figure as unsure as what it is subtracted from.
	var unsure []uint64
	for i := range uint64(33) {
		unsure = append(unsure, 34+i)
	}
	f, _, err = EstimateCounter(second(counted(append(repeat(1000, 20), repeat(1001, 13)...), unsure)))
	if err != nil || f.Value != 950 || f.CILow > 946 || f.CILow < 940 || f.CIHigh < 954 || f.CIHigh > 960 {
		t.Errorf("unsure overhead: %+v, %v", f, err)
	}

	dirty := counted(repeat(7, 20), nil)
	for i := range dirty {
		dirty[i].Preempted = i%2 == 0
		dirty[i].Interrupted = i%2 == 1
	}
	var none *NoFigureError
	if _, _, err := EstimateCounter(second(dirty)); !errors.As(err, &none) || none.Rejected.Preempted != 10 || none.Rejected.Interrupted != 10 {
		t.Errorf("all disturbed: %v", err)
	}
	if _, _, err := EstimateCounter([]Readings{{dirty, 2}}); err == nil {
		t.Error("a counter that was not read gave a figure")
	}
	if _, _, err := EstimateCounter(nil); !errors.As(err, &none) {
		t.Errorf("nothing: %v", err)
	}
}

func TestUndisturbed(t *testing.T) {
	cell := counted(repeat(7, 5), repeat(0, 4))
	cell[1].Preempted, cell[2].Interrupted = true, true
	if n := Undisturbed(cell); n != 3 {
		t.Errorf("%d of 5 with 2 disturbed", n)
	}
}
