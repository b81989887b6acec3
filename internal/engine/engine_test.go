package engine

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"webrunner/examples"
	"webrunner/internal/runner"
	"webrunner/internal/trust"
	"webrunner/internal/wire"
)

// TestComplete: a result has what the child could not know, and nothing of what it
// may not be trusted with.
func TestComplete(t *testing.T) {
	p := &played{took: runner.Timing{Spawn: 2 * time.Millisecond, Total: 30 * time.Millisecond}}
	e := playedEngine(t, p)
	e.Grades = new(trust.Book)
	e.Grades.Set([]trust.Mark{{Counter: "Instructions", Grade: trust.Broken, Why: "reads 0 where 5 is true"}}, nil)
	p.report.Result = &wire.Result{
		Counters: []wire.Counter{
			{Name: "Cycles", Value: 100, Source: wire.TSCCalibrated, Trust: "trusted, says the child"},
			{Name: "Instructions", Value: 250, Source: wire.PMU},
		},
		Timing:   wire.Timing{Load: 7, Queue: 99, Total: 99},
		Warnings: []string{"the child's own"},
	}
	job, err := e.Plan(map[string][]string{"kernel": {"sdot"}})
	if err != nil {
		t.Fatal(err)
	}
	rep, took, err := e.Do(t.Context(), job, 5*time.Millisecond, nil)
	if err != nil || took != p.took || p.last.Host.CPU != "played" {
		t.Fatalf("%v, took %v, on %q", err, took, p.last.Host.CPU)
	}
	r := rep.Result
	if want := (wire.Timing{Queue: 5000, Spawn: 2000, Load: 7, Total: 30000}); r.Timing != want {
		t.Errorf("timing %+v, want %+v", r.Timing, want)
	}
	if r.Sandbox[wire.LayerNamespaces].String() != "enforced (user)" || r.Sandbox[wire.LayerCgroup].String() != "absent: a test" {
		t.Errorf("layers %v", r.Sandbox)
	}
	if a, b := r.Counters[0].Trust, r.Counters[1].Trust; a != "ungraded: no known kernels have counted it" || b != "broken: reads 0 where 5 is true" {
		t.Errorf("grades %q and %q", a, b)
	}
	if got := strings.Join(r.Warnings, "; "); got != "the child's own; the counter Instructions is broken: reads 0 where 5 is true" {
		t.Errorf("warnings %q", got)
	}
	if len(r.Derived) == 0 || r.Derived[0].Name != "IPC" || r.Derived[0].Value != 2.5 || r.Derived[0].Source != wire.TSCCalibrated {
		t.Errorf("derived %+v", r.Derived)
	}
}

