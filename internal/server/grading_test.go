package server

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"webrunner/internal/trust"
	"webrunner/internal/wire"
)

func marked(grade trust.Grade, ratio float64) []trust.Mark {
	m := trust.Mark{Counter: "Cycles", Grade: grade, Ratio: ratio}
	switch grade {
	case trust.Biased:
		m.Factor = ratio
	case trust.Broken:
		m.Why = "reads 0 where 5 is true"
	}
	return []trust.Mark{m, {Counter: "Time", Grade: trust.Trusted, Ratio: 0.001}}
}

// grader returns a configuration whose grading always finds the same.
func grader(marks []trust.Mark, err error) func(*Config) {
	return func(c *Config) {
		c.GradeEvery = time.Hour
		c.Engine.Grader = func(context.Context, trust.Do) ([]trust.Mark, error) { return marks, err }
	}
}

// startGraded waits for the first grading.
func startGraded(t *testing.T, change func(*Config)) *bench {
	t.Helper()
	b := start(t, false, change)
	waitFor(t, func() bool { _, when, _ := b.cfg.Engine.Grades.Read(); return !when.IsZero() })
	return b
}

// TestGradesShow: in monitor, in the metrics, and in every result.
func TestGradesShow(t *testing.T) {
	for _, row := range []struct {
		marks   []trust.Mark
		monitor string
		trust   string
		metrics string
	}{
		{marked(trust.Trusted, .002), "Counter Cycles: trusted\n", "trusted",
			"webrunner_trust{counter=\"Cycles\",grade=\"trusted\"} 1\n"},
		{marked(trust.Biased, .25), "Counter Cycles: biased by +25 %\n", "biased by +25 %",
			"webrunner_bias_ratio{counter=\"Cycles\"} 0.25\n"},
		{marked(trust.Broken, -1), "Counter Cycles: broken: reads 0 where 5 is true\n", "broken: reads 0 where 5 is true",
			"webrunner_trust{counter=\"Cycles\",grade=\"broken\"} 1\n"},
	} {
		b := startGraded(t, grader(row.marks, nil))
		if r := b.do("GET", "/m/monitor", nil); r.status != 200 || !strings.Contains(r.body, row.monitor) || !strings.Contains(r.body, "Graded: 2") {
			t.Errorf("monitor: %d %q, want %q", r.status, r.body, row.monitor)
		}
		var doc struct {
			Status   string
			Graded   time.Time
			Counters []trust.Mark
		}
		r := b.do("GET", "/m/monitor", nil, "Accept", "application/json")
		if err := json.Unmarshal([]byte(r.body), &doc); err != nil || doc.Status != "fit" || doc.Graded.IsZero() || len(doc.Counters) != 2 || doc.Counters[0] != row.marks[0] {
			t.Errorf("monitor: %s %v", r.body, err)
		}
		r = b.do("GET", "/metrics", nil)
		lines := regexp.MustCompile(`(?m)^webrunner_trust\{counter="Cycles",grade="[a-z]+"\} ([01])$`).FindAllStringSubmatch(r.body, -1)
		sum := 0
		for _, l := range lines {
			sum += int(l[1][0] - '0')
		}
		if !strings.Contains(r.body, row.metrics) || len(lines) != len(trust.Grades()) || sum != 1 {
			t.Errorf("metrics: %s\nwant %s", r.body, row.metrics)
		}
		var res wire.Result
		r = b.do("POST", runSdot, object("x"), "Accept", "application/json")
		if err := json.Unmarshal([]byte(r.body), &res); err != nil || res.Counters[0].Trust != row.trust {
			t.Errorf("result: %s %v", r.body, err)
		}
		if loud := strings.Contains(strings.Join(res.Warnings, "\n"), "the counter Cycles is broken"); loud != (row.marks[0].Grade == trust.Broken) {
			t.Errorf("warnings: %q", res.Warnings)
		}
		if loud := strings.Contains(b.err.String(), "counters: Cycles is "); loud != (row.marks[0].Grade != trust.Trusted) {
			t.Errorf("log: %q", b.err.String())
		}
	}
}

// TestUngraded: without a grading, before the first and after a failed one,
// results say so, and the metrics hold nothing that nobody knows.
func TestUngraded(t *testing.T) {
	never := func(c *Config) {
		c.GradeEvery = time.Hour
		c.Engine.Grader = func(ctx context.Context, _ trust.Do) ([]trust.Mark, error) { <-ctx.Done(); return nil, ctx.Err() }
	}
	for _, row := range []struct {
		name string
		b    *bench
		want string
	}{
		{"nobody grades", start(t, false, nil), "ungraded: not checked in this process"},
		{"not yet", start(t, false, never), "ungraded: the first check is not over yet"},
		{"failed", startGraded(t, grader(nil, errors.New("as ordered"))), "ungraded: the last check failed: as ordered"},
	} {
		r := row.b.do("POST", runSdot, object("x"), "Accept", "application/json")
		if !strings.Contains(r.body, `"trust":"`+row.want+`"`) {
			t.Errorf("%s: %s", row.name, r.body)
		}
		if r := row.b.do("GET", "/metrics", nil); strings.Contains(r.body, "webrunner_counter_") {
			t.Errorf("%s: %s", row.name, r.body)
		}
		if r := row.b.do("GET", "/m/monitor", nil); r.status != 200 || strings.Contains(r.body, "Grading failed: as ordered\n") != (row.name == "failed") {
			t.Errorf("%s: %s", row.name, r.body)
		}
	}
}

