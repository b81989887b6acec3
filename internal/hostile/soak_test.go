package hostile

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/examples"
	"webrunner/internal/elfobj"
	"webrunner/internal/engine"
	"webrunner/internal/server"
	"webrunner/internal/wire"
)

// Environment of the soak. soakServer makes this binary the server, of so many jobs at
// one time; soakCount is how many requests there are, soakTime how long it may take.
const (
	soakServer = "WEBRUNNER_SOAK_SERVER"
	soakCount  = "WEBRUNNER_SOAK"
	soakTime   = "WEBRUNNER_SOAK_TIME"
)

// serveSoak is a real server on a loopback port that it prints, with budgets
// short enough for endless kernels. For every line on its standard input it
// collects garbage and prints the number of its goroutines, and the most memory that a
// child or what it started had resident, in KiB; a child counts as large as the server
// was when it forked.
func serveSoak() error {
	log := func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
	jobs, err := strconv.Atoi(os.Getenv(soakServer))
	if err != nil {
		return err
	}
	e, err := engine.Open(engine.Config{Size: 1 + jobs, Parallel: jobs, Log: log})
	if err != nil {
		return err
	}
	defer e.Close()
	e.Reader.Budget = budget(Time)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s := server.New(server.Config{
		Engine: e, Queue: 10, Parallel: jobs, ErrorLog: log,
		Check: func(context.Context) error { return nil },
	})
	go func() { _ = s.Serve(l) }()
	if err := s.CheckNow(); err != nil {
		return err
	}
	fmt.Println(l.Addr())
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		debug.FreeOSMemory()
		var children unix.Rusage
		if err := unix.Getrusage(unix.RUSAGE_CHILDREN, &children); err != nil {
			return err
		}
		fmt.Println(runtime.NumGoroutine(), children.Maxrss)
	}
	s.Close()
	return nil
}

// soak is the client's side.
type soak struct {
	cmd     *exec.Cmd
	in      io.Writer
	out     *bufio.Reader
	log     *bytes.Buffer
	url     string
	dir     string // the server's working directory and its TMPDIR
	slowest atomic.Int64
}

func startSoak(t *testing.T, jobs int) *soak {
	t.Helper()
	s := &soak{cmd: exec.Command("/proc/self/exe"), dir: t.TempDir(), log: new(bytes.Buffer)}
	if os.Geteuid() == 0 {
		// What nobody may write, a child could: an empty directory of full rights.
		if err := os.Chmod(s.dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	s.cmd.Dir, s.cmd.Stderr = s.dir, s.log
	s.cmd.Env = []string{soakServer + "=" + strconv.Itoa(jobs), "TMPDIR=" + s.dir, "HOME=" + s.dir}
	var err error
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.out = bufio.NewReader(out)
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.cmd.Process.Kill(); _ = s.cmd.Wait() })
	addr, err := s.out.ReadString('\n')
	if err != nil {
		t.Fatalf("the server does not start: %v\n%s", err, s.log)
	}
	s.url = "http://" + strings.TrimSpace(addr) + "/soak/"
	return s
}

// do sends a job as a client would.
func (s *soak) do(ctx context.Context, job *wire.Job) (*wire.Report, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"run?kernel="+kernelName, bytes.NewReader(job.Object))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Content-Type", "application/octet-stream")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	rep := new(wire.Report)
	if resp.StatusCode == http.StatusOK {
		return rep, json.Unmarshal(body, &rep.Result)
	}
	if err := json.Unmarshal(body, &rep.Problem); err != nil {
		return nil, fmt.Errorf("status %d, %w: %.200s", resp.StatusCode, err, body)
	}
	if rep.Problem.Status != resp.StatusCode {
		return nil, fmt.Errorf("status %d over a problem of status %d", resp.StatusCode, rep.Problem.Status)
	}
	return rep, nil
}

// watch asks for monitor again and again and notes the slowest answer.
func (s *soak) watch(ctx context.Context, t *testing.T) {
	for tick := time.NewTicker(100 * time.Millisecond); ; {
		select {
		case <-ctx.Done():
			tick.Stop()
			return
		case <-tick.C:
		}
		start := time.Now()
		resp, err := http.Get(s.url + "monitor")
		if err != nil {
			t.Errorf("monitor: %v", err)
			return
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("monitor: status %d", resp.StatusCode)
		}
		s.slowest.Store(max(s.slowest.Load(), int64(time.Since(start))))
	}
}

