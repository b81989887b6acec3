package main

import (
	"bytes"
	"encoding/json"
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

// freeAddress is one on which nobody listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// startHAProxy starts HAProxy with deploy/haproxy.cfg, in which addresses are others, and
// returns where it listens, and what it said so far.
func startHAProxy(t *testing.T, addresses map[string]string) (url string, said func() string) {
	t.Helper()
	needsTools(t, "haproxy")
	cfg, err := os.ReadFile("../../deploy/haproxy.cfg")
	if err != nil {
		t.Fatal(err)
	}
	at := freeAddress(t)
	text := strings.Replace(string(cfg), "192.0.2.1:8080", at, 1)
	for from, to := range addresses {
		if !strings.Contains(text, " "+from+"\n") && !strings.Contains(text, " "+from+" ") {
			t.Fatalf("deploy/haproxy.cfg has no %s", from)
		}
		text = strings.ReplaceAll(text, from, to)
	}
	if strings.Contains(strings.ReplaceAll(text, "# bind 192.0.2.1:443", ""), "192.0.2.") {
		t.Fatalf("an address of the configuration has not been replaced:\n%s", text)
	}
	file := filepath.Join(t.TempDir(), "haproxy.cfg")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(file + ".log")
	if err != nil {
		t.Fatal(err)
	}
	said = func() string {
		b, err := os.ReadFile(log.Name())
		if err != nil {
			t.Error(err)
		}
		return string(b)
	}
	cmd := exec.Command("haproxy", "-db", "-f", file)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if text := said(); t.Failed() {
			t.Logf("the last that HAProxy said: %s", text[max(0, len(text)-8192):])
		}
		_ = log.Close()
	})
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		c, err := net.Dial("tcp", at)
		if err == nil {
			_ = c.Close()
			return "http://" + at, said
		}
		if time.Now().After(end) {
			t.Fatalf("haproxy does not listen: %v", err)
		}
	}
}

// load is clients that each send one job after the other, each job with an id of its own.
type load struct {
	url     string
	object  []byte
	stop    chan struct{}
	clients sync.WaitGroup

	mu       sync.Mutex
	statuses map[string]int    // by id
	bodies   map[string]string // of those that are not 200
}

func startLoad(t *testing.T, url string, clients int) *load {
	t.Helper()
	object, err := examples.Object("playground")
	if err != nil {
		t.Fatal(err)
	}
	l := &load{url: url, object: object, stop: make(chan struct{}), statuses: map[string]int{}, bodies: map[string]string{}}
	for i := range clients {
		l.clients.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-l.stop:
					return
				default:
				}
				id := fmt.Sprintf("client-%d-job-%d", i, n)
				status, body := l.job(id)
				l.mu.Lock()
				if l.statuses[id] = status; status != 200 {
					l.bodies[id] = body
				}
				l.mu.Unlock()
			}
		})
	}
	return l
}

func (l *load) job(id string) (int, string) {
	req, err := http.NewRequest(http.MethodPost, l.url+"/zen4/run?kernel=playground&effort=quick", bytes.NewReader(l.object))
	if err != nil {
		return 0, err.Error()
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	req.Header.Set("X-Request-Id", id)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(text)
}

func (l *load) answered() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.statuses)
}

// more waits for so many more answers.
func (l *load) more(t *testing.T, n int) {
	t.Helper()
	for start, end := l.answered(), time.Now().Add(3*time.Minute); l.answered() < start+n; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d answers, and no more: %v", l.answered(), l.bodies)
		}
	}
}

// logged is one line of an access log.
type logged struct {
	ID     string `json:"id"`
	Status int    `json:"status"`
	Class  string `json:"class"`
}

func readLog(t *testing.T, name string) (list []logged) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if !strings.HasSuffix(line, "\n") {
			break // the process was killed
		}
		var l logged
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		list = append(list, l)
	}
	return list
}

