package perf

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// system is the part of Linux that a Group talks to; tests script it.
type system interface {
	open(attr *unix.PerfEventAttr, pid, cpu, group, flags int) (int, error)
	close(fd int) error
}

type linux struct{}

func (linux) open(attr *unix.PerfEventAttr, pid, cpu, group, flags int) (int, error) {
	return unix.PerfEventOpen(attr, pid, cpu, group, flags)
}
func (linux) close(fd int) error { return unix.Close(fd) }

// Group is a set of open counters that Linux schedules all or not at all.
type Group struct {
	system
	fds []int // the leader's first
}

// OpenGroup opens the attributes as one group on process pid (0 is the calling
// thread) and a CPU (-1 is wherever it runs); the first one leads. The group
// starts stopped: a sibling that joins a running leader counts nothing until
// the group is next scheduled, and the times do not show it. On failure nothing
// stays open and the error is an *OpenError. The descriptors are closed on
// exec.
func OpenGroup(pid, cpu int, attrs []Attr) (*Group, error) {
	return openGroup(linux{}, pid, cpu, attrs)
}

func openGroup(s system, pid, cpu int, attrs []Attr) (*Group, error) {
	if len(attrs) == 0 {
		return nil, errors.New("perf: a group needs at least one event")
	}
	g := &Group{system: s, fds: make([]int, 0, len(attrs))}
	leader := -1
	for i, a := range attrs {
		a.Disabled = a.Disabled || i == 0
		sys := a.sys()
		fd, err := s.open(&sys, pid, cpu, leader, unix.PERF_FLAG_FD_CLOEXEC)
		if err != nil {
			g.Close()
			return nil, NewOpenError(a, i, err)
		}
		g.fds = append(g.fds, fd)
		leader = g.fds[0]
	}
	return g, nil
}

// Close closes every descriptor of the group; a second Close does nothing.
func (g *Group) Close() error {
	var first error
	for i := len(g.fds) - 1; i >= 0; i-- {
		if err := g.close(g.fds[i]); err != nil && first == nil {
			first = fmt.Errorf("perf: close: %w", err)
		}
	}
	g.fds = nil
	return first
}
