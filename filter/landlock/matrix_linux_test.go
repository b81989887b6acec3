package landlock

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"webrunner/filter/internal/victim"
)

// operation is one row of the matrix. Without Landlock it must succeed; from
// level since on it must fail with the named errno.
type operation struct {
	name  string
	since int
	want  string
	do    func(w *world) error
}

// world is what a victim has: its directory with some things in it, and what
// it opened before it was restricted.
type world struct {
	parent   int    // process that is not restricted
	thread   int    // of this process
	port     int    // where the parent listens on TCP
	abstract string // and on this abstract unix socket
	before   int    // descriptor of "file", opened for reading and writing
}

var matrix = []operation{
	{"read a file", 1, "EACCES", func(*world) error { return open("file", unix.O_RDONLY) }},
	{"write a file", 1, "EACCES", func(*world) error { return open("file", unix.O_WRONLY) }},
	{"create a file", 1, "EACCES", func(*world) error { return open("new", unix.O_CREAT|unix.O_WRONLY) }},
	{"make a nameless file", 1, "EACCES", func(*world) error { return open(".", unix.O_TMPFILE|unix.O_RDWR) }},
	{"list a directory", 1, "EACCES", func(*world) error { return open(".", unix.O_RDONLY|unix.O_DIRECTORY) }},
	{"open a device", 1, "EACCES", func(*world) error { return open("/dev/null", unix.O_RDWR) }},
	{"open procfs", 1, "EACCES", func(*world) error { return open("/proc/self/status", unix.O_RDONLY) }},
	{"make a directory", 1, "EACCES", func(*world) error { return unix.Mkdir("newdir", 0o700) }},
	{"remove a directory", 1, "EACCES", func(*world) error { return unix.Rmdir("empty") }},
	{"remove a file", 1, "EACCES", func(*world) error { return unix.Unlink("file") }},
	{"make a symbolic link", 1, "EACCES", func(*world) error { return unix.Symlink("file", "new") }},
	{"link", 1, "EACCES", func(*world) error { return unix.Link("file", "new") }},
	{"rename", 1, "EACCES", func(*world) error { return unix.Rename("file", "new") }},
	{"rename across directories", 1, "EACCES", func(*world) error { return unix.Rename("file", "sub/new") }},
	{"make a pipe with a name", 1, "EACCES", func(*world) error { return unix.Mkfifo("fifo", 0o600) }},
	{"make a unix socket with a name", 1, "EACCES", bindPath},
	{"execute", 1, "EACCES", func(*world) error { return execute("/proc/self/exe") }},
	{"truncate by name", 3, "EACCES", func(*world) error { return unix.Truncate("file", 0) }},

	{"TCP bind", 4, "EACCES", func(*world) error { return bindInet(unix.SOCK_STREAM) }},
	{"TCP connect", 4, "EACCES", connectTCP},
	{"UDP bind", 10, "EACCES", func(*world) error { return bindInet(unix.SOCK_DGRAM) }},
	{"UDP send", 10, "EACCES", sendUDP},
	{"connect to an abstract socket outside", 6, "EPERM", func(w *world) error { return connectUnix("@" + w.abstract) }},
	{"connect to a unix socket outside by path", 9, "EACCES", func(*world) error { return connectUnix("server") }},
	{"signal a process outside", 6, "EPERM", func(w *world) error { return unix.Kill(w.parent, 0) }},
	{"trace a process outside", 1, "EPERM", func(w *world) error { return unix.PtraceSeize(w.parent) }},

	{"write to a descriptor opened before", never, "", func(w *world) error { _, err := unix.Write(w.before, []byte("x")); return err }},
	{"truncate a descriptor opened before", never, "", func(w *world) error { return unix.Ftruncate(w.before, 0) }},
	{"stat", never, "", func(*world) error { var s unix.Stat_t; return unix.Stat("file", &s) }},
	{"chdir", never, "", func(*world) error { return unix.Chdir("sub") }},
	{"chmod", never, "", func(*world) error { return unix.Chmod("file", 0o600) }},
	{"a pair of unix sockets", never, "", func(*world) error {
		_, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		return err
	}},
	{"a netlink socket", never, "", func(*world) error {
		_, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_ROUTE)
		return err
	}},
	{"signal itself", never, "", func(*world) error { return unix.Kill(os.Getpid(), 0) }},
	{"signal its own thread", never, "", func(w *world) error { return unix.Tgkill(os.Getpid(), w.thread, 0) }},
}

