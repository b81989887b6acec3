package runner

import (
	"context"
	"testing"
	"time"

	"webrunner/internal/wire"
)

// patientPool is a pool whose children wait for more of their client as long as it takes.
func patientPool(t *testing.T, cfg Config) *Pool {
	t.Helper()
	p, _ := newPool(t, cfg)
	p.patience = time.Hour
	return p
}

// screenFor has an object screened for a client, and returns which child did it.
func screenFor(t *testing.T, p *Pool, client, act string) string {
	t.Helper()
	return screenJob(t, p, &wire.Job{Kind: wire.Screen, For: client, Spec: []byte(act), Budget: testJob("").Budget})
}

func screenJob(t *testing.T, p *Pool, job *wire.Job) string {
	t.Helper()
	rep, _, err := p.Do(context.Background(), job, nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(rep.Document)
}

// TestAgain: a child screens again, for whom it has screened, and does nothing else.
func TestAgain(t *testing.T) {
	p := patientPool(t, Config{Screens: 3, Jobs: 2})
	first := screenFor(t, p, "a", "which")
	if other := screenFor(t, p, "b", "which"); other == first {
		t.Error("a child screened for two clients")
	}
	if run := screenJob(t, p, testJob("which")); run == first {
		t.Error("a child that had screened did a run")
	}
	if alone := screenFor(t, p, "", "which"); alone == first || alone == screenFor(t, p, "", "which") {
		t.Error("a child screened again for nobody in particular")
	}
	for n := 2; n <= 3; n++ {
		if again := screenFor(t, p, "a", "which"); again != first {
			t.Errorf("object %d of a client was screened by child %s, not by %s", n, again, first)
		}
	}
	if more := screenFor(t, p, "a", "which"); more == first {
		t.Error("a child screened 4 objects, not 3")
	}
}

// TestNotAgain: after anything out of the ordinary the next object has a child of its own.
func TestNotAgain(t *testing.T) {
	for _, row := range []struct {
		what string
		job  wire.Job
	}{
		{"a large object", wire.Job{Spec: []byte("which"), Object: make([]byte, smallObject+1)}},
		{"a large part", wire.Job{Spec: []byte("which"), Parts: []wire.Part{{Role: wire.RoleWith, Data: make([]byte, smallObject+1)}}}},
		{"a second report", wire.Job{Spec: []byte("stutter")}},
		{"the end of a child", wire.Job{Spec: []byte("farewell")}},
	} {
		p := patientPool(t, Config{})
		row.job.Kind, row.job.For, row.job.Budget = wire.Screen, "a", testJob("").Budget
		first := screenJob(t, p, &row.job)
		if next := screenFor(t, p, "a", "which"); next == first {
			t.Errorf("a child screened again after %s", row.what)
		}
	}
	p := patientPool(t, Config{})
	job := testJob("problem")
	job.Kind, job.For = wire.Screen, "a"
	if rep, _, err := p.Do(context.Background(), job, nil); err != nil || rep.Problem == nil {
		t.Fatal(rep, err)
	}
	if n := parked(p); n != 0 {
		t.Errorf("%d children wait after a problem", n)
	}
	p = patientPool(t, Config{Screens: 1})
	if first := screenFor(t, p, "a", "which"); first == screenFor(t, p, "a", "which") {
		t.Error("a child screened twice where each object is to have its own")
	}
}

// TestParkedEnd: children do not wait for ever, nor do any number of them.
func TestParkedEnd(t *testing.T) {
	p := patientPool(t, Config{})
	for i := range 3 * parkedOfJob {
		screenFor(t, p, string(rune('a'+i)), "which")
		if n := parked(p); n > parkedOfJob {
			t.Fatalf("%d children wait for their clients", n)
		}
	}
	p.patience = 0
	for range parkedOfJob {
		screenFor(t, p, "z", "which")
	}
	for parked(p) > parkedOfJob-1 { // the last one leaves at once
		time.Sleep(time.Millisecond)
	}
	p.Close()
	if s := p.Stats(); s.Live != 0 || parked(p) != 0 {
		t.Errorf("%d children live, %d of them wait", s.Live, parked(p))
	}
}

func parked(p *Pool) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.parked)
}
