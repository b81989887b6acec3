// Package runner is the server's side of the child: it keeps a few children
// warm, gives each one job, or objects of one client to screen, ends it from outside when its time is up,
// and says what its death means. It never looks into an object.
package runner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"webrunner/internal/wire"
	"webrunner/internal/words"
)

// Config shapes a pool. The zero value of a field means its default.
type Config struct {
	Size      int                              // warm children, at least one; more while jobs find none (size.go); default 1
	Single    bool                             // there will be one job: a child is started for it, and no other kept warm
	Jobs      int                              // at one time; default 1
	Screens   int                              // of one client that a child does one after the other; default ScreensOfAChild, 1 is each in its own
	Behind    int                              // steps of nice(1) that children's priority is below this process's; default none
	Grace     time.Duration                    // what a job gets beyond its own deadline; default 2 s
	Without   []wire.LayerName                 // layers that may be missing
	Strict    bool                             // cells run without the speculation that a process can switch off
	MaxReport int64                            // bytes of a report's frame; default 32 MiB
	Log       func(format string, args ...any) // the error log, one call a line; default none
}

func (c *Config) setDefaults() {
	if c.Size < 1 {
		c.Size = 1
	}
	if c.Jobs < 1 {
		c.Jobs = 1
	}
	if c.Screens < 1 {
		c.Screens = ScreensOfAChild
	}
	if c.Grace <= 0 {
		c.Grace = 2 * time.Second
	}
	if c.MaxReport <= 0 {
		c.MaxReport = 32 << 20
	}
	if c.Log == nil {
		c.Log = func(string, ...any) {}
	}
}

// Timing says where the time of a job went.
type Timing struct {
	Spawn  time.Duration // until there was a child; about 0 when one was warm
	Send   time.Duration // until the child had taken the job
	Answer time.Duration // from then until its report was read
	Total  time.Duration // from the call of Do to its return
}

// ErrClosed is what Do returns once the pool is closed.
var ErrClosed = errors.New("runner: the pool is closed")

// errNotStarted means that a child died before it had taken its whole job, or
// could not begin with it.
var errNotStarted = errors.New("runner: the child died before its job")

// Do gives the job to a child and returns the child's report; progress, unless it is
// nil, is called for what a long job tells meanwhile. Whatever the object did, and however the child died of it, is a Report with a Problem.
// The error is not nil only when no child could be had (a *wire.Problem of
// class unfit), when ctx ended (its error) or when the pool is closed.
func (p *Pool) Do(ctx context.Context, job *wire.Job, progress func(*wire.Progress)) (*wire.Report, Timing, error) {
	var t Timing
	start := time.Now()
	rep, err := p.attempt(ctx, job, progress, &t)
	if errors.Is(err, errNotStarted) {
		// The object cannot have caused this: the child had not read it.
		rep, err = p.attempt(ctx, job, progress, &t)
	}
	if errors.Is(err, errNotStarted) {
		err = wire.Problemf(wire.Unfit, "children of this server die before they begin with their job; see its error log")
	}
	t.Total = time.Since(start)
	if rep != nil {
		clean(rep)
	}
	if rep != nil && rep.Problem != nil {
		hold(rep.Problem)
	}
	return rep, t, err
}

func (p *Pool) attempt(ctx context.Context, job *wire.Job, progress func(*wire.Progress), t *Timing) (*wire.Report, error) {
	start := time.Now()
	p.begin()
	c, err := p.takeFor(ctx, job)
	t.Spawn += time.Since(start)
	if err != nil {
		return nil, err
	}
	again := false
	defer func() {
		if !again || !p.park(c) {
			p.bury(c)
		}
	}()
	rep, err := p.converse(ctx, c, job, progress, t)
	again = err == nil && p.mayAgain(c, job, rep)
	return rep, err
}

// bury kills a child and has it replaced once it is reaped. To take apart what it was, and
// to make another, takes the system longer than many a job. So one that has answered is
// left alone until its answer is on its way, or another job begins.
func (p *Pool) bury(c *child) {
	if c.explained {
		p.count("silent", describe(c.status))
		p.retire(c)
		return
	}
	p.count("answered", "")
	p.reaped.Add(1)
	begins := p.nextJob()
	go func() {
		defer p.reaped.Done()
		select {
		case <-time.After(answerTime):
		case <-begins:
		case <-c.done:
		}
		p.end(c)
	}()
}

