package engine

import (
	"testing"
	"time"

	"webrunner/examples"
	"webrunner/internal/runner"
	"webrunner/internal/wire"
)

// BenchmarkRun is the way of a run from a planned job to its result, with a warm child
// for each. What each step takes is in milliseconds an operation; what is not among the
// child's own is on its way, or the scheduler's.
func BenchmarkRun(b *testing.B) {
	object, err := examples.Object("playground")
	if err != nil {
		b.Fatal(err)
	}
	e, err := Open(Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	for _, effort := range []wire.Effort{wire.Quick, wire.Default} {
		b.Run(string(effort), func(b *testing.B) {
			took := make(map[string]time.Duration)
			for b.Loop() {
				b.StopTimer()
				for e.Pool.Stats().Idle == 0 {
					time.Sleep(time.Millisecond)
				}
				job, err := e.Plan(map[string][]string{"kernel": {"playground"}, "iterations": {"1000"}, "effort": {string(effort)}})
				if err != nil {
					b.Fatal(err)
				}
				job.Object = object
				b.StartTimer()
				rep, t, err := e.Do(b.Context(), job, 0, nil)
				if err != nil || rep.Problem != nil {
					b.Fatal(err, rep)
				}
				add(took, t, rep.Result.Timing)
			}
			for name, d := range took {
				b.ReportMetric(d.Seconds()*1e3/float64(b.N), "ms-"+name)
			}
		})
	}
}

// add adds up what the steps of a run took.
func add(took map[string]time.Duration, t runner.Timing, c wire.Timing) {
	took["spawn"] += t.Spawn
	took["send"] += t.Send
	took["child"] += t.Answer
	for name, micros := range map[string]int64{"load": c.Load, "screen": c.Screen, "watch": c.Watch, "measure": c.Measure, "audit": c.Audit, "count": c.Count, "verify": c.Verify} {
		took[name] += time.Duration(micros) * time.Microsecond
	}
}
