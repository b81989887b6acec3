package server

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/valyala/fasthttp/fasthttputil"

	"webrunner/internal/tokens"
	"webrunner/internal/wire"
)

// TestErrorTable sends every class through a run: status, face and class word.
func TestErrorTable(t *testing.T) {
	b := start(t, false, nil)
	b.ordered = true
	for _, row := range wire.Classes {
		r := b.do("POST", runSdot, object(string(row.Class)), "Accept", "application/json")
		var p wire.Problem
		if err := json.Unmarshal([]byte(r.body), &p); err != nil {
			t.Fatal(err)
		}
		if r.status != row.Status || p.Status != row.Status || p.Class != row.Class || p.Title != row.Title || p.Detail != "as ordered" {
			t.Errorf("%s: %d %s", row.Class, r.status, r.body)
		}
		if got := r.header.Get("Content-Type"); got != "application/problem+json" {
			t.Errorf("%s: Content-Type %q", row.Class, got)
		}
		r = b.do("POST", runSdot, object(string(row.Class)))
		if want := "error: " + string(row.Class) + ": as ordered\n"; r.status != row.Status || r.body != want {
			t.Errorf("%s as text: %d %q", row.Class, r.status, r.body)
		}
		if got := r.header.Get("Content-Type"); got != "text/plain; charset=utf-8" {
			t.Errorf("%s as text: Content-Type %q", row.Class, got)
		}
	}
}

func TestMethodNotAllowed(t *testing.T) {
	b := start(t, false, nil)
	r := b.do("DELETE", "/local/kernels", nil)
	if r.status != 405 || r.header.Get("Allow") != "GET, HEAD, OPTIONS" {
		t.Errorf("%+v", r)
	}
}

