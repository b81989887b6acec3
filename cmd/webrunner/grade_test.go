package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"webrunner/examples"
	"webrunner/internal/trust"
	"webrunner/internal/wire"
)

// fetch makes a request that takes JSON and decodes the answer.
func (s *service) fetch(method, target string, body io.Reader, v any) {
	s.t.Helper()
	req, err := http.NewRequest(method, s.url+target, body)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Accept", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(v); err != nil {
		s.t.Fatal(err)
	}
}

// TestServeGrades: a real service grades its counters at the start, and again
// at the interval, and puts the grades on results.
func TestServeGrades(t *testing.T) {
	s := startService(t, nil, "--grade-every", "1s")
	type grades struct {
		Graded   string
		Counters []trust.Mark
	}
	var first, later grades
	next := func(g *grades, after string) {
		for end := time.Now().Add(60 * time.Second); g.Graded == after; time.Sleep(50 * time.Millisecond) {
			if *g = (grades{}); time.Now().After(end) {
				t.Fatalf("no grading after %q: %s", after, s.stderr.String())
			}
			s.fetch("GET", "/m/monitor", nil, g)
		}
	}
	next(&first, "")
	later = first
	next(&later, first.Graded)
	byName := make(map[string]trust.Mark)
	for _, m := range later.Counters {
		byName[m.Counter] = m
	}
	for _, name := range []string{"Reference cycles", "Time", "Page faults"} {
		m := byName[name]
		busy := m.Grade == trust.Ungraded && strings.Contains(m.Why, "too busy")
		if m.Grade != trust.Trusted && !busy {
			t.Errorf("%s: %s", name, m)
		}
	}
	object, err := examples.Object("imul")
	if err != nil {
		t.Fatal(err)
	}
	var res wire.Result
	s.fetch("POST", "/m/run?kernel=playground", bytes.NewReader(object), &res)
	for _, c := range res.Counters {
		if c.Trust == "" || strings.Contains(c.Trust, "check") {
			t.Errorf("%s: %q", c.Name, c.Trust)
		}
	}
	if len(res.Counters) == 0 {
		t.Error("no counters")
	}
}

// TestRunIsUngraded: one run alone takes no time to grade, and says so.
func TestRunIsUngraded(t *testing.T) {
	needsChild(t)
	code, out, stderr := call("", "run", objectFile(t, "playground"), "--kernel", "playground", "-o", "json")
	var res wire.Result
	if err := json.Unmarshal([]byte(out), &res); err != nil || code != exitGood || len(res.Counters) == 0 {
		t.Fatalf("%d %v %s%s", code, err, out, stderr)
	}
	for _, c := range res.Counters {
		if c.Trust != "ungraded: not checked in this process" {
			t.Errorf("%s: %q", c.Name, c.Trust)
		}
	}
}

func TestGradeEvery(t *testing.T) {
	if code, _, stderr := call("", "serve", "--listen", "127.0.0.1:0", "--grade-every", "1ms"); code != exitUsage || !strings.Contains(stderr, "--grade-every") {
		t.Errorf("%d %s", code, stderr)
	}
}
