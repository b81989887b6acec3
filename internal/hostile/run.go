package hostile

import (
	"context"
	"fmt"
	"math"
	"time"

	"webrunner/internal/wire"
	"webrunner/kernels"
)

// Env is the host under attack.
type Env struct {
	Do      func(context.Context, *wire.Job) (*wire.Report, error) // gives a job to a child
	Kernels *kernels.Set
	Host    wire.Host
	Tell    func(Outcome) // is told of each attack as it ends; may be nil
}

// Outcome is what became of one attack.
type Outcome struct {
	Name   string  `json:"name"`
	Form   Form    `json:"form"`
	Layer  Layer   `json:"layer"`
	OK     bool    `json:"ok"`
	Tries  string  `json:"tries"`
	Detail string  `json:"detail"` // what happened, and for a failure what should have
	MS     float64 `json:"ms"`
}

// LayerOutcome is the sum of the attacks on one layer.
type LayerOutcome struct {
	Layer   Layer `json:"layer"`
	OK      bool  `json:"ok"`
	Attacks int   `json:"attacks"`
	Failed  int   `json:"failed"`
}

// Report is the result of all attacks.
type Report struct {
	OK       bool           `json:"ok"`
	Attacks  int            `json:"attacks"`
	Layers   []LayerOutcome `json:"layers"`
	Failures []Outcome      `json:"failures"`
}

// Run mounts attacks one after the other. It ends early when ctx does; then
// the report is not OK.
func Run(ctx context.Context, env Env, attacks []Attack) Report {
	r := Report{OK: true, Failures: []Outcome{}}
	sums := make(map[Layer]*LayerOutcome)
	for _, l := range Layers() {
		sums[l] = &LayerOutcome{Layer: l, OK: true}
	}
	for i := range attacks {
		o := env.Mount(ctx, &attacks[i])
		r.Attacks++
		sum := sums[o.Layer]
		sum.Attacks++
		if !o.OK {
			sum.Failed++
			r.OK, sum.OK = false, false
			r.Failures = append(r.Failures, o)
		}
		if env.Tell != nil {
			env.Tell(o)
		}
		if ctx.Err() != nil {
			break
		}
	}
	for _, l := range Layers() {
		r.Layers = append(r.Layers, *sums[l])
	}
	return r
}

// Mount mounts one attack.
func (env Env) Mount(ctx context.Context, a *Attack) Outcome {
	start := time.Now()
	detail, err := env.mount(ctx, a)
	o := Outcome{Name: a.Name, Form: a.Form, Layer: a.Layer, OK: err == nil, Tries: a.Tries, Detail: detail}
	if err != nil {
		o.Detail = err.Error()
	}
	o.MS = float64(time.Since(start).Microseconds()) / 1000
	return o
}

func (env Env) mount(ctx context.Context, a *Attack) (string, error) {
	job, err := env.Job(a)
	if err != nil {
		return "", err
	}
	detail, err := "", error(nil)
	for range attempts {
		var rep *wire.Report
		if rep, err = env.Do(ctx, job); err != nil {
			return "", err
		}
		if detail, err = a.judge(rep); err == nil || rep.Problem == nil || rep.Problem.Class != wire.Timeout {
			break
		}
	}
	return detail, err
}

// attempts is how often an attack is mounted that ended by its time limit: on
// a busy machine that may be nobody's fault.
const attempts = 3

// Job makes the job of an attack.
func (env Env) Job(a *Attack) (*wire.Job, error) {
	spec, err := env.Kernels.Find(a.Kernel)
	if err != nil {
		return nil, err
	}
	query := make(map[string][]string)
	for k, v := range a.Params {
		query[k] = []string{v}
	}
	values, err := spec.Values(query)
	if err != nil {
		return nil, err
	}
	return &wire.Job{
		Kind: wire.Run, Spec: spec.XML, Params: values, Seed: 1, Budget: budget(a.Layer), Host: env.Host, Object: a.Object(),
	}, nil
}

// budget is what an attack may take: endless ones are not waited for, and
// figures need not be good.
func budget(l Layer) wire.Budget {
	call := time.Second
	if l == Time {
		call = 100 * time.Millisecond
	}
	return wire.Budget{
		Deadline: (5 * time.Second).Microseconds(),
		CPU:      (10 * time.Millisecond).Microseconds(),
		Call:     call.Microseconds(),
		Memory:   64 << 20,
	}
}

// judge compares what happened with what may. The error says what is wrong.
func (a *Attack) judge(rep *wire.Report) (string, error) {
	got := describe(rep)
	for _, e := range a.Ends {
		if !e.is(rep) {
			continue
		}
		return got, a.believed(rep)
	}
	return "", fmt.Errorf("ended with %s; it must end with %s", got, oneOf(a.Ends))
}

// describe says what became of an attack.
func describe(rep *wire.Report) string {
	switch {
	case rep.Problem != nil:
		return rep.Problem.Error()
	case rep.Result != nil:
		r := rep.Result
		s := "a result, " + string(r.Integrity)
		if c, ok := cycles(r); ok {
			s += fmt.Sprintf(", %.0f cycles", c)
		}
		for _, why := range r.IntegrityWhy {
			s += "; " + why
		}
		for _, v := range r.ABI.Violations {
			s += "; " + v
		}
		return s
	}
	return "neither a result nor a problem"
}

func oneOf(list []End) string {
	s := ""
	for i, e := range list {
		if i > 0 {
			s += "; or "
		}
		s += e.String()
	}
	return s
}

// is tells whether a report is this end.
func (e End) is(rep *wire.Report) bool {
	if e.Class == "" {
		return rep.Result != nil && (!e.Broken || !rep.Result.ABI.OK)
	}
	p := rep.Problem
	return p != nil && p.Class == e.Class && p.Status == e.Class.Info().Status && p.Detail != "" &&
		(e.Syscall == "" || e.Syscall == p.Syscall) &&
		(e.Signal == "" || e.Signal == p.Signal) &&
		(e.Access == "" || e.Access == p.Access) &&
		(e.Rule == "" || e.Rule == p.Rule) &&
		(e.Address == 0 || p.Address == fmt.Sprintf("%#x", e.Address))
}

// believed is an error when a forged figure is called consistent.
func (a *Attack) believed(rep *wire.Report) error {
	r := rep.Result
	if a.Cycles == 0 || r == nil || r.Integrity != wire.Consistent {
		return nil
	}
	if c, ok := cycles(r); ok && c < a.Cycles {
		return &lieError{a.Cycles, c, r.Integrity}
	}
	return nil
}

// lieError is a forged figure that was believed.
type lieError struct {
	floor, shown float64 // cycles
	integrity    wire.Integrity
}

// Error says what was believed.
func (e *lieError) Error() string {
	return fmt.Sprintf("a call of %.0f cycles at least is shown as %.0f, integrity %s", e.floor, e.shown, e.integrity)
}

// cycles is the first figure in cycles of a result.
func cycles(r *wire.Result) (float64, bool) {
	for _, c := range r.Counters {
		if c.Unit == "cycles" {
			return math.Round(c.Value) + 0, true // there is no minus zero
		}
	}
	return 0, false
}
