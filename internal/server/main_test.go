package server

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/valyala/fasthttp/fasthttputil"

	"webrunner/internal/engine"
	"webrunner/internal/request"
	"webrunner/internal/runner"
	"webrunner/internal/wire"
	"webrunner/kernels"
)

// fake is a pool of children whose answer is the object's text: a class of problem,
// "hang" (until the context ends), "panic", "wait" (until freed), or a result.
type fake struct {
	mu    sync.Mutex
	jobs  []*wire.Job
	free  chan struct{}
	spoil func(*wire.Result) // changes the result
	text  string             // of a screen; default "accepted\n"

	always wire.Class // of the problem of every job, empty for what objects say
}

func (f *fake) Do(ctx context.Context, job *wire.Job, progress func(*wire.Progress)) (*wire.Report, runner.Timing, error) {
	f.mu.Lock()
	f.jobs = append(f.jobs, job)
	f.mu.Unlock()
	timing := runner.Timing{Spawn: time.Millisecond, Total: 2 * time.Millisecond}
	switch object := string(job.Object); object {
	case "hang":
		<-ctx.Done()
		return nil, timing, ctx.Err()
	case "wait":
		select {
		case <-f.free:
		case <-ctx.Done():
			return nil, timing, ctx.Err()
		}
	case "panic":
		panic("a bug of ours")
	case "ended":
		return nil, timing, context.Canceled
	case "error":
		return nil, timing, io.ErrClosedPipe
	default:
		for _, c := range wire.Classes {
			if object == string(c.Class) && job.Kind == wire.Sweeping && ofObject(c.Class) { // a child tells it of the first point
				progress(&wire.Progress{Done: 1, Of: 1, Point: &wire.Point{Problem: wire.Problemf(c.Class, "as ordered")}})
				return &wire.Report{Sweep: new(wire.Sweep)}, timing, nil
			}
			if object == string(c.Class) || f.always == c.Class {
				return &wire.Report{Problem: wire.Problemf(c.Class, "as ordered")}, timing, nil
			}
		}
	}
	if job.Kind == wire.Screen || job.Kind == wire.Inspect {
		return &wire.Report{Document: []byte(screenVerdict), OK: true, Text: cmp.Or(f.text, "accepted\n"), Timing: &wire.Timing{Load: 90, Screen: 40}}, timing, nil
	}
	if job.Kind == wire.Check {
		f := wire.Failure{Kind: wire.FailABI, Params: map[string]json.Number{"n": "7"}, Detail: "rbx is not preserved", Seed: 5, Cases: 1, Alone: true, Command: "rm -rf /"}
		return &wire.Report{Checked: &wire.Checked{Sandbox: wire.Layers{wire.LayerSeccomp: {Enforced: true}}, Symbol: "sdot", Cases: job.Check.Cases, Seed: job.Seed, Failures: []wire.Failure{f}}}, timing, nil
	}
	params := make(map[string]json.Number)
	for name, v := range job.Params {
		params[name] = json.Number(fmt.Sprint(v))
	}
	r := &wire.Result{
		Sandbox: wire.Layers{wire.LayerSeccomp: {Enforced: true}},
		Kernel:  "sdot", Params: params, Object: wire.ObjectID{Size: len(job.Object)},
		Counters: []wire.Counter{{Name: "Cycles", Value: 2004.5, Unit: "cycles", Source: wire.TSC}},
		Verify:   wire.Verify{Status: "match"}, ABI: wire.ABI{OK: true}, Integrity: "consistent", Unavailable: job.Refused,
		Effort: wire.Default, Conditions: wire.Conditions{
			Mode: wire.ModeLatency, Data: wire.CacheWarm, Code: wire.CacheWarm, Pages: wire.Pages4K, Precision: wire.Precision{Stopped: wire.StopPrecision},
		},
	}
	if f.spoil != nil {
		f.spoil(r)
	}
	switch job.Kind {
	case wire.Compare:
		b := *r
		return &wire.Report{Comparison: &wire.Comparison{A: r, B: &b, Ratios: []wire.Ratio{{Name: "Cycles", Ratio: 1.5, Verdict: wire.Slower, Source: wire.TSC}}, Notes: []string{}}}, timing, nil
	case wire.Sweeping:
		for i := range job.Sweep.Points {
			one := *r
			progress(&wire.Progress{Done: i + 1, Of: len(job.Sweep.Points), Point: &wire.Point{Result: &one}})
		}
		return &wire.Report{Sweep: &wire.Sweep{Done: len(job.Sweep.Points)}}, timing, nil
	}
	return &wire.Report{Result: r, Timing: &r.Timing}, timing, nil
}

