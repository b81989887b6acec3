package child

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"webrunner/internal/audit"
	"webrunner/internal/check"
	"webrunner/internal/measure"
	"webrunner/internal/subject"
	"webrunner/internal/wire"
	"webrunner/kernels"
)

// run is the job that everything else is for: it makes the subject, watches a cell of
// it, measures its calls, and holds what was measured against what was seen.
func (j *job) run() (*wire.Report, error) {
	res, err := j.measure()
	if err != nil {
		return nil, err
	}
	return &wire.Report{Result: res, OK: true, Timing: &res.Timing}, nil
}

// measure does so, and returns the child's part of the result.
func (j *job) measure() (*wire.Result, error) {
	s, err := subject.New(j.Job, j.filtered(), j.began)
	if err != nil {
		return nil, j.told(err)
	}
	j.space = s.Space
	if err := j.interrupted(); err != nil {
		return nil, err
	}
	l, err := j.learn(s)
	if err != nil {
		return nil, j.told(err)
	}
	began := time.Now()
	place := measure.Pin(j.Host.CPUs)
	expected, err := check.Expect(s)
	if err != nil {
		return nil, j.told(err)
	}
	w, err := audit.Watch(s, judgeOf(expected))
	if err != nil {
		return nil, j.told(err)
	}
	if err := j.interrupted(); err != nil {
		return nil, err
	}
	watching, verifying := time.Since(began), w.Verifying
	if l.calibrate(w.Expected()) {
		place = measure.Pin(j.Host.CPUs)
	}
	measuring := time.Now()
	m, err := measure.Measure(s, measure.Known{Place: place, Call: w.Expected(), Faults: w.Faults()})
	if err != nil {
		return nil, j.told(err)
	}
	if err := j.interrupted(); err != nil {
		return nil, err
	}
	examining := time.Now()
	f := audit.Examine(s, w, m)
	examined := time.Now()
	res := j.result(s, m, f)
	if expected != nil {
		res.Verify.Reference = expected.Name
	}
	counting := time.Now()
	j.count(s, w.Expected(), res)
	counted := time.Since(counting)
	all := f.Watched.Verifying
	res.Timing = wire.Timing{
		Load: s.Loading.Microseconds(), Screen: s.Screening.Microseconds(),
		Learn: l.took.Microseconds(),
		Watch: (watching - verifying).Microseconds(), Measure: examining.Sub(measuring).Microseconds(),
		Audit: (examined.Sub(examining) - (all - verifying)).Microseconds(), Count: counted.Microseconds(),
		Cells: (time.Since(began) - l.calibrating - all).Microseconds(), Verify: all.Microseconds(),
	}
	return res, nil
}

// judgeOf holds calls against what a reference made, where there is one.
func judgeOf(e *check.Expected) audit.Judge {
	if e == nil {
		return nil
	}
	return e.Verify
}

// told adds to a problem of a run under which layers it came about.
func (j *job) told(err error) error {
	if p, ok := err.(*wire.Problem); ok {
		p.Sandbox = j.layers
		subject.Locate(j.Job, p, j.stop)
	}
	return err
}

// result assembles the child's part of the answer.
func (j *job) result(s *subject.Subject, m *measure.Measurement, f *audit.Finding) *wire.Result {
	sum := sha256.Sum256(j.Object)
	w, broken := f.Watched, f.Watched.Broken.And(m.Broken)
	res := &wire.Result{
		Kernel: s.Call.Spec.Name, Symbol: s.Choice.Name, SymbolWhy: s.Choice.Why,
		Params: s.Call.Spec.Numbers(j.Params), Object: wire.ObjectID{SHA256: hex.EncodeToString(sum[:]), Size: len(j.Object)},
		Host: j.Host, Counters: list(m.Counters), Unavailable: list(m.Missing), Conditions: m.Conditions, Manner: s.Manner(), Dump: w.Dump,
		Result: subject.Value(w.Returned), Verify: verification(w.Checked), ABI: broken.ABI(),
		Integrity: f.Integrity(), IntegrityWhy: f.Why(), Seed: j.Seed, Effort: cmp.Or(j.Budget.Effort, wire.Default),
		ISA: list(s.Verdict.ISA), Sandbox: j.layers,
		Warnings: list(slices.Concat(s.Warnings, m.Warnings)), Notes: list(slices.Concat(s.Notes, m.Notes)), Derived: []wire.Derived{},
		Work: wire.Work{
			Elements: float64(s.Call.Elements), ElementsOf: s.Call.ElementsOf, OperandBytes: float64(s.OperandBytes()), Iterations: float64(s.Call.Iterations), Bytes: float64(s.Call.Bytes), FLOPs: float64(s.Call.Flops),
		},
	}
	res.Single, res.Histogram = m.Single, m.Histogram
	res.With = subject.Joined(j.Job, s.Image)
	if why := w.Leftovers(res.Manner); why != "" {
		res.Warnings = append(res.Warnings, why)
	}
	if w.Note != "" {
		res.Notes = append(res.Notes, w.Note)
	}
	if j.strict {
		res.Notes = append(res.Notes, "this host was asked to run cells without speculation past stores and at indirect branches (--speculation strict): code that loads what it has just stored, or calls through pointers, is slower for it")
	}
	if wide, _ := s.Call.VectorBytes(); broken.UpperInUse() && wide <= 16 { // not of those whose whole use is in them
		res.Notes = append(res.Notes, "the upper halves of vector registers are in use after a call (no vzeroupper): SSE instructions that follow may be slow")
	}
	res.Cell.Mappings, res.Cell.Bytes = s.Space.Size()
	res.Cell.RSS = w.Outcome.RSS
	return res
}

func verification(v kernels.Verification) wire.Verify {
	out := wire.Verify{
		Status: wire.VerifyStatus(v.Status), Why: v.Why, MaxULP: wire.Float(v.MaxULP), MaxAbs: wire.Float(v.MaxAbs),
		FirstBad: v.FirstBad, Index: v.FirstBad, Operand: v.Operand, Got: check.Scalar(v.Got), Want: check.Scalar(v.Want),
	}
	return out
}

// list makes an absent list an empty one: JSON readers expect [], not null.
func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}