// Requests that are there to take what others need. They stay open until so many
// others have come.
const (
	mostPests = 6
	pestEvery = 20 // requests between two
)

// One in so many requests brings a mutant of an object, one in so many bytes that need be
// no request.
const (
	mutantEvery = 4
	bytesEvery  = 8
)

// pests are connections of clients that do not do their part.
type pests struct {
	open  []net.Conn
	count map[string]int
}

// pester opens one more: a body that stops, an answer that nobody reads, or a job whose
// client leaves at once.
func (p *pests) pester(t *testing.T, url string, endless []byte) {
	t.Helper()
	post := func(name, target string, size int, body []byte) net.Conn {
		c, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(url, "http://"), "/soak/"))
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetWriteDeadline(time.Now().Add(time.Minute))
		fmt.Fprintf(c, "POST /soak/%s HTTP/1.1\r\nHost: soak\r\nContent-Length: %d\r\n\r\n", target, size)
		_, _ = c.Write(body) // it may be refused before it is sent
		p.count[name]++
		return c
	}
	run := "run?kernel=" + kernelName
	switch len(p.open) % 3 {
	case 0:
		p.open = append(p.open, post("stalled body", run, 16<<20, make([]byte, 1<<20)))
	case 1:
		code := elfobj.Function(kernelName, append(bytes.Repeat([]byte{0x90}, 50_000), 0xc3))
		p.open = append(p.open, post("unread answer", "screen?listing=1", len(code), code))
	case 2:
		c := post("abandoned job", run, len(endless), endless)
		time.Sleep(50 * time.Millisecond) // in which it begins, or gets a place
		c.Close()
		p.open = append(p.open, c)
	}
	if len(p.open) == mostPests {
		p.leave()
	}
}

func (p *pests) leave() {
	for _, c := range p.open {
		c.Close()
	}
	p.open = nil
}

// settled waits until nothing of any client is left in the server.
func (s *soak) settled(t *testing.T) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		resp, err := http.Get(strings.TrimSuffix(s.url, "soak/") + "metrics")
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		left := false
		for _, name := range []string{"webrunner_jobs_running", "webrunner_jobs_waiting", "webrunner_body_bytes", "webrunner_answer_bytes"} {
			// The answer that says so is on its way itself, and has no size yet.
			left = left || !strings.Contains(string(text), name+" 0\n")
		}
		if !left {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("clients have gone, and this is left of them:\n%s", text)
		}
	}
}

// usage is what a server holds.
type usage struct {
	descriptors, goroutines, zombies, children int
	rss, written                               int64 // bytes
	moved                                      int64 // packets sent by other interfaces than lo
}

// ask has the server count its goroutines, and tell the most memory that a child had.
func (s *soak) ask(t *testing.T) (goroutines int, child int64) {
	t.Helper()
	if _, err := fmt.Fprintln(s.in); err != nil {
		t.Fatalf("the server is dead: %v\n%s", err, s.log)
	}
	line, err := s.out.ReadString('\n')
	if err != nil {
		t.Fatalf("the server is dead: %v\n%s", err, s.log)
	}
	if _, err := fmt.Sscan(line, &goroutines, &child); err != nil {
		t.Fatal(err)
	}
	return goroutines, child << 10
}

// peaks returns the most memory that the server and that a child had resident, in bytes.
func (s *soak) peaks(t *testing.T) (server, child int64) {
	t.Helper()
	_, child = s.ask(t)
	return field1(t, fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid), "VmHWM:") << 10, child
}

