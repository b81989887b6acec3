// Package spawn starts processes without copying this one's memory, as posix_spawn(3)
// does. A new process shares the memory until it executes a program; what it does before
// is a list of system calls that assembly makes, since Go cannot run in it.
//
// The standard library copies all page tables instead where a process gets a user
// namespace (syscall/exec_linux.go), and every page that a server writes to later then
// costs it a fault: under load these are most of what it does.
package spawn

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// step is one system call of a new process. It fails if it returns less than Least.
type step struct {
	NR    uint64
	Args  [5]uint64
	Least int64
}

// maxSteps is room for all signals' handlers and some more.
const maxSteps = 128

// block is what the new process reads, and where it says which step failed.
type block struct {
	Count  uint64
	Failed uint64 // 1 for the first step; 0 for none
	Result int64  // of that step
	Steps  [maxSteps]step
}

// roomSize is that of a block, of what its steps point at, and of a stack, bytes. Nothing is
// pushed to the stack, as signals are blocked while it is in use.
const (
	roomSize  = 32 << 10
	stackSize = 4 << 10
)

// Map gives a user or a group of this namespace the number ID in that of a new process.
type Map struct{ ID, Outside int }

// Plan is how one process is started. Its calls are made in the order in which they were
// added.
type Plan struct {
	Flags  uintptr  // of clone(2): the namespaces
	Group  *os.File // the control group that it is born in; nil for this one's
	User   *Map     // with CLONE_NEWUSER, both
	Groups *Map
	// SetGroups lets it call setgroups(2), which only a privileged process may allow
	// (user_namespaces(7)).
	SetGroups bool

	mem   []byte
	b     *block
	used  int
	names []string
	err   error
	begin [2]int // a pipe: the new process waits until it is told that its users are mapped
	ended [2]int // one that ends when it executes a program, or itself
}

// NewPlan returns a plan without a call. Close it.
func NewPlan() (*Plan, error) {
	p := &Plan{used: int(blockSize), begin: [2]int{-1, -1}, ended: [2]int{-1, -1}}
	var err error
	if p.mem, err = unix.Mmap(-1, 0, roomSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS); err != nil {
		return nil, os.NewSyscallError("mmap", err)
	}
	p.b = blockIn(p.mem)
	if err := errors.Join(unix.Pipe2(p.begin[:], unix.O_CLOEXEC), unix.Pipe2(p.ended[:], unix.O_CLOEXEC)); err != nil {
		p.Close()
		return nil, os.NewSyscallError("pipe2", err)
	}
	p.forget()
	p.Call("close", unix.SYS_CLOSE, uint64(p.begin[1]))
	p.call("wait", 1, unix.SYS_READ, uint64(p.begin[0]), p.Words(0), 1)
	return p, nil
}

// Close gives back what the plan has taken.
func (p *Plan) Close() {
	for _, fd := range []*int{&p.begin[0], &p.begin[1], &p.ended[0], &p.ended[1]} {
		shut(fd)
	}
	p.b = nil
	_ = unix.Munmap(p.mem)
}

// shut closes a descriptor once.
func shut(fd *int) {
	if *fd >= 0 {
		_ = unix.Close(*fd)
	}
	*fd = -1
}

// Call adds a system call that must not fail. The name is for the error if it does.
func (p *Plan) Call(name string, nr uintptr, args ...uint64) { p.call(name, 0, nr, args...) }

func (p *Plan) call(name string, least int64, nr uintptr, args ...uint64) {
	s := step{NR: uint64(nr), Least: least}
	if p.b.Count == maxSteps || len(args) > len(s.Args) {
		p.err = errors.New("spawn: too many steps")
		return
	}
	copy(s.Args[:], args)
	p.b.Steps[p.b.Count] = s
	p.b.Count++
	p.names = append(p.names, name)
}

// Text puts a string, and a byte of 0 behind it, where the new process finds it, and
// returns its address.
func (p *Plan) Text(s string) uint64 {
	b := p.room(len(s) + 1)
	copy(b, s)
	return address(b)
}

// Words does so with words.
func (p *Plan) Words(list ...uint64) uint64 {
	b := p.room(8 * len(list))
	copy(words(b, len(list)), list)
	return address(b)
}

// room takes some of the memory that is left, in whole words.
func (p *Plan) room(n int) []byte {
	n = (n + 7) &^ 7
	if p.used+n > roomSize-stackSize {
		p.err = errors.New("spawn: too much text")
		return make([]byte, n)
	}
	p.used += n
	return p.mem[p.used-n : p.used]
}

// Descriptors adds calls that make these descriptors 0, 1 and so on; all must be higher
// numbers than those. Others that are not closed by execve(2) stay as they are.
func (p *Plan) Descriptors(list ...uintptr) {
	for i, fd := range list {
		if fd < uintptr(len(list)) {
			p.err = fmt.Errorf("spawn: descriptor %d is in the way of others", fd)
		}
		p.Call("dup3", unix.SYS_DUP3, uint64(fd), uint64(i), 0)
	}
}

