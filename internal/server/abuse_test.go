package server

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"webrunner/internal/tokens"
	"webrunner/internal/wire"
)

// send opens a connection and writes text.
func (b *bench) send(text string) net.Conn {
	b.t.Helper()
	c, err := b.dial()
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { c.Close() })
	if _, err := io.WriteString(c, text); err != nil {
		b.t.Fatal(err)
	}
	_ = c.SetReadDeadline(time.Now().Add(time.Minute))
	return c
}

// answered reads one answer.
func (b *bench) answered(c net.Conn, method string) reply {
	b.t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: method})
	if err != nil {
		b.t.Fatal(err)
	}
	return b.read(resp)
}

func posting(target, headers, body string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\n%sContent-Length: %d\r\n\r\n%s", target, headers, len(body), body)
}

// TestUnreadAnswers: what clients do not take is bounded, refused beyond that, and
// given back when they leave.
func TestUnreadAnswers(t *testing.T) {
	const size = 8 << 20
	b := start(t, true, func(c *Config) { c.BodyTime = time.Hour })
	b.fake.text = strings.Repeat("listing\n", size/8)
	var clients []net.Conn
	for range 30 {
		clients = append(clients, b.send(posting("/m/screen", "", "x")))
	}
	waitFor(t, func() bool { return strings.Count(b.access.String(), "\n") == 30 })
	if n := strings.Count(b.access.String(), " 200 "); n < 1 || int64(n) > b.answers.share/size {
		t.Errorf("%d answers of %d bytes, where a client may have %d bytes", n, size, b.answers.share)
	}
	if n := strings.Count(b.access.String(), " 429 "); n == 0 || !strings.Contains(b.access.String(), "class=queue-full") {
		t.Errorf("none is refused:\n%s", b.access.String())
	}
	for _, c := range clients {
		c.Close()
	}
	waitFor(t, func() bool { return b.answers.inUse() == 0 })
	if r := b.do("POST", "/m/screen", object("x")); r.status != 200 || len(r.body) != size {
		t.Errorf("then a client that reads: %d, %d bytes", r.status, len(r.body))
	}
}

// TestSlowReaderIsCut: a client that takes nothing holds an answer no longer than it
// is allowed to.
func TestSlowReaderIsCut(t *testing.T) {
	b := start(t, true, func(c *Config) { c.BodyTime = 100 * time.Millisecond })
	b.fake.text = strings.Repeat("listing\n", 1<<20)
	b.send(posting("/m/screen", "", "x"))
	waitFor(t, func() bool { return strings.Contains(b.access.String(), " 200 ") })
	waitFor(t, func() bool { return b.answers.inUse() == 0 })
}

// TestAbandonedJobs: a client that closes its side ends its job, whether it runs or
// waits, and nobody waits for it any more.
func TestAbandonedJobs(t *testing.T) {
	for name, leave := range map[string]func(net.Conn){
		"closes": func(c net.Conn) { c.Close() },
		"halves": func(c net.Conn) { _ = c.(*net.TCPConn).CloseWrite() },
		"resets": func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0); c.Close() },
	} {
		b := start(t, true, nil)
		var clients []net.Conn
		for range 11 { // one runs, ten wait
			clients = append(clients, b.send(posting(runSdot, "", "hang")))
		}
		waitFor(t, func() bool { return b.gate.running() == 1 && b.gate.waiting() == 10 })
		for _, c := range clients {
			leave(c)
		}
		waitFor(t, func() bool { return strings.Count(b.access.String(), " 499 ") == 11 })
		if n := b.fake.count(); n > 11 {
			t.Errorf("%s: %d jobs", name, n)
		}
		if r := b.do("POST", runSdot, object("x")); r.status != 200 {
			t.Errorf("%s: then %+v", name, r)
		}
	}
}

