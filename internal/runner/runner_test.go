package runner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"webrunner/internal/wire"
)

type logged struct {
	mu    sync.Mutex
	lines []string
}

func (l *logged) printf(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprintf(format, args...))
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}

func TestResult(t *testing.T) {
	p, _ := newPool(t, Config{})
	job := testJob("result")
	job.Object = make([]byte, 5<<20) // many times the pipe's buffer
	rep, took, err := p.Do(context.Background(), job, nil)
	if err != nil {
		t.Fatal(err)
	}
	if rep.Result == nil || rep.Result.Object.Size != 5<<20 {
		t.Fatalf("%+v", rep)
	}
	if layers := p.Layers(); layers[wire.LayerNamespaces] == (wire.Layer{}) || layers[wire.LayerCgroup] == (wire.Layer{}) {
		t.Errorf("the pool does not say which of its layers are in force: %v", layers)
	}
	if took.Total <= 0 || took.Spawn > took.Total {
		t.Errorf("it took %v", took)
	}
}

// TestProblemIsHeldToTheTable: the status is the server's word, not the child's.
func TestProblemIsHeldToTheTable(t *testing.T) {
	p, _ := newPool(t, Config{})
	q := do(t, p, "problem").Problem
	if want := wire.Crashed.Info(); q.Status != want.Status || q.Title != want.Title {
		t.Errorf("%+v", q)
	}
}

func TestDeaths(t *testing.T) {
	p, log := newPool(t, Config{})
	for _, row := range []struct {
		act    string
		class  wire.Class
		signal string
		log    string
	}{
		{"exit", wire.Internal, "", "exit code 7"},
		{"panic", wire.Internal, "", `panic: evil\x1b[2J\u202etext`},
		{"sigsys", wire.Internal, "SIGSYS", "SIGSYS"},
		{"sigkill", wire.MemoryLimit, "SIGKILL", "SIGKILL"},
		{"oom", wire.MemoryLimit, "", "out of memory"},
		{"garbage", wire.Internal, "", "child "}, // whether it ends or is killed first is open
		{"half", wire.Internal, "", "exit code 0"},
	} {
		if row.act == "oom" && withRace {
			continue
		}
		q := do(t, p, row.act).Problem
		if q == nil {
			t.Errorf("%s: no problem", row.act)
			continue
		}
		if q.Class != row.class || q.Signal != row.signal {
			t.Errorf("%s: class %s signal %q, want %s %q", row.act, q.Class, q.Signal, row.class, row.signal)
		}
		if !strings.Contains(log.String(), row.log) {
			t.Errorf("%s: the log lacks %q:\n%s", row.act, row.log, log)
		}
		if strings.Contains(q.Detail, "evil") {
			t.Errorf("%s: the client learns the crash text: %s", row.act, q.Detail)
		}
	}
	if do(t, p, "result").Result == nil {
		t.Error("the pool does not serve after these deaths")
	}
}

func TestSpamIsBounded(t *testing.T) {
	p, log := newPool(t, Config{})
	if do(t, p, "spam").Document == nil {
		t.Fatal("no document")
	}
	p.Close() // the text is whole when the child is reaped
	if n := len(log.String()); n < maxCrash || n > 8*maxCrash {
		t.Errorf("%d bytes logged of 5 MiB", n)
	}
}

func TestOuterDeadline(t *testing.T) {
	for _, act := range []string{"hang", "stubborn"} {
		p, _ := newPool(t, Config{Grace: 50 * time.Millisecond})
		job := testJob(act)
		job.Budget.Deadline = (100 * time.Millisecond).Microseconds()
		start := time.Now()
		rep, _, err := p.Do(context.Background(), job, nil)
		if err != nil {
			t.Fatal(err)
		}
		if rep.Problem == nil || rep.Problem.Class != wire.Timeout || rep.Problem.Limit != "deadline" {
			t.Errorf("%s: %+v", act, rep)
		}
		if d := time.Since(start); d < 150*time.Millisecond || d > time.Minute {
			t.Errorf("%s: stopped after %v", act, d)
		}
	}
}

