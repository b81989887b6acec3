// The runtime's watch on cgroup limits holds two descriptors open; the real
// program switches it off in the same way.
//go:debug containermaxprocs=0
//go:debug updatemaxprocs=0

package runner

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/internal/wire"
)

// The test binary is its own child, as the real program is. What the fake
// child does is the specification of its job, or the argument of --without
// when it is to happen before the job.
func TestMain(m *testing.M) {
	if IsChild(os.Args) {
		fakeChild()
		syscall.Exit(0) // without the exit hooks: those of coverage would write, as a child may not
	}
	os.Exit(m.Run())
}

func fakeChild() {
	if slices.Equal(wire.ParseWithoutArg(os.Args[1]), []wire.LayerName{"die-idle"}) {
		fmt.Fprintln(os.Stderr, "no reason to live")
		os.Exit(9)
	}
	in, out := os.NewFile(3, "job"), os.NewFile(4, "report")
	for {
		job, err := wire.ReadJob(in, 64<<20)
		if err != nil {
			return
		}
		act := "posture"
		if len(job.Spec) > 0 {
			act = string(job.Spec)
		}
		acts[act](job, out)
		if job.Kind != wire.Screen {
			return
		}
	}
}

var acts = map[string]func(job *wire.Job, out *os.File){
	"result": func(job *wire.Job, out *os.File) {
		answer(out, &wire.Report{Result: &wire.Result{Kernel: "k", Object: wire.ObjectID{Size: len(job.Object)}, Verify: wire.Verify{Status: wire.VerifyNone}, Integrity: wire.Consistent}})
	},
	"which": func(_ *wire.Job, out *os.File) { answer(out, which()) },
	"stutter": func(_ *wire.Job, out *os.File) {
		var b bytes.Buffer
		_ = wire.WriteReport(&b, which())
		_, _ = out.Write(append(b.Bytes(), b.Bytes()...)) // at once, so that the second is there when the first is read
	},
	"farewell": func(_ *wire.Job, out *os.File) { answer(out, which()); os.Exit(3) },
	"lingers": func(_ *wire.Job, out *os.File) {
		answer(out, &wire.Report{Document: json.RawMessage(`{}`)})
		signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
		spin()
	},
	"unlucky": func(_ *wire.Job, out *os.File) { answer(out, &wire.Report{NotStarted: true}) },
	"problem": func(_ *wire.Job, out *os.File) {
		p := wire.Problemf(wire.Crashed, "boom")
		p.Status, p.Title, p.Sandbox = 200, "all is well", wire.Layers{wire.LayerSeccomp: {Enforced: true}}
		answer(out, &wire.Report{Problem: p})
	},
	"posture": func(_ *wire.Job, out *os.File) { answer(out, posture()) },
	"hang":    func(*wire.Job, *os.File) { time.Sleep(time.Hour) },
	"stubborn": func(*wire.Job, *os.File) {
		signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
		for {
			_ = os.Getpid()
		}
	},
	"exit":    func(*wire.Job, *os.File) { os.Exit(7) },
	"panic":   func(*wire.Job, *os.File) { panic("evil\x1b[2J\u202etext") },
	"sigsys":  func(*wire.Job, *os.File) { forbidAll() },
	"sigkill": func(*wire.Job, *os.File) { _ = syscall.Setrlimit(unix.RLIMIT_CPU, &syscall.Rlimit{}); spin() },
	"oom": func(*wire.Job, *os.File) {
		_ = syscall.Setrlimit(unix.RLIMIT_AS, &syscall.Rlimit{Cur: 64 << 20, Max: 64 << 20})
		runtime.KeepAlive(bytes.Repeat([]byte{1}, 1<<33))
	},
	"garbage": func(_ *wire.Job, out *os.File) { fmt.Fprint(out, strings.Repeat("garbage", 99)) },
	"half": func(_ *wire.Job, out *os.File) {
		var b bytes.Buffer
		_ = wire.WriteReport(&b, &wire.Report{Document: json.RawMessage(`{"x":1}`)})
		_, _ = out.Write(b.Bytes()[:b.Len()-1])
	},
	"spam": func(_ *wire.Job, out *os.File) {
		fmt.Fprint(os.Stderr, strings.Repeat("spam\n", 1<<20))
		answer(out, &wire.Report{Document: json.RawMessage(`{}`)})
	},
}

// which tells which child this is: by its number on the host, since all have 1 in theirs.
func which() *wire.Report {
	self, _ := os.Readlink("/proc/self")
	return &wire.Report{OK: true, Document: fmt.Appendf(nil, "%q", self)}
}

func answer(out *os.File, r *wire.Report) {
	if err := wire.WriteReport(out, r); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func spin() {
	for i := 0; ; i++ {
		runtime.KeepAlive(i)
	}
}

// forbidAll installs the smallest seccomp program, "kill", and makes a call.
func forbidAll() {
	prog := []unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_KILL_PROCESS}}
	seccompKill(prog)
	_ = os.Getpid()
}

func newPool(t *testing.T, cfg Config) (*Pool, *logged) {
	t.Helper()
	l := new(logged)
	cfg.Log = l.printf
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	p.mu.Lock()
	p.calm = 10 * time.Millisecond // tests that wait for the usual number of children need not wait long
	p.mu.Unlock()
	return p, l
}

func do(t *testing.T, p *Pool, act string) *wire.Report {
	t.Helper()
	rep, _, err := p.Do(context.Background(), testJob(act), nil)
	if err != nil {
		t.Fatalf("%s: %v", act, err)
	}
	return rep
}

func testJob(act string) *wire.Job {
	return &wire.Job{Kind: wire.Run, Spec: []byte(act), Budget: wire.Budget{Deadline: 30e6}}
}
