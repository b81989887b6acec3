package runner

import (
	"context"
	"testing"
	"time"
)

// wanted is how many warm children a pool wants now.
func (p *Pool) wanted() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.size
}

// setCalm sets how long no job may miss a child until there is one fewer.
func (p *Pool) setCalm(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calm = d
}

// TestSize: a pool keeps more children warm for each job that found none, up to a bound, and
// fewer again when jobs find one.
func TestSize(t *testing.T) {
	p, _ := newPool(t, Config{Size: 2, Jobs: 1})
	p.setCalm(time.Hour)
	waitIdle(t, p, 2)
	const jobs = 10 // at one time, more than are ever kept warm
	var taken []*child
	for range jobs {
		c, err := p.take(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		taken = append(taken, c)
	}
	if n := p.wanted(); n <= 2 || n > 2+spareOfJob {
		t.Errorf("%d children are to be warm after %d jobs at one time", n, jobs)
	}
	for range 2 * jobs {
		p.missed()
	}
	for _, c := range taken {
		p.end(c)
	}
	waitIdle(t, p, 2+spareOfJob)

	p.setCalm(0)
	p.missed() // the last one
	waitIdle(t, p, 2)
	if n := p.wanted(); n != 2 {
		t.Errorf("%d children are to be warm, not 2", n)
	}
	for _, e := range p.Stats().Ended {
		if e.How == "idle" {
			t.Errorf("%d children are told to have died without a job", e.Children)
		}
	}
}

// TestSizeOfOne: where there will be one job, none is kept warm for others.
func TestSizeOfOne(t *testing.T) {
	p, _ := newPool(t, Config{Single: true})
	do(t, p, "result")
	p.missed()
	if n := p.wanted(); n != 1 {
		t.Errorf("%d children are wanted", n)
	}
}