// TestRunningJobIsKept: whatever else a client that waits sends is no reason to end
// its job, and is answered in its turn.
func TestRunningJobIsKept(t *testing.T) {
	b := start(t, true, nil)
	c := b.send(posting(runSdot, "", "wait") + "GET /m/monitor HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	waitFor(t, func() bool { return b.fake.count() == 1 })
	close(b.fake.free)
	in := bufio.NewReader(c)
	for range 2 {
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		if r := b.read(resp); r.status != 200 {
			t.Errorf("%+v", r)
		}
	}
}

// TestStalledBodies: they keep nobody out whose object is small, nor for long anybody,
// and what is counted is what is held.
func TestStalledBodies(t *testing.T) {
	const large = 1 << 20
	b := start(t, true, func(c *Config) { c.MaxBody, c.BodyTime = large, 3*time.Second })
	for range 30 { // the bound is 15 of the largest
		b.send(fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", runSdot, large, strings.Repeat("x", large-1)))
	}
	waitFor(t, func() bool { return strings.Contains(b.access.String(), " 429 ") })
	if used := b.memory.inUse(); used > b.memory.share {
		t.Errorf("one client has %d bytes, its share is %d", used, b.memory.share)
	}
	if !b.memory.draw(client{}, large, large) { // another client
		t.Error("nothing is left for another client")
	}
	b.memory.give(client{}, large)
	if r := b.do("POST", runSdot, object("small")); r.status != 200 {
		t.Errorf("a small object meanwhile: %+v", r)
	}
	waitFor(t, func() bool { return b.memory.inUse() == 0 })
	if n := strings.Count(b.access.String(), " 408 "); n == 0 {
		t.Errorf("none is cut:\n%s", b.access.String())
	}
	if n := b.fake.count(); n != 1 {
		t.Errorf("%d jobs", n)
	}
}

// TestRefusedAtOnce: a refusal needs no byte of the body, and a client that waits for
// 100 Continue is not told to send what is refused.
func TestRefusedAtOnce(t *testing.T) {
	b := start(t, true, func(c *Config) {
		c.Tokens, c.Queue = tokens.Of(tokens.Token{Name: "ci", Text: "a token of some length"}), 1
	})
	const auth = "Authorization: Bearer a token of some length\r\n"
	for range 2 {
		b.send(posting(runSdot, auth, "wait"))
	}
	waitFor(t, func() bool { return b.gate.waiting() == 1 })
	for _, row := range []struct {
		status int
		head   string
	}{
		{401, "POST " + runSdot + " HTTP/1.1\r\n"},
		{404, "POST /m/nothing HTTP/1.1\r\n" + auth},
		{404, "POST /m/run?kernel=nobody HTTP/1.1\r\n" + auth},
		{405, "PUT /m/run HTTP/1.1\r\n" + auth},
		{415, "POST " + runSdot + " HTTP/1.1\r\nContent-Type: text/html\r\n" + auth},
		{415, "POST " + runSdot + " HTTP/1.1\r\nContent-Encoding: gzip\r\n" + auth},
		{429, "POST " + runSdot + " HTTP/1.1\r\n" + auth},
		{400, "POST " + runSdot + "&n=x HTTP/1.1\r\n" + auth},
		{400, "POST " + runSdot + " HTTP/1.1\r\nHost: y\r\n" + auth},
		{200, "GET /m/monitor HTTP/1.1\r\n"},
	} {
		for _, framing := range []string{"Content-Length: 1000000\r\n", "Transfer-Encoding: chunked\r\n", "Expect: 100-continue\r\nContent-Length: 1000000\r\n"} {
			c := b.send(row.head + "Host: x\r\n" + framing + "\r\n")
			if r := b.answered(c, "POST"); r.status != row.status {
				t.Errorf("%s%s: %d, want %d", row.head, framing, r.status, row.status)
			}
			if n, err := c.Read(make([]byte, 1)); err != io.EOF {
				t.Errorf("%s%s: behind the answer %d bytes, %v", row.head, framing, n, err)
			}
			c.Close()
		}
	}
	close(b.fake.free)
}

// TestTooLargeAtOnce is apart: only who may run is told about the size.
func TestTooLargeAtOnce(t *testing.T) {
	b := start(t, true, nil)
	for _, expect := range []string{"", "Expect: 100-continue\r\n"} {
		c := b.send("POST " + runSdot + " HTTP/1.1\r\nHost: x\r\n" + expect + "Content-Length: 99999999999\r\n\r\n")
		if r := b.answered(c, "POST"); r.status != 413 {
			t.Errorf("%s%+v", expect, r)
		}
	}
}

// TestContinueIsTold: to a client whose object is wanted.
func TestContinueIsTold(t *testing.T) {
	b := start(t, true, nil)
	c := b.send("POST " + runSdot + " HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n")
	if r := b.peek(c); r != http.StatusContinue {
		t.Fatalf("status %d", r)
	}
	fmt.Fprint(c, "x")
	if r := b.answered(c, "POST"); r.status != 200 {
		t.Errorf("%+v", r)
	}
}

// peek reads the head of an interim answer, byte by byte.
func (b *bench) peek(c net.Conn) (status int) {
	b.t.Helper()
	var head []byte
	for one := make([]byte, 1); !strings.HasSuffix(string(head), "\r\n\r\n"); head = append(head, one...) {
		if _, err := c.Read(one); err != nil {
			b.t.Fatal(err)
		}
	}
	_, _ = fmt.Sscanf(string(head), "HTTP/1.1 %d", &status)
	return status
}

// TestFaultsArrive: a client that sends all before it reads learns what was wrong, on
// the first request of a connection and on a later one.
func TestFaultsArrive(t *testing.T) {
	b := start(t, true, nil)
	body := strings.Repeat("x", 8<<20)
	for name, row := range map[string]struct {
		head   string
		status int
		word   string
	}{
		"long head":   {"POST /m/run HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 20000) + "\r\n", 431, "too long"},
		"two hosts":   {"POST /m/run HTTP/1.1\r\nHost: x\r\nHost: y\r\n", 400, "more than one Host"},
		"no host":     {"POST /m/run HTTP/1.1\r\n", 400, "no Host header"},
		"two lengths": {"POST /m/run HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n", 400, "more than one Content-Length"},
		"no colon":    {"POST /m/run HTTP/1.1\r\nHost: x\r\nnothing\r\n", 400, "has no colon"},
		"TLS":         {"\x16\x03\x01\x02\x00\x01\n", 400, "TLS"},
		"no URI":      {"POST http://[x/m/run HTTP/1.1\r\nHost: x\r\n", 400, "names no host"},
	} {
		for _, first := range []string{"", "GET /m/monitor HTTP/1.1\r\nHost: x\r\n\r\n"} {
			c := b.send("")
			in := bufio.NewReader(c)
			if first != "" {
				fmt.Fprint(c, first)
				resp, err := http.ReadResponse(in, nil)
				if err != nil {
					t.Fatal(err)
				}
				b.read(resp)
			}
			if _, err := fmt.Fprintf(c, "%sContent-Length: %d\r\n\r\n%s", row.head, len(body), body); err != nil {
				t.Errorf("%s: sending: %v", name, err)
				continue
			}
			resp, err := http.ReadResponse(in, nil)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if r := b.read(resp); r.status != row.status || !strings.Contains(r.body, row.word) {
				t.Errorf("%s: %d %s", name, r.status, r.body)
			}
		}
	}
}

// TestFailuresAreLogged with what the client asked for, and without its token.
func TestFailuresAreLogged(t *testing.T) {
	b := start(t, true, func(c *Config) { c.BodyTime, c.HeadTime = 100*time.Millisecond, 100*time.Millisecond })
	const token = "Authorization: Bearer secret\r\n"
	for _, row := range []struct{ text, want string }{
		{"POST /lab/run?kernel=sdot HTTP/1.1\r\nHost: x\r\n" + token + "Content-Length: 9\r\n\r\nx", `"POST /lab/run?kernel=sdot" 408`},
		{"POST /lab/run?kernel=sdot HTTP/1.1\r\n" + token + "\r\n", `"POST /lab/run?kernel=sdot" 400`},
		{"POST /lab/run?kernel=sdot HTTP/1.1\r\nHost: x\r\n" + token, `"POST /lab/run?kernel=sdot" 408`},
		{"POST /lab/run?kernel=sdot HTTP/1.1\r\nHost: [x\r\n" + token + "\r\n", `"POST /lab/run?kernel=sdot" 400`},
		{"POST /lab/run?kernel=sdot HTTP/1.1\r\nHost: x\r\n" + token + "X: " + strings.Repeat("x", 20000), `"POST /lab/run?kernel=sdot" 431`},
		{"PUT http://[x/lab/run HTTP/1.1\r\nHost: x\r\n" + token + "\r\n", `"PUT http://[x/lab/run" 400`},
	} {
		lines := strings.Count(b.access.String(), "\n")
		c := b.send(row.text)
		b.answered(c, "POST")
		waitFor(t, func() bool { return strings.Count(b.access.String(), "\n") > lines })
		log := strings.Split(b.access.String(), "\n")[lines]
		if !strings.Contains(log, row.want) || strings.HasPrefix(row.want, `"POST`) && !strings.Contains(log, `machine="lab"`) {
			t.Errorf("%s, want %s", log, row.want)
		}
	}
	if log := b.access.String() + b.err.String(); strings.Contains(log, "secret") {
		t.Errorf("the token is in a log:\n%s", log)
	}
}

// TestEventsAreBounded: no list takes the server's time before the queue.
func TestEventsAreBounded(t *testing.T) {
	b := start(t, false, nil)
	for _, target := range []string{"/m/run?kernel=sdot&events=", "/m/events?plan="} {
		method := "POST"
		if strings.Contains(target, "plan") {
			method = "GET"
		}
		if r := b.do(method, target+strings.Repeat("*,", 7000), object("x")); r.status != 400 {
			t.Errorf("%s: %d %s", target, r.status, r.body)
		}
	}
}

// stand has a client wait at a gate, by enter or enterAgain; order gets the name when it has its turn, or the name and
// why it has none.
func stand(t *testing.T, g *gate, order chan<- string, name string, enter func(context.Context, client, string) (func(), error), who client) {
	t.Helper()
	before := g.standing()
	go func() {
		leave, err := enter(context.Background(), who, "run")
		if err != nil {
			order <- name + ": " + err.Error()
			return
		}
		order <- name
		leave()
	}()
	waitFor(t, func() bool { return g.standing() > before || len(order) > 0 })
}

// tookTurns holds that those who stood had their turns in this order, and that nothing is left of them.
func tookTurns(t *testing.T, g *gate, order <-chan string, names ...string) {
	t.Helper()
	for _, want := range names {
		if got := <-order; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	waitFor(t, func() bool { return g.running() == 0 })
	if g.waiting() != 0 || len(g.lines) != 0 || len(g.turns) != 0 {
		t.Errorf("left: %d waiting, %v, %v", g.waiting(), g.lines, g.turns)
	}
}

// TestTurns: the clients with a job take turns, and the longest line gives its last
// place to a client that has fewer waiting.
func TestTurns(t *testing.T) {
	g := newGate(1, 4)
	first, err := g.slot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	many, few := clientAt(&net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)}), clientAt(&net.TCPAddr{IP: net.IPv4(192, 0, 2, 2)})
	order := make(chan string, 10)
	enter := func(name string, who client) { stand(t, g, order, name, g.enter, who) }
	for i := range 4 {
		enter(fmt.Sprint("many", i), many)
	}
	if !g.full(many) || g.full(few) {
		t.Errorf("full for many %v, for few %v", g.full(many), g.full(few))
	}
	enter("few0", few)
	if got := <-order; got != "many3: "+errQueueFull.Error() {
		t.Errorf("pushed out: %s", got)
	}
	if _, err := g.enter(t.Context(), many, "run"); err != errQueueFull {
		t.Errorf("a fifth of many: %v", err)
	}
	first()
	tookTurns(t, g, order, "many0", "few0", "many1", "many2")
}

// TestTurnAgain: the next part of a job that was let in finds room where the queue is full, takes no place from others
// and is not pushed out; a new job is refused as before.
func TestTurnAgain(t *testing.T) {
	g := newGate(1, 1)
	first, err := g.slot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sweeper, other, third := clientAt(&net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)}), clientAt(&net.TCPAddr{IP: net.IPv4(192, 0, 2, 2)}), clientAt(&net.TCPAddr{IP: net.IPv4(192, 0, 2, 3)})
	order := make(chan string, 10)
	stand(t, g, order, "new", g.enter, other)
	stand(t, g, order, "again1", g.enterAgain, sweeper)
	stand(t, g, order, "again2", g.enterAgain, sweeper)
	if g.waiting() != 1 || !g.full(third) {
		t.Errorf("%d places are taken, full for a third client: %v", g.waiting(), g.full(third))
	}
	if _, err := g.enter(t.Context(), third, "run"); err != errQueueFull {
		t.Errorf("a second place of one: %v", err)
	}
	first()
	tookTurns(t, g, order, "new", "again1", "again2")
}

