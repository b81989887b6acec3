package spawn

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// seen is what a started process finds.
type seen struct {
	Args, Env    []string
	UID, GID     int
	Dir, Blocked string
	Ignored      string
	Descriptors  map[string]string
}

// TestMain is also the program that tests start: one with an argument of its own shows
// what it finds.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "show" {
		show()
		return
	}
	os.Exit(m.Run())
}

func show() {
	s := seen{Args: os.Args, Env: os.Environ(), UID: os.Getuid(), GID: os.Getgid(), Descriptors: map[string]string{}}
	s.Dir, _ = os.Getwd()
	status, _ := os.ReadFile("/proc/thread-self/status")
	for line := range strings.Lines(string(status)) {
		switch k, v, _ := strings.Cut(strings.TrimSpace(line), ":\t"); k {
		case "SigBlk":
			s.Blocked = v
		case "SigIgn":
			s.Ignored = v
		}
	}
	fds, _ := os.ReadDir("/proc/self/fd")
	for _, e := range fds {
		to, err := os.Readlink("/proc/self/fd/" + e.Name())
		if err == nil && !strings.HasPrefix(to, "anon_inode:") { // our own look, and the runtime's poller
			s.Descriptors[e.Name()], _, _ = strings.Cut(to, ":")
		}
	}
	_ = json.NewEncoder(os.Stdout).Encode(s)
}

