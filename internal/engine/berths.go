package engine

import (
	"sync"

	"webrunner/internal/cpus"
)

// berths gives each of the jobs at one time CPUs of its own. The zero value has none to
// give.
type berths struct {
	mu   sync.Mutex
	free [][]int
}

// set divides CPUs among jobs. One job alone needs no berth.
func (b *berths) set(list []int, jobs int) {
	if jobs > 1 {
		b.free = cpus.Parts(list, jobs)
	}
}

// take returns the CPUs for a job, all where no part is free. Who has them calls leave.
func (b *berths) take(all []int) (part []int, leave func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.free) == 0 {
		return all, func() {}
	}
	part, b.free = b.free[0], b.free[1:]
	return part, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.free = append(b.free, part)
	}
}