// TestSweepKeepsItsPlace: a sweep that has had a turn waits for the next one, however many have come meanwhile.
func TestSweepKeepsItsPlace(t *testing.T) {
	b := start(t, false, nil)
	var waited time.Duration
	turn := b.turns(&exchange{target: target{command: "sweep"}, client: clientAt(&net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)})}, nil, &waited)
	leave, err := turn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	leave()
	first, err := b.gate.slot(t.Context()) // behind whatever the server does of its own
	if err != nil {
		t.Fatal(err)
	}
	b.gate.mu.Lock()
	b.gate.waits = b.gate.queue
	b.gate.mu.Unlock()
	had := make(chan error)
	go func() {
		leave, err := turn(context.Background())
		if err == nil {
			leave()
		}
		had <- err
	}()
	waitFor(t, func() bool { return b.gate.standing() > 0 })
	first()
	if err := <-had; err != nil {
		t.Errorf("the next turn: %v", err)
	}
	b.gate.mu.Lock()
	b.gate.waits = 0
	b.gate.mu.Unlock()
}

// standing counts all that wait and all that was pushed out.
func (g *gate) standing() (n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, line := range g.lines {
		n += len(line)
	}
	return n
}

// TestWithdraw: who stops waiting leaves no place and no slot behind.
func TestWithdraw(t *testing.T) {
	g := newGate(1, 1)
	leave, err := g.slot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error)
	go func() {
		_, err := g.enter(ctx, clientAt(&net.TCPAddr{IP: net.IPv6loopback}), "run")
		gone <- err
	}()
	waitFor(t, func() bool { return g.waiting() == 1 })
	cancel()
	if err := <-gone; err != context.Canceled {
		t.Error(err)
	}
	leave()
	if g.waiting() != 0 || g.running() != 0 {
		t.Errorf("%d waiting, %d running", g.waiting(), g.running())
	}
}

