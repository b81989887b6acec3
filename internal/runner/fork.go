package runner

import (
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/internal/wire"
)

// forker starts children. It is used from one locked thread only.
type forker struct {
	exe   string
	argv  []string
	null  *os.File
	flags uintptr    // namespaces that the host gives
	layer wire.Layer // the same for people
	group cgroup

	setpcap bool // a child can be given CAP_SETPCAP
	apart   bool // the forking thread has left the host's network, and children inherit that
}

// onOwnThread runs f on a thread that ends with it: children inherit what that is in,
// and nobody else shall have it. The process's first thread is spared, since in /proc
// it stands for the process.
func onOwnThread(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if unix.Gettid() != unix.Getpid() {
			f()
			return // locked, which ends the thread
		}
		onOwnThread(f) // it cannot be this one, which is taken
		runtime.UnlockOSThread()
	}()
	<-done
}

// wakeLate lets threads of children, which inherit it from the calling one, wake late
// from sleeping. The thread by which the Go runtime watches the others looks every 20 µs
// while they are at work, though a child has nothing for it to see: that is a tenth of
// the processor time of a job. What has to be punctual in a child says so.
func wakeLate() { _ = unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(wakeSlack), 0, 0, 0) }

// wakeSlack is how late a thread may wake.
const wakeSlack = time.Millisecond

// newForker finds out what the host gives a child, and returns the first one, which has
// that. Most hosts give all there is, so that is tried first; where it cannot be had, one
// thing is tried after the other, and there is no first child.
func newForker(cfg Config) (f *forker, first *child, err error) {
	if err := hideInherited(); err != nil {
		return nil, nil, err
	}
	null, err := devNull()
	if err != nil {
		return nil, nil, err
	}
	f = &forker{argv: []string{ChildName, wire.WithoutArg(cfg.Without)}, null: null}
	if cfg.Strict {
		f.argv = append(f.argv, wire.StrictArg)
	}
	f.group = cgroup{layer: wire.SwitchedOff(wire.LayerCgroup)}
	if !slices.Contains(cfg.Without, wire.LayerCgroup) {
		f.group = joinCgroup("/", os.Getpid(), cfg.Jobs, cpusFor(cfg))
	}
	f.layer = wire.SwitchedOff(wire.LayerNamespaces)
	if !slices.Contains(cfg.Without, wire.LayerNamespaces) {
		f.leaveNetwork(cfg)
		f.flags = f.allNamespaces()
		f.layer = f.describeNamespaces(nil)
	}
	f.setpcap = !slices.Contains(cfg.Without, wire.LayerCapabilities)
	f.exe = ownExecutable
	if first, err := f.child(); err == nil {
		return f, first, nil
	}
	if err := f.probe(cfg); err != nil {
		f.close()
		return nil, nil, err
	}
	return f, nil, nil
}

// probe finds out step by step what a child can have.
func (f *forker) probe(cfg Config) error {
	group := f.group
	f.flags, f.setpcap, f.group = 0, false, cgroup{}
	if err := f.findExecutable(); err != nil {
		group.close()
		return err
	}
	f.group = group
	if group.dir != nil {
		if err := f.try(0); err != nil {
			group.close()
			f.group = cgroup{layer: wire.Absent(err.Error())}
		}
	}
	if !slices.Contains(cfg.Without, wire.LayerNamespaces) {
		f.probeNamespaces()
	}
	// Without a user namespace only a privileged server can give it.
	f.setpcap = !slices.Contains(cfg.Without, wire.LayerCapabilities)
	f.setpcap = f.setpcap && f.try(f.flags) == nil
	return nil
}

// ownExecutable is the very file that runs, also after an upgrade has replaced it, and
// it needs no way through closed directories.
const ownExecutable = "/proc/self/exe"

// hideInherited marks every descriptor that this process was started with as
// close-on-exec. All that Go opens is so already; what a careless parent left
// open is not, and must not reach a child.
func hideInherited() error {
	err := unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC)
	if err == nil {
		return nil
	}
	// Before Linux 5.11 there is no such flag.
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return os.NewSyscallError("getrlimit", err)
	}
	for fd := 3; uint64(fd) < min(limit.Cur, 1<<20); fd++ {
		unix.CloseOnExec(fd)
	}
	return nil
}

