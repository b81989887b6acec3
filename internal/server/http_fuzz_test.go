package server

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"webrunner/internal/engine"
	"webrunner/internal/link"
	"webrunner/internal/request"
	"webrunner/internal/runner"
	"webrunner/internal/wire"
	"webrunner/kernels"
)

// wireConn is a client that sends bytes in two pieces, closes its side, and keeps what it
// is told.
type wireConn struct {
	in     []byte
	pause  int // where the first piece ends
	out    bytes.Buffer
	closed bool
}

func (c *wireConn) Read(p []byte) (int, error) {
	if len(c.in) == 0 {
		return 0, io.EOF
	}
	piece := c.in
	if c.pause > 0 && c.pause < len(piece) {
		piece = piece[:c.pause]
	}
	n := copy(p, piece)
	c.in, c.pause = c.in[n:], c.pause-n
	return n, nil
}

func (c *wireConn) Write(p []byte) (int, error)      { return c.out.Write(p) }
func (c *wireConn) Close() error                     { c.closed = true; return nil }
func (c *wireConn) LocalAddr() net.Addr              { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }
func (c *wireConn) RemoteAddr() net.Addr             { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 2} }
func (c *wireConn) SetDeadline(time.Time) error      { return nil }
func (c *wireConn) SetReadDeadline(time.Time) error  { return nil }
func (c *wireConn) SetWriteDeadline(time.Time) error { return nil }

// quick is a Runner that never waits.
type quick struct{}

func (quick) Do(_ context.Context, job *wire.Job, _ func(*wire.Progress)) (*wire.Report, runner.Timing, error) {
	switch {
	case len(job.Object)%2 == 0:
		return &wire.Report{Problem: wire.Problemf(wire.MalformedObject, "as ordered")}, runner.Timing{}, nil
	case job.Kind == wire.Screen:
		return &wire.Report{Document: []byte(`{"verdict":"accepted"}`), OK: true, Text: "accepted\n"}, runner.Timing{}, nil
	}
	return &wire.Report{Result: &wire.Result{Kernel: "sdot", Verify: wire.Verify{Status: "match"}, Integrity: "consistent"}}, runner.Timing{}, nil
}

func (quick) Stats() runner.Stats { return runner.Stats{} }

func (quick) Layers() wire.Layers { return nil }

func (quick) Close() {}

// httpSeeds are requests of every kind that has been a problem of some server.
func httpSeeds() []string {
	post := "POST " + runSdot + " HTTP/1.1\r\nHost: x\r\n"
	get := "GET /m/monitor HTTP/1.1\r\nHost: x\r\n"
	return []string{
		"", "\r\n", "\n\n\n", get + "\r\n", get + "\r\n" + get + "\r\n", "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET local/monitor HTTP/1.1\r\nHost: x\r\n\r\n", "GET //monitor HTTP/1.0\r\n\r\n", "GET http://h/m/kernels HTTP/1.1\r\nHost: x\r\n\r\n",
		post + "Content-Length: 1\r\n\r\nx" + get + "\r\n",
		post + "Content-Length: 9\r\n\r\nx", post + "Content-Length: 99999999999999\r\n\r\nx", post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nx",
		post + "Content-Length: -1\r\n\r\n", post + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
		post + "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n" + get + "\r\n", post + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\nx", post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
		post + "Transfer-Encoding: chunked\r\n\r\n1;a=b\r\nx\r\n0\r\nHost: y\r\n\r\n", post + "Transfer-Encoding: gzip, chunked\r\n\r\n",
		post + "Expect: 100-continue\r\nContent-Length: 1\r\n\r\nx", "POST /m/nothing HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n",
		post + "Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx", post + "Content-Type: text/html\r\nContent-Length: 1\r\n\r\nx",
		"GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "GET / HTTP/1.1\r\nHost: [1\r\n\r\n", "GET http://[x/ HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nA: \x00\r\n\r\n", "GET / HTTP/2.0\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "CONNECT h:1 HTTP/1.1\r\nHost: x\r\n\r\n", get + "X: " + strings.Repeat("x", 2*maxHead) + "\r\n\r\n", "GET /" + strings.Repeat("x", 2*maxHead),
		"POST /m/run?kernel=sdot&events=" + strings.Repeat("*,", 5000) + " HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx",
		"POST /m/run?" + strings.Repeat("a&", 3000) + " HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx",
		"POST /m/screen?listing=1&refuse=a HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\nContent-Length: 5\r\n\r\npanic", post + "Content-Length: 5\r\n\r\nerror",
		"GET /m/events?plan=" + strings.Repeat("a.", 2000) + " HTTP/1.1\r\nHost: x\r\n\r\n", "GET /%zz/monitor HTTP/1.1\r\nHost: x\r\n\r\n", "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" + get + "\r\n",
	}
}

// FuzzHTTP sends bytes and then the end: whatever they are, what comes back is a sequence
// of well-formed answers and nothing else, at least one where there was more than empty
// lines, and nothing of it stays in memory.
func FuzzHTTP(f *testing.F) {
	set, err := kernels.Builtin()
	if err != nil {
		f.Fatal(err)
	}
	s := New(Config{
		Engine: &engine.Engine{Pool: quick{}, Reader: &request.Reader{Kernels: set, Events: request.NewCounting(nil, "a test"), Budget: budget}},
		Queue:  2, MaxBody: 1 << 20,
		Check: func(context.Context) error { return nil },
	})
	f.Cleanup(s.Close)
	var methods []string // of the requests that are answered
	note := func(ctx *fasthttp.RequestCtx) { methods = append(methods, ctx.Conn().(*link.Conn).Head().Method) }
	s.http.Handler = func(ctx *fasthttp.RequestCtx) { note(ctx); s.handle(ctx) }
	s.http.ErrorHandler = func(ctx *fasthttp.RequestCtx, err error) { note(ctx); s.handleTransport(ctx, err) }
	for _, seed := range httpSeeds() {
		f.Add([]byte(seed), 0)
		f.Add([]byte(seed), 20)
	}
	f.Fuzz(func(t *testing.T, in []byte, pause int) {
		methods = nil
		c := &wireConn{in: in, pause: pause}
		_ = s.http.ServeConn(link.New(c, s.cfg.limits())) // its error is of the connection
		if !c.closed {
			t.Error("the connection is open")
		}
		out := bufio.NewReader(bytes.NewReader(c.out.Bytes()))
		for i, method := range methods {
			resp, err := http.ReadResponse(out, &http.Request{Method: method})
			if err == nil && resp.StatusCode == http.StatusContinue {
				resp, err = http.ReadResponse(out, &http.Request{Method: method})
			}
			if err != nil {
				t.Fatalf("answer %d: %v\n%q", i, err, c.out.Bytes())
			}
			if body, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode == http.StatusInternalServerError {
				t.Fatalf("answer %d: %d %.200s, %v", i, resp.StatusCode, body, err)
			}
		}
		if rest, _ := io.ReadAll(out); len(rest) > 0 {
			t.Fatalf("behind %d answers: %q", len(methods), rest)
		}
		if len(methods) == 0 && len(bytes.Trim(in, "\r\n")) > 0 {
			t.Errorf("no answer to %q", in)
		}
		if s.memory.inUse() != 0 || s.answers.inUse() != 0 || s.gate.waiting() != 0 {
			t.Errorf("left: bodies %d, answers %d, waiting %d", s.memory.inUse(), s.answers.inUse(), s.gate.waiting())
		}
	})
}
