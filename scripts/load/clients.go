package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"webrunner/examples"
)

// request is one request, and what must be answered to it beside "too busy".
type request struct {
	target string
	body   []byte
	status int
	class  string // of a problem
	right  func(*result) bool
}

// result is what is looked at of an answer.
type result struct {
	Kernel   string
	Counters []struct{ Value float64 }
	Verify   struct{ Status string }
	ABI      struct{ OK bool }
	Class    string
}

// good are objects that must run, with results that are looked at.
func good() (list []request) {
	for _, e := range examples.List() {
		if e.Outcome != "" || strings.Contains(e.Name, "_") && e.Name != "peachpy_nofile" && e.Name != "playground_nasm" { // those need AVX
			continue
		}
		wantABI, wantVerify := e.Name != "clobber", e.Kernel == "blis/sdot"
		list = append(list, request{target: target(e), body: object(e.Name), status: 200, right: func(r *result) bool {
			return strings.HasSuffix(e.Kernel, r.Kernel) && len(r.Counters) > 1 && r.ABI.OK == wantABI && (!wantVerify || r.Verify.Status == "match")
		}})
	}
	return list
}

// hostile are the attacks among the examples. One that never returns has its client's
// turns for seconds, so it comes once among several.
func hostile() (list []request) {
	for _, e := range examples.List() {
		if e.Outcome != "" {
			list = append(list, request{target: target(e), body: object(e.Name), status: 422, class: e.Outcome})
		}
	}
	return list
}

// bad are requests that no child ever sees, or that the loader refuses.
func bad() []request {
	sdot := object("sdot")
	return []request{
		{target: "/m/run?kernel=nothing", body: sdot, status: 404, class: "unknown-kernel"},
		{target: "/m/run?kernel=sdot&n=-1", body: sdot, status: 400, class: "bad-parameter"},
		{target: "/m/run?kernel=sdot&m=1", body: sdot, status: 400, class: "bad-parameter"},
		{target: "/m/run", body: sdot, status: 400, class: "bad-parameter"},
		{target: "/m/fly?kernel=sdot", body: sdot, status: 404, class: "unknown-command"},
		{target: "/m/run?kernel=sdot", body: []byte("no object"), status: 422, class: "malformed-object"},
		{target: "/m/run?kernel=sdot", body: sdot[:len(sdot)/2], status: 422, class: "malformed-object"},
		{target: "/m/run?kernel=sdot", body: nil, status: 422, class: "malformed-object"},
		{target: "/m/kernels", body: sdot, status: 405, class: "method-not-allowed"},
	}
}

func target(e examples.Example) string {
	query := "/m/run?effort=quick&kernel=" + strings.ReplaceAll(e.Kernel, "/", "%2F")
	if e.Query != "" {
		query += "&" + e.Query
	}
	return query
}

func object(name string) []byte {
	b, err := examples.Object(name)
	if err != nil {
		panic(err) // it is in this binary
	}
	return b
}

// text is the request as it is sent.
func (r *request) text() string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: load\r\nAccept: application/json\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n%s", r.target, len(r.body), r.body)
}

// client is one connection of one address, made anew whenever it ends.
type client struct {
	from, to string
	conn     net.Conn
	in       *bufio.Reader
}

// answerTime is how long an answer may take, whatever stands before it in the queue.
const answerTime = 2 * time.Minute

func (c *client) dial() error {
	if c.conn != nil {
		return nil
	}
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(c.from)}, Timeout: 30 * time.Second}
	conn, err := d.Dial("tcp", c.to)
	if err == nil {
		c.conn, c.in = conn, bufio.NewReader(conn)
	}
	return err
}

func (c *client) close() {
	if c.conn != nil {
		_ = c.conn.Close()
		c.conn = nil
	}
}

// ask sends a request and returns what is wrong with the answer, and how long to stay away
// where the server is too busy.
func (c *client) ask(r *request) (busy time.Duration, wrong error) {
	if err := c.dial(); err != nil {
		return 0, err
	}
	_ = c.conn.SetDeadline(time.Now().Add(answerTime))
	if _, err := io.WriteString(c.conn, r.text()); err != nil {
		c.close()
		return 0, fmt.Errorf("%s cannot be sent: %w", r.target, err)
	}
	resp, err := http.ReadResponse(c.in, nil)
	if err != nil {
		c.close()
		return 0, fmt.Errorf("%s: no answer: %w", r.target, err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.Close {
		c.close()
	}
	if err != nil {
		return 0, fmt.Errorf("%s: half an answer: %w", r.target, err)
	}
	var got result
	if err := json.Unmarshal(body, &got); err != nil {
		return 0, fmt.Errorf("%s: %d %.200s: %w", r.target, resp.StatusCode, body, err)
	}
	if resp.StatusCode == http.StatusTooManyRequests {
		after, err := strconv.Atoi(resp.Header.Get("Retry-After"))
		if err != nil || after < 1 || got.Class != "queue-full" {
			return 0, fmt.Errorf("%s: too busy, with Retry-After: %q and class %q", r.target, resp.Header.Get("Retry-After"), got.Class)
		}
		return time.Duration(after) * time.Second, nil
	}
	if resp.StatusCode != r.status || got.Class != r.class || r.right != nil && !r.right(&got) {
		return 0, fmt.Errorf("%s must be answered %d %s, not %d %.300s", r.target, r.status, r.class, resp.StatusCode, body)
	}
	return 0, nil
}

// abandon begins a request and goes away: at once, in the body, or before the answer.
func (c *client) abandon(r *request) {
	if c.dial() != nil {
		return
	}
	text := r.text()
	_ = c.conn.SetDeadline(time.Now().Add(answerTime))
	_, _ = io.WriteString(c.conn, text[:1+rand.IntN(len(text))])
	time.Sleep(time.Duration(rand.IntN(300)) * time.Millisecond)
	c.close()
}