func TestTransportErrors(t *testing.T) {
	const maxBody = 1 << 20
	b := start(t, true, func(c *Config) {
		c.MaxBody, c.HeadTime, c.BodyTime = maxBody, 200*time.Millisecond, 300*time.Millisecond
	})
	post := "POST " + runSdot + " HTTP/1.1\r\nHost: x\r\n"
	for _, row := range []struct {
		name   string
		pause  time.Duration
		pieces []string
		status int
		word   string
	}{
		{"long head", 0, []string{"GET /local/monitor HTTP/1.1\r\nX: " + strings.Repeat("x", 2*maxHead) + "\r\n\r\n"}, 431, "too-large"},
		{"long target", 0, []string{"GET /" + strings.Repeat("x", 2*maxHead) + "/monitor HTTP/1.1\r\n\r\n"}, 431, "too-large"},
		{"slow head", 150 * time.Millisecond, []string{"GET /local", "/monitor", " HTTP/1.1\r\n", "Host: x\r\n", "\r\n"}, 408, "bad-request"},
		{"slow body", 200 * time.Millisecond, []string{post + "Content-Length: 9\r\n\r\n", "1", "2", "3", "4", "5", "6"}, 408, "bad-request"},
		{"slow chunks", 200 * time.Millisecond, []string{post + "Transfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n", "1\r\nx\r\n", "1\r\nx\r\n", "0\r\n\r\n"}, 408, "bad-request"},
		{"declared too large", 0, []string{post + fmt.Sprintf("Content-Length: %d\r\n\r\n", maxBody+1), strings.Repeat("x", maxBody+1)}, 413, "too-large"},
		{"chunked too large", 0, []string{post + "Transfer-Encoding: chunked\r\n\r\n", fmt.Sprintf("%x\r\n", 2*maxBody), strings.Repeat("x", 2*maxBody), "\r\n0\r\n\r\n"}, 413, "too-large"},
		{"expected too large", 0, []string{post + fmt.Sprintf("Expect: 100-continue\r\nContent-Length: %d\r\n\r\n", maxBody+1), strings.Repeat("x", maxBody+1)}, 413, "too-large"},
		{"faulty chunk", 0, []string{post + "Transfer-Encoding: chunked\r\n\r\n", "zz\r\n"}, 400, "bad-request"},
		{"not HTTP", 0, []string{"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n"}, 400, "bad-request"},
		{"negative length", 0, []string{post + "Content-Length: -1\r\n\r\n"}, 400, "bad-request"},
		{"two lengths", 0, []string{post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx"}, 400, "bad-request"},
		{"no body", 0, []string{post + "Content-Length: 0\r\n\r\n"}, 422, "malformed-object"},
		{"no length", 0, []string{post + "\r\n"}, 422, "malformed-object"},
	} {
		r := b.raw(row.pause, row.pieces...)
		if r.status != row.status || !strings.HasPrefix(r.body, "error: "+row.word+":") {
			t.Errorf("%s: %d %q, want %d %s", row.name, r.status, r.body, row.status, row.word)
		}
	}
	if b.fake.count() != 0 {
		t.Errorf("%d children were spent", b.fake.count())
	}
	if used := b.memory.inUse(); used != 0 {
		t.Errorf("%d bytes of bodies are still counted", used)
	}
	if r := b.do("POST", runSdot, object(strings.Repeat("x", maxBody))); r.status != 200 {
		t.Errorf("the largest body: %d %s", r.status, r.body)
	}
}

// TestBodyHasItsOwnTime: a slow line may take longer for a body than for a head.
func TestBodyHasItsOwnTime(t *testing.T) {
	b := start(t, true, func(c *Config) { c.HeadTime = 200 * time.Millisecond })
	r := b.raw(150*time.Millisecond, "POST "+runSdot+" HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n", "1", "2", "3", "4")
	if r.status != 200 {
		t.Errorf("%+v", r)
	}
}

// TestSelfCheckWaitsItsTurn: it would disturb the figures of a client, and no
// job of a client runs beside it.
func TestSelfCheckWaitsItsTurn(t *testing.T) {
	var server atomic.Pointer[Server]
	var running []int
	b := start(t, false, func(c *Config) {
		c.Check = func(context.Context) error {
			if s := server.Load(); s != nil {
				running = append(running, s.gate.running())
			}
			return nil
		}
	})
	server.Store(b.Server)
	go b.do("POST", runSdot, object("wait"))
	waitFor(t, func() bool { return b.fake.count() == 1 }) // the slot alone may be the self-check's
	checked := make(chan error, 1)
	go func() { checked <- b.CheckNow() }()
	time.Sleep(50 * time.Millisecond)
	if len(checked) != 0 {
		t.Error("it ran beside a job")
	}
	close(b.fake.free)
	if err := <-checked; err != nil {
		t.Error(err)
	}
	if n := len(running); n == 0 || running[n-1] != 1 {
		t.Errorf("slots held while it ran: %v, want 1", running)
	}
}

// TestCutBody closes the connection in the middle of a body: no job runs.
func TestCutBody(t *testing.T) {
	b := start(t, true, nil)
	conn, err := b.dial()
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n%s", runSdot, strings.Repeat("x", 50000))
	conn.Close()
	waitFor(t, func() bool { return strings.Contains(b.access.String(), "class=bad-request") })
	if b.fake.count() != 0 {
		t.Error("half an object was run")
	}
}

func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not come about")
		}
	}
}

func TestFaces(t *testing.T) {
	b := start(t, false, nil)
	for accept, want := range map[string]string{
		"":                                    "text/plain; charset=utf-8",
		"*/*":                                 "text/plain; charset=utf-8",
		"text/html,*/*;q=0.8":                 "text/plain; charset=utf-8",
		"application/json":                    "application/json",
		"APPLICATION/JSON;q=0.5":              "application/json",
		"text/plain;q=0.5, application/json":  "application/json",
		"application/*":                       "application/json",
		"image/png":                           "text/plain; charset=utf-8",
		"text/csv":                            "text/csv; charset=utf-8",
		"text/x-go-benchfmt":                  "text/x-go-benchfmt; charset=utf-8",
		"application/json;q=0, */*":           "text/plain; charset=utf-8",
		"application/json;q=nan":              "text/plain; charset=utf-8",
		"text/plain;q=0.1,application/*;q=.2": "application/json",
	} {
		r := b.do("POST", runSdot, object("x"), "Accept", accept)
		if got := r.header.Get("Content-Type"); r.status != 200 || got != want {
			t.Errorf("Accept: %s: %d %s, want %s", accept, r.status, got, want)
		}
	}
	var res wire.Result
	r := b.do("POST", runSdot+"&n=7", object("x"), "Accept", "application/json")
	if err := json.Unmarshal([]byte(r.body), &res); err != nil || res.Params["n"] != "7" {
		t.Errorf("%v %s", err, r.body)
	}
}