// TestMatrix does every operation in a victim of its own, unrestricted and at
// each level that this Linux has.
func TestMatrix(t *testing.T) {
	top, port := level(t), server(t)
	for i, op := range matrix {
		for abi := 0; abi <= top; abi++ {
			want := "ok"
			if abi >= op.since {
				want = op.want
			}
			if got := runVictim(t, scene(t), "operation", strconv.Itoa(i), strconv.Itoa(abi), port); got != want {
				t.Errorf("%s at level %d: got %s, want %s", op.name, abi, got, want)
			}
		}
	}
	t.Logf("%d operations at levels 0 to %d", len(matrix), top)
}

// scene makes a directory for one victim.
func scene(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "ll") // short: a unix socket's path has 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	for _, sub := range []string{"empty", "sub"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	listen(t, "unix", filepath.Join(dir, "server"))
	return dir
}

// listen accepts connections until the test ends. Nobody takes them.
func listen(t *testing.T, network, address string) net.Addr {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr()
}

// server listens on TCP and on an abstract socket named after the port.
func server(t *testing.T) (port string) {
	t.Helper()
	_, port, err := net.SplitHostPort(listen(t, "tcp4", "127.0.0.1:0").String())
	if err != nil {
		t.Fatal(err)
	}
	listen(t, "unix", "@webrunner-"+port)
	return port
}

// operationVictim does matrix[args[0]] at level args[1], 0 for none.
func operationVictim(args []string) {
	i, err := strconv.Atoi(args[0])
	victim.Must(err, "operation")
	abi, err := strconv.Atoi(args[1])
	victim.Must(err, "level")
	port, err := strconv.Atoi(args[2])
	victim.Must(err, "port")
	w := &world{parent: os.Getppid(), thread: unix.Gettid(), port: port, abstract: "webrunner-" + args[2]}
	w.before, err = unix.Open("file", unix.O_RDWR, 0)
	victim.Must(err, "open before")
	if abi > 0 {
		_, err := restrict(abi, abi)
		victim.Must(err, "restrict")
	}
	fmt.Print(name(matrix[i].do(w)))
}

func open(path string, flags int) error {
	fd, err := unix.Open(path, flags|unix.O_CLOEXEC, 0o600)
	if err == nil {
		return unix.Close(fd)
	}
	return err
}

// execute replaces the victim by itself as a victim that says "ok".
func execute(path string) error {
	return unix.Exec(path, []string{"self", "hello"}, victim.Environ("hello"))
}

func bindPath(*world) error {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	victim.Must(err, "socket")
	return unix.Bind(fd, &unix.SockaddrUnix{Name: "socket"})
}

func bindInet(kind int) error {
	fd, err := unix.Socket(unix.AF_INET, kind, 0)
	victim.Must(err, "socket")
	return unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
}

func connectTCP(w *world) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	victim.Must(err, "socket")
	return unix.Connect(fd, &unix.SockaddrInet4{Port: w.port, Addr: [4]byte{127, 0, 0, 1}})
}

func sendUDP(w *world) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	victim.Must(err, "socket")
	return unix.Sendto(fd, []byte("x"), 0, &unix.SockaddrInet4{Port: w.port, Addr: [4]byte{127, 0, 0, 1}})
}

func connectUnix(path string) error {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	victim.Must(err, "socket")
	return unix.Connect(fd, &unix.SockaddrUnix{Name: path})
}
