package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// attempt is something that a stranger's code may try. The program of a peer is given
// args; WebRunner a call of its object.
type attempt struct {
	name string
	args []string
	call string // as a prototype
	pure bool   // it makes no system call: it is in the object with the work
	ends bool   // it never ends by itself: what is asked is whether something ends it
}

// inText, as a system call's second argument, is the address of the attempt's text.
const inText = -1

// attempts returns them, and what undoes their traces.
func attempts() (all []attempt, done func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	dir, err := os.MkdirTemp("", "peers")
	if err != nil {
		return nil, nil, err
	}
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	const cwd = unix.AT_FDCWD
	// A system call with up to three arguments, of which the second may be a text's address.
	call := func(name, text string, number, a, b, c int64) attempt {
		args := []string{strconv.FormatInt(number, 10), strconv.FormatInt(a, 10), strconv.FormatInt(b, 10), strconv.FormatInt(c, 10), text}
		return attempt{name: name, args: args, call: fmt.Sprintf(
			"int64_t attempt(int64_t number = %d, int64_t a = %d, int64_t b = %d, int64_t c = %d, const char text[] = %q)", number, a, b, c, text)}
	}
	reach := call("reach a server of the host", "-", unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_STREAM, 0)
	reach.args = []string{"reach", port}
	return []attempt{
			call("read the host's accounts", "/etc/passwd", unix.SYS_OPENAT, cwd, inText, unix.O_RDONLY),
			call("write a file", filepath.Join(dir, "written"), unix.SYS_OPENAT, cwd, inText, unix.O_CREAT|unix.O_WRONLY),
			reach,
			call("signal the host's processes", "-", unix.SYS_KILL, int64(os.Getpid()), 0, 0),
			call("start a process", "-", unix.SYS_FORK, 0, 0, 0),
			{name: "take 2 GiB of memory", args: []string{"take", strconv.Itoa(2 << 30)}, pure: true, call: fmt.Sprintf("void touch(int64_t bytes = %d, char x[bytes])", 2<<30)},
			call("make rare system calls (personality)", "-", unix.SYS_PERSONALITY, 0xffffffff, 0, 0),
			call("create a user namespace", "-", unix.SYS_UNSHARE, unix.CLONE_NEWUSER, 0, 0),
			{name: "run for ever", args: []string{"forever"}, pure: true, call: "void forever(void)", ends: true},
		}, func() {
			_ = l.Close()
			_ = os.RemoveAll(dir)
		}, nil
}
