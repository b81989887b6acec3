package server

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"webrunner/internal/wire"
)

// metrics counts what the server did, for /metrics.
type metrics struct {
	mu        sync.Mutex
	requests  map[requestKey]uint64
	buckets   []uint64 // jobs by duration, one more than bounds
	jobs      uint64
	jobTime   time.Duration
	recent    map[string][]float64   // seconds of the last jobs of each command
	running   map[*underway]struct{} // jobs that are not over
	startTime time.Time
}

// underway is a job that is not over.
type underway struct {
	kind string // the command
	at   time.Time
}

type requestKey struct {
	command string
	status  int
	class   wire.Class
}

func newMetrics() *metrics {
	return &metrics{
		requests:  make(map[requestKey]uint64),
		buckets:   make([]uint64, len(durationBounds())+1),
		recent:    make(map[string][]float64),
		running:   make(map[*underway]struct{}),
		startTime: time.Now(),
	}
}

// durationBounds are the upper bounds of the histogram of jobs, seconds.
func durationBounds() []float64 {
	return []float64{0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30}
}

func (m *metrics) request(k requestKey) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests[k]++
}

// begin notes that a job has a slot. The caller calls end when it is over.
func (m *metrics) begin(kind string) (end func()) {
	b := &underway{kind, time.Now()}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.running[b] = struct{}{}
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.running, b)
	}
}

// job counts a job that is over.
func (m *metrics) job(kind string, d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.jobs++
	m.jobTime += d
	last := append(m.recent[kind], d.Seconds())
	m.recent[kind] = last[max(len(last)-recentJobs, 0):]
	i, _ := slices.BinarySearch(durationBounds(), d.Seconds())
	m.buckets[i]++
}

// Bounds of an estimate.
const (
	recentJobs  = 16  // of a command, whose median it rests on
	maxEstimate = 120 // seconds
)

// estimate returns in how many seconds, from one to two minutes, the jobs that run and
// those that wait, of these commands, are over when so many run at one time. It takes each
// to be as long as the last ones of its command were, and one that runs no shorter than it
// has taken already.
func (m *metrics) estimate(waiting []string, parallel int) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := 0.0
	for _, kind := range waiting {
		all += m.usual(kind)
	}
	for b := range m.running {
		all += max(m.usual(b.kind), time.Since(b.at).Seconds())
	}
	wait := math.Ceil(all / float64(parallel))
	return int(min(max(wait, 1), maxEstimate))
}

// usual is how many seconds a job of a command takes.
func (m *metrics) usual(kind string) float64 {
	last := m.recent[kind]
	if len(last) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(last))[len(last)/2]
}

// serveMetrics writes the Prometheus text format, version 0.0.4.
func (s *Server) serveMetrics(*exchange) (answer, *wire.Problem) {
	var b bytes.Buffer
	s.metrics.write(&b)
	stats := s.cfg.Engine.Pool.Stats()
	fit := 0
	if s.Fit() == nil {
		fit = 1
	}
	for _, g := range []struct {
		name, kind, help string
		value            int64
	}{
		{"webrunner_fit", "gauge", "1 when monitor answers 200.", int64(fit)},
		{"webrunner_jobs_running", "gauge", "Jobs that have a slot.", int64(s.gate.running())},
		{"webrunner_jobs_waiting", "gauge", "Jobs in the queue.", int64(s.gate.waiting())},
		{"webrunner_body_bytes", "gauge", "Bytes of request bodies in memory.", s.memory.inUse()},
		{"webrunner_answer_bytes", "gauge", "Bytes of answers that clients have not taken.", s.answers.inUse()},
		{"webrunner_children_idle", "gauge", "Warm children.", int64(stats.Idle)},
		{"webrunner_children_live", "gauge", "All children.", int64(stats.Live)},
		{"webrunner_children_started_total", "counter", "Children started.", int64(stats.Spawned)},
	} {
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s %s\n%s %d\n", g.name, g.help, g.name, g.kind, g.name, g.value)
	}
	fmt.Fprint(&b, "# HELP webrunner_layer_info The protections of a child and their state.\n# TYPE webrunner_layer_info gauge\n")
	for _, name := range s.cfg.Engine.Layers.Names() {
		fmt.Fprintf(&b, "webrunner_layer_info{layer=%q,state=%q} 1\n", string(name), s.cfg.Engine.Layers[name].String())
	}
	s.grades().metrics(&b)
	return answer{status: 200, media: "text/plain; version=0.0.4", body: b.Bytes()}, nil
}

func (m *metrics) write(b *bytes.Buffer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	fmt.Fprint(b, "# HELP webrunner_requests_total Answers by command, HTTP status and class of problem.\n# TYPE webrunner_requests_total counter\n")
	lines := make([]string, 0, len(m.requests))
	for k, n := range m.requests {
		lines = append(lines, fmt.Sprintf("webrunner_requests_total{command=%q,status=\"%d\",class=%q} %d\n", k.command, k.status, k.class, n))
	}
	slices.Sort(lines)
	for _, l := range lines {
		b.WriteString(l)
	}
	fmt.Fprint(b, "# HELP webrunner_job_seconds Time of jobs from slot to report.\n# TYPE webrunner_job_seconds histogram\n")
	sum := uint64(0)
	for i, bound := range durationBounds() {
		sum += m.buckets[i]
		fmt.Fprintf(b, "webrunner_job_seconds_bucket{le=\"%g\"} %d\n", bound, sum)
	}
	fmt.Fprintf(b, "webrunner_job_seconds_bucket{le=\"+Inf\"} %d\nwebrunner_job_seconds_sum %g\nwebrunner_job_seconds_count %d\n", m.jobs, m.jobTime.Seconds(), m.jobs)
	fmt.Fprintf(b, "# HELP webrunner_start_time_seconds Unix time of the start.\n# TYPE webrunner_start_time_seconds gauge\nwebrunner_start_time_seconds %d\n", m.startTime.Unix())
}