func TestScreen(t *testing.T) {
	b := start(t, false, nil)
	if r := b.do("POST", "/m/screen", object("x")); r.status != 200 || r.body != "accepted\n" {
		t.Errorf("%+v", r)
	}
	if r := b.do("POST", "/m/screen", object("x"), "Accept", "application/json"); !strings.Contains(r.body, `"sandbox":{"seccomp":"enforced"},"verdict":"accepted"}`+"\n") {
		t.Errorf("%+v", r)
	}
	if r := b.do("POST", "/m/screen?x=1", object("x")); r.status != 400 {
		t.Errorf("%+v", r)
	}
	if b.fake.last().Kind != wire.Screen {
		t.Error("no screen job")
	}
	b.do("POST", "/m/screen?assume=nehalem&listing=1", object("x"))
	if o := b.fake.last().Screen; o.Assume != "nehalem" || !o.Listing || o.ListingJSON {
		t.Errorf("%+v", o)
	}
	b.do("POST", "/m/screen?listing=1", object("x"), "Accept", "application/json")
	if o := b.fake.last().Screen; o.Listing || !o.ListingJSON {
		t.Errorf("%+v", o)
	}
	if r := b.do("POST", "/m/screen?assume=a&assume=b", object("x")); r.status != 400 {
		t.Errorf("%+v", r)
	}
}

func TestInformation(t *testing.T) {
	b := start(t, false, nil)
	for _, row := range []struct{ target, accept, want string }{
		{"/m/monitor", "", "Status: fit\n"},
		{"/m/monitor", "application/json", `"status":"fit"`},
		{"/m/kernels", "", "blis/sdot"},
		{"/m/kernels", "application/json", `"name":"sgemm"`},
		{"/m/kernels?kernel=sdot", "", "incx"},
		{"/m/sandbox", "", "seccomp: enforced\n"},
		{"/m/sandbox", "application/json", `{"layers":{"seccomp":"enforced"}}`},
		{"/", "", "POST /{machine-id}/run"},
		{"/metrics", "", "webrunner_fit 1\n"},
		{"/metrics", "", `webrunner_layer_info{layer="seccomp",state="enforced"} 1`},
	} {
		r := b.do("GET", row.target, nil, "Accept", row.accept)
		if r.status != 200 || !strings.Contains(r.body, row.want) {
			t.Errorf("%s: %d %q lacks %q", row.target, r.status, r.body, row.want)
		}
		if got := r.header.Get("WebRunner-Layers"); got != "seccomp=enforced" {
			t.Errorf("%s: WebRunner-Layers: %q", row.target, got)
		}
		h := b.do("HEAD", row.target, nil, "Accept", row.accept)
		if h.status != 200 || h.body != "" {
			t.Errorf("HEAD %s: %+v", row.target, h)
		}
	}
	if r := b.do("GET", "/m/kernels?kernel=nothing", nil); r.status != 404 {
		t.Errorf("%+v", r)
	}
}

func TestToken(t *testing.T) {
	b := start(t, false, func(c *Config) { c.Tokens = tokens.Of(tokens.Token{Name: "ci", Text: "correct horse"}) })
	for _, row := range []struct {
		method, target, auth string
		status               int
	}{
		{"POST", runSdot, "", 401},
		{"POST", runSdot, "Bearer wrong", 401},
		{"POST", runSdot, "Bearer correct", 401},
		{"POST", runSdot, "Basic correct horse", 401},
		{"POST", runSdot, "Bearer correct horse", 200},
		{"POST", runSdot, "bearer  correct horse ", 200},
		{"GET", "/metrics", "", 401},
		{"GET", "/m/kernels", "", 401},
		{"GET", "/m/monitor", "", 200},
		{"OPTIONS", runSdot, "", 204},
	} {
		r := b.do(row.method, row.target, object("x"), "Authorization", row.auth)
		if r.status != row.status {
			t.Errorf("%+v: %d", row, r.status)
		}
		if (r.header.Get("WWW-Authenticate") != "") != (row.status == 401) {
			t.Errorf("%+v: WWW-Authenticate %q", row, r.header.Get("WWW-Authenticate"))
		}
	}
}

// TestOrigins tells browsers which pages may read an answer.
func TestOrigins(t *testing.T) {
	for _, row := range []struct {
		allowed      []string
		origin, want string
		vary         string
	}{
		{nil, "https://evil.example", "*", ""},
		{nil, "", "*", ""},
		{[]string{"https://a.example", "https://b.example"}, "https://b.example", "https://b.example", "Origin"},
		{[]string{"https://a.example"}, "https://a.example.evil", "", "Origin"},
		{[]string{"https://a.example"}, "", "", "Origin"},
	} {
		b := start(t, false, func(c *Config) { c.Origins = row.allowed })
		r := b.do("OPTIONS", runSdot, nil, "Origin", row.origin)
		if got := r.header.Get("Access-Control-Allow-Origin"); got != row.want || r.header.Get("Vary") != row.vary {
			t.Errorf("%v for %q: %q, varies by %q", row.allowed, row.origin, got, r.header.Get("Vary"))
		}
	}
}

