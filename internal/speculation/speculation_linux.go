// Package speculation is about the kinds of speculative execution that Linux lets a
// process switch off for itself and its children (PR_SET_SPECULATION_CTRL, see
// Documentation/userspace-api/spec_ctrl.rst).
package speculation

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// Kind is one kind of speculation.
type Kind struct {
	Name  string // for people
	which uintptr
}

// Kinds returns those that a cell has to do with. The flush of the first cache when a
// process is switched to, the third that Linux knows, is none: it is an aid.
func Kinds() []Kind {
	return []Kind{
		{"store bypass", unix.PR_SPEC_STORE_BYPASS},
		{"indirect branches", unix.PR_SPEC_INDIRECT_BRANCH},
	}
}

// State is what Linux answers to PR_GET_SPECULATION_CTRL; 0 says that the processor
// does not have the fault.
type State int

// Controllable tells whether a process can still switch it off.
func (s State) Controllable() bool { return s&unix.PR_SPEC_PRCTL != 0 }

// Off tells whether nothing speculates so, or in no way that does harm.
func (s State) Off() bool {
	return s == unix.PR_SPEC_NOT_AFFECTED || s&(unix.PR_SPEC_DISABLE|unix.PR_SPEC_FORCE_DISABLE|unix.PR_SPEC_DISABLE_NOEXEC) != 0
}

// String says the state for people.
func (s State) String() string {
	switch {
	case s == unix.PR_SPEC_NOT_AFFECTED:
		return "the processor is not affected"
	case s.Off():
		return "off"
	case s.Controllable():
		return "on, open to prctl"
	}
	return "on, and the host leaves nothing open to prctl"
}

// Get returns the state of a kind in this thread. Linux before 4.17 knows none.
func Get(k Kind) (State, error) {
	s, err := unix.PrctlRetInt(unix.PR_GET_SPECULATION_CTRL, k.which, 0, 0, 0)
	if err != nil {
		return 0, fmt.Errorf("Linux does not tell of %s: %w", k.Name, err)
	}
	return State(s), nil
}

// Calls are the two system calls, which a test replaces.
type Calls struct {
	Get func(Kind) (State, error)
	Set func(Kind) error
}

// Linux returns the real ones. Set switches a kind off for this thread, for the threads
// and processes that it starts, and for good.
func Linux() Calls {
	return Calls{Get, func(k Kind) error {
		return unix.Prctl(unix.PR_SET_SPECULATION_CTRL, k.which, unix.PR_SPEC_FORCE_DISABLE, 0, 0)
	}}
}

// Restrict switches off every kind that is on. The error names all that this host does
// not let a process switch off.
func (c Calls) Restrict() error {
	var wrong []string
	for _, k := range Kinds() {
		s, err := c.Get(k)
		switch {
		case err != nil:
			wrong = append(wrong, err.Error())
		case s.Off():
		case !s.Controllable():
			wrong = append(wrong, fmt.Sprintf("%s: %v", k.Name, s))
		default:
			if err := c.Set(k); err != nil {
				wrong = append(wrong, fmt.Sprintf("%s cannot be switched off: %v", k.Name, err))
			}
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return errors.New(strings.Join(wrong, "; "))
}
