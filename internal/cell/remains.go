package cell

import (
	"golang.org/x/sys/unix"
)

// remains is a cell that has ended: it will execute nothing any more, and Linux takes its
// address space apart. Where page tables are kept in software that takes as long as to make one, and
// nobody need wait for it but who runs the next cell.
type remains struct{ pid int } // 0 is none

// leave lets the cell go on from its exit stop, behind which no code of its own runs, and
// notes it as remains. Linux puts it on another CPU that it may have where that is idle; on a
// busy one it would wait for its turn.
func (t *tracee) leave() error {
	if len(t.elsewhere) > 0 {
		var set unix.CPUSet
		for _, c := range t.elsewhere {
			set.Set(c)
		}
		_ = unix.SchedSetaffinity(t.pid, &set) // else it ends where it ran
	}
	t.remains.clear()
	t.remains.pid, t.gone, t.left = t.pid, true, true
	return unix.PtraceCont(t.pid, 0)
}

// clear waits until nothing is left, and reaps it.
func (r *remains) clear() {
	if r.pid != 0 {
		(&tracee{pid: r.pid}).destroy()
		r.pid = 0
	}
}
