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
	"webrunner/internal/runner"
	"webrunner/internal/wire"
	"webrunner/selftest/hostile"
	"webrunner/trampoline"
)

// A posture is what /proc says of a process: file and, in files of many lines,
// key, to a regular expression that the whole value must match.
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
	return append(append([]string{
		region(trampoline.StubAddr, uint64(len(trampoline.Code())), "r-xp"),
		region(trampoline.ControlAddr, control, "r--p"),
		region(trampoline.ThreadAddr, trampoline.ThreadSize, "r--p"),
		region(trampoline.ResultsAddr, 1<<20, "rw-s"),
		region(trampoline.ImageAddr, 1, "r-xp"),
	}, job...), region(trampoline.StackAddr, cell.StackSize, "rw-p"))
}

// childPosture and cellPosture are everything that /proc tells about rights and
// resources. Names of namespaces that the host gave are added by the test.
func childPosture() posture {
	return posture{
		"status Threads": `\d{1,2}`, "status TracerPid": "0", "status Seccomp": "2", "status Seccomp_filters": `[1-9]\d*`, "status NoNewPrivs": "1",
		"status CapInh": "0{16}", "status CapPrm": "0{16}", "status CapEff": "0{16}", "status CapAmb": "0{16}",
		// SigBlk changes while the runtime forks. Signal 32 belongs to C libraries;
		// some parents, such as make, leave it ignored.
		"status SigIgn":       "0{8}[08]0{7}",
		"limits Max cpu time": "120 +120 +seconds", "limits Max file size": "0 +0 +bytes", "limits Max core file size": "[01] +[01] +bytes",
		"limits Max processes": `256 +256 +processes`, "limits Max open files": `64 +64 +files`,
		"limits Max pending signals": `\d{1,2} +\d{1,2} +signals`, "limits Max msgqueue size": "0 +0 +bytes",
		"cmdline": "webrunner-child\x00without=\x00", "environ": "",
	}
}

func cellPosture() posture {
	return posture{
		"status Threads": "1", "status TracerPid": "CHILD", "status PPid": "CHILD", "status Seccomp": "2",
		"status Seccomp_filters": `[2-9]\d*`, "status NoNewPrivs": "1",
		"status CapInh": "0{16}", "status CapPrm": "0{16}", "status CapEff": "0{16}", "status CapAmb": "0{16}",
		"status SigIgn": "0{8}[08]0{7}", "status SigBlk": "0{16}", "status SigCgt": "0{16}",
		"status SigPnd": "0{16}", "status ShdPnd": "0{16}",
		"limits Max cpu time": `\d{1,2} +\d{1,2} +seconds`, "limits Max file size": "0 +0 +bytes", "limits Max core file size": "[01] +[01] +bytes",
		"limits Max processes": `0 +0 +processes`, "limits Max open files": `64 +64 +files`,
		"limits Max msgqueue size": "0 +0 +bytes",
		"cmdline":                  "", "environ": "",
	}
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
			done := endless(t, pool, runJob(t, tt.object, tt.kernel, tt.params))
			childPID, cellPID := await(t, os.Getpid())
			own, inner := look(t, childPID), look(t, cellPID)
			own.compare(t, "child", childPosture(), childPID)
			inner.compare(t, "cell", cellPosture(), childPID)
			compareMaps(t, cellPID, cellMaps(tt.maps...))
			compareFiles(t, childPID, cellPID)
			compareUsers(t, childPID, cellPID, own, inner)
			compareNamespaces(t, pool, childPID, cellPID)
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
	job.Budget.Call = job.Budget.Deadline
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _, _ = pool.Do(context.Background(), job, nil) // it is killed, which is an error or not
	}()
	return done
}

// await waits until a descendant of the process has a stripped cell, and
// returns the child and the cell.
func await(t *testing.T, server int) (childPID, cellPID int) {
	t.Helper()
	for deadline := time.Now().Add(8 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		for _, c := range descendants(server) {
			for _, k := range descendants(c) {
				// Only the filter, the last step of the script, tells that the cell is ready.
				if status(k, "status")["Seccomp_filters"] >= "2" {
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

// look reads all that a posture speaks of.
func look(t *testing.T, pid int) posture {
	t.Helper()
	p := make(posture)
	for k, v := range status(pid, "status") {
		p["status "+k] = v
	}
	limits := readable(t, pid, "limits")
	column := regexp.MustCompile(`^(.{26})(.*)$`)
	for _, line := range strings.Split(limits, "\n")[1:] {
		if m := column.FindStringSubmatch(line); m != nil {
			p["limits "+strings.TrimSpace(m[1])] = strings.TrimSpace(m[2])
		}
	}
	for _, f := range []string{"cmdline", "environ"} {
		p[f] = readable(t, pid, f)
	}
	return p
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

// compare holds what was seen to the table. CHILD stands for the child's number.
func (got posture) compare(t *testing.T, who string, want posture, child int) {
	t.Helper()
	for key, pattern := range want {
		pattern = strings.ReplaceAll(pattern, "CHILD", strconv.Itoa(child))
		value, ok := got[key]
		if !ok && key == "status Seccomp_filters" {
			continue // Linux before 5.9 does not tell
		}
		if !ok || !regexp.MustCompile(`^(?:`+pattern+`)$`).MatchString(value) {
			t.Errorf("%s: %s is %q, want %s", who, key, value, pattern)
		}
	}
}

// compareMaps holds the cell's mappings to the list: these and no other.
func compareMaps(t *testing.T, pid int, want []string) {
	t.Helper()
	var got []string
	for _, line := range strings.Split(strings.TrimSpace(readable(t, pid, "maps")), "\n") {
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

// compareUsers: under root both are nobody, all four times; else the user of
// this test.
func compareUsers(t *testing.T, childPID, cellPID int, child, cell posture) {
	t.Helper()
	uid, gid := os.Getuid(), os.Getgid()
	if uid == 0 {
		uid, gid = 65534, 65534
		for who, p := range map[string]posture{"child": child, "cell": cell} {
			if g := p["status Groups"]; g != "" {
				t.Errorf("%s: groups %q", who, g)
			}
		}
	}
	if os.Getuid() == 0 {
		// Linux gives the files in /proc of what is not dumpable to root.
		if o := owner(t, childPID); o != 0 {
			t.Errorf("the child is dumpable: user %d owns its files in /proc", o)
		}
		if o := owner(t, cellPID); o != uint32(uid) {
			t.Errorf("its tracer cannot read the cell: user %d owns its files in /proc", o)
		}
	}
	for key, id := range map[string]int{"status Uid": uid, "status Gid": gid} {
		want := strings.TrimSuffix(strings.Repeat(strconv.Itoa(id)+"\t", 4), "\t")
		for who, p := range map[string]posture{"child": child, "cell": cell} {
			if p[key] != want {
				t.Errorf("%s: %s is %q, want %q", who, key, p[key], want)
			}
		}
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
func compareNamespaces(t *testing.T, pool *runner.Pool, child, cell int) {
	t.Helper()
	layers, _, err := pool.Probe(context.Background(), wire.Host{})
	if err != nil {
		t.Fatal(err)
	}
	enforced, _, _ := strings.Cut(layers[runner.Namespaces], ";")
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
			t.Errorf("%s namespace: another than the server's %v, the layer says %q", name, other, layers[runner.Namespaces])
		}
		if ns(cell) != ns(child) {
			t.Errorf("%s namespace of the cell is not the child's", name)
		}
	}
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
