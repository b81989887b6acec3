package perf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"syscall"

	"golang.org/x/sys/unix"
)

// kernel is the part of the system that a Group talks to; tests script it.
type kernel interface {
	open(attr *unix.PerfEventAttr, pid, cpu, group, flags int) (int, error)
	read(fd int, p []byte) (int, error)
	ioctl(fd int, request uint, arg int) error
	close(fd int) error
}

type linux struct{}

func (linux) open(attr *unix.PerfEventAttr, pid, cpu, group, flags int) (int, error) {
	return unix.PerfEventOpen(attr, pid, cpu, group, flags)
}
func (linux) read(fd int, p []byte) (int, error)        { return unix.Read(fd, p) }
func (linux) ioctl(fd int, request uint, arg int) error { return unix.IoctlSetInt(fd, request, arg) }
func (linux) close(fd int) error                        { return unix.Close(fd) }

// Group is a set of open counters that the kernel schedules all or not at all.
type Group struct {
	k   kernel
	fds []int // the leader's first
}

// ErrLost says that the kernel could not keep a pinned group on its counters:
// its leader is in the error state and reads as the end of a file. The counts
// are gone.
var ErrLost = errors.New("perf: the counter group lost its counters (end of file)")

// MultiplexError says that a group was not on its counters all the time that
// it was enabled. Its counts are partial and must not be scaled.
type MultiplexError struct{ Enabled, Running uint64 } // nanoseconds

func (e *MultiplexError) Error() string {
	if e.Running == 0 {
		return fmt.Sprintf("perf: the counter group never ran in the %d ns that it was enabled", e.Enabled)
	}
	return fmt.Sprintf("perf: the counter group ran only %d of %d ns", e.Running, e.Enabled)
}

// Reading is what a group counted.
type Reading struct {
	Values           []uint64 // in the order of the attributes
	Enabled, Running uint64   // nanoseconds; equal in a Reading without error
}

// OpenGroup opens the attributes as one group on process pid (0 is the calling
// thread) and a CPU (-1 is wherever it runs); the first one leads. The group
// starts stopped: a sibling that joins a running leader counts nothing until
// the group is next scheduled, and the times do not show it. On failure nothing stays open and the error is an *OpenError. The descriptors are
// closed on exec.
func OpenGroup(pid, cpu int, attrs []Attr) (*Group, error) {
	return openGroup(linux{}, pid, cpu, attrs)
}

func openGroup(k kernel, pid, cpu int, attrs []Attr) (*Group, error) {
	if len(attrs) == 0 {
		return nil, errors.New("perf: a group needs at least one event")
	}
	g := &Group{k: k, fds: make([]int, 0, len(attrs))}
	leader := -1
	for i, a := range attrs {
		a.Disabled = a.Disabled || i == 0
		sys := a.sys()
		sys.Size = unix.PERF_ATTR_SIZE_VER5 // up to sample_max_stack: Linux 4.8
		fd, err := k.open(&sys, pid, cpu, leader, unix.PERF_FLAG_FD_CLOEXEC)
		if err != nil {
			g.Close()
			return nil, NewOpenError(a, i, err)
		}
		g.fds = append(g.fds, fd)
		leader = g.fds[0]
	}
	return g, nil
}

// FDs returns the descriptors of the group, the leader's first. They stay the
// group's.
func (g *Group) FDs() []int { return g.fds }

// Enable starts all counters of the group.
func (g *Group) Enable() error { return g.control(unix.PERF_EVENT_IOC_ENABLE, "enable") }

// Disable stops all counters of the group.
func (g *Group) Disable() error { return g.control(unix.PERF_EVENT_IOC_DISABLE, "disable") }

// Reset sets the counts, not the times, of the group to zero.
func (g *Group) Reset() error { return g.control(unix.PERF_EVENT_IOC_RESET, "reset") }

func (g *Group) control(request uint, word string) error {
	if len(g.fds) == 0 {
		return fmt.Errorf("perf: %s: %w", word, unix.EBADF)
	}
	const wholeGroup = 1 // PERF_IOC_FLAG_GROUP
	if err := g.k.ioctl(g.fds[0], request, wholeGroup); err != nil {
		return fmt.Errorf("perf: %s: %w", word, err)
	}
	return nil
}

// Read returns the counts. Counts that cannot be trusted whole are an error:
// ErrLost, or a *MultiplexError with the partial Reading beside it.
func (g *Group) Read() (Reading, error) {
	if len(g.fds) == 0 {
		return Reading{}, fmt.Errorf("perf: read: %w", unix.EBADF)
	}
	buf := make([]byte, 8*(3+len(g.fds)))
	n, err := g.k.read(g.fds[0], buf)
	for err == syscall.EINTR {
		n, err = g.k.read(g.fds[0], buf)
	}
	if err != nil {
		return Reading{}, fmt.Errorf("perf: read: %w", err)
	}
	return decodeReading(buf[:n], len(g.fds))
}

// decodeReading takes apart struct read_format {nr, time_enabled,
// time_running, values[nr]} (perf_event_open(2)).
func decodeReading(b []byte, events int) (Reading, error) {
	if len(b) == 0 {
		return Reading{}, ErrLost
	}
	if want := 8 * (3 + events); len(b) != want {
		return Reading{}, fmt.Errorf("perf: read: %d bytes of %d: %w", len(b), want, io.ErrUnexpectedEOF)
	}
	word := func(i int) uint64 { return binary.NativeEndian.Uint64(b[8*i:]) }
	if word(0) != uint64(events) {
		return Reading{}, fmt.Errorf("perf: read: %d counters in a group of %d", word(0), events)
	}
	r := Reading{Enabled: word(1), Running: word(2), Values: make([]uint64, events)}
	for i := range r.Values {
		r.Values[i] = word(3 + i)
	}
	if r.Enabled != r.Running {
		return r, &MultiplexError{Enabled: r.Enabled, Running: r.Running}
	}
	return r, nil
}

// Close closes every descriptor of the group; a second Close does nothing.
func (g *Group) Close() error {
	var first error
	for i := len(g.fds) - 1; i >= 0; i-- {
		if err := g.k.close(g.fds[i]); err != nil && first == nil {
			first = fmt.Errorf("perf: close: %w", err)
		}
	}
	g.fds = nil
	return first
}
