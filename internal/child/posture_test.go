package child_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"webrunner/internal/cell"
	"webrunner/internal/elfobj"
	"webrunner/internal/hostile"
	"webrunner/internal/runner"
	"webrunner/internal/wire"
	"webrunner/trampoline"
)

// A posture is what /proc says of a process: file, or "file line" where a file
// has many, to the value.
type posture map[string]string

// pageUp rounds a size up to whole pages.
func pageUp(n uint64) uint64 { return (n + 4095) &^ 4095 }

// cellMaps is every mapping of a cell, in the form of /proc/pid/maps without
// offsets and names, for a job with these further regions. The kernel's own
// vsyscall page, which nobody can unmap, is execute-only, readable or absent by
// the host's choice; it is left out.
func cellMaps(job ...string) []string {
	region := func(addr, size uint64, perm string) string {
		return fmt.Sprintf("%08x-%08x %s", addr, addr+pageUp(size), perm)
	}
	control := uint64(reflect.TypeFor[trampoline.Control]().Size())
	return slices.Sorted(slices.Values(append([]string{
		region(trampoline.StubAddr, uint64(len(trampoline.Code())), "r-xp"),
		region(trampoline.ControlAddr, control, "r--s"),
		region(trampoline.GatesAddr, (trampoline.Gates+1)*4096, "---p"), // the first cell of a run is watched in all its records
		region(trampoline.ThreadAddr, trampoline.ThreadSize, "rw-p"),
		region(trampoline.ResultsAddr, 64<<10, "rw-s"),
		region(trampoline.ImageAddr, 1, "r-xp"),
		region(trampoline.StackAddr, cell.StackSize, "rw-p"),
	}, job...))) // their text sorts as their addresses do
}

// TestPosture looks at a child and its cell from outside while an endless
// kernel runs, and compares all that /proc tells.
func TestPosture(t *testing.T) {
	var withData []byte // an endless kernel that has .data
	for _, a := range hostile.Corpus(false) {
		if a.Name == "endless-loop" && a.Form == hostile.Pointer {
			withData = a.Object()
		}
	}
	operand := func(n uint64, size uint64) string {
		return fmt.Sprintf("%08x-%08x rw-s", n, n+pageUp(size))
	}
	const second = trampoline.OperandAddr + 4096 + 1<<20
	for _, tt := range []struct {
		name, kernel string
		params       map[string][]string
		object       []byte
		maps         []string
	}{
		{"operands", "sdot", map[string][]string{"n": {"1000"}}, elfobj.Function("sdot", []byte{0xeb, 0xfe}),
			[]string{operand(trampoline.OperandAddr, 4000), operand(second, 4000)}},
		{"data", "playground", nil, withData, []string{fmt.Sprintf("%08x-%08x rw-p", trampoline.ImageAddr+0x2000, trampoline.ImageAddr+0x3000)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			pool, err := runner.New(runner.Config{})
			if err != nil {
				t.Fatal(err)
			}
			defer pool.Close()
			layers, err := pool.Probe(context.Background(), &wire.Host{})
			if err != nil {
				t.Fatal(err)
			}
			done := endless(t, pool, runJob(t, tt.object, tt.kernel, tt.params))
			childPID, cellPID := await(t, os.Getpid())
			words := wordsFor(t, layers, childPID)
			words["TRACER"] = tracer(t, childPID, cellPID)
			if words["SLACK"] = "1000000"; words["TRACER"] == words["CHILD"] {
				words["SLACK"] = "50000"
			}
			own, inner := look(t, childPID, "task/"+words["TRACER"]+"/status"), look(t, cellPID, "status")
			own.compare(t, "child", words, func(f fact) string { return f.child })
			inner.compare(t, "cell", words, func(f fact) string { return f.cell })
			compareThreads(t, childPID)
			compareMaps(t, childPID, cellPID, cellMaps(tt.maps...))
			compareFiles(t, childPID, cellPID)
			compareOwners(t, childPID, cellPID)
			compareNamespaces(t, layers, childPID, cellPID)
			pool.Close()
			<-done
		})
	}
}