func (f *forker) close() {
	_ = f.null.Close()
	f.group.close()
}

// findExecutable finds a name of this program that a child can be started by.
func (f *forker) findExecutable() error {
	names := []string{ownExecutable}
	if p, err := os.Executable(); err == nil {
		names = append(names, p)
	}
	if p, err := exec.LookPath(os.Args[0]); err == nil {
		if p, err = filepath.Abs(p); err == nil {
			names = append(names, p)
		}
	}
	var errs []error
	for i, n := range names {
		f.exe = n
		err := f.try(0)
		if err == nil {
			return nil
		}
		if !slices.Contains(names[:i], n) {
			errs = append(errs, fmt.Errorf("%s: %w", n, err))
		}
	}
	err := errors.Join(errs...)
	if os.Geteuid() == 0 && errors.Is(err, syscall.EACCES) {
		return fmt.Errorf("%w; a child of root runs as nobody, who must be allowed to execute this file (chmod 755)", err)
	}
	if os.Geteuid() == 0 && errors.Is(err, syscall.EPERM) {
		return fmt.Errorf("%w; a child of root runs as nobody, which takes CAP_SETUID and CAP_SETGID: give both, or serve as another user", err)
	}
	return err
}

// try starts a child in the given namespaces and ends it at once.
func (f *forker) try(flags uintptr) error {
	old := f.flags
	f.flags = flags
	defer func() { f.flags = old }()
	c, err := f.child()
	if err != nil {
		return err
	}
	c.kill()
	c.reap()
	c.close()
	return nil
}

// child starts one child.
func (f *forker) child() (c *child, err error) {
	var p [3]pipe // job, report, crash
	defer func() {
		for i := range p {
			p[i].closeTheirs()
			if err != nil {
				p[i].closeOurs()
			}
		}
	}()
	for i, ours := range []int{1, 0, 0} {
		if err = p[i].open(ours); err != nil {
			return nil, err
		}
	}
	null := f.null.Fd()
	pid, err := f.start(null, null, p[2].theirs, p[0].theirs, p[1].theirs)
	if err != nil {
		return nil, err
	}
	return &child{pid: pid, job: p[0].ours, report: p[1].ours, crash: collect(p[2].ours), done: make(chan struct{})}, nil
}

// pipe is a pipe of which one end stays here, and non-blocking so that the
// runtime's poller can wait for it, and the other goes to a child as it is.
type pipe struct {
	ours   *os.File
	theirs uintptr
	opened bool
}

// open makes the pipe; ours is the index of the end that stays (0 reads).
func (p *pipe) open(ours int) error {
	var fd [2]int
	if err := unix.Pipe2(fd[:], unix.O_CLOEXEC); err != nil {
		return os.NewSyscallError("pipe2", err)
	}
	theirs, err := above(fd[1-ours])
	if err != nil {
		_ = unix.Close(fd[ours])
		return err
	}
	p.theirs, p.opened = uintptr(theirs), true
	if err := unix.SetNonblock(fd[ours], true); err != nil {
		_ = unix.Close(fd[ours])
		return os.NewSyscallError("fcntl", err)
	}
	p.ours = os.NewFile(uintptr(fd[ours]), "child pipe")
	return nil
}

// above returns a descriptor that is none of those that a child has, in place of one that
// may be.
func above(fd int) (int, error) {
	const childFDs = 5
	if fd >= childFDs {
		return fd, nil
	}
	high, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, childFDs)
	_ = unix.Close(fd)
	return high, os.NewSyscallError("fcntl", err)
}

func (p *pipe) closeTheirs() {
	if p.opened {
		_ = unix.Close(int(p.theirs))
	}
}

func (p *pipe) closeOurs() {
	if p.ours != nil {
		_ = p.ours.Close()
	}
}
