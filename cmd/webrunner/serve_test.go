package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"webrunner/examples"
)

// service is a real server process.
type service struct {
	t      *testing.T
	cmd    *exec.Cmd
	url    string
	stderr bytes.Buffer
	lines  chan string // of its standard output, after the first
}

func startService(t *testing.T, env []string, args ...string) *service {
	t.Helper()
	s := startServiceAt(t, env, append([]string{"--listen", "127.0.0.1:0"}, args...)...)
	s.waitFit()
	return s
}

// startServiceAt starts a service and waits until it says where it listens.
func startServiceAt(t *testing.T, env []string, args ...string) *service {
	t.Helper()
	cmd := program(t, append([]string{"serve"}, args...)...)
	cmd.Env = append(cmd.Env, env...)
	return startServiceBy(t, cmd)
}

// startServiceBy starts a service by a command, and waits until it says where it listens.
func startServiceBy(t *testing.T, cmd *exec.Cmd) *service {
	t.Helper()
	needsChild(t)
	s := &service{t: t, cmd: cmd, lines: make(chan string, 1000)}
	s.cmd.Stderr = &s.stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.cmd.Process.Kill(); _ = s.cmd.Wait() })
	first := make(chan string, 1)
	go func() {
		defer close(s.lines)
		r := bufio.NewScanner(out)
		if r.Scan() {
			first <- r.Text()
		}
		for r.Scan() {
			s.lines <- r.Text()
		}
	}()
	select {
	case line := <-first:
		_, s.url, _ = strings.Cut(line, "listening on ")
		s.url = strings.TrimSuffix(s.url, "/")
	case <-time.After(20 * time.Second):
		t.Fatalf("it does not say that it listens: %s", s.stderr.String())
	}
	return s
}

func (s *service) waitFit() {
	s.t.Helper()
	for end := time.Now().Add(20 * time.Second); s.get("/m/monitor") != 200; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("it does not become fit: %s", s.stderr.String())
		}
	}
}

func (s *service) get(target string) int {
	s.t.Helper()
	resp, err := http.Get(s.url + target)
	if err != nil {
		s.t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

// waitRunning waits until a job of a client is in the gate: a slot alone may be
// that of the self-check or of the grading.
func (s *service) waitRunning() {
	s.t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		resp, err := http.Get(s.url + "/metrics")
		if err != nil {
			s.t.Fatal(err)
		}
		text, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if strings.Contains(string(text), "webrunner_jobs_running 1") && !strings.Contains(string(text), "webrunner_body_bytes 0\n") {
			return
		}
		if time.Now().After(end) {
			s.t.Fatal("no job gets a slot")
		}
	}
}

func (s *service) run(name string) (int, string) { return s.post("run?kernel=playground", name, "") }

// runJSON runs an example as a query says and returns the result's JSON.
func (s *service) runJSON(name, query string) (int, string) {
	return s.post("run?"+query, name, "application/json")
}

func (s *service) post(command, name, accept string) (int, string) {
	b, err := examples.Object(name)
	if err != nil {
		s.t.Error(err)
	}
	req, err := http.NewRequest(http.MethodPost, s.url+"/m/"+command, bytes.NewReader(b))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	req.Header.Set("Accept", accept)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Error(err)
		return 0, ""
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text)
}

// stop sends a signal and returns the exit code.
func (s *service) stop(sig os.Signal) int {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { _ = s.cmd.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(40 * time.Second):
		s.t.Fatalf("it does not stop: %s", s.stderr.String())
	}
	return s.cmd.ProcessState.ExitCode()
}

func TestServe(t *testing.T) {
	s := startService(t, nil, "--timeout", "2s", "--without", "cgroup") // which many hosts do not give
	if status, body := s.run("playground"); status != 200 || !strings.HasPrefix(body, "Cycles") {
		t.Errorf("%d %s", status, body)
	}
	for _, row := range []struct{ object, class string }{
		{"socket", "refused-instruction"}, {"socket_late", "forbidden-syscall"}, {"execve_late", "forbidden-syscall"},
		{"fork_late", "forbidden-syscall"}, {"open_late", "forbidden-syscall"}, {"loop", "timeout"}, {"wild", "crashed"}, {"ud2", "crashed"},
	} {
		if status, body := s.run(row.object); status != 422 || !strings.HasPrefix(body, "error: "+row.class+":") {
			t.Errorf("%s: %d %s", row.object, status, body)
		}
		if status, body := s.run("playground"); status != 200 {
			t.Errorf("after %s: %d %s", row.object, status, body)
		}
	}
	if code := s.stop(syscall.SIGTERM); code != exitGood {
		t.Errorf("exit code %d: %s", code, s.stderr.String())
	}
	if !strings.Contains(s.stderr.String(), "children run without cgroup, and programs of this host reach 127.0.0.1:") {
		t.Errorf("the error log has %s", s.stderr.String())
	}
	line := <-s.lines
	if !strings.Contains(line, `"GET /m/monitor" `) || !strings.Contains(line, `machine="m"`) {
		t.Errorf("access log %q", line)
	}
}