// screenVerdict is the document of a screen.
const screenVerdict = `{"verdict":"accepted","isa":[],"host_lacks":[],"instructions":1,"flops":0,"mix":{},"refusals":[],"refusal_count":0,` +
	`"notes":[],"lacks":[],"functions":[],"function_count":0,"data":[],"data_count":0,"data_bytes":0,"machine":"m","microarchitecture":"Zen 5"}`

// ofObject tells of a class that the object has at whatever point of a sweep.
func ofObject(c wire.Class) bool {
	return slices.Contains([]wire.Class{wire.MalformedObject, wire.UnsupportedObject, wire.UndefinedSymbol, wire.RefusedInstruction, wire.MissingISA}, c)
}

func (f *fake) Layers() wire.Layers { return nil }

func (f *fake) Close() {}

func (f *fake) Stats() runner.Stats { return runner.Stats{Idle: 1, Live: 1, Spawned: 3} }

func (f *fake) last() *wire.Job {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.jobs[len(f.jobs)-1]
}

func (f *fake) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.jobs)
}

// budget is long enough for every job of a test.
var budget = wire.Budget{Deadline: time.Hour.Microseconds(), CPU: time.Hour.Microseconds(), Call: time.Hour.Microseconds()}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// bench is a server under test.
type bench struct {
	*Server
	t           testing.TB
	fake        *fake
	access, err syncBuffer
	dial        func() (net.Conn, error)
	base        string // of URLs
	client      http.Client

	said *contract
	// ordered tells that children answer with problems that none has, as a test orders
	// them: answers are not held to the contract.
	ordered bool
}

// start serves on an in-memory listener, or on loopback when real is set.
func start(t testing.TB, real bool, change func(*Config)) *bench {
	t.Helper()
	set, err := kernels.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, fake: &fake{free: make(chan struct{})}}
	cfg := Config{
		Engine: &engine.Engine{
			Pool: b.fake, Reader: &request.Reader{Kernels: set, Events: request.NewCounting(nil, "a test"), Budget: budget}, Layers: wire.Layers{wire.LayerSeccomp: {Enforced: true}},
		},
		Queue:     10,
		Check:     func(context.Context) error { return nil },
		AccessLog: &b.access,
		ErrorLog:  func(f string, a ...any) { fmt.Fprintf(&b.err, f+"\n", a...) },
	}
	if change != nil {
		change(&cfg)
	}
	b.Server = New(cfg)
	b.said = contractOf(t, b.Server)
	if err := b.CheckNow(); err != nil {
		t.Logf("self-check: %v", err)
	}
	b.listen(real)
	b.client.Transport = &http.Transport{
		DialContext:       func(context.Context, string, string) (net.Conn, error) { return b.dial() },
		DisableKeepAlives: true,
	}
	return b
}

func (b *bench) listen(real bool) {
	var l net.Listener
	if real {
		tcp, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.t.Fatal(err)
		}
		l, b.base = tcp, "http://"+tcp.Addr().String()
		b.dial = func() (net.Conn, error) { return net.Dial("tcp", tcp.Addr().String()) }
	} else {
		mem := fasthttputil.NewInmemoryListener()
		l, b.base, b.dial = mem, "http://in.memory", mem.Dial
	}
	served := make(chan error, 1)
	go func() { served <- b.Serve(l) }()
	b.t.Cleanup(func() {
		b.Close()
		if err := <-served; err != nil {
			b.t.Errorf("Serve: %v", err)
		}
	})
}