func (s *soak) usage(t *testing.T) (u usage) {
	t.Helper()
	http.DefaultClient.CloseIdleConnections()
	time.Sleep(300 * time.Millisecond) // the pool refills
	u.goroutines, _ = s.ask(t)
	proc := fmt.Sprintf("/proc/%d/", s.cmd.Process.Pid)
	fds, err := os.ReadDir(proc + "fd")
	if err != nil {
		t.Fatal(err)
	}
	u.descriptors = len(fds)
	u.rss = field1(t, proc+"status", "VmRSS:") << 10
	u.written = field1(t, proc+"io", "write_bytes:") // reaped children included
	u.children, u.zombies = offspring(proc)
	u.moved = packets(t)
	return u
}

// field1 reads a number from a /proc file of lines "key number …".
func field1(t *testing.T, file, key string) int64 {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Skipf("%v: the soak needs it", err)
	}
	for _, line := range strings.Split(string(b), "\n") {
		if f := strings.Fields(line); len(f) > 1 && f[0] == key {
			n, err := strconv.ParseInt(f[1], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatalf("%s has no %s", file, key)
	return 0
}

func offspring(proc string) (all, zombies int) {
	tasks, _ := filepath.Glob(proc + "task/*/children")
	for _, f := range tasks {
		b, _ := os.ReadFile(f) // the thread may just have gone
		for _, pid := range strings.Fields(string(b)) {
			all++
			stat, _ := os.ReadFile("/proc/" + pid + "/stat")
			if _, after, ok := strings.Cut(string(stat), ") "); ok && after[0] == 'Z' {
				zombies++
			}
		}
	}
	return all, zombies
}

// packets counts what interfaces other than lo have sent. It means something
// in a network namespace of its own: scripts/soak.sh makes one.
func packets(t *testing.T) (n int64) {
	t.Helper()
	b, err := os.ReadFile("/proc/net/dev")
	if err != nil || os.Getenv("WEBRUNNER_SOAK_NET") == "" {
		return 0
	}
	for _, line := range strings.Split(string(b), "\n") {
		name, counts, ok := strings.Cut(line, ":")
		f := strings.Fields(counts)
		if !ok || strings.TrimSpace(name) == "lo" || len(f) < 10 {
			continue
		}
		sent, err := strconv.ParseInt(f[9], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		n += sent
	}
	return n
}

// provePackets sends one packet, which must be counted: otherwise a count of
// none would mean nothing.
func provePackets(t *testing.T) {
	t.Helper()
	if os.Getenv("WEBRUNNER_SOAK_NET") == "" {
		return
	}
	before := packets(t)
	c, err := net.Dial("udp", "198.51.100.1:9") // TEST-NET-2, RFC 5737: nobody is there
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte("counted")); err != nil {
		t.Fatal(err)
	}
	if after := packets(t); after != before+1 {
		t.Fatalf("%d packets counted, then one sent, then %d", before, after)
	}
}

// TestSoak fires hostile requests at a real server, one after the other and in
// random order, and looks at what is left of it.
func TestSoak(t *testing.T) {
	count, limit := 150, 10*time.Second
	if v := os.Getenv(soakCount); v != "" {
		var err error
		if count, err = strconv.Atoi(v); err != nil {
			t.Fatal(err)
		}
		limit = 24 * time.Hour
	}
	if v := os.Getenv(soakTime); v != "" {
		var err error
		if limit, err = time.ParseDuration(v); err != nil {
			t.Fatal(err)
		}
	}
	corpus := slices.DeleteFunc(Corpus(false), func(a Attack) bool {
		// An empty body is no object for the server, which says so itself; figures
		// are TestCorpus's matter, which knows the host's calibration.
		return a.Name == "object-empty"
	})
	provePackets(t)
	s := startSoak(t, 1)
	env := environment(t)
	env.Do = s.do
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	watched := make(chan struct{})
	go func() { s.watch(ctx, t); close(watched) }()

	endless := elfobj.Function(kernelName, []byte{0xeb, 0xfe}) // jmp to itself
	pests := pests{count: make(map[string]int)}
	defer pests.leave()
	list := originals(t)
	playground, err := examples.Object("playground")
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	classes := make(map[string]int)
	var before usage
	start, done, failed := time.Now(), 0, 0
	for ; done < count && time.Since(start) < limit; done++ {
		if done == 20 { // once it has warmed up
			before = s.usage(t)
		}
		if done > 20 && done%pestEvery == 0 {
			pests.pester(t, s.url, endless)
		}
		if done%bytesEvery == 1 {
			statuses, err := s.sendBytes(playground, uint64(done))
			if err != nil {
				failed++
				t.Error(err)
			}
			for _, status := range statuses {
				classes[fmt.Sprintf("any bytes, %d", status)]++
			}
			continue
		}
		if done%mutantEvery == 0 {
			object, from, a, err := s.sendMutant(list, uint64(done))
			if err != nil || blames(a.class) {
				failed++
				t.Errorf("%s (%s): %s, %v: %.500s", from, keep(t, object, uint64(done)), a.class, err, a.text)
			}
			classes["mutant, "+a.class]++
			continue
		}
		a := &corpus[random.IntN(len(corpus))]
		o := env.Mount(ctx, a)
		classes[kind(o)]++
		if strings.HasPrefix(o.Detail, lie) {
			t.Logf("%s/%s: %s", o.Name, o.Form, o.Detail)
		}
		if !o.OK && a.Layer != Integrity {
			failed++
			t.Errorf("%s/%s: %s", o.Name, o.Form, o.Detail)
		}
	}
	pests.leave()
	s.settled(t)
	stop()
	<-watched
	after := s.usage(t)
	// The server's goroutines for connections that are closed end when they have been
	// idle for 10 s, and the pests had more than the rest. Of warm children, which became
	// more, one is ended every 10 s.
	for end := time.Now().Add(2 * time.Minute); (after.goroutines > before.goroutines || after.children > before.children) && time.Now().Before(end); time.Sleep(time.Second) {
		after = s.usage(t)
	}
	t.Logf("%d requests in %v, %d not as expected", done, time.Since(start).Round(time.Second), failed)
	t.Logf("beside them %v", pests.count)
	server, child := s.peaks(t)
	t.Logf("resident at most: server %d MiB, child and cell %d MiB", server>>20, child>>20)
	t.Logf("slowest answer of monitor: %v", time.Duration(s.slowest.Load()).Round(time.Millisecond))
	t.Logf("before %+v", before)
	t.Logf("after  %+v", after)
	for _, word := range slices.Sorted(maps.Keys(classes)) {
		t.Logf("%6d  %s", classes[word], word)
	}
	s.judge(t, before, after)
}

// lie begins what a lieError says.
const lie = "a call of"

// kind is the class that an outcome tells, for the table.
func kind(o Outcome) string {
	words := strings.FieldsFunc(o.Detail, func(r rune) bool { return r == ':' || r == ';' || r == ',' })
	switch {
	case strings.HasPrefix(o.Detail, lie):
		return "a result whose forgery was believed"
	case words[0] == "a result":
		return "a result," + words[1]
	}
	return words[0]
}

// judge holds what is left of the server to what there was.
func (s *soak) judge(t *testing.T, before, after usage) {
	t.Helper()
	const slack, growth, bound = 2, 32 << 20, 2 * time.Second
	if slowest := time.Duration(s.slowest.Load()); slowest > bound || slowest == 0 {
		t.Errorf("monitor took %v", slowest)
	}
	if after.zombies != 0 || after.children > before.children+slack {
		t.Errorf("%d zombies, %d children, before %d", after.zombies, after.children, before.children)
	}
	if after.descriptors > before.descriptors+slack || after.goroutines > before.goroutines+slack {
		t.Errorf("%d descriptors, before %d; %d goroutines, before %d", after.descriptors, before.descriptors, after.goroutines, before.goroutines)
	}
	if after.rss > before.rss+growth {
		t.Errorf("%d bytes resident, before %d", after.rss, before.rss)
	}
	if after.written != before.written || after.moved != before.moved {
		t.Errorf("%d bytes written to storage, %d packets sent", after.written-before.written, after.moved-before.moved)
	}
	list, err := os.ReadDir(s.dir)
	if err != nil || len(list) != 0 {
		t.Errorf("in the server's directory: %v, %v", list, err)
	}
	for _, word := range []string{"panic", "fatal error", "goroutine "} {
		if strings.Contains(s.log.String(), word) {
			t.Errorf("the server's log has %q:\n%.4000s", word, s.log)
		}
	}
}
