package cell

import (
	"fmt"

	"golang.org/x/sys/unix"

	"webrunner/trampoline"
)

// holdCounters takes a descriptor of the cell's group of counters, whose leader
// is its descriptor 0, while the cell stands at its breakpoint. What the group
// counted can then be read without believing the cell (pidfd_getfd(2)).
func (t *tracee) holdCounters(p Plan) error {
	if len(p.Attrs) == 0 || p.pmu != nil {
		return nil
	}
	process, err := unix.PidfdOpen(t.pid, 0)
	if err != nil {
		return fmt.Errorf("cell: pidfd_open: %w", err)
	}
	defer unix.Close(process)
	fd, err := unix.PidfdGetfd(process, 0, 0)
	if err != nil {
		return fmt.Errorf("cell: pidfd_getfd: %w", err)
	}
	t.counters = append(t.counters, fd)
	return nil
}

// readTotals reads the group once the cell has made its last step.
func (t *tracee) readTotals(out *Outcome) {
	for _, fd := range t.counters {
		buf := make([]byte, 8*(ReadHeader+trampoline.MaxCounters))
		n, err := unix.Read(fd, buf)
		for i := 8 * ReadHeader; err == nil && i+8 <= n; i += 8 {
			out.Totals = append(out.Totals, le.Uint64(buf[i:]))
		}
	}
}

// release closes what holdCounters took.
func (t *tracee) release() {
	for _, fd := range t.counters {
		_ = unix.Close(fd)
	}
	t.counters = nil
}

// ReadHeader is how many words read(2) of a group puts before the counts: their
// number, the time enabled and the time running (perf_event_open(2),
// PERF_FORMAT_GROUP).
const ReadHeader = 3