// endless starts a job whose kernel does not end.
func endless(t *testing.T, pool *runner.Pool, job *wire.Job) <-chan struct{} {
	t.Helper()
	var err error
	if job.Host, err = host(); err != nil {
		t.Fatal(err)
	}
	job.Budget = budget()
	job.Budget.Deadline = time.Minute.Microseconds() // it is killed before
	job.Budget.Call = job.Budget.Deadline
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _, _ = pool.Do(context.Background(), job, nil) // it is killed, which is an error or not
	}()
	return done
}

// await waits until a descendant of the process has a stripped cell that stays, and
// returns the child and the cell. Those of children that rehearse are soon gone.
func await(t *testing.T, server int) (childPID, cellPID int) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		for _, c := range descendants(server) {
			for _, k := range descendants(c) {
				// Only the filter, the last step of the script, tells that the cell is ready.
				if status(k, "status")["Seccomp_filters"] < "2" {
					continue
				}
				time.Sleep(500 * time.Millisecond)
				if slices.Contains(descendants(c), k) {
					return c, k
				}
			}
		}
	}
	t.Fatal("no cell appears; what /proc shows of children: ", descendants(server))
	return 0, 0
}

// descendants are the immediate children of all threads of a process.
func descendants(pid int) (list []int) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, f := range tasks {
		b, _ := os.ReadFile(f) // the thread may just have gone
		for _, w := range strings.Fields(string(b)) {
			if n, err := strconv.Atoi(w); err == nil {
				list = append(list, n)
			}
		}
	}
	return list
}

// status reads a /proc file of lines "key: value".
func status(pid int, file string) map[string]string {
	m := make(map[string]string)
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
	for _, line := range strings.Split(string(b), "\n") {
		if k, v, ok := strings.Cut(line, ":"); ok {
			m[k] = strings.TrimSpace(v)
		}
	}
	return m
}

// tracer is the thread of the child that traces the cell, and forks it. It need not be
// the first one: the Go runtime may have moved the main goroutine before it was locked.
func tracer(t *testing.T, child, cell int) string {
	t.Helper()
	thread := status(cell, "status")["TracerPid"]
	if _, err := os.Stat(fmt.Sprintf("/proc/%d/task/%s", child, thread)); err != nil {
		t.Errorf("the cell is traced by %s, which is no thread of the child %d: %v", thread, child, err)
	}
	return thread
}

// look reads all that /proc has of a process: the lines of three files, of which one
// is that of the thread that matters, and every other file as a whole where a fact
// speaks of it.
func look(t *testing.T, pid int, threadStatus string) posture {
	t.Helper()
	p := make(posture)
	for name, file := range map[string]string{"status": threadStatus, "io": "io"} {
		for k, v := range status(pid, file) {
			p[name+" "+k] = v
		}
	}
	limits := readable(t, pid, "limits")
	column := regexp.MustCompile(`^(.{26})(.*)$`)
	for _, line := range strings.Split(limits, "\n")[1:] {
		if m := column.FindStringSubmatch(line); m != nil {
			p["limits "+strings.TrimSpace(m[1])] = strings.TrimSpace(m[2])
		}
	}
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		p[e.Name()] = ""
	}
	for _, f := range facts() {
		if _, there := p[f.key]; there && !strings.Contains(f.key, " ") || strings.HasPrefix(f.key, "attr/") {
			p[f.key] = whole(t, pid, f.key)
		}
	}
	return p
}

// whole is a file's content or where a link leads to. An attribute that no
// security module keeps cannot be read; that is its value.
func whole(t *testing.T, pid int, file string) string {
	t.Helper()
	name := fmt.Sprintf("/proc/%d/%s", pid, file)
	if to, err := os.Readlink(name); err == nil {
		return to
	}
	if b, err := os.ReadFile(name); err == nil {
		return string(b)
	} else if !strings.HasPrefix(file, "attr/") {
		return readable(t, pid, file)
	} else {
		return errors.Unwrap(err).Error()
	}
}