// TestDisagreement: where the PMU and the exact count disagree the PMU's grade is lowered, unless the exact count is of one
// call only.
func TestDisagreement(t *testing.T) {
	for _, tt := range []struct {
		name    string
		pmu     float64
		grade   trust.Grade
		depends string
		want    string // the grade, which begins so
		doubted bool
	}{
		{"equal", 15000, trust.Trusted, "", "trusted", false},
		{"an interrupt more", 15002, trust.Trusted, "", "trusted", false},
		{"too many", 15100, trust.Trusted, "", "biased by +100 per call", true},
		{"too few", 14000, trust.Ungraded, "", "biased by -1000 per call", true},
		{"biased as it is known to be", 15300, trust.Biased, "", "biased by +2 %", false},
		{"biased otherwise", 15000 * 1.3, trust.Biased, "", "broken: it is biased by +2 %", true},
		{"by chance", 15100, trust.Trusted, "the counts are of one call", "trusted", false},
	} {
		p := &played{}
		e := playedEngine(t, p)
		e.Grades = new(trust.Book)
		mark := trust.Mark{Counter: "Instructions", Grade: tt.grade}
		if tt.grade == trust.Biased {
			mark.Factor = 0.02
		}
		e.Grades.Set([]trust.Mark{mark}, nil)
		p.report.Result = &wire.Result{Counters: []wire.Counter{
			{Name: "Instructions", Value: tt.pmu, Source: wire.PMU},
			{Name: "Instructions counted", Value: 15000, Source: wire.Counted, Exact: true, Depends: tt.depends},
		}}
		r, err := e.Run(t.Context(), map[string][]string{"kernel": {"sdot"}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Counters[0].Trust; !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: the grade is %q, want %q", tt.name, got, tt.want)
		}
		if doubted := strings.Contains(strings.Join(r.Warnings, "; "), "and there are exactly 15000"); doubted != tt.doubted {
			t.Errorf("%s: %q", tt.name, r.Warnings)
		}
	}
}

// TestUngraded: of a process that grades nothing a result says so.
func TestUngraded(t *testing.T) {
	p := &played{report: wire.Report{Result: &wire.Result{Counters: []wire.Counter{{Name: "Cycles", Value: 1}}}}}
	r, err := playedEngine(t, p).Run(t.Context(), map[string][]string{"kernel": {"sdot"}}, nil)
	if err != nil || r.Counters[0].Trust != "ungraded: not checked in this process" || len(r.Warnings) > 0 || r.Derived == nil {
		t.Errorf("%v, %+v", err, r)
	}
}

// TestProblems: a problem of the child's is an error to who wants an answer; it tells
// all layers. A run without a result is one, and so is a pool without children.
func TestProblems(t *testing.T) {
	crash := wire.Problemf(wire.Crashed, "boom")
	crash.Sandbox = wire.Layers{wire.LayerSeccomp: {Enforced: true}}
	bare := wire.Problemf(wire.Crashed, "boom")
	for _, row := range []struct {
		name string
		p    played
		kind wire.Kind
		want string // of the error
	}{
		{"crash", played{report: wire.Report{Problem: crash}}, wire.Run, "boom"},
		{"bare", played{report: wire.Report{Problem: bare}}, wire.Run, "boom"},
		{"nothing", played{}, wire.Run, "the child answered a run with no result"},
		{"document", played{report: wire.Report{Document: []byte("{}")}}, wire.Screen, ""},
		{"no child", played{err: io.ErrClosedPipe}, wire.Run, io.ErrClosedPipe.Error()},
	} {
		e := playedEngine(t, &row.p)
		job := e.Document(row.kind)
		if job.Budget != e.Reader.Budget {
			t.Errorf("%s: budget %+v", row.name, job.Budget)
		}
		_, err := e.Answer(t.Context(), job)
		if (err == nil) != (row.want == "") || err != nil && !strings.HasSuffix(err.Error(), row.want) {
			t.Errorf("%s: %v, want %q", row.name, err, row.want)
		}
	}
	if !crash.Sandbox[wire.LayerNamespaces].Enforced || bare.Sandbox != nil {
		t.Errorf("layers %v and %v", crash.Sandbox, bare.Sandbox)
	}
	if _, err := playedEngine(t, &played{}).Run(t.Context(), nil, nil); err == nil || !strings.Contains(err.Error(), "it must name one") {
		t.Errorf("a query without a kernel: %v", err)
	}
}

// TestScreenedAt: a screening, which needs nothing else of the host, is told whose it is.
func TestScreenedAt(t *testing.T) {
	p := &played{report: wire.Report{Document: []byte("{}")}}
	e := playedEngine(t, p)
	e.Host.Machine, e.Host.Microarchitecture, e.Host.TSCHz = "host7", "Zen 5", 1e9
	if _, err := e.Answer(t.Context(), e.Document(wire.Screen)); err != nil || p.last.Host.Named() != "host7: Zen 5 (played)" || p.last.Host.TSCHz != 0 {
		t.Errorf("%v, %+v", err, p.last.Host)
	}
}

// TestConfig: what cannot be is refused before any child is started.
func TestConfig(t *testing.T) {
	for _, row := range []struct {
		c    Config
		want string
	}{
		{Config{Timeout: time.Millisecond}, "at least 10ms, not 1ms"},
		{Config{Timeout: -time.Second}, "at least 10ms, not -1s"},
	} {
		var p *wire.Problem
		if e, err := Open(row.c); e != nil || !errors.As(err, &p) || p.Class != wire.BadParameter || !strings.Contains(p.Detail, row.want) {
			t.Errorf("%+v: %v, want %q", row.c, err, row.want)
		}
	}
}

// TestBudget: limits that are given hold, and none is longer than the job.
func TestBudget(t *testing.T) {
	for _, row := range []struct {
		c                   Config
		deadline, cpu, call time.Duration
	}{
		{Config{}, 10 * time.Second, 2 * time.Second, 3 * time.Second},
		{Config{Timeout: time.Second}, time.Second, time.Second / 2, time.Second / 2},
		{Config{Measuring: time.Second}, 10 * time.Second, time.Second, 3 * time.Second},
	} {
		b, err := row.c.budget()
		want := wire.Budget{Deadline: row.deadline.Microseconds(), CPU: row.cpu.Microseconds(), Call: row.call.Microseconds(), Memory: wire.DefaultMemory}
		if err != nil || b != want {
			t.Errorf("%+v: %+v %v, want %+v", row.c, b, err, want)
		}
	}
}

// TestLearn: a tool may choose its CPUs, and do without events, with the reason.
func TestLearn(t *testing.T) {
	reader, host, err := Config{CPUs: []int{0}, NoEvents: "not asked for"}.Learn()
	if err != nil || host.PMU != "" || host.PMUReason == "" || len(host.CPUs) != 1 || host.CPU == "" {
		t.Fatalf("%v, %+v", err, host)
	}
	job, err := reader.Run(map[string][]string{"kernel": {"sdot"}})
	if err != nil || len(job.Groups) > 0 || len(job.Refused) != 1 || job.Refused[0].Reason != "no PMU: not asked for" {
		t.Errorf("%v, %+v", err, job)
	}
}

// TestOpen: a real engine runs an object from a query to a completed result.
func TestOpen(t *testing.T) {
	e := realEngine(t)
	object, err := examples.Object("playground")
	if err != nil {
		t.Fatal(err)
	}
	r, err := e.Run(context.Background(), map[string][]string{"kernel": {"playground"}, "effort": {"quick"}}, object)
	if err != nil {
		t.Fatal(err)
	}
	if r.Host.CPU != e.Host.CPU || len(r.Counters) == 0 || r.Timing.Total <= 0 || r.Sandbox[wire.LayerNamespaces] == (wire.Layer{}) || r.Counters[0].Trust == "" {
		t.Errorf("%+v", r)
	}
	for name, state := range e.Layers {
		if r.Sandbox[name] != state {
			t.Errorf("%s is %s in the result and %s in the engine", name, r.Sandbox[name], state)
		}
	}
}
