package server

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"webrunner/internal/wire"
)

// metrics counts what the server did, for /metrics.
type metrics struct {
	mu        sync.Mutex
	requests  map[requestKey]uint64
	jobs      *histogram
	steps     map[string]*histogram // by name
	deaths    map[death]uint64
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

// death is how a function ended that did not return.
type death struct {
	class  wire.Class
	signal string // empty where none is known
}

// deathly are the classes of problems that are a death.
func deathly() []wire.Class {
	return []wire.Class{wire.Crashed, wire.ForbiddenSyscall, wire.Timeout, wire.MemoryLimit}
}

// signals are those that kill a function; a child cannot make up others.
func signals() []string {
	return []string{"", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGKILL", "SIGSEGV", "SIGSYS", "SIGTRAP", "SIGXCPU"}
}

// histogram counts durations.
type histogram struct {
	buckets []uint64 // one more than durationBounds
	count   uint64
	sum     time.Duration
}

func newHistogram() *histogram { return &histogram{buckets: make([]uint64, len(durationBounds())+1)} }

func (h *histogram) observe(d time.Duration) {
	h.count++
	h.sum += d
	i, _ := slices.BinarySearch(durationBounds(), d.Seconds())
	h.buckets[i]++
}

// write writes the samples of a histogram; labels are empty or end with a comma.
func (h *histogram) write(b *bytes.Buffer, name, labels string) {
	sum := uint64(0)
	for i, bound := range durationBounds() {
		sum += h.buckets[i]
		fmt.Fprintf(b, "%s_bucket{%sle=\"%g\"} %d\n", name, labels, bound, sum)
	}
	fmt.Fprintf(b, "%s_bucket{%sle=\"+Inf\"} %d\n", name, labels, h.count)
	if labels != "" {
		labels = "{" + strings.TrimSuffix(labels, ",") + "}"
	}
	fmt.Fprintf(b, "%s_sum%s %g\n%s_count%s %d\n", name, labels, h.sum.Seconds(), name, labels, h.count)
}

func newMetrics() *metrics {
	return &metrics{
		requests:  make(map[requestKey]uint64),
		jobs:      newHistogram(),
		steps:     make(map[string]*histogram),
		deaths:    make(map[death]uint64),
		recent:    make(map[string][]float64),
		running:   make(map[*underway]struct{}),
		startTime: time.Now(),
	}
}

// durationBounds are the upper bounds of the histogram of jobs, seconds.
func durationBounds() []float64 {
	return []float64{0.0001, 0.0005, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30}
}

// request counts an answer, and the steps that led to it. One that took no step but the
// whole, as that of monitor, would hide how long others take.
func (m *metrics) request(k requestKey, s steps) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests[k]++
	if len(s) == 1 {
		return
	}
	for _, t := range s {
		h := m.steps[t.name]
		if h == nil {
			h = newHistogram()
			m.steps[t.name] = h
		}
		h.observe(t.took)
	}
}

// died counts the end of a function, if a problem is one.
func (m *metrics) died(p *wire.Problem) {
	if p == nil || !slices.Contains(deathly(), p.Class) {
		return
	}
	d := death{p.Class, p.Signal}
	if !slices.Contains(signals(), d.signal) {
		d.signal = "other"
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.deaths[d]++
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
	m.jobs.observe(d)
	last := append(m.recent[kind], d.Seconds())
	m.recent[kind] = last[max(len(last)-recentJobs, 0):]
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
	all, usual := 0.0, map[string]float64{}
	for kind := range m.recent {
		usual[kind] = m.usual(kind)
	}
	for _, kind := range waiting {
		all += usual[kind]
	}
	for b := range m.running {
		all += max(usual[b.kind], time.Since(b.at).Seconds())
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
	fmt.Fprint(&b, "# HELP webrunner_children_ended_total Children that ended: answered, idle without a job, or silent on theirs; of those, how.\n# TYPE webrunner_children_ended_total counter\n")
	for _, e := range stats.Ended {
		fmt.Fprintf(&b, "webrunner_children_ended_total{how=%q,status=%q} %d\n", e.How, e.Status, e.Children)
	}
	for _, g := range []struct {
		name, kind, help string
		value            int64
	}{
		{"webrunner_fit", "gauge", "1 when monitor answers 200.", int64(fit)},
		{"webrunner_jobs_running", "gauge", "Jobs that have a slot.", int64(s.gate.running())},
		{"webrunner_jobs_slots", "gauge", "Jobs at one time.", int64(s.cfg.Parallel)},
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
	m.jobs.write(b, "webrunner_job_seconds", "")
	fmt.Fprint(b, "# HELP webrunner_step_seconds Time of the steps of answers, as Server-Timing names them.\n# TYPE webrunner_step_seconds histogram\n")
	for _, name := range stepNames() {
		if h := m.steps[name]; h != nil {
			h.write(b, "webrunner_step_seconds", fmt.Sprintf("step=%q,", name))
		}
	}
	fmt.Fprint(b, "# HELP webrunner_deaths_total Functions that did not return, by class of problem and signal.\n# TYPE webrunner_deaths_total counter\n")
	for _, class := range deathly() {
		for _, signal := range append(signals(), "other") {
			if n, had := m.deaths[death{class, signal}]; had || signal == "" {
				fmt.Fprintf(b, "webrunner_deaths_total{class=%q,signal=%q} %d\n", class, signal, n)
			}
		}
	}
	fmt.Fprintf(b, "# HELP webrunner_start_time_seconds Unix time of the start.\n# TYPE webrunner_start_time_seconds gauge\nwebrunner_start_time_seconds %d\n", m.startTime.Unix())
}
