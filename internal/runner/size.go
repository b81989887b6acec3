package runner

import "time"

// The number of warm children follows the load: each job that finds none adds one, and each
// spell without such a job takes one away again, down to Config.Size.

const (
	spareOfJob = 4                // children above Config.Size, for each job at one time
	calmTime   = 10 * time.Second // without a job that finds no warm child, until there is one fewer
)

// missed notes that a job found no warm child.
func (p *Pool) missed() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cfg.Single || p.closed {
		return
	}
	p.size = min(p.size+1, p.cfg.Size+spareOfJob*p.cfg.Jobs)
	if p.shrinking == nil {
		p.shrinking = time.AfterFunc(p.calm, p.shrink)
		return
	}
	p.shrinking.Reset(p.calm)
}

// shrink has one warm child fewer, after a spell in which every job found one.
func (p *Pool) shrink() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.size <= p.cfg.Size {
		return
	}
	p.size--
	if p.size > p.cfg.Size {
		p.shrinking.Reset(p.calm)
	}
	p.trim()
}

// trim ends warm children that are more than are wanted: also one that was being started
// when fewer began to be. Call it with p.mu held.
func (p *Pool) trim() {
	for len(p.idle) > p.size && !p.closed {
		c := p.idle[0]
		p.idle = p.idle[1:]
		p.dismiss(c, "spare")
	}
}
