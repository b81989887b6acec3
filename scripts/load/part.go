package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"webrunner/scripts/service"
)

// The clients: addresses of loopback, each of which is one to the server's queue.
const (
	floods     = 5 // addresses, with most of the connections
	honestFrom = "127.0.99.1"
	badFrom    = "127.0.98.1"
	hostileAt  = "127.0.97.1"
	leavesFrom = "127.0.96.1"
)

func floodFrom(i int) string { return fmt.Sprintf("127.0.%d.1", 10+i) }

// part is one part of the load.
type part struct {
	s     *service.Service
	conns int
	end   chan struct{}
	all   sync.WaitGroup

	mu      sync.Mutex
	answers map[string]int // by address
	busy    map[string]int
	wrong   []string
	waits   []time.Duration // of the honest client's jobs
	monitor []time.Duration
	jobs    float64 // of the whole part
	jobTime float64 // seconds
	took    time.Duration
	log     int64           // where the part begins in the access log
	own     []time.Duration // of monitor by that log
}

func newPart(s *service.Service, connections int) *part {
	return &part{s: s, conns: connections, end: make(chan struct{}), answers: map[string]int{}, busy: map[string]int{}}
}

// run keeps all connections at work for a time.
func (p *part) run(d time.Duration) {
	before := metrics(p.s)
	start := time.Now()
	hostileConns, badConns, leaving := p.conns/20, p.conns/10, p.conns/20
	rest := p.conns - hostileConns - badConns - leaving - 2
	goods, bads, hostiles := good(), bad(), hostile()
	for i := range rest {
		p.start(floodFrom(i%floods), goods, i%2 == 0)
	}
	for range badConns {
		p.start(badFrom, bads, true)
	}
	for range hostileConns {
		p.start(hostileAt, hostiles, true)
	}
	for range leaving {
		p.all.Go(func() {
			c := &client{from: leavesFrom, to: p.s.Addr}
			for p.pause(time.Duration(rand.IntN(500)) * time.Millisecond) {
				c.abandon(&goods[rand.IntN(len(goods))])
			}
		})
	}
	p.all.Go(func() { p.honest(goods) })
	p.all.Go(p.watch)
	time.Sleep(d)
	p.took = time.Since(start)
	after := metrics(p.s)
	p.jobs = after["webrunner_job_seconds_count"] - before["webrunner_job_seconds_count"]
	p.jobTime = after["webrunner_job_seconds_sum"] - before["webrunner_job_seconds_sum"]
	close(p.end)
	p.all.Wait()
}

// pause waits, and tells whether the part goes on.
func (p *part) pause(d time.Duration) bool {
	select {
	case <-p.end:
		return false
	case <-time.After(d):
		return true
	}
}

// start keeps one connection at work. Where the server is too busy a patient client stays
// away as long as it is told, and another asks again at once, more or less.
func (p *part) start(from string, list []request, patient bool) {
	p.all.Go(func() {
		c := &client{from: from, to: p.s.Addr}
		defer c.close()
		pause := time.Duration(rand.IntN(1000)) * time.Millisecond
		for p.pause(pause) {
			busy, err := c.ask(&list[rand.IntN(len(list))])
			p.count(from, busy, err)
			if pause = 10 * time.Millisecond; busy > 0 {
				if pause = busy; !patient {
					pause = time.Duration(100+rand.IntN(400)) * time.Millisecond
				}
			}
		}
	})
}

func (p *part) count(from string, busy time.Duration, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case err != nil:
		p.wrong = append(p.wrong, from+": "+err.Error())
	case busy > 0:
		p.busy[from]++
	default:
		p.answers[from]++
	}
}

// honest has one job at a time, the next as soon as it has an answer.
func (p *part) honest(list []request) {
	c := &client{from: honestFrom, to: p.s.Addr}
	defer c.close()
	for p.pause(0) {
		start := time.Now()
		busy, err := c.ask(&list[rand.IntN(len(list))])
		p.count(honestFrom, busy, err)
		p.mu.Lock()
		p.waits = append(p.waits, time.Since(start))
		p.mu.Unlock()
	}
}

// watch asks the monitor, 20 times a second, by one connection that is kept.
func (p *part) watch() {
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	c := http.Client{Timeout: 30 * time.Second, Transport: transport}
	for p.pause(50 * time.Millisecond) {
		start := time.Now()
		resp, err := c.Get("http://" + p.s.Addr + "/m/monitor")
		status := 0
		if err == nil {
			_, err = io.Copy(io.Discard, resp.Body)
			status = resp.StatusCode
			resp.Body.Close()
		}
		took := time.Since(start)
		p.mu.Lock()
		if p.monitor = append(p.monitor, took); err != nil || status != 200 {
			p.wrong = append(p.wrong, fmt.Sprintf("monitor: %d %v", status, err))
		}
		p.mu.Unlock()
	}
}

// report tells of a part, and returns what must not be.
func (p *part) report(w io.Writer, n int) (faults []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	answered, refused, flood := 0, 0, 0
	for _, n := range p.answers {
		answered += n
	}
	for _, n := range p.busy {
		refused += n
	}
	for i := range floods {
		flood += p.answers[floodFrom(i)]
	}
	fmt.Fprintf(w, "part %d, %.0f s: %d right answers, %d times too busy, %d wrong; %.0f jobs, %.0f ms each\n",
		n, p.took.Seconds(), answered, refused, len(p.wrong), p.jobs, 1000*p.jobTime/max(p.jobs, 1))
	share := float64(p.answers[honestFrom]) / max(float64(flood)/floods, 1)
	fmt.Fprintf(w, "  honest client: %d jobs, %.2f of what one flooding client with %d connections got; wait %s; %d times sent away\n",
		p.answers[honestFrom], share, p.conns*8/10/floods, quantiles(p.waits), p.busy[honestFrom])
	fmt.Fprintf(w, "  monitor: %s\n  of which the server's own: %s\n", quantiles(p.monitor), quantiles(p.own))
	if len(p.wrong) > 0 {
		faults = append(faults, p.wrong[:min(10, len(p.wrong))]...)
	}
	const least = 0.5
	if share < least || p.busy[honestFrom] > 0 {
		faults = append(faults, fmt.Sprintf("the honest client got %.2f of a share, and was sent away %d times", share, p.busy[honestFrom]))
	}
	return faults
}

func quantiles(list []time.Duration) string {
	if len(list) == 0 {
		return "nothing"
	}
	sorted := slices.Sorted(slices.Values(list))
	at := func(q float64) time.Duration {
		return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)].Round(10 * time.Microsecond)
	}
	return fmt.Sprintf("median %v, p99 %v, most %v of %d", at(0.5), at(0.99), at(1), len(sorted))
}