func TestContextEnds(t *testing.T) {
	p, _ := newPool(t, Config{})
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if _, _, err := p.Do(ctx, testJob("hang"), nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

func TestCloseEndsJobs(t *testing.T) {
	p, _ := newPool(t, Config{Size: 2})
	failed := make(chan error)
	go func() {
		_, _, err := p.Do(context.Background(), testJob("hang"), nil)
		failed <- err
	}()
	time.Sleep(50 * time.Millisecond)
	p.Close()
	if err := <-failed; !errors.Is(err, ErrClosed) {
		t.Errorf("the running job: %v", err)
	}
	if _, _, err := p.Do(context.Background(), testJob("result"), nil); !errors.Is(err, ErrClosed) {
		t.Errorf("a later job: %v", err)
	}
	if s := p.Stats(); s.Live != 0 || s.Idle != 0 {
		t.Errorf("after Close: %+v", s)
	}
}

// TestDeadWarmChild kills the warm child: the job must not notice.
func TestDeadWarmChild(t *testing.T) {
	p, log := newPool(t, Config{})
	for range 20 {
		waitIdle(t, p, 1)
		p.mu.Lock()
		c := p.idle[0]
		p.mu.Unlock()
		c.kill()
		if do(t, p, "result").Result == nil {
			t.Fatalf("no result; log:\n%s", log)
		}
	}
}

func TestChildrenDieIdle(t *testing.T) {
	p, log := newPool(t, Config{Without: []wire.LayerName{"die-idle"}})
	_, _, err := p.Do(context.Background(), testJob("result"), nil)
	var q *wire.Problem
	if !errors.As(err, &q) || q.Class != wire.Unfit {
		t.Errorf("error %v, want unfit", err)
	}
	time.Sleep(2 * backoff)
	if n := p.Stats().Spawned; n > 10 {
		t.Errorf("%d children in %v: no rest between deaths", n, 2*backoff)
	}
	if !strings.Contains(log.String(), "no reason to live") || !strings.Contains(log.String(), "exit code 9") {
		t.Errorf("log:\n%s", log)
	}
}

// TestLingering: a child that has answered and does not end is ended, whether another
// job comes at once, or later, or none.
func TestLingering(t *testing.T) {
	p, _ := newPool(t, Config{})
	for range 3 {
		if do(t, p, "lingers").Document == nil {
			t.Error("no answer")
		}
	}
	waitIdle(t, p, 1)
	if do(t, p, "result").Result == nil {
		t.Error("no result")
	}
	do(t, p, "lingers")
	p.Close()
	if s := p.Stats(); s.Live != 0 {
		t.Errorf("after Close: %+v", s)
	}
}

// waitIdle waits until there are so many warm children, and no other.
func waitIdle(t *testing.T, p *Pool, n int) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); p.Stats().Idle != n || p.Stats().Live != n; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%+v, want %d idle", p.Stats(), n)
		}
	}
}

// waitFor waits until something is what it was.
func waitFor(t *testing.T, what string, now func() int, before int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); now() != before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Errorf("%d %s, before %d", now(), what, before)
			return
		}
	}
}

// TestNothingLeaks compares descriptors, goroutines and child processes before
// and after a thousand jobs of all kinds.
func TestNothingLeaks(t *testing.T) {
	p, _ := newPool(t, Config{Size: 2})
	do(t, p, "result")
	waitIdle(t, p, 2)
	time.Sleep(20 * time.Millisecond)
	fds, routines := countFDs(t), runtime.NumGoroutine()
	kinds := []string{"result", "problem", "exit", "half", "garbage"}
	jobs := 1000
	if withRace {
		jobs = 50
	}
	for i := range jobs {
		do(t, p, kinds[i%len(kinds)])
	}
	waitIdle(t, p, 2)
	waitFor(t, "descriptors", func() int { return countFDs(t) }, fds)
	waitFor(t, "goroutines", func() int { return max(runtime.NumGoroutine(), routines) }, routines)
	if s := p.Stats(); s.Live != 2 {
		t.Errorf("%+v after all jobs, want 2 live", s)
	}
	p.Close()
	if z := children(t); len(z) != 0 {
		t.Errorf("processes left: %v", z)
	}
}

func countFDs(t *testing.T) int {
	t.Helper()
	e, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("descriptors cannot be counted: ", err)
	}
	return len(e)
}

// children lists the processes, zombies included, whose parent this one is.
func children(t *testing.T) (pids []string) {
	t.Helper()
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		b, _ := os.ReadFile("/proc/self/task/" + task.Name() + "/children")
		pids = append(pids, strings.Fields(string(b))...)
	}
	return pids
}

func BenchmarkDo(b *testing.B) {
	p, err := New(Config{Size: 1})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	for b.Loop() {
		if _, _, err := p.Do(context.Background(), testJob("problem"), nil); err != nil {
			b.Fatal(err)
		}
	}
}

// A child that could not begin is replaced, once.
func TestNotStarted(t *testing.T) {
	p, _ := newPool(t, Config{})
	_, _, err := p.Do(context.Background(), testJob("unlucky"), nil)
	var problem *wire.Problem
	if !errors.As(err, &problem) || problem.Class != wire.Unfit {
		t.Errorf("%v", err)
	}
	if n := p.Stats().Spawned; n < 2 { // the first of them may have been one that was warm
		t.Errorf("%d children were started, want at least 2", n)
	}
}

// TestClean: a child that was taken over commands no terminal of who reads its
// document.
func TestClean(t *testing.T) {
	rep := &wire.Report{Document: []byte("{\"a\":\"\u009b31m\u202e\"}"), Text: "a\tb\x1b[2J\nc\r\n"}
	clean(rep)
	if got := string(rep.Document); got != `{"a":"\u009b31m\u202e"}` {
		t.Errorf("document %q", got)
	}
	if rep.Text != "a\tb\\x1b[2J\nc\\r\n" {
		t.Errorf("text %q", rep.Text)
	}
}