// readable reads a /proc file. Without privilege a child, which is not
// dumpable, cannot be looked at; that is right, and ends the test.
func readable(t *testing.T, pid int, file string) string {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
	if errors.Is(err, fs.ErrPermission) && os.Geteuid() != 0 {
		t.Skipf("only root may read %s of a child: %v", file, err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// wordsFor returns what the words in the table of facts stand for.
func wordsFor(t *testing.T, layers wire.Layers, child int) map[string]string {
	t.Helper()
	uid, gid, groups := os.Getuid(), os.Getgid(), anything // who is not root keeps the groups
	if uid == 0 {
		uid, gid, groups = 65534, 65534, ""
	}
	words := map[string]string{
		"SERVER": strconv.Itoa(os.Getpid()), "CHILD": strconv.Itoa(child),
		"USER": strconv.Itoa(uid), "GROUPS": groups, "GROUP": strconv.Itoa(gid),
		"BOUNDING": "[0-9a-f]{16}", "CGROUP": "SAME", "MAP-UID": "SAME", "MAP-GID": "SAME",
	}
	if layers[wire.LayerCapabilities] == (wire.Layer{Enforced: true}) {
		words["BOUNDING"] = noCapability
	} else if os.Getuid() == 0 {
		t.Errorf("root cannot empty the bounding set: %s", layers[wire.LayerCapabilities])
	}
	if layers[wire.LayerCgroup].Enforced {
		words["CGROUP"] = `(?s:.*)/children\n`
	}
	if ns := layers[wire.LayerNamespaces]; ns.Enforced && regexp.MustCompile(`^\(.*\buser\b.*\)`).MatchString(ns.Detail) {
		words["MAP-UID"] = fmt.Sprintf(` +65534 +%d +1\n`, uid) // one user, and nobody else
		words["MAP-GID"] = fmt.Sprintf(` +65534 +%d +1\n`, gid)
	}
	return words
}

// order is in which the words are replaced: a longer one before its part.
func order() []string {
	return []string{"MAP-UID", "MAP-GID", "SERVER", "CHILD", "TRACER", "SLACK", "USER", "GROUPS", "CGROUP", "GROUP", "BOUNDING"}
}

// compare holds all that was seen to the table: nothing else may be there.
func (got posture) compare(t *testing.T, who string, words map[string]string, pattern func(fact) string) {
	t.Helper()
	server, known := look(t, os.Getpid(), "status"), irrelevant()
	for _, file := range elsewhere() {
		known[file] = "compared by a function"
	}
	for _, f := range facts() {
		value, there := got[f.key]
		if known[f.key] = "a fact"; !there {
			continue // an older kernel; mustTell has what each tells
		}
		want := pattern(f)
		for _, w := range order() {
			want = strings.ReplaceAll(want, w, words[w])
		}
		want = strings.ReplaceAll(want, "SAME", regexp.QuoteMeta(server[f.key]))
		if !regexp.MustCompile(`^(?:` + want + `)$`).MatchString(value) {
			t.Errorf("%s: %s is %q, want %s", who, f.key, value, want)
		}
	}
	for key, value := range got {
		if known[key] == "" {
			t.Errorf("%s: /proc tells %s %q, which nobody has judged yet", who, key, value)
		}
	}
	for _, key := range mustTell() {
		if _, there := got[key]; !there {
			t.Errorf("%s: /proc does not tell %s", who, key)
		}
	}
}

// mustTell is what every kernel since 5.13 tells.
func mustTell() []string {
	return []string{"status PPid", "status TracerPid", "status Uid", "status Gid", "status Groups", "status Threads",
		"status CapInh", "status CapPrm", "status CapEff", "status CapBnd", "status CapAmb", "status NoNewPrivs", "status Seccomp",
		"status Seccomp_filters", "limits Max cpu time", "limits Max processes", "limits Max address space", "limits Max core file size",
		"cmdline", "environ", "cgroup", "cwd", "root", "maps", "fd", "ns", "task"}
}

// compareThreads: what is a thread's own is the same in all of a child's. Only
// the bounding set is emptied in the one that forks cells alone.
func compareThreads(t *testing.T, pid int) {
	t.Helper()
	list, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		t.Fatal(err)
	}
	first := status(pid, "status")
	for _, e := range list {
		own := status(pid, "task/"+e.Name()+"/status")
		if len(own) == 0 {
			continue // it has ended meanwhile
		}
		for _, key := range []string{"Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapAmb", "NoNewPrivs", "Seccomp", "Seccomp_filters"} {
			if own[key] != first[key] {
				t.Errorf("thread %s of the child: %s is %q, its first thread's %q", e.Name(), key, own[key], first[key])
			}
		}
	}
}

// compareMaps holds the cell's mappings to the list: these and no other. Of a
// child's, none may be writable and executable at once.
func compareMaps(t *testing.T, child, cell int, want []string) {
	t.Helper()
	for line := range strings.Lines(readable(t, child, "maps")) {
		if strings.Contains(strings.Fields(line)[1], "wx") {
			t.Errorf("the child has code that can be written: %s", line)
		}
	}
	var got []string
	for _, line := range strings.Split(strings.TrimSpace(readable(t, cell, "maps")), "\n") {
		f := strings.Fields(line)
		if len(f) > 5 && f[len(f)-1] == "[vsyscall]" {
			continue
		}
		got = append(got, f[0]+" "+f[1])
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("mappings of the cell:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// compareFiles: a child has its two pipes, its crash pipe, twice /dev/null, and
// what the Go runtime itself opens: its poller and the cgroup's CPU limit,
// which Linux lets it read only. A cell that reads no counters has nothing.
func compareFiles(t *testing.T, child, cell int) {
	t.Helper()
	for fd, to := range files(t, child) {
		want := map[int]string{0: `/dev/null`, 1: `/dev/null`, 2: `pipe:.*`, 3: `pipe:.*`, 4: `pipe:.*`}[fd]
		if fd > 4 {
			want = `anon_inode:\[(eventpoll|eventfd)\]|/sys/fs/cgroup/.*/(cpu\.max|cpu\.cfs_(quota|period)_us)`
		}
		if !regexp.MustCompile(`^(?:` + want + `)$`).MatchString(to) {
			t.Errorf("descriptor %d of the child is %s, want %s", fd, to, want)
		}
		if fd > 4 && strings.HasPrefix(to, "/") && flags(t, child, fd)&syscall.O_ACCMODE != syscall.O_RDONLY {
			t.Errorf("descriptor %d of the child, %s, can be written", fd, to)
		}
	}
	if f := files(t, cell); len(f) != 0 {
		t.Errorf("descriptors of the cell: %v", f)
	}
}

func files(t *testing.T, pid int) map[int]string {
	t.Helper()
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	m := make(map[int]string)
	for _, e := range list {
		n, err := strconv.Atoi(e.Name())
		if err != nil {
			t.Fatal(err)
		}
		if m[n], err = os.Readlink(dir + "/" + e.Name()); err != nil {
			delete(m, n) // closed meanwhile
		}
	}
	return m
}

func flags(t *testing.T, pid, fd int) int64 {
	t.Helper()
	n, err := strconv.ParseInt(status(pid, fmt.Sprintf("fdinfo/%d", fd))["flags"], 8, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// compareOwners: Linux gives the files in /proc of what is not dumpable to
// root. A child is not, and its cell must be, for its tracer to read it.
func compareOwners(t *testing.T, childPID, cellPID int) {
	t.Helper()
	if os.Getuid() != 0 {
		return // the test needs two users
	}
	if o := owner(t, childPID); o != 0 {
		t.Errorf("the child is dumpable: user %d owns its files in /proc", o)
	}
	if o := owner(t, cellPID); o != 65534 {
		t.Errorf("its tracer cannot read the cell: user %d owns its files in /proc", o)
	}
}

func owner(t *testing.T, pid int) uint32 {
	t.Helper()
	var st syscall.Stat_t
	if err := syscall.Stat(fmt.Sprintf("/proc/%d/status", pid), &st); err != nil {
		t.Fatal(err)
	}
	return st.Uid
}

// compareNamespaces: whatever the layer names as enforced is another namespace
// than the server's, and the cell's is the child's.
func compareNamespaces(t *testing.T, layers wire.Layers, child, cell int) {
	t.Helper()
	var enforced string
	if ns := layers[wire.LayerNamespaces]; ns.Enforced {
		enforced, _, _ = strings.Cut(ns.Detail, ";")
	}
	for name, file := range map[string]string{"user": "user", "pid": "pid", "net": "net", "ipc": "ipc", "uts": "uts", "mount": "mnt", "cgroup": "cgroup"} {
		ns := func(pid int) string {
			s, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/%s", pid, file))
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		own := ns(os.Getpid())
		if other := ns(child) != own; other != regexp.MustCompile(`\b`+name+`\b`).MatchString(enforced) {
			t.Errorf("%s namespace: another than the server's %v, the layer says %s", name, other, layers[wire.LayerNamespaces])
		}
		if ns(cell) != ns(child) {
			t.Errorf("%s namespace of the cell is not the child's", name)
		}
	}
	compareNamespaceKinds(t, child, cell)
	if !strings.Contains(enforced, "net") {
		return
	}
	b := readable(t, cell, "net/dev")
	for _, line := range strings.Split(b, "\n")[2:] {
		f := strings.Fields(line)
		if len(f) > 10 && (f[1] != "0" || f[9] != "0") {
			t.Errorf("bytes have moved in the cell's network: %s", line)
		}
	}
}

// compareNamespaceKinds: /proc shows no namespace that nobody has judged. The
// time namespace is the server's: its offsets are compared, and it hides
// nothing.
func compareNamespaceKinds(t *testing.T, pids ...int) {
	t.Helper()
	known := []string{"cgroup", "ipc", "mnt", "net", "pid", "pid_for_children", "time", "time_for_children", "user", "uts"}
	for _, pid := range pids {
		list, err := os.ReadDir(fmt.Sprintf("/proc/%d/ns", pid))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			if !slices.Contains(known, e.Name()) {
				t.Errorf("a namespace that nobody has judged yet: %s", e.Name())
			}
		}
	}
}

// serverEnv makes TestServerToBeKilled be the server that it is named for.
const serverEnv = "WEBRUNNER_TEST_SERVER"

// TestServerToBeKilled is the victim of TestNothingOutlivesTheServer.
func TestServerToBeKilled(t *testing.T) {
	if os.Getenv(serverEnv) == "" {
		t.Skip("a part of TestNothingOutlivesTheServer")
	}
	pool, err := runner.New(runner.Config{})
	if err != nil {
		t.Fatal(err)
	}
	done := endless(t, pool, runJob(t, example(t, "loop"), "playground", nil))
	await(t, os.Getpid())
	fmt.Println("ready")
	<-done
}

// TestNothingOutlivesTheServer kills a server without warning. Its children,
// warm ones and the one at work, and its cell must go with it.
func TestNothingOutlivesTheServer(t *testing.T) {
	cmd := exec.Command("/proc/self/exe", "-test.run", "^TestServerToBeKilled$")
	cmd.Env = append(os.Environ(), serverEnv+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if line != "ready\n" {
		t.Errorf("the server said %q, %v", line, err)
	}
	var all []int
	for _, c := range descendants(cmd.Process.Pid) {
		all = append(append(all, c), descendants(c)...)
	}
	if len(all) < 2 {
		t.Errorf("the server has only %v", all)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait() // killed
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		all = slices.DeleteFunc(all, func(pid int) bool { return !alive(pid) })
		if len(all) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("processes that outlive the server: %v", all)
		}
	}
}

// alive tells whether a process is more than a zombie, which waits for its
// adopter only.
func alive(pid int) bool {
	s := status(pid, "status")["State"]
	return s != "" && s[0] != 'Z' && s[0] != 'X'
}
