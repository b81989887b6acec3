package main

import (
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"

	"webrunner/internal/wire"
)

// task is a kernel that is run again and again.
type task struct {
	Kernel string    `json:"kernel"`
	Mode   string    `json:"mode"`
	Effort string    `json:"effort,omitempty"`
	Turns  uint64    `json:"turns"`
	Truth  float64   `json:"truth"`            // core cycles of a call, 0 if not known
	Modes  []float64 `json:"modes,omitempty"`  // those of a kernel that has several
	Varies bool      `json:"varies,omitempty"` // the kernel's cost differs by process
	Exact  bool      `json:"exact,omitempty"`  // nothing is missing in Truth, not even the end of a loop

	object []byte
}

// observation is what one run of a task said.
type observation struct {
	Value    float64         `json:"value"`    // core cycles of a call
	Overhead float64         `json:"overhead"` // of an empty call, which is subtracted
	CI95     [2]float64      `json:"ci95"`
	Modes    []float64       `json:"modes,omitempty"`
	Achieved float64         `json:"achieved"` // relative half-width of the interval
	Stopped  wire.StopReason `json:"stopped"`
	Accepted int             `json:"accepted"`
	Total    int             `json:"total"`
	Rejected map[string]int  `json:"rejected,omitempty"`
	Cells    int             `json:"cells"`
	Micros   int64           `json:"micros"` // that the whole run took
	Suspect  []string        `json:"suspect,omitempty"`
	Warnings []string        `json:"warnings,omitempty"`
}

// disturbed tells that the run says so of itself: it stopped for want of time
// or cells, without a figure as precise as asked for, clean and of one mode.
func (o observation) disturbed() bool {
	return o.Stopped != wire.StopPrecision && o.Stopped != wire.StopResolution
}

// figure is what is held against the truth. Calls back to back hide the empty
// call in them: what bounds them bounds both together. Of a run that names
// several modes it is the nearest.
func (t task) figure(o observation) float64 {
	v := o.Value
	for _, m := range o.Modes {
		if t.Truth > 0 && math.Abs(m-t.Truth) < math.Abs(v-t.Truth) {
			v = m
		}
	}
	if t.Mode == throughput {
		return v + o.Overhead
	}
	return v
}

// newTask returns a task of calls of about so many cycles.
func newTask(k known, mode string, cycles float64) task {
	t := task{Kernel: k.symbol, Mode: mode, Exact: k.inARow(), Varies: k.varies, object: k.object}
	turn := k.turn()
	if turn == 0 {
		t.Turns = max(1, uint64(cycles/(k.repeat*assumed)+0.5))
		return t
	}
	t.Turns = max(1, uint64(cycles/turn+0.5))
	t.Truth = float64(t.Turns) * turn
	return t
}

// newCoin returns a task of a kernel that has two modes; step is the latency of
// a multiplication.
func newCoin(c coin, list []known, cycles, step float64) task {
	k := find(list, c.symbol)
	t := task{Kernel: k.symbol, Mode: latency, Turns: uint64(math.Round(cycles / (c.heads * step))), object: k.object}
	t.Modes = []float64{float64(t.Turns) * c.heads * step, float64(t.Turns) * c.tails * step}
	return t
}

// assumed is the cost of a repetition that is not known.
const assumed = 10

// query is how a task is asked for.
func (t task) query() url.Values {
	q := url.Values{"kernel": {"playground"}, "iterations": {strconv.FormatUint(t.Turns, 10)}, "mode": {t.Mode}}
	if t.Effort != "" {
		q.Set("effort", t.Effort)
	}
	return q
}

// measure runs a task once. The run's figure is that of the time-stamp counter.
func (b *bench) measure(t task) (observation, error) {
	res, err := b.run(t.object, t.query())
	if err != nil {
		return observation{}, err
	}
	if want := fmt.Sprint(b.Host.CPUs); fmt.Sprint([]int{res.Conditions.CPU}) != want || !strings.HasPrefix(res.Conditions.Pinned, "pinned") {
		return observation{}, fmt.Errorf("the cells ran on CPU %d (%s), not on %s", res.Conditions.CPU, res.Conditions.Pinned, want)
	}
	return observe(res)
}

// observe takes what matters from a result.
func observe(res *wire.Result) (observation, error) {
	o := observation{
		Achieved: res.Conditions.Precision.Achieved, Stopped: res.Conditions.Precision.Stopped,
		Micros: res.Timing.Total, Suspect: res.IntegrityWhy, Warnings: res.Warnings,
	}
	for _, c := range res.Counters {
		if c.Name == wire.FigureCycles && c.Source == wire.TSCCalibrated {
			o.Value, o.Overhead, o.CI95, o.Cells = c.Value, c.Overhead, c.CI95, c.Cells
			o.Accepted, o.Total, o.Rejected = c.Samples.Accepted, c.Samples.Total, c.Samples.Rejected
			for _, m := range c.Modes {
				o.Modes = append(o.Modes, m.Value)
			}
			return o, nil
		}
	}
	return o, fmt.Errorf("no figure for cycles: %v", res.Unavailable)
}
