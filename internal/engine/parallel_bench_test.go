package engine

import (
	"fmt"
	"math"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"webrunner/examples"
	"webrunner/internal/wire"
	"webrunner/perf/processor"
)

// BenchmarkParallel has k jobs at one time on k CPUs, each on its own: jobs a second, and
// whether figures are as good as those of one at a time. %-interval is half of the median 95 %
// interval, %-away how far the 95th percentile of figures is from their median, both in
// hundredths of it. Where k is all CPUs, this program and the children's start share them.
func BenchmarkParallel(b *testing.B) {
	object, err := examples.Object("playground")
	if err != nil {
		b.Fatal(err)
	}
	allowed := processor.ProbeHost(os.DirFS("/")).CPUs
	for k := 1; k <= len(allowed); k *= 2 {
		b.Run(fmt.Sprint(k), func(b *testing.B) {
			e, err := Open(Config{Parallel: k, Size: k + 1, CPUs: allowed[:k]})
			if err != nil {
				b.Fatal(err)
			}
			defer e.Close()
			plan := func() *wire.Job {
				job, err := e.Plan(map[string][]string{"kernel": {"playground"}, "iterations": {"1000"}})
				if err != nil {
					b.Error(err)
					return nil
				}
				job.Object = object
				return job
			}
			var (
				mu      sync.Mutex
				figures []wire.Counter
				jobs    sync.WaitGroup
			)
			turns := make(chan struct{}, k)
			start := time.Now()
			for b.Loop() {
				turns <- struct{}{}
				jobs.Go(func() {
					defer func() { <-turns }()
					rep, _, err := e.Do(b.Context(), plan(), 0, nil)
					if err != nil || rep.Problem != nil || len(rep.Result.Counters) == 0 {
						b.Error(err, rep)
						return
					}
					mu.Lock()
					defer mu.Unlock()
					figures = append(figures, rep.Result.Counters[0])
				})
			}
			jobs.Wait()
			took := time.Since(start)
			if len(figures) == 0 {
				b.Fatal("no job was done")
			}
			slices.SortFunc(figures, func(x, y wire.Counter) int { return int(math.Copysign(1, x.Value-y.Value)) })
			median := figures[len(figures)/2].Value
			var width, away []float64
			for i := range figures {
				width = append(width, (figures[i].CI95[1]-figures[i].CI95[0])/2)
				away = append(away, math.Abs(figures[i].Value-median))
			}
			slices.Sort(width)
			slices.Sort(away)
			b.ReportMetric(float64(len(figures))/took.Seconds(), "jobs/s")
			b.ReportMetric(100*width[len(width)/2]/median, "%-interval")
			b.ReportMetric(100*away[len(away)*95/100]/median, "%-away")
		})
	}
}
