package cell

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/filter/bpf"
	"webrunner/filter/seccomp"
	"webrunner/trampoline"
)

// forkerEnv makes TestForker be a process that other tests aim at, and says
// which one.
const forkerEnv = "WEBRUNNER_TEST_FORKER"

// TestForker leads a process group and has a handler for whatever signal can
// have one. It forks cells until it is killed, and says how each ended.
func TestForker(t *testing.T) {
	kind := os.Getenv(forkerEnv)
	if kind == "" {
		t.Skip("a part of other tests")
	}
	signal.Notify(make(chan os.Signal, 1))
	go func() { // a test that was killed cannot end it
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(1)
	}()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil { // for filters
		t.Fatal(err)
	}
	runtime.LockOSThread()
	s, p := newSpace(t, "c3"), onePlan(t)
	if kind == "sealed" {
		runSealed(s, p)
		return
	}
	run(t, s, p)
	if at, dies := strings.CutPrefix(kind, "dies "); dies {
		dieBefore(t, s, p, at)
	}
	if kind == "refused" {
		refuseFork(t)
	}
	fmt.Println("ready")
	for {
		fmt.Println(ending(s.Run(p)))
	}
}

// ending says how a cell ended.
func ending(o *Outcome, err error) string {
	switch {
	case errors.Is(err, unix.EAGAIN):
		return "no process: " + err.Error()
	case err != nil:
		return err.Error()
	case o.End == Returned:
		return "returned"
	}
	return fmt.Sprintf("%v by %v at %#x", o.End, o.Signal, o.Regs.Rip)
}

// dieBefore forks a cell that waits before the named step of its script, and
// dies meanwhile.
func dieBefore(t *testing.T, s *Space, p Plan, step string) {
	steps, err := s.buildScript(p)
	at := slices.IndexFunc(steps, func(s Step) bool { return s.String() == step })
	if err != nil || at < 0 {
		t.Fatalf("%v; no step %q", err, step)
	}
	c := control()
	copy(c.Steps[at+1:], c.Steps[at:c.StepCount])
	c.Steps[at] = trampoline.Step{NR: unix.SYS_POLL, Args: [6]uint64{0, 0, 50}} // ms
	c.StepCount++
	_, _ = fork()
	_ = unix.Kill(unix.Getpid(), unix.SIGKILL)
}

// refuseFork has Linux refuse new processes of the calling thread, which
// the goroutine keeps, as it does where there are too many.
func refuseFork(t *testing.T) {
	const allow, errno = 0x7fff0000, 0x00050000 // linux/seccomp.h
	var a bpf.Assembler
	a.Load(0) // seccomp_data.nr
	a.If(bpf.JEQ, unix.SYS_CLONE, bpf.Next, "others")
	a.Load(16) // args[0], low half
	a.If(bpf.JEQ, uint32(unix.SIGCHLD), bpf.Next, "others")
	a.Ret(errno | uint32(unix.EAGAIN))
	a.Label("others")
	a.Ret(allow)
	prog, err := a.Assemble()
	if err == nil {
		err = seccomp.Install(prog, true)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// runSealed forks a cell once the vdso and its data are sealed, as a Linux with
// CONFIG_MSEAL_SYSTEM_MAPPINGS have them. It says whether there are seals, how the
// cell ended, and what Linux says to withholding the vdso.
func runSealed(s *Space, p Plan) {
	seals, advice := "no vdso", "no vdso"
	list := mappings()
	for _, m := range list {
		if m.vdso() {
			seals = "sealed"
			if _, _, errno := unix.Syscall(unix.SYS_MSEAL, uintptr(m.start), uintptr(m.size), 0); errno != 0 {
				seals = errno.Error()
			}
		}
	}
	fmt.Println(seals)
	fmt.Println(ending(s.Run(p)))
	for _, m := range list {
		if m.vdso() {
			advice = fmt.Sprint(unix.Madvise(memory(m.start, m.size), unix.MADV_DONTFORK))
		}
	}
	fmt.Println(advice)
}

// forker is such a process.
type forker struct {
	*exec.Cmd
	lines chan string // what it says
}

func startForker(t *testing.T, kind string) forker {
	t.Helper()
	f := forker{exec.Command("/proc/self/exe", "-test.run", "^TestForker$"), make(chan string, 1)}
	f.Env = append(os.Environ(), forkerEnv+"="+kind)
	f.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if _, err := f.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := f.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		for r := bufio.NewScanner(out); r.Scan(); {
			f.lines <- r.Text()
		}
		close(f.lines)
	}()
	t.Cleanup(func() { _ = unix.Kill(-f.Process.Pid, unix.SIGKILL) })
	return f
}

// end waits for the death of the process, and until nobody can speak for it.
func (f forker) end() {
	for range f.lines {
	}
	_ = f.Wait() // killed
}

// adopt has orphans of the test's descendants come to it.
func adopt(t *testing.T) {
	t.Helper()
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0) })
}

