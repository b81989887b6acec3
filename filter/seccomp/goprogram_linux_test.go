//go:build amd64

package seccomp

import (
	"fmt"
	"io"
	"os"
	goruntime "runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/filter/bpf"
	"webrunner/filter/internal/victim"
)

// TestChildPolicyLetsGoRun has a Go process under stage 1 do all that the
// child does; a single call that the policy forgot would kill it.
func TestChildPolicyLetsGoRun(t *testing.T) {
	r := startVictim(t, "go-program", "the job")
	if !r.status.Exited() || r.status.ExitStatus() != 0 || r.report != "read \"the job\"\ndone\n" {
		t.Fatal(r)
	}
	t.Log(r.trouble)
}

func lockDown(perf bool) {
	goruntime.LockOSThread() // no_new_privs is of one thread
	defer goruntime.UnlockOSThread()
	victim.Must(unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
	prog, err := Child(ChildConfig{PID: os.Getpid(), Perf: perf}).Compile()
	victim.Must(err, "compile")
	victim.Must(Install(prog, true), "install")
}

func goProgram([]string) {
	victim.Must(unix.CloseRange(5, maxInt, 0), "close_range")
	lockDown(true)
	job := os.NewFile(3, "job")
	text, err := io.ReadAll(job)
	victim.Must(err, "read job")
	victim.Must(job.Close(), "close job")
	report := os.NewFile(4, "report")
	_, err = fmt.Fprintf(report, "read %q\n", text)
	victim.Must(err, "write report")

	threads()
	heap()
	timers()
	pages()
	counter()
	cells()
	_, err = io.WriteString(report, "done\n")
	victim.Must(err, "write report")
}

// threads makes the runtime start, park, preempt and end threads.
func threads() {
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() {
			goruntime.LockOSThread() // and never unlock: the thread exits
			time.Sleep(2 * time.Millisecond)
			for i := 0; i < 1e6; i++ {
			}
		})
	}
	wg.Wait()
	var stop atomic.Bool
	wg.Go(func() { // a loop that only a signal can preempt
		for !stop.Load() {
		}
	})
	for range 50 {
		goruntime.Gosched()
		time.Sleep(time.Millisecond)
	}
	goruntime.GC() // stops the world, the loop included
	stop.Store(true)
	wg.Wait()
}

var sink [][]byte

// heap grows to 200 MB, collects, and gives the memory back.
func heap() {
	for range 4 {
		for range 200 {
			b := make([]byte, 1<<20)
			for i := 0; i < len(b); i += 4096 {
				b[i] = 1
			}
			sink = append(sink, b)
		}
		sink = nil
		goruntime.GC()
	}
	debug.FreeOSMemory()
}

func timers() {
	tick := time.NewTicker(time.Millisecond)
	for range 20 {
		<-tick.C
	}
	tick.Stop()
	done := make(chan bool)
	time.AfterFunc(3*time.Millisecond, func() { close(done) })
	<-done
	// Long enough for the monitor thread's once-a-second work.
	time.Sleep(1500 * time.Millisecond)
}

