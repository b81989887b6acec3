package child_test

import (
	"context"
	"slices"
	"testing"

	"webrunner/examples"
	"webrunner/internal/wire"
	"webrunner/kernels"
)

// BenchmarkJob is a whole job through a child: the child is warm if the pool
// keeps up, else the figure includes its start.
func BenchmarkJob(b *testing.B) {
	p, err := pool()
	if err != nil {
		b.Fatal(err)
	}
	h, err := host()
	if err != nil {
		b.Fatal(err)
	}
	set, err := kernels.Builtin()
	if err != nil {
		b.Fatal(err)
	}
	object, err := examples.Object("sdot")
	if err != nil {
		b.Fatal(err)
	}
	spec, err := set.Find("sdot")
	if err != nil {
		b.Fatal(err)
	}
	values, err := spec.Values(nil)
	if err != nil {
		b.Fatal(err)
	}
	for _, kind := range []wire.Kind{wire.Run, wire.Screen, wire.Inspect} {
		b.Run(string(kind), func(b *testing.B) {
			for b.Loop() {
				rep, _, err := p.Do(context.Background(), &wire.Job{
					Kind: kind, Spec: spec.XML, Params: values, Object: object, Host: h, Budget: budget(),
				}, nil)
				if err != nil || rep.Problem != nil {
					b.Fatal(rep, err)
				}
			}
		})
	}
}

// BenchmarkRun is what one default run of a kernel of about 1 µs costs, and
// where the time goes. Busy neighbours make a long tail, so it is told by
// quantiles.
func BenchmarkRun(b *testing.B) {
	object := example(b, "imul")
	var sum wire.Timing
	var totals []float64 // ms
	samples, cells := 0, 0
	for b.Loop() {
		rep := do(b, runJob(b, object, "playground", map[string][]string{"iterations": {"1200"}}))
		if rep.Problem != nil {
			b.Fatal(rep.Problem)
		}
		t, c := rep.Result.Timing, rep.Result.Counters[0]
		sum.Spawn += t.Spawn
		sum.Load += t.Load
		sum.Screen += t.Screen
		sum.Cells += t.Cells
		sum.Verify += t.Verify
		totals = append(totals, float64(t.Total)/1000)
		samples, cells = samples+c.Samples.Total, cells+c.Cells
	}
	for unit, v := range map[string]int64{
		"spawn-µs/op": sum.Spawn, "load-µs/op": sum.Load, "screen-µs/op": sum.Screen,
		"cells-µs/op": sum.Cells, "verify-µs/op": sum.Verify,
	} {
		b.ReportMetric(float64(v)/float64(b.N), unit)
	}
	slices.Sort(totals)
	b.ReportMetric(totals[len(totals)/2], "median-ms/run")
	b.ReportMetric(totals[len(totals)/10], "p10-ms/run")
	b.ReportMetric(totals[len(totals)*9/10], "p90-ms/run")
	b.ReportMetric(float64(samples)/float64(b.N), "samples/op")
	b.ReportMetric(float64(cells)/float64(b.N), "cells/op")
}