// TestGuessing sends wrong tokens until none is looked at.
func TestGuessing(t *testing.T) {
	b := start(t, false, func(c *Config) { c.Tokens = tokens.Of(tokens.Token{Name: "ci", Text: "correct horse"}) })
	for range wrongAtOnce {
		if r := b.do("GET", "/m/kernels", nil, "Authorization", "Bearer wrong"); r.status != 401 || r.header.Get("Retry-After") != "" {
			t.Fatalf("%+v", r)
		}
	}
	if r := b.do("GET", "/m/kernels", nil, "Authorization", "Bearer correct horse"); r.status != 401 || r.header.Get("Retry-After") == "" {
		t.Errorf("the right token is looked at: %+v", r)
	}
	if r := b.do("GET", "/m/monitor", nil); r.status != 200 {
		t.Errorf("%+v", r)
	}
}

// TestRequestID names requests.
func TestRequestID(t *testing.T) {
	b := start(t, false, nil)
	for _, given := range []string{"", "abc-1.2_3", "no good", strings.Repeat("x", 65)} {
		r := b.do("GET", "/m/monitor", nil, "X-Request-Id", given)
		id := r.header.Get("X-Request-Id")
		if (id == given) != (given == "abc-1.2_3") || id == "" || !strings.Contains(b.access.String(), " id="+id+"\n") {
			t.Errorf("%q is %q", given, id)
		}
	}
}

// TestQueue fills the slot and the queue, and asks the monitor meanwhile.
func TestQueue(t *testing.T) {
	b := start(t, true, func(c *Config) { c.Queue = 2 })
	results := make(chan int, 3)
	for range 3 {
		go func() { results <- b.do("POST", runSdot, object("wait")).status }()
	}
	waitFor(t, func() bool { return b.gate.running() == 1 && b.gate.waiting() == 2 })

	r := b.do("POST", runSdot, object("x"), "Accept", "application/json")
	if r.status != 429 || !strings.Contains(r.body, `"class":"queue-full"`) || r.header.Get("Retry-After") == "" {
		t.Errorf("%+v", r)
	}
	for range 50 { // the job lasts until it is let go: a monitor that waits for it never answers
		if r := b.do("GET", "/m/monitor", nil); r.status != 200 {
			t.Fatalf("monitor %+v", r)
		}
	}
	close(b.fake.free)
	for range 3 {
		if s := <-results; s != 200 {
			t.Errorf("a waiting job: %d", s)
		}
	}
	if r := b.do("POST", runSdot, object("x")); r.status != 200 {
		t.Errorf("after all: %+v", r)
	}
}

// TestDeadlineIncludesTheQueue: a job has what is left of its time, and one whose time is
// up before its turn is told so, and not run.
func TestDeadlineIncludesTheQueue(t *testing.T) {
	const deadline = time.Second
	b := start(t, true, func(c *Config) {
		c.Engine.Reader.Budget = wire.Budget{Deadline: deadline.Microseconds(), CPU: deadline.Microseconds() / 2, Call: deadline.Microseconds() / 2}
	})
	leave, err := b.gate.slot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r := b.do("POST", runSdot, object("x"), "Accept", "application/json")
	if r.status != 429 || !strings.Contains(r.body, `"class":"queue-full"`) || !strings.Contains(r.body, `"limit":"queue"`) || r.header.Get("Retry-After") == "" {
		t.Errorf("%+v", r)
	}
	if b.fake.count() != 0 {
		t.Error("it was run")
	}
	b.cfg.Engine.Reader.Budget = budget
	late := make(chan reply, 1)
	go func() { late <- b.do("POST", runSdot, object("x")) }()
	waitFor(t, func() bool { return b.gate.waiting() == 1 })
	time.Sleep(10 * time.Millisecond)
	leave()
	if r := <-late; r.status != 200 {
		t.Fatalf("%+v", r)
	}
	got := b.fake.last().Budget
	if most := (time.Hour - 10*time.Millisecond).Microseconds(); got.Deadline > most || got.CPU > most/2 || got.Call > most/2 {
		t.Errorf("after waiting for 10 ms: %+v", got)
	}
}