// reply is an answer with its body read.
type reply struct {
	status int
	header http.Header
	body   string
}

// do makes one request; headers are name, value, name, value… It may be called
// from any goroutine; a request that fails fails the test and has no status.
func (b *bench) do(method, target string, body io.Reader, headers ...string) reply {
	b.t.Helper()
	req, err := http.NewRequest(method, b.base+target, body)
	if err != nil {
		b.t.Error(err)
		return reply{}
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := b.client.Do(req)
	if err != nil {
		b.t.Errorf("%s %s: %v", method, target, err)
		return reply{}
	}
	r := b.read(resp)
	if !b.ordered {
		b.said.holds(b.t, method, target, r)
	}
	return r
}

func (b *bench) read(resp *http.Response) reply {
	b.t.Helper()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Error(err)
		return reply{}
	}
	resp.Body.Close()
	if got := resp.Header.Get("Access-Control-Allow-Origin"); got != "*" && b.cfg.Origins == nil {
		b.t.Errorf("status %d: Access-Control-Allow-Origin: %q", resp.StatusCode, got)
	}
	if got := resp.Header.Get("Server"); got != "" {
		b.t.Errorf("Server: %q", got)
	}
	b.namesLayers(resp, text)
	return reply{resp.StatusCode, resp.Header, string(text)}
}

// namesLayers demands of every answer in every test that it lists the layers
// in force: in a header, and in each JSON document.
func (b *bench) namesLayers(resp *http.Response, body []byte) {
	b.t.Helper()
	want := layersHeader(b.cfg.Engine.Layers)
	if got := resp.Header.Get("WebRunner-Layers"); got != want || want == "" {
		b.t.Errorf("status %d: WebRunner-Layers: %q, want %q", resp.StatusCode, got, want)
	}
	if !strings.HasSuffix(resp.Header.Get("Content-Type"), "json") || len(body) == 0 {
		return
	}
	var doc struct {
		Sandbox, Layers wire.Layers // the second is of the command sandbox
		OpenAPI         string
	}
	err := json.Unmarshal(body, &doc)
	if doc.OpenAPI != "" { // which is of no run
		return
	}
	if err != nil || !maps.Equal(doc.Sandbox, b.cfg.Engine.Layers) && !maps.Equal(doc.Layers, b.cfg.Engine.Layers) {
		b.t.Errorf("status %d: the layers in JSON are %v, want %v; %v", resp.StatusCode, doc.Sandbox, b.cfg.Engine.Layers, err)
	}
}

// raw sends pieces over one connection, with a pause between them, and reads
// one answer.
func (b *bench) raw(pause time.Duration, pieces ...string) reply {
	b.t.Helper()
	conn, err := b.dial()
	if err != nil {
		b.t.Fatal(err)
	}
	defer conn.Close()
	go func() {
		for _, p := range pieces {
			if _, err := io.WriteString(conn, p); err != nil {
				return
			}
			time.Sleep(pause)
		}
	}()
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	method, _, _ := strings.Cut(pieces[0], " ")
	in := bufio.NewReader(conn)
	for {
		resp, err := http.ReadResponse(in, &http.Request{Method: method})
		if err != nil {
			b.t.Fatalf("%.60q: %v", pieces[0], err)
		}
		if resp.StatusCode != http.StatusContinue {
			r := b.read(resp)
			fields := append(strings.Fields(pieces[0]), "", "")
			b.said.holds(b.t, method, fields[1], r)
			return r
		}
	}
}

func object(s string) io.Reader { return strings.NewReader(s) }

const runSdot = "/local/run?kernel=sdot"