// Execute adds the call that ends the list: to execute a program, with an environment.
func (p *Plan) Execute(path string, argv, env []string) {
	list := func(texts []string) uint64 {
		var at []uint64
		for _, s := range texts {
			at = append(at, p.Text(s))
		}
		return p.Words(append(at, 0)...)
	}
	// The program's signals are to be those of this one.
	var mask unix.Sigset_t
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, nil, &mask); err != nil {
		p.err = os.NewSyscallError("rt_sigprocmask", err)
	}
	p.Call("rt_sigprocmask", unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, p.Words(mask.Val[0]), 0, sigsetSize)
	p.Call("execve", unix.SYS_EXECVE, p.Text(path), list(argv), list(env))
}

// sigsetSize is that of a set of signals to Linux, bytes.
const sigsetSize = 8

// forget adds calls that give signals their default actions instead of handlers, which
// would run in the memory of this process.
func (p *Plan) forget() {
	action := p.Words(0, 0, 0, 0) // struct sigaction of Linux: SIG_DFL, no flags
	for sig := 1; sig <= 64; sig++ {
		if sig != int(unix.SIGKILL) && sig != int(unix.SIGSTOP) {
			p.Call("rt_sigaction", unix.SYS_RT_SIGACTION, uint64(sig), action, 0, sigsetSize)
		}
	}
}

// cloneArgs is the size of struct clone_args with its field cgroup (linux/sched.h), bytes.
const cloneArgs = 88

// Start starts the process, and returns when it has executed its program. An error tells
// which of its calls failed, and there is no process then. The calling goroutine has to be
// locked to its thread.
func (p *Plan) Start() (pid int, err error) {
	flags := uint64(p.Flags) | unix.CLONE_VM
	nr, a1, a2 := uint64(unix.SYS_CLONE), flags|uint64(unix.SIGCHLD), address(p.mem)+roomSize
	if p.Group != nil {
		a1 = p.Words(flags|unix.CLONE_INTO_CGROUP, 0, 0, 0, uint64(unix.SIGCHLD), address(p.mem)+roomSize-stackSize, stackSize, 0, 0, 0, uint64(p.Group.Fd()))
		nr, a2 = unix.SYS_CLONE3, cloneArgs
	}
	if p.err != nil {
		return 0, p.err
	}
	// To become another user takes this process's right to be dumped away, too: who shares
	// memory shares that (kernel/cred.c, commit_creds).
	dumpable, _ := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
	syscall.ForkLock.Lock()
	pid, errno := fork(uintptr(nr), uintptr(a1), uintptr(a2), p.b)
	syscall.ForkLock.Unlock()
	if errno != 0 {
		return 0, os.NewSyscallError("clone", errno)
	}
	defer func() { _ = unix.Prctl(unix.PR_SET_DUMPABLE, uintptr(dumpable), 0, 0, 0) }()
	err = p.admit(pid)
	shut(&p.begin[1]) // which ends the new process where that failed
	shut(&p.ended[1])
	for {
		if _, e := unix.Read(p.ended[0], make([]byte, 1)); e != unix.EINTR {
			break
		}
	}
	if err == nil {
		err = p.failed()
	}
	if err != nil {
		for {
			if _, e := unix.Wait4(pid, nil, 0, nil); e != unix.EINTR {
				break
			}
		}
		return 0, err
	}
	return pid, nil
}

// admit maps users and groups of a process that waits for that, and lets it go on.
func (p *Plan) admit(pid int) error {
	if p.User != nil && p.Groups != nil {
		set := func(file, text string) error {
			return os.WriteFile(fmt.Sprintf("/proc/%d/%s", pid, file), []byte(text), 0)
		}
		may := "deny"
		if p.SetGroups {
			may = "allow"
		}
		if err := set("uid_map", p.User.line()); err != nil {
			return err
		}
		if err := set("setgroups", may); err != nil && !errors.Is(err, os.ErrNotExist) { // before Linux 3.19
			return err
		}
		if err := set("gid_map", p.Groups.line()); err != nil {
			return err
		}
	}
	_, err := unix.Write(p.begin[1], []byte{0})
	return err
}

// line is the map as Linux takes it (user_namespaces(7)).
func (m *Map) line() string { return strconv.Itoa(m.ID) + " " + strconv.Itoa(m.Outside) + " 1\n" }

// failed is the error of the call that failed, if one did.
func (p *Plan) failed() error {
	n := int(p.b.Failed)
	switch {
	case n == 0:
		return nil
	case n > len(p.names):
		return errors.New("spawn: nothing was executed")
	case p.b.Result >= 0:
		return fmt.Errorf("%s returned %d", p.names[n-1], p.b.Result)
	}
	return os.NewSyscallError(p.names[n-1], syscall.Errno(-p.b.Result))
}