// TestEndlessKernel: a kernel that never returns delays no monitor.
func TestEndlessKernel(t *testing.T) {
	const limit = 4 * time.Second
	s := startService(t, nil, "--timeout", limit.String())
	var loop sync.WaitGroup
	loop.Go(func() {
		if status, body := s.run("loop"); status != 422 || !strings.Contains(body, "timeout") {
			t.Errorf("%d %s", status, body)
		}
	})
	time.Sleep(200 * time.Millisecond)
	for range 20 {
		start := time.Now()
		if status := s.get("/m/monitor"); status != 200 {
			t.Errorf("monitor: %d", status)
		}
		if d := time.Since(start); d >= limit {
			t.Errorf("the monitor took %v", d)
		}
	}
	loop.Wait()
}

// TestDrainOnSignal: the running job is answered, then the process ends well.
func TestDrainOnSignal(t *testing.T) {
	s := startService(t, nil, "--timeout", "6s")
	answered := make(chan int, 1)
	go func() { status, _ := s.run("loop"); answered <- status }()
	s.waitRunning()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); s.get("/m/monitor") != 503; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the monitor of a draining server does not say so")
		}
	}
	if status := <-answered; status != 422 {
		t.Errorf("the running job: %d", status)
	}
	_ = s.cmd.Wait()
	if code := s.cmd.ProcessState.ExitCode(); code != exitGood {
		t.Errorf("exit code %d: %s", code, s.stderr.String())
	}
}

func TestSecondSignal(t *testing.T) {
	s := startService(t, nil, "--timeout", "6s")
	go s.run("loop")
	s.waitRunning()
	_ = s.cmd.Process.Signal(syscall.SIGINT)
	time.Sleep(100 * time.Millisecond) // two signals at once are one
	if code := s.stop(syscall.SIGINT); code == exitGood {
		t.Error("stopped at once, and says that all is well")
	}
}

func TestRemote(t *testing.T) {
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("0123456789abcdef\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := startService(t, nil, "--token-file", token)
	playground, late := objectFile(t, "playground"), objectFile(t, "socket_late")
	for _, row := range []struct {
		args string
		code int
		out  string
	}{
		{"run -k playground --server URL --token-file TOKEN " + playground, exitGood, "Cycles"},
		{"run -k playground --server URL --token-file TOKEN -o csv " + playground, exitGood, "Cycles"},
		{"run -k playground --server URL --token-file TOKEN " + late, exitFailed, "forbidden-syscall"},
		{"run -k playground --server URL " + playground, exitUsage, "unauthorized"},
		{"run -k playground --param n=1 --server URL --token-file TOKEN " + playground, exitUsage, "bad-parameter"},
		{"screen --server URL --token-file TOKEN " + playground, exitGood, "accepted"},
		{"screen --server URL --token-file TOKEN " + objectFile(t, "socket"), exitFailed, "refused"},
	} {
		args := strings.NewReplacer("URL", s.url, "TOKEN", token).Replace(row.args)
		code, out, stderr := call("", strings.Fields(args)...)
		if code == exitFailed && strings.Contains(out+stderr, "suspect") {
			code = exitGood // a busy host makes figures doubtful, which is no matter of this test
		}
		if code != row.code || !strings.Contains(out+stderr, row.out) {
			t.Errorf("%s: %d %s %s", row.args, code, out, stderr)
		}
	}
}

// TestNotify is the service manager's side of the protocol, through a socket
// in the file system and an abstract one.
func TestNotify(t *testing.T) {
	for _, name := range []string{filepath.Join(t.TempDir(), "notify"), fmt.Sprintf("@webrunner-test-%d", os.Getpid())} {
		l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		s := startService(t, []string{"NOTIFY_SOCKET=" + name, "WATCHDOG_USEC=200000"})
		want := []string{"READY=1", "WATCHDOG=1", "WATCHDOG=1"}
		for _, w := range want {
			if got := receive(t, l); got != w {
				t.Errorf("%s: %q, want %q", name, got, w)
			}
		}
		s.stop(syscall.SIGTERM)
		for got := receive(t, l); got != "STOPPING=1"; got = receive(t, l) {
			if got != "WATCHDOG=1" {
				t.Fatalf("%q, want STOPPING=1", got)
			}
		}
	}
}

func receive(t *testing.T, l *net.UnixConn) string {
	t.Helper()
	var b [256]byte
	_ = l.SetReadDeadline(time.Now().Add(10 * time.Second))
	n, err := l.Read(b[:])
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:n])
}