// pages is the loader's use of memory: reserve, fill, protect, W^X.
func pages() {
	b, err := unix.Mmap(-1, 0, 1<<16, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	victim.Must(err, "reserve")
	victim.Must(unix.Mprotect(b[4096:8192], unix.PROT_READ|unix.PROT_WRITE), "mprotect rw")
	b[4096] = 0xc3
	victim.Must(unix.Mprotect(b[4096:8192], unix.PROT_READ|unix.PROT_EXEC), "mprotect rx")
	victim.Must(unix.Munmap(b), "munmap")
}

// counter opens a software event, which every Linux has.
func counter() {
	attr := unix.PerfEventAttr{
		Type: unix.PERF_TYPE_SOFTWARE, Size: unix.PERF_ATTR_SIZE_VER0,
		Config: unix.PERF_COUNT_SW_TASK_CLOCK,
		Bits:   unix.PerfBitExcludeKernel | unix.PerfBitExcludeHv,
	}
	fd, err := unix.PerfEventOpen(&attr, 0, -1, -1, unix.PERF_FLAG_FD_CLOEXEC)
	if err == unix.ENOENT || err == unix.EACCES || err == unix.EPERM || err == unix.ENOSYS {
		fmt.Fprintln(os.Stderr, "no event counters here:", err)
		return
	}
	victim.Must(err, "perf_event_open")
	page, err := unix.Mmap(fd, 0, 4096, unix.PROT_READ, unix.MAP_SHARED)
	victim.Must(err, "mmap counter")
	var count [8]byte
	_, err = unix.Read(fd, count[:])
	victim.Must(err, "read counter")
	victim.Must(unix.Munmap(page), "unmap counter")
	victim.Must(unix.Close(fd), "close counter")
}

// cells forks, traces and reaps one cell that behaves, one that calls getpid
// after stage 2, and one that loops until it is killed.
func cells() {
	goruntime.LockOSThread() // ptrace knows its tracer by thread
	defer goruntime.UnlockOSThread()
	prog, err := Cell(nil).Compile()
	victim.Must(err, "compile cell")
	if s := supervise(prog, cellExits); !s.Exited() || s.ExitStatus() != 7 {
		victim.GiveUp("obedient cell: %#x", s)
	}
	if s := supervise(prog, cellCalls); !s.Signaled() || s.Signal() != unix.SIGSYS {
		victim.GiveUp("calling cell: %#x", s)
	}
	if s := supervise(prog, cellLoops); !s.Signaled() || s.Signal() != unix.SIGKILL {
		victim.GiveUp("endless cell: %#x", s)
	}
}

func supervise(prog []bpf.Insn, what cellKind) unix.WaitStatus {
	pid, errno := forkCell(prog, what)
	if errno != 0 {
		victim.GiveUp("fork: %v", errno)
	}
	var s unix.WaitStatus
	wait := func() {
		_, err := unix.Wait4(pid, &s, unix.WUNTRACED|unix.WALL, nil)
		victim.Must(err, "wait4")
	}
	wait() // its own breakpoint
	if !s.Stopped() || s.StopSignal() != unix.SIGTRAP {
		victim.GiveUp("cell did not stop: %#x", s)
	}
	victim.Must(unix.PtraceSetOptions(pid, unix.PTRACE_O_EXITKILL|unix.PTRACE_O_TRACEEXIT), "setoptions")
	victim.Must(unix.SchedSetaffinity(pid, firstCPU()), "pin")
	victim.Must(unix.PtraceCont(pid, 0), "continue")
	if what == cellLoops {
		time.Sleep(10 * time.Millisecond)
		victim.Must(unix.Kill(pid, unix.SIGKILL), "kill")
	}
	for !s.Exited() && !s.Signaled() {
		wait()
		if s.Stopped() {
			inspect(pid, what, s)
			resume(pid, s)
		}
	}
	return s
}

// inspect reads what the supervisor reads of a stopped cell.
func inspect(pid int, what cellKind, s unix.WaitStatus) {
	if s.TrapCause() != unix.PTRACE_EVENT_EXIT {
		return
	}
	var regs unix.PtraceRegsAmd64
	victim.Must(unix.PtraceGetRegsAmd64(pid, &regs), "getregs")
	if what == cellCalls && regs.Orig_rax != unix.SYS_GETPID {
		victim.GiveUp("orig_rax is %d", regs.Orig_rax)
	}
	_, err := unix.PtraceGetEventMsg(pid)
	victim.Must(err, "geteventmsg")
}

func resume(pid int, s unix.WaitStatus) {
	signal := 0
	if cause := s.TrapCause(); cause <= 0 && s.StopSignal() != unix.SIGSTOP && s.StopSignal() != unix.SIGTRAP {
		signal = int(s.StopSignal())
	}
	if err := unix.PtraceCont(pid, signal); err != nil && err != syscall.ESRCH {
		victim.GiveUp("cont: %v", err)
	}
}

func firstCPU() *unix.CPUSet {
	var all, one unix.CPUSet
	victim.Must(unix.SchedGetaffinity(0, &all), "affinity")
	for i := range len(all) * 64 {
		if all.IsSet(i) {
			one.Set(i)
			break
		}
	}
	return &one
}
