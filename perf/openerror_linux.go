package perf

import (
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// OpenError says which event could not be opened, why, and what to do.
type OpenError struct {
	Event  string
	Index  int // in the group; 0 is the leader
	Errno  syscall.Errno
	Why    string
	Remedy string // empty when there is none
}

func (e *OpenError) Error() string {
	s := fmt.Sprintf("perf_event_open %s: %v: %s", e.Event, e.Errno, e.Why)
	if e.Remedy != "" {
		s += " (" + e.Remedy + ")"
	}
	return s
}

// Unwrap gives the system's error number to errors.Is.
func (e *OpenError) Unwrap() error { return e.Errno }

// NewOpenError explains why the event at index in its group could not be opened.
func NewOpenError(a Attr, index int, err error) *OpenError {
	e := &OpenError{Event: a.Name, Index: index}
	if e.Event == "" {
		e.Event = fmt.Sprintf("type %d config %#x", a.Type, a.Config)
	}
	if !errors.As(err, &e.Errno) {
		e.Why = err.Error()
		return e
	}
	e.Why, e.Remedy = explainOpen(e.Errno, a, index)
	return e
}

// explainOpen puts an error number of perf_event_open into words. The same
// number has several causes (perf_event_open(2), ERRORS); the type of event
// tells the likely one.
func explainOpen(errno syscall.Errno, a Attr, index int) (why, remedy string) {
	hardware := a.Type != TypeSoftware
	switch errno {
	case unix.ENOENT:
		if hardware {
			return "this machine has no PMU that counts it", "a virtual machine needs a virtual PMU from its host"
		}
		return "this Linux does not have it", ""
	case unix.EACCES, unix.EPERM:
		return "not permitted", ParanoidMend + " (a capability helps only where the process that counts holds it); " +
			"a container's seccomp profile must allow perf_event_open"
	case unix.EINVAL:
		if index > 0 {
			return "the group does not fit on the counters, or mixes PMUs", "count it in another group"
		}
		return "the PMU refuses this encoding", ""
	case unix.EOPNOTSUPP, unix.ENODEV, unix.ENXIO:
		return "the PMU lacks the feature or the extra register that it needs", ""
	case unix.ENOSPC:
		return "all counters of this kind are taken", ""
	case unix.EBUSY:
		return "another user has the PMU exclusively", "stop the other profiler"
	case unix.EMFILE, unix.ENFILE:
		return "too many open files", "raise RLIMIT_NOFILE"
	case unix.ESRCH:
		return "no such process", ""
	case unix.E2BIG:
		return "this Linux is too old for the attribute", "run Linux 4.8 or newer"
	case unix.ENOSYS:
		return "this Linux is built without perf events", "CONFIG_PERF_EVENTS=y"
	}
	return "unexpected", ""
}
