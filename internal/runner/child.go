package runner

import (
	"errors"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// child is one process that serves one job, or screens for one client.
type child struct {
	pid    int
	job    *os.File // write end of its descriptor 3
	report *os.File // read end of its descriptor 4
	crash  *tail    // what it wrote to its descriptor 2

	done   chan struct{} // closed when it is reaped and its crash text is whole
	status syscall.WaitStatus
	usage  syscall.Rusage

	explained bool // its end has been logged; for the goroutine of its job alone
	ending    bool // it is being killed, perhaps; likewise

	owner   string      // for whom it screens
	screens int         // that it has done for that one
	expiry  *time.Timer // that ends it when it waits for more in vain

	mu   sync.Mutex
	gone bool // reaped: its pid may belong to somebody else
}

// strayWait is how long the pipes of a dead child may still be read.
const strayWait = time.Second

// unread returns how many bytes of the job the child has not read. The job's
// pipe stays open on our side for this: what a dead child left in it tells
// whether the death can have anything to do with the object.
func (c *child) unread() int {
	n := 0
	raw, err := c.job.SyscallConn()
	if err != nil {
		return 0
	}
	_ = raw.Control(func(fd uintptr) {
		n, _ = unix.IoctlGetInt(int(fd), unix.TIOCINQ) // also known as FIONREAD
	})
	return n
}

// reader reads the child's report. What is in the pipe is read also when the wait for
// strays is over: this process may not have run meanwhile.
func (c *child) reader() io.Reader { return patient{c.report} }

// patient is a pipe whose deadline ends waiting, but not reading what is there.
type patient struct{ *os.File }

// Read reads what the pipe has.
func (p patient) Read(b []byte) (n int, err error) {
	n, late := p.File.Read(b)
	if !errors.Is(late, os.ErrDeadlineExceeded) {
		return n, late
	}
	raw, err := p.SyscallConn()
	if err != nil {
		return 0, err
	}
	if e := raw.Control(func(fd uintptr) { n, err = unix.Read(int(fd), b) }); e != nil {
		return 0, e
	}
	switch {
	case err != nil: // nothing is there
		return 0, late
	case n == 0 && len(b) > 0:
		return 0, io.EOF
	}
	return n, nil
}

// kill ends the child and its process group. In a pid namespace the child is
// the init process, whose end takes everybody else with it.
func (c *child) kill() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.gone {
		_ = syscall.Kill(-c.pid, syscall.SIGKILL) // ESRCH: already dead, which is the aim
	}
}

// reap waits for the end of the child. The group is killed while the zombie
// still holds its number: later that number may be another's.
func (c *child) reap() {
	for unix.Waitid(unix.P_PID, c.pid, nil, unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
	}
	c.mu.Lock()
	_ = syscall.Kill(-c.pid, syscall.SIGKILL)
	for {
		if _, err := syscall.Wait4(c.pid, &c.status, 0, &c.usage); err != syscall.EINTR {
			break
		}
	}
	c.gone = true
	c.mu.Unlock()
	// Its pipes normally end with it. Should a stray process hold them open,
	// nobody waits for that one.
	_ = c.report.SetReadDeadline(time.Now().Add(strayWait))
	c.crash.finish(strayWait)
	close(c.done)
}

func (c *child) dead() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// close closes our ends of the pipes. It may be called more than once.
func (c *child) close() {
	_ = c.job.Close()
	_ = c.report.Close()
}