// TestWatchdogStops: an unfit server is silent, so that it is restarted.
func TestWatchdogStops(t *testing.T) {
	name := filepath.Join(t.TempDir(), "notify")
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	env := map[string]string{"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "20000"}
	n := newNotifier(func(k string) string { return env[k] }, t.Logf)
	stop := n.watch(func() bool { return false })
	defer stop()
	_ = l.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	var b [16]byte
	if k, err := l.Read(b[:]); err == nil {
		t.Errorf("an unfit server sends %q", b[:k])
	}
	env["WATCHDOG_PID"] = "1"
	if n := newNotifier(func(k string) string { return env[k] }, t.Logf); n.every != 0 {
		t.Error("the watchdog of another process is fed")
	}
}

func TestAddress(t *testing.T) {
	for _, row := range []struct {
		listen    string
		port      string
		anonymous bool
		want      string // empty: refused
	}{
		{"127.0.0.1:8081", "", false, "127.0.0.1:8081"},
		{"127.0.0.1:8081", "9000", false, ""}, // which one?
		{"127.0.0.1:9000", "9000", false, "127.0.0.1:9000"},
		{"127.0.0.1:0", "9000", false, ""},
		{"127.0.0.1", "9000", false, "127.0.0.1:9000"},
		{"127.0.0.1:", "9000", false, "127.0.0.1:9000"},
		{"127.0.0.1", "0", false, "127.0.0.1:0"},
		{"127.0.0.1", "", false, "127.0.0.1:8081"},
		{"localhost:80", "", false, "127.0.0.1:80"},
		{"[::1]:80", "", false, "[::1]:80"},
		{"[::1]", "80", false, "[::1]:80"},
		{"::1", "80", false, "[::1]:80"},
		{"0.0.0.0:80", "", true, "0.0.0.0:80"},
		{":80", "", true, ":80"},
		{"0.0.0.0:80", "", false, ""},
		{":80", "", false, ""},
		{"[::]:80", "", false, ""},
		{"192.0.2.1:80", "", false, ""},
		{"example.org:80", "", true, ""},
		{"127.0.0.1:http", "", false, ""},
		{"127.0.0.1", "65536", false, ""},
		{"127.0.0.1", "-1", false, ""},
	} {
		o := serveOptions{listen: row.listen, port: row.port, anonymous: row.anonymous}
		network, got, err := o.address()
		if got != row.want || (err == nil) != (row.want != "") {
			t.Errorf("%+v: %q %v", row, got, err)
		}
		if four := strings.Contains(got, "."); four != (network == "tcp4") {
			t.Errorf("%+v: %q in %q", row, got, network)
		}
	}
}

// TestPortInUse: whoever starts a second server learns how to give it a port.
func TestPortInUse(t *testing.T) {
	needsChild(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	if code, _, stderr := call("", "-p", port); code != exitUnfit || !strings.Contains(stderr, "--port PORT takes another") {
		t.Errorf("%d %s", code, stderr)
	}
}

// TestServeWithout: a server that lacks a layer says so where operators look,
// and who can reach it.
func TestServeWithout(t *testing.T) {
	for _, row := range []struct {
		without []string
		ip      string
		want    string
	}{
		{nil, "0.0.0.0", ""},
		{[]string{"landlock", "seccomp"}, "0.0.0.0", "warning: children run without landlock, seccomp, and other hosts reach 0.0.0.0:80\n"},
		{[]string{"landlock"}, "127.0.0.1", "warning: children run without landlock, and programs of this host reach 127.0.0.1:80\n"},
	} {
		var log strings.Builder
		o := serveOptions{engineOptions: engineOptions{without: row.without}}
		o.warn(&net.TCPAddr{IP: net.ParseIP(row.ip), Port: 80}, func(f string, a ...any) { fmt.Fprintf(&log, f+"\n", a...) })
		if log.String() != row.want {
			t.Errorf("%v at %s: %q", row.without, row.ip, log.String())
		}
	}
}

func TestParseBytes(t *testing.T) {
	for s, want := range map[string]int{"1": 1, "16M": 16 << 20, "4K": 4096, "512M": 512 << 20, "0": 0, "": 0, "513M": 0, "-1": 0, "1G": 0, "M": 0, "99999999999": 0} {
		if got, err := parseBytes("--max-body", s); got != want || (err == nil) != (want > 0) {
			t.Errorf("%q: %d %v", s, got, err)
		}
	}
}