func TestClientAt(t *testing.T) {
	at := func(s string) client { return clientAt(net.TCPAddrFromAddrPort(netip.MustParseAddrPort(s))) }
	for _, row := range []struct {
		a, b string
		same bool
	}{
		{"192.0.2.1:1", "192.0.2.1:2", true},
		{"192.0.2.1:1", "192.0.2.2:1", false},
		{"192.0.2.1:1", "[::ffff:192.0.2.1]:1", true},
		{"[2001:db8::1]:1", "[2001:db8::2]:1", true},
		{"[2001:db8::1]:1", "[2001:db8:0:1::1]:1", false},
		{"[fe80::1%1]:1", "[fe80::2%2]:1", true},
	} {
		if same := at(row.a) == at(row.b); same != row.same {
			t.Errorf("%s and %s: %v", row.a, row.b, same)
		}
	}
	if at("192.0.2.1:1") == nobody || at("[::]:1") == nobody || clientAt(&net.UnixAddr{}) == nobody {
		t.Error("a client is the server itself")
	}
}

// TestRetryAfter rests on what jobs take, not on one that took long.
func TestRetryAfter(t *testing.T) {
	m := newMetrics()
	run := func(n int) []string { return slices.Repeat([]string{"run"}, n) }
	if n := m.estimate(run(9), 1); n != 1 {
		t.Errorf("before any job: %d s", n)
	}
	for range 9 {
		m.job("run", 4*time.Second)
	}
	for range 4 {
		m.job("run", time.Hour)
	}
	for n, want := range map[int]int{1: 4, 5: 20, 1000: maxEstimate} {
		if got := m.estimate(run(n), 1); got != want {
			t.Errorf("%d jobs ahead: %d s, want %d", n, got, want)
		}
	}
	if got := m.estimate(run(6), 4); got != 6 {
		t.Errorf("four at one time: %d s", got)
	}
	end := m.begin("run")
	for b := range m.running {
		b.at = b.at.Add(-time.Minute)
	}
	if got := m.estimate(run(1), 1); got < 60 {
		t.Errorf("behind a job that runs for a minute: %d s", got)
	}
	end()
	if got := m.estimate(run(1), 1); got != 4 {
		t.Errorf("and when it is over: %d s", got)
	}
	m.job("sweep", time.Minute)
	if got := m.estimate(append(run(2), "sweep"), 1); got != 68 {
		t.Errorf("behind two runs and a sweep: %d s", got)
	}
}

