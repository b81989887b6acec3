package trust

import (
	"sync"
	"time"
)

// Book holds the last grades. Its methods may be called at the same time; a nil
// book is one of a process that grades nothing.
type Book struct {
	mu    sync.Mutex
	marks []Mark
	err   error
	when  time.Time // of the last grading's end; zero before
}

// Set takes a finding and returns what is new: every counter whose grade is
// another than before. That a counter is trusted or ungraded at first is what
// everybody expects.
func (b *Book) Set(marks []Mark, err error) (changed []Mark) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range marks {
		old, found := lookup(b.marks, m.Counter)
		if found && old.Grade != m.Grade || !found && (m.Grade == Biased || m.Grade == Broken) {
			changed = append(changed, m)
		}
	}
	b.marks, b.err, b.when = marks, err, time.Now()
	return changed
}

// Read returns the grades, when they were found, and why there are none if the
// last grading failed.
func (b *Book) Read() ([]Mark, time.Time, error) {
	if b == nil {
		return nil, time.Time{}, nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.marks, b.when, b.err
}

// Of returns the mark of a counter. One that has none is ungraded, and the mark says
// why.
func (b *Book) Of(counter string) Mark {
	marks, when, err := b.Read()
	if m, found := lookup(marks, counter); found {
		return m
	}
	why := "no known kernels have counted it"
	switch {
	case b == nil:
		why = "not checked in this process"
	case err != nil:
		why = "the last check failed: " + err.Error()
	case when.IsZero():
		why = "the first check is not over yet"
	}
	return Mark{Counter: counter, Grade: Ungraded, Why: why}
}

func lookup(marks []Mark, counter string) (Mark, bool) {
	for _, m := range marks {
		if m.Counter == counter {
			return m, true
		}
	}
	return Mark{}, false
}
