package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"webrunner/scripts/service"
)

// part is one part of the load.
type part struct {
	s     *service.Service
	conns int
	nice  int // of the crowd
	end   chan struct{}
	all   sync.WaitGroup

	*tally
	waits   []time.Duration // of the honest client's jobs
	monitor []time.Duration
	jobs    float64 // of the whole part
	jobTime float64 // seconds
	took    time.Duration
	log     int64           // where the part begins in the access log
	own     []time.Duration // of monitor by that log
}

func newPart(s *service.Service, connections, nice int) *part {
	return &part{s: s, conns: connections, nice: nice, end: make(chan struct{}), tally: newTally()}
}

// run keeps all connections at work for a time.
func (p *part) run(ctx context.Context, d time.Duration) error {
	before := metrics(p.s)
	start := time.Now()
	crowd, err := startCrowd(ctx, p.s.Addr, p.conns-2, p.nice, d)
	if err != nil {
		return err
	}
	p.all.Go(func() { p.honest(good()) })
	p.all.Go(p.watch)
	time.Sleep(d)
	p.took = time.Since(start)
	after := metrics(p.s)
	p.jobs = after["webrunner_job_seconds_count"] - before["webrunner_job_seconds_count"]
	p.jobTime = after["webrunner_job_seconds_sum"] - before["webrunner_job_seconds_sum"]
	close(p.end)
	others, err := crowd()
	p.all.Wait()
	if err != nil {
		return err
	}
	p.add(others)
	return nil
}

// honest has one job at a time, the next as soon as it has an answer.
func (p *part) honest(list []request) {
	c := &client{from: honestFrom, to: p.s.Addr}
	defer c.close()
	for pause(p.end, 0) {
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
	for pause(p.end, 50*time.Millisecond) {
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
			p.Wrong = append(p.Wrong, fmt.Sprintf("monitor: %d %v", status, err))
		}
		p.mu.Unlock()
	}
}

// report tells of a part, and returns what must not be.
func (p *part) report(w io.Writer, n int) (faults []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	answered, refused, flood := 0, 0, 0
	for _, n := range p.Answers {
		answered += n
	}
	for _, n := range p.Busy {
		refused += n
	}
	for i := range floods {
		flood += p.Answers[floodFrom(i)]
	}
	fmt.Fprintf(w, "part %d, %.0f s: %d right answers, %d times too busy, %d wrong; %.0f jobs, %.0f ms each\n",
		n, p.took.Seconds(), answered, refused, len(p.Wrong), p.jobs, 1000*p.jobTime/max(p.jobs, 1))
	share := float64(p.Answers[honestFrom]) / max(float64(flood)/floods, 1)
	fmt.Fprintf(w, "  honest client: %d jobs, %.2f of what one flooding client with %d connections got; wait %s; %d times sent away\n",
		p.Answers[honestFrom], share, p.conns*8/10/floods, quantiles(p.waits), p.Busy[honestFrom])
	fmt.Fprintf(w, "  monitor: %s\n  of which the server's own: %s\n", quantiles(p.monitor), quantiles(p.own))
	if len(p.Wrong) > 0 {
		faults = append(faults, p.Wrong[:min(10, len(p.Wrong))]...)
	}
	const least = 0.5
	if share < least || p.Busy[honestFrom] > 0 {
		faults = append(faults, fmt.Sprintf("the honest client got %.2f of a share, and was sent away %d times", share, p.Busy[honestFrom]))
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
