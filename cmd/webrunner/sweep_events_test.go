package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"webrunner/examples"
	"webrunner/internal/wire"
)

// metrics is what the server tells of itself.
func (s *service) metrics() string {
	s.t.Helper()
	resp, err := http.Get(s.url + "/metrics")
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

// waitIdle waits until no job has a slot and no client's object is held.
func (s *service) waitIdle() {
	s.t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		m := s.metrics()
		if strings.Contains(m, "\nwebrunner_jobs_running 0\n") && strings.Contains(m, "\nwebrunner_body_bytes 0\n") {
			return
		}
		if time.Now().After(end) {
			s.t.Fatal("the job of a client that is gone goes on")
		}
	}
}

// event is one server-sent event.
type event struct{ name, data string }

// events asks for a sweep as events, and returns what reads the next one: io.EOF after the last.
func (s *service) events(object, query string) (next func() (event, error), disconnect func()) {
	s.t.Helper()
	b, err := examples.Object(object)
	if err != nil {
		s.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+"/m/sweep?"+query, bytes.NewReader(b))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	transport := &http.Transport{DisableKeepAlives: true}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		s.t.Fatal(err)
	}
	if got := resp.Header.Get("Content-Type"); resp.StatusCode != 200 || !strings.HasPrefix(got, "text/event-stream") {
		s.t.Fatalf("%d %s", resp.StatusCode, got)
	}
	r := bufio.NewReader(resp.Body)
	line := func(prefix string) (string, error) {
		text, err := r.ReadString('\n')
		if err == nil && !strings.HasPrefix(text, prefix) {
			err = fmt.Errorf("%q does not begin with %q", text, prefix)
		}
		return strings.TrimSuffix(strings.TrimPrefix(text, prefix), "\n"), err
	}
	next = func() (e event, err error) {
		if e.name, err = line("event: "); err != nil {
			return e, err
		}
		if e.data, err = line("data: "); err != nil {
			return e, fmt.Errorf("the data of %s: %w", e.name, err)
		}
		if end, err := line(""); err != nil || end != "" {
			return e, fmt.Errorf("after %s stands %q: %v", e.name, end, err)
		}
		return e, nil
	}
	return next, func() { _ = resp.Body.Close() }
}

// TestSweepProgress: each point is told of twice, how many there are and what it is, and the
// whole comes last.
func TestSweepProgress(t *testing.T) {
	s := startService(t, nil)
	next, disconnect := s.events("sdot", "kernel=sdot&n=64:256:x2&incx=1,2&effort=quick")
	defer disconnect()
	const points = 6
	at := map[string]bool{}
	for i := 1; i <= points; i++ {
		var p struct {
			Done, Of int
			Left     *float64 `json:"left_s"`
		}
		e, err := next()
		if err != nil || e.name != "progress" || json.Unmarshal([]byte(e.data), &p) != nil || p.Done != i || p.Of != points || p.Left == nil || *p.Left < 0 {
			t.Fatalf("%d: %+v, %v", i, e, err)
		}
		var point wire.Point
		e, err = next()
		if err != nil || e.name != "point" || json.Unmarshal([]byte(e.data), &point) != nil || point.Result == nil {
			t.Fatalf("%d: %+v, %v", i, e, err)
		}
		at[fmt.Sprint(point.Params)] = true
	}
	e, err := next()
	var whole wire.Sweep
	if err != nil || e.name != "result" || json.Unmarshal([]byte(e.data), &whole) != nil || len(whole.Points) != points || whole.Done != points {
		t.Fatalf("%+v, %v", e, err)
	}
	for _, p := range whole.Points {
		if !at[fmt.Sprint(p.Params)] {
			t.Errorf("of %v no event told", p.Params)
		}
		delete(at, fmt.Sprint(p.Params))
	}
	if e, err := next(); err != io.EOF {
		t.Errorf("after the result comes %+v, %v", e, err)
	}
}

// TestSweepDisconnected: the job of a client that is gone is ended, between two points as in
// one; what it ran in is gone, and others have their turn.
func TestSweepDisconnected(t *testing.T) {
	orphans := adopting(t)
	s := startService(t, nil, "--timeout", "60s")

	next, disconnect := s.events("sdot", "kernel=sdot&n=1000001:1001000")
	for range 4 {
		if e, err := next(); err != nil || e.name != "progress" && e.name != "point" {
			t.Fatalf("%+v, %v", e, err)
		}
	}
	disconnect()
	s.waitIdle()

	_, disconnect = s.events("loop", "kernel=playground&iterations=1:3")
	busy := waitBusy(t, s.cmd.Process.Pid)
	disconnect()
	s.waitIdle()
	is := func(p process) bool { return p.pid == busy.pid && p.start == busy.start }
	for end := time.Now().Add(20 * time.Second); slices.ContainsFunc(processes(t), is); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the child goes on")
		}
	}
	if status, body := s.run("playground"); status != 200 {
		t.Errorf("the next client: %d %s", status, body)
	}
	if code := s.stop(syscall.SIGTERM); code != exitGood {
		t.Errorf("exit code %d: %s", code, s.stderr.String())
	}
	if list := orphans(); len(list) > 0 {
		t.Errorf("left behind: %+v", list)
	}
}

// TestSweepBar: a person at a terminal sees how far a sweep is, and then no more of it; in a
// pipe there is nothing of it.
func TestSweepBar(t *testing.T) {
	needsChild(t)
	args := []string{"sweep", objectFile(t, "sdot"), "-k", "sdot", "--param", "n=1:6", "--effort", "quick", "-o", "csv"}
	reader, writer := pseudoTerminal(t)
	const end = "\x01"
	shown := make(chan string, 1)
	go func() {
		var got strings.Builder
		for b := make([]byte, 4096); !strings.HasSuffix(got.String(), end); {
			n, err := reader.Read(b)
			if err != nil {
				break
			}
			got.Write(b[:n])
		}
		shown <- strings.TrimSuffix(got.String(), end)
	}()
	var out bytes.Buffer
	cmd := program(t, args...)
	cmd.Stdout, cmd.Stderr = &out, writer
	err := cmd.Run()
	if _, err := io.WriteString(writer, end); err != nil {
		t.Fatal(err)
	}
	const clear = "\r\x1b[K"
	bar := <-shown
	if err != nil || !strings.HasPrefix(bar, clear+"[") || !strings.Contains(bar, "] 6 of 6, 0 s left") || !strings.HasSuffix(bar, clear) {
		t.Errorf("%v: %q", err, bar)
	}
	if strings.Contains(out.String(), "\x1b") || !strings.HasPrefix(out.String(), "n,") {
		t.Errorf("%q", out.String())
	}

	var stderr bytes.Buffer // which the program has as a pipe
	cmd = program(t, args...)
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil || stderr.Len() > 0 {
		t.Errorf("in a pipe: %v, %q", err, stderr.String())
	}
}