// start starts this program to show what it finds, after some more calls, and returns that.
func start(t *testing.T, prepare func(*Plan)) (seen, error) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	p, err := NewPlan()
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var out [2]int
	if err := unix.Pipe2(out[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	high, err := unix.FcntlInt(uintptr(out[1]), unix.F_DUPFD_CLOEXEC, 10)
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(out[1])
	from := os.NewFile(uintptr(out[0]), "output")
	defer from.Close()
	if prepare != nil {
		prepare(p)
	}
	p.Descriptors(uintptr(high), uintptr(high))
	p.Execute("/proc/self/exe", []string{"this", "show", "", "two words"}, []string{"A=b"})
	pid, err := p.Start()
	unix.Close(high)
	if err != nil {
		return seen{}, err
	}
	text, err := io.ReadAll(from)
	if err != nil {
		t.Fatal(err)
	}
	var ws unix.WaitStatus
	if _, err := unix.Wait4(pid, &ws, 0, nil); err != nil || ws != 0 {
		t.Fatalf("it ended with %#x, %v", ws, err)
	}
	var s seen
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return s, nil
}

// TestStart: a process has the arguments, environment, directory and descriptors that its
// plan says, and no signal is blocked in it or ignored.
func TestStart(t *testing.T) {
	s, err := start(t, func(p *Plan) {
		p.Call("chdir", unix.SYS_CHDIR, p.Text("/proc/.."))
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.Args, []string{"this", "show", "", "two words"}) || !slices.Equal(s.Env, []string{"A=b"}) {
		t.Errorf("arguments %q, environment %q", s.Args, s.Env)
	}
	if s.Dir != "/" || s.UID != os.Getuid() {
		t.Errorf("directory %s, user %d", s.Dir, s.UID)
	}
	if strings.Trim(s.Blocked, "0") != "" || strings.Trim(s.Ignored, "0") != "" {
		t.Errorf("signals blocked %s, ignored %s", s.Blocked, s.Ignored)
	}
	if s.Descriptors["0"] != "pipe" || s.Descriptors["1"] != "pipe" {
		t.Errorf("descriptors %v", s.Descriptors)
	}
	for name, to := range s.Descriptors {
		fd, _ := strconv.Atoi(name)
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); fd > 1 && to == "pipe" && (err != nil || flags&unix.FD_CLOEXEC != 0) {
			t.Errorf("descriptor %d is left: %s", fd, to)
		}
	}
}

// TestFailed: the error names the call that failed, and no process is left.
func TestFailed(t *testing.T) {
	for _, tt := range []struct {
		name    string
		prepare func(*Plan)
		call    string
		errno   syscall.Errno
	}{
		{"a directory that is not there", func(p *Plan) { p.Call("chdir", unix.SYS_CHDIR, p.Text("/nowhere/at/all")) }, "chdir", unix.ENOENT},
		{"a descriptor that is not open", func(p *Plan) { p.Call("dup3", unix.SYS_DUP3, 1<<20, 3, 0) }, "dup3", unix.EBADF},
		{"a program that is not there", func(p *Plan) { p.Execute("/nowhere", []string{"x"}, nil) }, "execve", unix.ENOENT},
		{"a thread that is no thread", func(p *Plan) { p.Flags = unix.CLONE_THREAD }, "clone", unix.EINVAL},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := start(t, tt.prepare)
			var call *os.SyscallError
			if !errors.As(err, &call) || call.Syscall != tt.call || !errors.Is(err, tt.errno) {
				t.Errorf("%v, want %s: %v", err, tt.call, tt.errno)
			}
			if pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil); err != unix.ECHILD {
				t.Errorf("a child is left: %d, %v", pid, err)
			}
		})
	}
	for name, prepare := range map[string]func(*Plan){
		"too many steps": func(p *Plan) {
			for range maxSteps {
				p.Call("getpid", unix.SYS_GETPID)
			}
		},
		"too much text":        func(p *Plan) { p.Text(strings.Repeat("x", roomSize)) },
		"in the way of others": func(p *Plan) { p.Descriptors(9, 9, 1) },
	} {
		if _, err := start(t, prepare); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestUsers: a process in a user namespace has the numbers that it is given, and has them
// before its first call that needs them.
func TestUsers(t *testing.T) {
	s, err := start(t, func(p *Plan) {
		p.Flags = unix.CLONE_NEWUSER
		p.User, p.Groups = &Map{ID: 1234, Outside: os.Getuid()}, &Map{ID: 4321, Outside: os.Getgid()}
		p.Call("setuid", unix.SYS_SETUID, 1234)
	})
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EACCES) {
		t.Skipf("this host gives no user namespace: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if s.UID != 1234 || s.GID != 4321 {
		t.Errorf("user %d, group %d", s.UID, s.GID)
	}
}

// TestNotCopied: what this process writes after it has started another costs it no fault,
// and its right to be dumped is what it was.
func TestNotCopied(t *testing.T) {
	const pages, page = 2048, 4096
	mem, err := unix.Mmap(-1, 0, pages*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(mem)
	_ = unix.Madvise(mem, unix.MADV_NOHUGEPAGE) // EINVAL where there are none
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	faults := func() int64 {
		var before, after unix.Rusage
		if err := unix.Getrusage(unix.RUSAGE_THREAD, &before); err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(mem); i += page {
			mem[i]++
		}
		if err := unix.Getrusage(unix.RUSAGE_THREAD, &after); err != nil {
			t.Fatal(err)
		}
		return after.Minflt - before.Minflt
	}
	if n := faults(); n < pages {
		t.Fatalf("%d faults when %d pages are touched for the first time", n, pages)
	}
	dumpable, _ := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
	if _, err := start(t, func(p *Plan) {
		if os.Getuid() == 0 {
			p.Call("setuid", unix.SYS_SETUID, 65534)
		}
	}); err != nil && !errors.Is(err, unix.EACCES) { // nobody may not execute what is below a private directory
		t.Fatal(err)
	}
	if n := faults(); n > pages/4 { // Linux may have taken some for reasons of its own
		t.Errorf("%d faults of %d pages after another process was started", n, pages)
	}
	if now, _ := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0); now != dumpable {
		t.Errorf("dumpable is %d, and was %d", now, dumpable)
	}
}

// TestSignalled: signals that come while processes are started reach this process only.
func TestSignalled(t *testing.T) {
	got := make(chan os.Signal, 1)
	signal.Notify(got, unix.SIGUSR1)
	defer signal.Stop(got)
	end := make(chan struct{})
	var sender sync.WaitGroup
	sender.Go(func() {
		for {
			select {
			case <-end:
				return
			case <-got:
			default:
				_ = unix.Kill(os.Getpid(), unix.SIGUSR1)
			}
		}
	})
	for range 8 {
		if _, err := start(t, nil); err != nil {
			t.Error(err)
		}
	}
	close(end)
	sender.Wait()
}
