package screen

import "fmt"

// pollEvery is how many steps pass between two calls of Options.Stop. A step is an instruction, a symbol, or a byte that is looked at.
const pollEvery = 4096

// progress is how far a screener has come.
type progress struct {
	ask   func() error
	total uint64 // bytes of code
	done  uint64 // bytes that belong to decoded instructions
	spent int    // steps since the last poll
	err   error  // a *StopError
}

// step counts n steps of work on a and says whether to go on.
func (p *progress) step(a *area, n int) bool {
	for p.spent += n; p.spent >= pollEvery; p.spent -= pollEvery {
		if p.err == nil && p.ask != nil {
			if err := p.ask(); err != nil {
				p.err = &StopError{Section: a.Name, Addr: a.Addr, Done: p.done, Total: p.total, Err: err}
			}
		}
	}
	return p.err == nil
}

// StopError is why Screen, Listing or Boundaries ended early: Options.Stop said so.
type StopError struct {
	Section     string // that was looked at
	Addr        uint64 // of the section
	Done, Total uint64 // bytes of code
	Err         error  // what Stop returned
}

func (e *StopError) Error() string {
	return fmt.Sprintf("stopped while screening %s at %#x, with %d of %d bytes of code decoded: %v", e.Section, e.Addr, e.Done, e.Total, e.Err)
}

// Unwrap returns what Stop returned.
func (e *StopError) Unwrap() error { return e.Err }

// LimitError is the refusal to write or to look at more than a limit.
type LimitError struct {
	What  string // "the listing"
	Limit int    // bytes
}

func (e *LimitError) Error() string { return fmt.Sprintf("%s has more than %d bytes", e.What, e.Limit) }
