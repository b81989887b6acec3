package runner

import (
	"testing"

	"golang.org/x/sys/unix"

	"webrunner/internal/wire"
)

// BenchmarkChild is the life of a child without a job, from its fork to its end, in
// wall time and in processor time, its own and what the server and Linux spend on it.
func BenchmarkChild(b *testing.B) {
	for _, bb := range []struct {
		name    string
		without []wire.LayerName
	}{
		{"all layers", nil},
		{"a network each", []wire.LayerName{wire.LayerSeccomp}},
		{"no namespaces", []wire.LayerName{wire.LayerNamespaces}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			done := make(chan struct{})
			go onOwnThread(func() {
				defer close(done)
				f, first, err := newForker(Config{Without: bb.without})
				if err != nil {
					b.Error(err)
					return
				}
				defer f.close()
				if first != nil {
					first.kill()
					first.reap()
					first.close()
				}
				before := cpuTime()
				for b.Loop() {
					c, err := f.child()
					if err != nil {
						b.Error(err)
						return
					}
					c.close() // its job never comes, which is its end
					c.reap()
				}
				b.ReportMetric(float64(cpuTime()-before)/1e6/float64(b.N), "ms-cpu/op")
			})
			<-done
		})
	}
}

// cpuTime is that of this process and of those that it has reaped, in nanoseconds.
func cpuTime() (sum int64) {
	for _, who := range []int{unix.RUSAGE_SELF, unix.RUSAGE_CHILDREN} {
		var ru unix.Rusage
		if unix.Getrusage(who, &ru) == nil {
			sum += ru.Utime.Nano() + ru.Stime.Nano()
		}
	}
	return sum
}
