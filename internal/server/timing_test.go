package server

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"webrunner/internal/wire"
)

// TestServerTiming: every answer tells where its time went, whatever became of the object,
// step by step where there are steps and the child says so.
func TestServerTiming(t *testing.T) {
	b := start(t, false, nil)
	b.fake.spoil = func(r *wire.Result) { r.Timing = wire.Timing{Load: 1500, Measure: 2_000_000} }
	for _, row := range []struct{ method, target, object, steps string }{
		{"POST", runSdot, "good", "read queue spawn send load measure child encode total"},
		{"POST", runSdot, "crashed", "read queue spawn send child total"},
		{"POST", "/m/screen", "good", "read queue spawn send load screen child total"},
		{"POST", runSdot, "", "total"},
		{"POST", "/m/sweep?kernel=sdot&n=1,2", "good", "read queue sweep encode total"},
		{"GET", "/m/monitor", "", "total"},
		{"HEAD", "/m/monitor", "", "total"},
		{"GET", "/m/events?plan=Cycles", "", "plan total"},
		{"GET", "/m/kernels", "", "total"},
		{"GET", "/m/nothing", "", "total"},
		{"PUT", "/m/run", "", "total"},
		{"OPTIONS", "/m/run", "", "total"},
		{"GET", "/", "", "total"},
		{"GET", "/page/main.js", "", "total"},
	} {
		h := b.do(row.method, row.target, object(row.object)).header.Get("Server-Timing")
		var names []string
		for _, step := range strings.Split(h, ", ") {
			m := regexp.MustCompile(`^([a-z]+);dur=[0-9]+\.[0-9]{3}$`).FindStringSubmatch(step)
			if m == nil && h != "" {
				t.Fatalf("%s: %q is not a step", row.target, step)
			}
			if m != nil {
				names = append(names, m[1])
			}
		}
		if got := strings.Join(names, " "); got != row.steps {
			t.Errorf("%s of %q: %q, want %q", row.target, row.object, got, row.steps)
		}
		if row.object == "good" && row.target == runSdot {
			if !strings.Contains(h, "spawn;dur=1.000, ") || !strings.Contains(h, "load;dur=1.500, ") || !strings.Contains(h, "measure;dur=2000.000, ") {
				t.Errorf("%s", h)
			}
		}
	}
}

// TestStreamTiming: of events the head tells the steps until they begin, and the metrics,
// when they have ended, the rest.
func TestStreamTiming(t *testing.T) {
	b := start(t, false, nil)
	r := b.do("POST", "/m/sweep?kernel=sdot&n=1,2", object("good"), "Accept", mediaEvents)
	if h := r.header.Get("Server-Timing"); !regexp.MustCompile(`^read;dur=\S+, queue;dur=\S+, total;dur=\S+$`).MatchString(h) || r.status != 200 {
		t.Errorf("%d %q", r.status, h)
	}
	for !strings.Contains(b.access.String(), "/m/sweep") { // it is written when the client has all of it
		time.Sleep(time.Millisecond)
	}
	if m := b.do("GET", "/metrics", nil).body; !strings.Contains(m, `webrunner_step_seconds_count{step="sweep"} 1`) || !strings.Contains(m, `webrunner_step_seconds_count{step="total"} 1`) {
		t.Error(m)
	}
}

// TestDoneIsAnswered: a job that has begun finds room for an answer of the usual size, whatever
// others have taken meanwhile for answers that they do not read; no further one begins then.
func TestDoneIsAnswered(t *testing.T) {
	b := start(t, false, nil)
	other := client{name: "other"}
	b.fake.spoil = func(*wire.Result) { fill(b.answers, other) }
	if r := b.do("POST", runSdot, object("good"), "Accept", mediaJSON); r.status != 200 || !strings.Contains(r.body, `"kernel":"sdot"`) {
		t.Errorf("%d %s", r.status, r.body)
	}
	jobs := b.fake.count()
	if r := b.do("POST", runSdot, object("good"), "Accept", mediaJSON); r.status != 429 || r.header.Get("Retry-After") == "" || b.fake.count() != jobs {
		t.Errorf("%d %s, %d jobs", r.status, r.body, b.fake.count()-jobs)
	}
	b.answers.give(other, b.answers.inUse())
	b.fake.spoil = nil
	// A job that waits while the room is taken does not begin, either.
	first, second := make(chan reply), make(chan reply)
	go func() { first <- b.do("POST", runSdot, object("wait")) }()
	for b.gate.running() == 0 {
		time.Sleep(time.Millisecond)
	}
	go func() { second <- b.do("POST", runSdot, object("good")) }()
	for b.gate.waiting() == 0 {
		time.Sleep(time.Millisecond)
	}
	fill(b.answers, other)
	close(b.fake.free)
	if r := <-first; r.status != 200 {
		t.Errorf("the one that has begun: %d %s", r.status, r.body)
	}
	if r := <-second; r.status != 429 {
		t.Errorf("the one that waits: %d %s", r.status, r.body)
	}
}

// fill leaves no room for a further answer, not even when one for which there is room now is read.
func fill(m *memory, who client) {
	m.mu.Lock()
	defer m.mu.Unlock()
	more := m.limit + smallAnswer - m.used
	m.by[who] += more
	m.used += more
}