// end kills a child that has answered, and has it replaced once it is reaped.
func (p *Pool) end(c *child) {
	c.kill()
	<-c.done
	p.logCrash(c, false)
	p.retire(c)
}

// dismiss ends a child that has nothing to do, apart from its caller, and counts it as ended so.
func (p *Pool) dismiss(c *child, how string) {
	p.reaped.Add(1)
	go func() {
		defer p.reaped.Done()
		p.count(how, "")
		p.end(c)
	}()
}

// answerTime is how long an answer takes to its client, about.
const answerTime = 2 * time.Millisecond

// nextJob returns what is closed when the next job begins.
func (p *Pool) nextJob() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.begins
}

// begin tells that a job begins.
func (p *Pool) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.begins)
	p.begins = make(chan struct{})
}

// converse runs one job on c. One that gave no answer is killed and reaped: how it ended
// tells why.
func (p *Pool) converse(ctx context.Context, c *child, job *wire.Job, progress func(*wire.Progress), t *Timing) (*wire.Report, error) {
	limit := time.Duration(job.Budget.Deadline)*time.Microsecond + p.cfg.Grace
	timed, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	stop := context.AfterFunc(timed, c.kill)
	defer func() { c.ending = !stop() || c.ending }()

	began := time.Now()
	sent := wire.WriteJob(c.job, job)
	taken := time.Now()
	rep, err := wire.ReadReport(c.reader(), p.cfg.MaxReport, progress)
	t.Send, t.Answer = taken.Sub(began), time.Since(taken)
	switch {
	case err == nil && rep.NotStarted:
		return nil, errNotStarted
	case err == nil:
		return rep, nil
	}
	c.kill() // whatever it still does is of no use; this also ends what it left behind
	<-c.done
	p.logCrash(c, true)
	c.explained = true
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case p.isClosed():
		return nil, ErrClosed
	case timed.Err() != nil:
		problem := wire.Problemf(wire.Timeout, "the job was stopped from outside after %v, its deadline and %v of grace", limit, p.cfg.Grace)
		problem.Limit = "deadline"
		return &wire.Report{Problem: problem}, nil
	case sent != nil || c.unread() > 0:
		return nil, errNotStarted
	}
	return &wire.Report{Problem: explain(c, err)}, nil
}

// logCrash writes what the child said on its standard error to the log. The
// client never sees it: it may name addresses of the child.
func (p *Pool) logCrash(c *child, died bool) {
	text := c.crash.lines()
	if died {
		p.cfg.Log("child %d: %s", c.pid, describe(c.status))
	}
	for _, line := range text {
		p.cfg.Log("child %d: | %s", c.pid, line)
	}
}

// hold holds a problem to the error table: the child that wrote it may not be trusted
// with the status.
func hold(q *wire.Problem) {
	info := q.Class.Info()
	q.Type, q.Class, q.Status, q.Title = "about:blank", info.Class, info.Status, info.Title
}

// maxLine bounds one piece of a child's text, bytes.
const maxLine = 4 << 10

// clean takes out of a child's document and its text what commands a terminal. The
// child cleans what comes from an object; one that was taken over may not. The forms
// of a result and of a problem are cleaned where they are written (package report).
func clean(rep *wire.Report) {
	rep.Document, rep.Text = words.JSON(rep.Document), words.Text(rep.Text, maxLine)
}

// Layers returns the layers that the pool puts around a child. The child knows its
// others.
func (p *Pool) Layers() wire.Layers {
	return wire.Layers{wire.LayerNamespaces: p.namespaces, wire.LayerCgroup: p.cgroup}
}

// String says how a job's time was spent, for logs.
func (t Timing) String() string {
	return fmt.Sprintf("spawn %v total %v", t.Spawn.Round(time.Microsecond), t.Total.Round(time.Microsecond))
}