// A process that dies at any instant of a fork takes its cell with it: none is
// left that waits for somebody to let it go on.
func TestCellDiesWithItsForker(t *testing.T) {
	adopt(t)
	kinds := []string{"dies die with the supervisor", "dies find the supervisor alive", "dies " + StepTrace.String(), "dies be readable"}
	for _, kind := range append(kinds, slices.Repeat([]string{"forks"}, 20)...) {
		f := startForker(t, kind)
		if kind == "forks" {
			<-f.lines
			time.Sleep(rand.N(time.Millisecond))
			_ = f.Process.Kill()
		}
		f.end()
		for {
			var ws unix.WaitStatus
			pid, err := unix.Wait4(-f.Process.Pid, &ws, unix.WALL, nil)
			if err == unix.ECHILD {
				break // nobody is left of its group
			}
			if err == nil && ws.Stopped() {
				t.Fatalf("%s: cell %d outlived its supervisor and stands still: %v", kind, pid, ws.StopSignal())
			}
		}
	}
}

// What is sent to the whole process group, at whatever instant of a fork, is
// told as what it is. A cell has no handler, and nothing of what it was forked
// from is there to run one.
func TestSignalsToTheGroup(t *testing.T) {
	for _, sig := range []unix.Signal{
		unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGUSR1, unix.SIGPIPE, unix.SIGALRM, unix.SIGTERM, unix.SIGCHLD,
		unix.SIGCONT, unix.SIGURG, unix.SIGPROF, unix.SIGWINCH, unix.SIGSYS, 35, 64,
	} {
		t.Run(fmt.Sprint(int(sig), " ", sig), func(t *testing.T) {
			f := startForker(t, "forks")
			if line := <-f.lines; line != "ready" {
				t.Fatal(line)
			}
			const enough = 15
			var returned, hit atomic.Int32
			go func() {
				for start := time.Now(); min(returned.Load(), hit.Load()) < enough && time.Since(start) < 10*time.Second; {
					if hit.Load() <= returned.Load() { // on slow hosts, one must return before the next is hit
						_ = unix.Kill(-f.Process.Pid, sig)
					}
					time.Sleep(rand.N(2 * time.Millisecond))
				}
				_ = unix.Kill(-f.Process.Pid, unix.SIGKILL)
			}()
			for line := range f.lines {
				switch {
				case line == "returned":
					returned.Add(1)
				case strings.HasPrefix(line, fmt.Sprintf("signal by %v at ", sig)), strings.HasPrefix(line, fmt.Sprintf("cell: stopped by %v before ", sig)),
					sig == unix.SIGALRM && strings.HasPrefix(line, "timeout by "+sig.String()):
					hit.Add(1)
				default:
					t.Error(line)
				}
			}
			f.end()
			if min(returned.Load(), hit.Load()) < enough {
				t.Errorf("%d cells returned, %d were hit", returned.Load(), hit.Load())
			}
		})
	}
}

// A cell that cannot be forked is told, and the process is as before.
func TestForkRefused(t *testing.T) {
	f := startForker(t, "refused")
	if line := <-f.lines; line != "ready" {
		t.Fatal(line)
	}
	for range 3 {
		if line := <-f.lines; line != "no process: cell: fork: resource temporarily unavailable" {
			t.Error(line)
		}
	}
	_ = f.Process.Kill()
	f.end()
}