func TestSerial(t *testing.T) {
	b := start(t, false, nil)
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() { b.do("POST", runSdot, object("wait")) })
	}
	waitFor(t, func() bool { return b.gate.waiting() == 4 })
	if n := b.fake.count(); n != 1 {
		t.Errorf("%d jobs run at one time", n)
	}
	close(b.fake.free)
	all.Wait()
}

func TestMemoryIsBounded(t *testing.T) {
	b := start(t, false, nil)
	b.memory.limit = 100
	if r := b.do("POST", runSdot, object(strings.Repeat("x", 101))); r.status != 429 {
		t.Errorf("%+v", r)
	}
	if r := b.do("POST", runSdot, object(strings.Repeat("x", 100))); r.status != 200 {
		t.Errorf("%+v", r)
	}
	waitFor(t, func() bool { return b.memory.inUse() == 0 })
}

func TestPanic(t *testing.T) {
	b := start(t, false, nil)
	for range 3 { // more than there are slots: the gate survives as well
		r := b.do("POST", runSdot, object("panic"), "Accept", "application/json")
		if r.status != 500 || !strings.Contains(r.body, `"class":"internal"`) || strings.Contains(r.body, "a bug") {
			t.Errorf("%+v", r)
		}
	}
	if !strings.Contains(b.err.String(), "a bug of ours") {
		t.Errorf("error log %q", b.err.String())
	}
	if r := b.do("POST", runSdot, object("error")); r.status != 500 || strings.Contains(r.body, "pipe") {
		t.Errorf("%+v", r)
	}
}

func TestUnfit(t *testing.T) {
	var mu sync.Mutex
	sick := errors.New("the cell is gone")
	b := start(t, false, func(c *Config) {
		c.Check = func(context.Context) error { mu.Lock(); defer mu.Unlock(); return sick }
	})
	for _, method := range []string{"GET", "HEAD", "POST"} {
		if r := b.do(method, "/m/monitor", nil); r.status != 503 || method != "HEAD" && !strings.Contains(r.body, "the cell is gone") {
			t.Errorf("%s: %+v", method, r)
		}
	}
	if r := b.do("GET", "/metrics", nil); !strings.Contains(r.body, "webrunner_fit 0\n") {
		t.Errorf("%+v", r)
	}
	mu.Lock()
	sick = nil
	mu.Unlock()
	if err := b.CheckNow(); err != nil {
		t.Error(err)
	}
	if r := b.do("GET", "/m/monitor", nil); r.status != 200 {
		t.Errorf("%+v", r)
	}
}

func TestDrain(t *testing.T) {
	b := start(t, true, nil)
	running := make(chan reply, 1)
	go func() { running <- b.do("POST", runSdot, object("wait")) }()
	waitFor(t, func() bool { return b.fake.count() == 1 }) // the slot alone may be the self-check's
	drained := make(chan error, 1)
	go func() { drained <- b.Drain(t.Context()) }()
	waitFor(t, func() bool { return b.intake.isClosed() })

	if r := b.do("GET", "/m/monitor", nil); r.status != 503 || !strings.HasPrefix(r.body, "error: draining:") {
		t.Errorf("monitor: %+v", r)
	}
	if r := b.do("POST", runSdot, object("x")); r.status != 503 || r.header.Get("Retry-After") == "" {
		t.Errorf("run: %+v", r)
	}
	close(b.fake.free)
	if r := <-running; r.status != 200 {
		t.Errorf("the running job: %+v", r)
	}
	if err := <-drained; err != nil {
		t.Errorf("Drain: %v", err)
	}
	if c, err := b.dial(); err == nil {
		c.Close()
		t.Error("it still listens")
	}
}

func TestDrainEndsLateJobs(t *testing.T) {
	b := start(t, true, nil)
	running := make(chan reply, 1)
	go func() { running <- b.do("POST", runSdot, object("hang")) }()
	waitFor(t, func() bool { return b.fake.count() == 1 }) // the slot alone may be the self-check's
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := b.Drain(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Drain: %v", err)
	}
	if r := <-running; r.status != 500 || !strings.HasPrefix(r.body, "error: draining: ") || r.header.Get("Retry-After") != "" {
		t.Errorf("the late job, which nobody may repeat unasked: %+v", r)
	}
}