// TestGradesHourly: at the start, then at the interval, and what was found last
// counts.
func TestGradesHourly(t *testing.T) {
	var times atomic.Int64
	b := start(t, false, func(c *Config) {
		c.GradeEvery = 20 * time.Millisecond
		c.Engine.Grader = func(context.Context, trust.Do) ([]trust.Mark, error) {
			if times.Add(1) < 3 {
				return marked(trust.Trusted, 0), nil
			}
			return marked(trust.Broken, -1), nil
		}
	})
	waitFor(t, func() bool { return strings.Contains(b.do("GET", "/m/monitor", nil).body, "Cycles: broken") })
	n := times.Load()
	waitFor(t, func() bool { return times.Load() > n+2 })
	b.Close()
	if got := strings.Count(b.err.String(), "Cycles is broken"); got != 1 {
		t.Errorf("told %d times:\n%s", got, b.err.String())
	}
	slow := start(t, false, func(c *Config) {
		c.GradeEvery = time.Hour
		c.Engine.Grader = func(context.Context, trust.Do) ([]trust.Mark, error) { times.Add(1); return nil, nil }
	})
	waitFor(t, func() bool { _, when, _ := slow.cfg.Engine.Grades.Read(); return !when.IsZero() })
	n = times.Load()
	time.Sleep(100 * time.Millisecond)
	if times.Load() != n {
		t.Errorf("%d gradings within the interval", times.Load()-n)
	}
}

// TestGradingWaitsItsTurn: its jobs run beside no client's, one at a time, and
// a client's job comes between two of them.
func TestGradingWaitsItsTurn(t *testing.T) {
	first, second := make(chan error, 1), make(chan error, 1)
	begin := make(chan struct{})
	b := start(t, false, func(c *Config) {
		c.GradeEvery = time.Hour
		c.Engine.Grader = func(ctx context.Context, do trust.Do) ([]trust.Mark, error) {
			<-begin
			_, err := do(ctx, &wire.Job{Kind: wire.Run, Object: []byte("known")})
			first <- err
			_, err = do(ctx, &wire.Job{Kind: wire.Run, Object: []byte("wait")})
			second <- err
			return nil, err
		}
	})
	go b.do("POST", runSdot, object("wait"))
	waitFor(t, func() bool { return b.fake.count() == 1 })
	close(begin)
	time.Sleep(50 * time.Millisecond)
	if b.fake.count() != 1 {
		t.Error("it ran beside a client's job")
	}
	if r := b.do("GET", "/m/monitor", nil); r.status != 200 {
		t.Errorf("monitor waits for it: %+v", r)
	}
	b.fake.free <- struct{}{}
	if err := <-first; err != nil {
		t.Error(err)
	}
	waitFor(t, func() bool { return b.fake.count() == 3 }) // the second job of the grading has the slot
	done := make(chan reply, 1)
	go func() { done <- b.do("POST", runSdot, object("x")) }()
	time.Sleep(50 * time.Millisecond)
	if len(done) != 0 || b.fake.count() != 3 {
		t.Error("a client's job ran beside the grading's")
	}
	close(b.fake.free)
	if err := <-second; err != nil {
		t.Error(err)
	}
	if r := <-done; r.status != 200 {
		t.Errorf("%+v", r)
	}
}

// TestGradingStopsForDrain: a server that leaves spends no turn on grading, and
// holds nothing against the counters.
func TestGradingStopsForDrain(t *testing.T) {
	begin, done := make(chan struct{}), make(chan error, 1)
	b := start(t, false, func(c *Config) {
		c.GradeEvery = time.Hour
		c.Engine.Grader = func(ctx context.Context, do trust.Do) ([]trust.Mark, error) {
			<-begin
			_, err := do(ctx, &wire.Job{Kind: wire.Run, Object: []byte("known")})
			done <- err
			return nil, err
		}
	})
	go b.do("POST", runSdot, object("wait"))
	waitFor(t, func() bool { return b.fake.count() == 1 })
	drained := make(chan error, 1)
	go func() { drained <- b.Drain(t.Context()) }()
	waitFor(t, b.intake.isClosed)
	close(begin)
	close(b.fake.free)
	if err := <-done; err == nil || b.fake.count() != 1 {
		t.Errorf("%v, %d jobs", err, b.fake.count())
	}
	if err := <-drained; err != nil {
		t.Error(err)
	}
	if strings.Contains(b.err.String(), "counters") {
		t.Error(b.err.String())
	}
}
