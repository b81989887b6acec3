package runner

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/internal/wire"
)

// To start a child costs a processor some milliseconds, and to screen a small object a
// tenth of one. So a child that has screened one waits for the next of the same client
// (wire.Job.For), and does nothing else any more. RATIONALE.md weighs that.

// ScreensOfAChild is how many objects of one client a child screens, unless Config.Screens
// tells another number.
const ScreensOfAChild = 64

const (
	parkedTime  = time.Second // that a child waits for the next object of its client
	parkedOfJob = 4           // children that wait, for each job at one time

	// smallObject is the largest object after which a child is used again, in bytes. What
	// larger ones take is worth a child, and leaves more in its memory.
	smallObject = 256 << 10
)

// takeFor returns a child for a job: one that has screened for the same client, or one
// that has done nothing yet.
func (p *Pool) takeFor(ctx context.Context, job *wire.Job) (*child, error) {
	if job.Kind == wire.Screen && job.For != "" {
		if c := p.takeParked(job.For); c != nil {
			return c, nil
		}
	}
	return p.take(ctx)
}

// takeParked returns a child that waits for this client, or nil.
func (p *Pool) takeParked(owner string) *child {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.parked, func(c *child) bool { return c.owner == owner && !c.dead() })
	if i < 0 || p.closed {
		return nil
	}
	c := p.parked[i]
	c.expiry.Stop()
	p.parked = slices.Delete(p.parked, i, i+1)
	return c
}

// mayAgain tells whether a child may do another job like this one. One to which anything
// out of the ordinary has happened may not: an object that cannot be loaded, a deadline,
// bytes behind its answer.
func (p *Pool) mayAgain(c *child, job *wire.Job, rep *wire.Report) bool {
	size := len(job.Object)
	for i := range job.Parts {
		size += len(job.Parts[i].Data)
	}
	c.owner = job.For
	c.screens++
	return job.Kind == wire.Screen && job.For != "" && c.screens < p.cfg.Screens && size <= smallObject &&
		rep.Problem == nil && !c.ending && c.silent()
}

// silent tells that there is nothing in the pipe of the reports.
func (c *child) silent() bool {
	n := -1
	raw, err := c.report.SyscallConn()
	if err != nil {
		return false
	}
	if err := raw.Control(func(fd uintptr) { n, err = unix.IoctlGetInt(int(fd), unix.TIOCINQ) }); err != nil {
		return false
	}
	return err == nil && n == 0
}

// park lets a child wait for the next job of its client, and tells whether there was a
// place for it; the one that has waited longest makes room.
func (p *Pool) park(c *child) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || c.dead() {
		return false
	}
	if len(p.parked) >= parkedOfJob*p.cfg.Jobs {
		p.leave(p.parked[0])
	}
	p.parked = append(p.parked, c)
	c.expiry = time.AfterFunc(p.patience, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.leave(c)
	})
	if c.screens == 1 {
		p.nudge() // the place that it had among the idle ones stays empty otherwise
	}
	return true
}

// leave ends a child that waits for its client, if it still does. Call it with p.mu held.
func (p *Pool) leave(c *child) {
	if !takeOut(&p.parked, c) {
		return
	}
	c.expiry.Stop()
	p.dismiss(c, "answered")
}