// TestHAProxy: of three machines behind deploy/haproxy.cfg one is killed and one becomes
// unfit while clients send jobs. What the killed one had been given is lost, and told to
// be; nothing else is, and nothing is run twice.
func TestHAProxy(t *testing.T) {
	needsTools(t, "haproxy")
	dir := t.TempDir()
	var machines []*service
	var logs []string
	for i, env := range [][]string{nil, {refuse + "=" + lacks()[0].order, refuseLater + "=1"}, nil} {
		name := filepath.Join(dir, fmt.Sprintf("access-%d", i))
		logs = append(logs, name)
		machines = append(machines, startService(t, env, "--name", fmt.Sprintf("zen4-%d", i+1), "--access-log", name, "--log-format", "json"))
	}
	at := func(i int) string { return strings.TrimPrefix(machines[i].url, "http://") }
	url, said := startHAProxy(t, map[string]string{
		"192.0.2.11:8081": at(0), "192.0.2.12:8081": at(1), "192.0.2.13:8081": at(2),
		"192.0.2.21:8081": at(0), "192.0.2.31:8081": at(2),
	})

	object := objectFile(t, "playground")
	fleet := []string{"run", "-k", "playground", "--effort", "quick", "--server", url, "--machine", "zen4,zen5,spr", "-o", "json", object}
	if code, out, stderr := call("", fleet...); code != exitGood || !strings.Contains(out, `"fastest":`) {
		t.Errorf("all are fit: exit code %d, %s %s", code, out, stderr)
	}
	for path, want := range map[string]int{"/zen4/monitor": 200, "/zen5/kernels": 200, "/nowhere/monitor": 404, "/": 200, "/zen5/": 200, "/zen5/page/main.js": 200, "/zen4/nonsense": 404} {
		if status := (&service{t: t, url: url}).get(path); status != want {
			t.Errorf("%s: %d, want %d", path, status, want)
		}
	}

	l := startLoad(t, url, 6)
	l.more(t, 10)
	_ = machines[0].cmd.Process.Kill()
	l.more(t, 10)
	if err := machines[1].cmd.Process.Signal(syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	refused := func() (n int) {
		for _, r := range readLog(t, logs[1]) {
			if r.Status == 503 && strings.HasPrefix(r.ID, "client-") {
				n++
			}
		}
		return n
	}
	for end := time.Now().Add(3 * time.Minute); refused() == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the machine that is unfit refuses no job")
		}
	}
	l.more(t, 15)
	close(l.stop)
	l.clients.Wait()

	// Without the killed one the matrix has the others.
	code, out, stderr := call("", fleet...)
	if code != exitUnfit || strings.Count(out, `"result":`) < 2 || !strings.Contains(out, `{"machine":"zen5","problem":`) || !strings.Contains(out, "nothing of it was run") {
		t.Errorf("one is gone: exit code %d, %s %s", code, out, stderr)
	}
	_ = machines[2].stop(syscall.SIGTERM) // so that its log is whole
	l.account(t, logs)
	for line := range strings.Lines(said()) {
		if strings.Contains(line, " 502 ") && strings.Contains(line, "zen4-jobs/") && !strings.Contains(line, "zen4-jobs/zen4-1 ") {
			t.Errorf("a job is lost that the killed machine did not have: %s", line)
		}
	}
}

// mostLost is how many jobs may be lost with a machine that is killed: the one that runs,
// and what is handed over while Linux takes the process apart, whose listening socket may
// outlive the connection of the job by some milliseconds. Nobody can tell the latter from
// one that has begun.
const mostLost = 3

// account holds what clients were answered against what the machines did.
func (l *load) account(t *testing.T, logs []string) {
	t.Helper()
	done := map[string]int{} // times that a machine answered otherwise than 503
	refused := 0
	for _, name := range logs {
		for _, r := range readLog(t, name) {
			if !strings.HasPrefix(r.ID, "client-") {
				continue
			}
			if r.Status == 503 {
				refused++
				continue
			}
			if done[r.ID]++; done[r.ID] > 1 {
				t.Errorf("%s was run twice", r.ID)
			}
		}
	}
	lost, unlogged := 0, 0
	for id, status := range l.statuses {
		switch {
		case status == 502 && done[id] == 0:
			lost++ // what the killed machine had
		case status != 200:
			t.Errorf("%s: %d %s", id, status, l.bodies[id])
		case done[id] == 0:
			unlogged++ // answered by the killed machine, and killed before it was written down
		}
	}
	if lost+unlogged > mostLost {
		t.Errorf("%d jobs are lost and %d not in any log; the machine that was killed had fewer", lost, unlogged)
	}
	t.Logf("%d jobs answered, %d lost with the machine that had them, %d answered 503 and tried again elsewhere", len(l.statuses), lost, refused)
}