// TestMemoryClasses: shares, and the reserve of what is small.
func TestMemoryClasses(t *testing.T) {
	m := newMemory(100, 50, 20, 5)
	a, b := clientAt(&net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)}), clientAt(&net.TCPAddr{IP: net.IPv4(192, 0, 2, 2)})
	for _, row := range []struct {
		who     client
		n, size int64
		want    bool
	}{
		{a, 51, 51, false}, {a, 50, 50, true}, {a, 1, 51, false}, // its share
		{a, 5, 5, true}, {a, 5, 5, true}, {a, 5, 5, false}, // small ones go beyond
		{b, 21, 21, false}, {b, 20, 20, true}, // the rest of the limit
		{b, 5, 5, true}, {b, 5, 5, true}, {b, 5, 5, true}, {b, 5, 5, true}, {b, 1, 1, false}, // the reserve
	} {
		if got := m.draw(row.who, row.n, row.size); got != row.want {
			t.Errorf("%d of %d bytes: %v", row.n, row.size, got)
		}
	}
	m.give(a, 60)
	if peak, used := m.settle(); peak != 100 || used != 40 || m.room(b, 11) || !m.room(a, 40) {
		t.Errorf("peak %d, used %d", peak, used)
	}
}

// TestBusySaysWhen: Retry-After is what the jobs ahead take.
func TestBusySaysWhen(t *testing.T) {
	b := start(t, true, func(c *Config) { c.Queue = 1 })
	for range 2 {
		b.send(posting(runSdot, "", "wait"))
	}
	waitFor(t, func() bool { return b.gate.waiting() == 1 })
	for range 9 {
		b.metrics.job("run", 7*time.Second)
	}
	r := b.do("POST", runSdot, object("x"))
	if got, err := strconv.Atoi(r.header.Get("Retry-After")); r.status != wire.QueueFull.Info().Status || got < 14 || err != nil {
		t.Errorf("%d, Retry-After: %d, %v", r.status, got, err)
	}
	close(b.fake.free)
}

// TestListsTakeTurns: while one list of events is planned others wait, and requests
// without one do not.
func TestListsTakeTurns(t *testing.T) {
	b := start(t, true, nil)
	leave, err := b.desk.slot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	late := make(chan int, 1)
	go func() { late <- b.do("POST", runSdot+"&events=nothing", object("x")).status }()
	waitFor(t, func() bool { return b.desk.waiting() == 1 })
	if r := b.do("POST", runSdot, object("x")); r.status != 200 {
		t.Errorf("without a list: %+v", r)
	}
	if len(late) != 0 {
		t.Error("two lists are planned at one time")
	}
	leave()
	if status := <-late; status != 400 {
		t.Errorf("a list of nothing: %d", status)
	}
}
