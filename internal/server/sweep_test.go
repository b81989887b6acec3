package server

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"webrunner/internal/wire"
)

const sweepSdot = "/m/sweep?kernel=sdot&n=1:3&incx=1,2"

// TestSweep: every point is in its place, in whatever order they were measured.
func TestSweep(t *testing.T) {
	b := start(t, false, nil)
	r := b.do("POST", sweepSdot, strings.NewReader("x"), "Accept", "application/json")
	var s wire.Sweep
	if err := json.Unmarshal([]byte(r.body), &s); err != nil || r.status != 200 {
		t.Fatalf("%d %s, %v", r.status, r.body, err)
	}
	if len(s.Points) != 6 || len(s.Axes) != 2 || s.Points[1].Params["n"] != "1" || s.Points[1].Params["incx"] != "2" || s.Points[4].Params["n"] != "3" || s.Points[5].Result == nil {
		t.Errorf("%+v", s.Points)
	}
	for accept, says := range map[string]string{"": "n  incx", "text/csv": "n,incx,kernel", "image/svg+xml": "<svg xmlns", "text/x-go-benchfmt": "BenchmarkSdot"} {
		if r := b.do("POST", sweepSdot, strings.NewReader("x"), "Accept", accept); r.status != 200 || !strings.Contains(r.body, says) {
			t.Errorf("%s: %d %s", accept, r.status, r.body)
		}
	}
	for _, row := range []struct {
		path, body string
		status     int
	}{
		{"/m/sweep?kernel=sdot", "x", 400}, {"/m/sweep?kernel=sdot&n=1:2000", "x", 400}, {sweepSdot, "", 422}, {sweepSdot, "unfit", 503}, {sweepSdot, "error", 500},
	} {
		if r := b.do("POST", row.path, strings.NewReader(row.body), "Accept", "application/json"); r.status != row.status {
			t.Errorf("%s %q: %d %s", row.path, row.body, r.status, r.body)
		}
	}
}

// TestSweepEvents: each point is told, then the whole; what goes wrong later is an event.
func TestSweepEvents(t *testing.T) {
	b := start(t, false, nil)
	r := b.do("POST", sweepSdot, strings.NewReader("x"), "Accept", "text/event-stream")
	if r.status != 200 || strings.Count(r.body, "event: point\n") != 6 || strings.Count(r.body, "event: progress\ndata: {\"done\":") != 6 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	_, last, found := strings.Cut(r.body, "event: result\ndata: ")
	var s wire.Sweep
	if err := json.Unmarshal([]byte(last), &s); err != nil || !found || len(s.Points) != 6 {
		t.Errorf("%s, %v", last, err)
	}
	waitFor(t, func() bool { // the line comes when all has gone
		return strings.Contains(b.access.String(), fmt.Sprintf("\" 200 %d machine=", len(r.body)))
	})
	if r := b.do("POST", sweepSdot, strings.NewReader("unfit"), "Accept", "text/event-stream"); !strings.HasPrefix(r.body, "event: problem\ndata: {") || !strings.Contains(r.body, `"class":"unfit"`) {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := b.do("POST", "/m/sweep?kernel=sdot", strings.NewReader("x"), "Accept", "text/event-stream"); r.status != 400 {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := b.raw(0, "POST "+sweepSdot+" HTTP/1.0\r\nAccept: text/event-stream\r\nContent-Length: 1\r\n\r\nx"); r.status != 200 || !strings.Contains(r.body, "n  incx") {
		t.Errorf("in HTTP/1.0, which has no chunks: %d %s", r.status, r.body)
	}
	if n := b.Server.answers.inUse(); n != 0 {
		t.Errorf("%d bytes of answers are not given back", n)
	}
}

// TestCompareParts sends two objects, and one whose functions are compared.
func TestCompareParts(t *testing.T) {
	b := start(t, false, nil)
	body, header := formOf(t, "a", "one", "b", "two")
	r := b.do("POST", "/m/compare?kernel=sdot&fail-if=Cycles%3E1.2&other-symbol=g", strings.NewReader(body), "Content-Type", header, "Accept", "application/json")
	var c wire.Comparison
	if err := json.Unmarshal([]byte(r.body), &c); err != nil || r.status != 200 || len(c.Failed) != 1 || c.Failed[0] != "Cycles>1.2" || c.B == nil {
		t.Fatalf("%d %s, %v", r.status, r.body, err)
	}
	job := b.fake.last()
	if other := job.Part(wire.RoleOther); string(job.Object) != "one" || other == nil || string(other.Data) != "two" || job.Compare.OtherSymbol != "g" {
		t.Errorf("%+v", job)
	}
	if r := b.do("POST", "/m/compare?kernel=sdot&fail-if=x", strings.NewReader(body), "Content-Type", header); r.status != 400 {
		t.Errorf("%d %s", r.status, r.body)
	}
}

// TestPeaks: they are measured once, and results tell of them from then on.
func TestPeaks(t *testing.T) {
	b := start(t, false, nil)
	r := b.do("GET", "/m/peaks", nil, "Accept", "application/json")
	var p wire.Peaks
	if err := json.Unmarshal([]byte(r.body), &p); err != nil || r.status != 200 || len(p.Peaks) < 20 || p.Peaks[0].Name != "fma-f32-128" || p.Peaks[0].Value <= 0 {
		t.Fatalf("%d %s, %v", r.status, r.body, err)
	}
	jobs := b.fake.count()
	if r := b.do("GET", "/m/peaks", nil); r.status != 200 || !strings.Contains(r.body, "load-L1") || b.fake.count() != jobs {
		t.Errorf("%d %s, and %d jobs more", r.status, r.body, b.fake.count()-jobs)
	}
	b.fake.spoil = func(r *wire.Result) { r.Work.FLOPs = 2000 }
	if r := b.do("POST", runSdot, strings.NewReader("x"), "Accept", "application/json"); !strings.Contains(r.body, `"Share of fma-f32-`) {
		t.Errorf("%d %s", r.status, r.body)
	}
}
