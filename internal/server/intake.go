package server

import "sync"

// intake counts the jobs that were accepted and not yet answered, and can be
// closed for new ones.
type intake struct {
	mu     sync.Mutex
	jobs   int
	closed bool
	empty  chan struct{} // closed when it is closed and no job is left
}

func newIntake() *intake { return &intake{empty: make(chan struct{})} }

// enter counts a job in and tells whether it was let in. If so the caller
// calls leave once.
func (i *intake) enter() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.closed {
		return false
	}
	i.jobs++
	return true
}

func (i *intake) leave() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.jobs--
	i.settle()
}

// close lets nobody in from now on.
func (i *intake) close() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.closed {
		i.closed = true
		i.settle()
	}
}

func (i *intake) settle() {
	if i.closed && i.jobs == 0 {
		close(i.empty)
	}
}

func (i *intake) isClosed() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.closed
}