// TestLogCannotBeForged sends line ends and quotes where they are logged.
func TestLogCannotBeForged(t *testing.T) {
	b := start(t, false, nil)
	b.do("GET", "/a%0Ab%22c/monitor?x=%0A", nil)
	waitFor(t, func() bool { return strings.Contains(b.access.String(), "machine=") })
	line := b.access.String()
	if strings.Count(line, "\n") != 1 || !strings.Contains(line, `machine="a\nb\"c"`) || !strings.Contains(line, `"GET /a%0Ab%22c/monitor?x=%0A" 200 `) {
		t.Errorf("%q", line)
	}
}

// TestManyClients lets many come at once: each gets a whole answer of its own.
func TestManyClients(t *testing.T) {
	b := start(t, true, func(c *Config) { c.Queue = 100 })
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			r := b.do("POST", fmt.Sprintf("%s&n=%d", runSdot, i), object("x"), "Accept", "application/json")
			if want := fmt.Sprintf(`"n":%d,`, i); r.status != 200 || !strings.Contains(r.body, want) {
				t.Errorf("client %d: %+v", i, r)
			}
		})
	}
	all.Wait()
}

// TestKeepAlive sends a refused body and then a good request on one connection.
func TestKeepAlive(t *testing.T) {
	b := start(t, true, nil)
	b.client.Transport.(*http.Transport).DisableKeepAlives = false
	defer b.client.CloseIdleConnections()
	for range 3 {
		if r := b.do("POST", "/m/run?kernel=x", object(strings.Repeat("x", 1<<20))); r.status != 404 {
			t.Errorf("%+v", r)
		}
		if r := b.do("POST", runSdot, io.MultiReader(object("x"))); r.status != 200 {
			t.Errorf("%+v", r)
		}
	}
}

// TestRefusedBodyIsRead is a client that reads nothing before it has sent all,
// as wget does: it must still get to know why it was refused.
func TestRefusedBodyIsRead(t *testing.T) {
	b := start(t, true, nil)
	for _, row := range []struct {
		target string
		size   int
		status int
	}{{"/m/run?kernel=x", 8 << 20, 404}, {runSdot, 40 << 20, 413}, {"/m/nothing", 1 << 20, 404}} {
		conn, err := b.dial()
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", row.target, row.size, strings.Repeat("x", row.size))
		if err != nil {
			t.Errorf("%s: sending: %v", row.target, err)
			continue
		}
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Errorf("%s: %v", row.target, err)
			continue
		}
		if resp.StatusCode != row.status {
			t.Errorf("%s: %d, want %d", row.target, resp.StatusCode, row.status)
		}
	}
}

func TestLayersHeader(t *testing.T) {
	got := layersHeader(wire.Layers{"b": wire.Absent("a\r\nb"), "a": {Enforced: true, Detail: "(é)"}})
	if got != "a=enforced (?), b=absent: a\\r b" {
		t.Errorf("%q", got)
	}
}

func FuzzTarget(f *testing.F) {
	for _, s := range []string{"/local/run?kernel=sdot&n=5", "//monitor", "http://h/a/b?c=%41", "*", "", "/%zz"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := parseTarget(s)
		if err == nil && got.query == nil {
			t.Errorf("%q: no query and no error", s)
		}
		for name := range got.query {
			if len(got.query[name]) == 0 {
				t.Errorf("%q: %q without a value", s, name)
			}
		}
	})
}

// Beyond the most connections a client waits until there is room; nobody else
// than this server answers.
func TestMoreConnectionsWait(t *testing.T) {
	b := start(t, true, nil)
	idle := make([]net.Conn, maxConnections)
	for i := range idle {
		c, err := b.dial()
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		idle[i] = c
	}
	c, err := b.dial()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "GET /m/monitor HTTP/1.1\r\nHost: m\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	_ = c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if n, err := c.Read(make([]byte, 512)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("answered without room: %d bytes, %v", n, err)
	}
	for _, c := range idle {
		c.Close()
	}
	_ = c.SetReadDeadline(time.Time{})
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	if r := b.read(resp); r.status != 200 {
		t.Errorf("%d %s", r.status, r.body)
	}
}

// TestServeAfterClose: a server that is closed before it accepts anything does not begin to.
func TestServeAfterClose(t *testing.T) {
	b := start(t, false, nil)
	b.Close()
	if err := b.Serve(fasthttputil.NewInmemoryListener()); err != nil {
		t.Error(err)
	}
}
