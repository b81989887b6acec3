package link

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func limits() Limits {
	return Limits{Head: 1 << 10, HeadTime: time.Minute, Stall: time.Minute, Step: 1 << 10, Linger: time.Minute, Discard: 1 << 20}
}

// script is a connection from which pieces come, and then an error.
type script struct {
	net.Conn
	pieces []string
	end    error
	out    bytes.Buffer
}

func (s *script) Read(p []byte) (int, error) {
	for len(s.pieces) > 0 && s.pieces[0] == "" {
		s.pieces = s.pieces[1:]
	}
	if len(s.pieces) == 0 {
		return 0, s.end
	}
	n := copy(p, s.pieces[0])
	s.pieces[0] = s.pieces[0][n:]
	return n, nil
}

func (s *script) Write(p []byte) (int, error)      { return s.out.Write(p) }
func (s *script) SetReadDeadline(time.Time) error  { return nil }
func (s *script) SetWriteDeadline(time.Time) error { return nil }

// bytewise takes text apart.
func bytewise(text string) []string { return strings.Split(text, "") }

func one(text string) *Conn { return New(&script{pieces: []string{text}, end: io.EOF}, limits()) }

func handOn(t *testing.T, c *Conn) string {
	t.Helper()
	var out []byte
	for p := make([]byte, 7); ; {
		n, err := c.Read(p)
		if out = append(out, p[:n]...); err != nil || len(c.text) == 0 {
			return string(out)
		}
	}
}

const get = "GET / HTTP/1.1\r\nHost: x\r\n"

func TestHeads(t *testing.T) {
	for text, want := range map[string]string{ // want is in the fault; empty: there is none
		get + "\r\n":                                                             "",
		"GET / HTTP/1.0\r\n\r\n":                                                 "",
		"\r\n\r\n" + get + "\r\n":                                                "",
		"GET / HTTP/1.1\nHost: x\n\n":                                            "",
		"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n":                                  "",
		"GET http://h/a HTTP/1.1\r\nHost: x\r\n\r\n":                             "",
		"GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n":                               "",
		get + "Expect: 100-continue\r\n\r\n":                                     "",
		get + "Content-Length: 0\r\n\r\n":                                        "",
		"GET / HTTP/1.1\r\n\r\n":                                                 "no Host header",
		get + "host: y\r\n\r\n":                                                  "more than one Host",
		"GET / HTTP/1.1\r\nHost: \r\n\r\n":                                       "the Host header",
		"GET / HTTP/1.1\r\nHost: a b\r\n\r\n":                                    "the Host header",
		"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n":                                   "the Host header",
		"GET / HTTP/1.1\r\nHost: [1:2]\r\n\r\n":                                  "the Host header",
		"GET / HTTP/1.1\r\nHost: a:b\r\n\r\n":                                    "the Host header",
		"GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n":                                  "the Host header",
		get + "Content-Length: 1\r\nContent-Length: 1\r\n\r\n":                   "more than one Content-Length",
		get + "Content-Length: -1\r\n\r\n":                                       "not a number of bytes",
		get + "Content-Length: +1\r\n\r\n":                                       "not a number of bytes",
		get + "Content-Length: 1, 1\r\n\r\n":                                     "not a number of bytes",
		get + "Content-Length:\r\n\r\n":                                          "not a number of bytes",
		get + "Content-Length: 99999999999999999999\r\n\r\n":                     "not a number of bytes",
		get + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n":          "a Content-Length and a Transfer-Encoding",
		get + "Transfer-Encoding: gzip, chunked\r\n\r\n":                         "not chunked alone",
		get + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n": "not chunked alone",
		"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n":                  "not chunked alone",
		get + "a : b\r\n\r\n":                                                    "is no name of a header",
		get + " folded\r\n\r\n":                                                  "folded",
		get + "nothing\r\n\r\n":                                                  "has no colon",
		get + "a: b\x00\r\n\r\n":                                                 "control character",
		get + "a: b\rc: d\r\n\r\n":                                               "control character",
		"GET /\x01 HTTP/1.1\r\n\r\n":                                             "control character",
		"GET /\r\n":                                                              "has 2 words",
		"GET  / HTTP/1.1\r\n":                                                    "has 4 words",
		"GET / HTTP/2.0\r\n":                                                     "HTTP/2.0",
		"GET ? HTTP/1.1\r\n":                                                     "does not begin with a slash",
		"GET * HTTP/1.1\r\n":                                                     "does not begin with a slash",
		"CONNECT h:1 HTTP/1.1\r\n":                                               "does not begin with a slash",
		"\x16\x03\x01\x02\n":                                                     "this is TLS",
		"@@ / HTTP/1.1\r\n":                                                      "does not begin with a method",
		"GET / HTTP/1.1\r\nHost: x":                                              "ended before its empty line",
		get + "a: " + strings.Repeat("b", 1<<10):                                 "too long",
		"GET /" + strings.Repeat("b", 9<<10):                                     "too long",
	} {
		for _, pieces := range [][]string{{text}, bytewise(text)} {
			c := New(&script{pieces: pieces, end: io.EOF}, limits())
			handed := handOn(t, c)
			switch f := c.Head().Fault; {
			case want == "" && (f != nil || handed != strings.TrimLeft(text, "\r\n")):
				t.Errorf("%q: %+v, handed on %q", text, f, handed)
			case want != "" && (f == nil || !strings.Contains(f.Text, want)):
				t.Errorf("%.80q: %+v, want %s", text, f, want)
			case want != "" && handed != "GET"+standIn:
				t.Errorf("%.80q: handed on %q", text, handed)
			}
		}
	}
}

// TestNoHead: nobody waits for an answer.
func TestNoHead(t *testing.T) {
	for _, text := range []string{"", "\r\n", "\r\n\r\n"} {
		if n, err := one(text).Read(make([]byte, 100)); n != 0 || err != io.EOF {
			t.Errorf("%q: %d %v", text, n, err)
		}
	}
	c := New(&script{pieces: []string{"GET /"}, end: syscall.ECONNRESET}, limits())
	if _, err := c.Read(make([]byte, 100)); err != syscall.ECONNRESET {
		t.Error(err)
	}
}

// TestSlash is what the service of 2016 took.
func TestSlash(t *testing.T) {
	for line, want := range map[string]string{
		"GET local/monitor HTTP/1.1":          "GET /local/monitor HTTP/1.1",
		"POST l/r?a=b HTTP/1.1":               "POST /l/r?a=b HTTP/1.1",
		"GET /local/monitor HTTP/1.1":         "GET /local/monitor HTTP/1.1",
		"OPTIONS * HTTP/1.1":                  "OPTIONS * HTTP/1.1",
		"GET HTTP://h/local/monitor HTTP/1.1": "GET HTTP://h/local/monitor HTTP/1.1",
		"GET httpd/monitor HTTP/1.1":          "GET /httpd/monitor HTTP/1.1",
	} {
		const rest = "\r\nHost: x\r\n\r\n"
		c := one(line + rest)
		if got := handOn(t, c); got != want+rest {
			t.Errorf("%q: %q", line, got)
		}
		if target := strings.Fields(want)[1]; c.Head().Target != target {
			t.Errorf("%q: target %q", line, c.Head().Target)
		}
	}
}

// TestBodies reads a body and then the next head, in two sizes of pieces.
func TestBodies(t *testing.T) {
	for _, row := range []struct {
		framing, body, want string
		err                 error
	}{
		{"Content-Length: 5", "hello", "hello", nil},
		{"Content-Length: 0", "", "", nil},
		{"X: y", "", "", nil},
		{"Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n", "hello", nil},
		{"Transfer-Encoding: chunked", "5;a=b\r\nhello\r\n3 \r\n, w\r\n0\r\nTrailer: x\r\n\r\n", "hello, w", nil},
		{"Transfer-Encoding: chunked", "0\r\n\r\n", "", nil},
		{"Transfer-Encoding: chunked", "zz\r\n", "", ErrChunk},
		{"Transfer-Encoding: chunked", "-1\r\n", "", ErrChunk},
		{"Transfer-Encoding: chunked", "\r\n", "", ErrChunk},
		{"Transfer-Encoding: chunked", "1\r\nhello\r\n", "h", ErrChunk},
		{"Transfer-Encoding: chunked", strings.Repeat("1", 3000), "", ErrChunk},
		{"Transfer-Encoding: chunked", "5\nhello\r\n0\r\n\r\n", "", ErrChunk},
		{"Transfer-Encoding: chunked", "5;a\nhello\r\n0\r\n\r\n", "", ErrChunk},
		{"Transfer-Encoding: chunked", "5;a\rb\r\nhello\r\n0\r\n\r\n", "", ErrChunk},
		{"Transfer-Encoding: chunked", "5\r\r\nhello\r\n0\r\n\r\n", "", ErrChunk},
		{"Transfer-Encoding: chunked", "5\r\nhello\n0\r\n\r\n", "hello", ErrChunk},
		{"Transfer-Encoding: chunked", "5\r\nhello\r\n0\n\r\n", "hello", ErrChunk},
		{"Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\n", "hello", ErrChunk},
		{"Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\na: b\rc: d\r\n\r\n", "hello", ErrChunk},
		{"Transfer-Encoding: chunked", "0\r\n" + strings.Repeat("a: b\r\n", 3000), "", ErrChunk},
		{"Content-Length: 5", "hell", "hell", io.ErrUnexpectedEOF},
		{"Transfer-Encoding: chunked", "5\r\nhell", "hell", io.ErrUnexpectedEOF},
		{"Transfer-Encoding: chunked", "5\r\nhello\r\n", "hello", io.ErrUnexpectedEOF},
	} {
		text := get + row.framing + "\r\n\r\n" + row.body
		if row.err == nil {
			text += "GET /next HTTP/1.1\r\nHost: x\r\n\r\n"
		}
		for _, pieces := range [][]string{{text}, bytewise(text)} {
			c := New(&script{pieces: pieces, end: io.EOF}, limits())
			handOn(t, c)
			got, err := io.ReadAll(c.Body())
			if string(got) != row.want || !errors.Is(err, row.err) {
				t.Errorf("%s, %.40q: %q %v", row.framing, row.body, got, err)
			}
			if c.Body().Done() != (row.err == nil) {
				t.Errorf("%s, %.40q: done %v", row.framing, row.body, c.Body().Done())
			}
			if row.err != nil {
				if _, err := c.Read(make([]byte, 100)); err != io.EOF {
					t.Errorf("behind half a body there is %v", err)
				}
				continue
			}
			handOn(t, c)
			if c.Head().Target != "/next" || c.Head().Fault != nil {
				t.Errorf("%s, %.40q: then %+v", row.framing, row.body, c.Head())
			}
		}
	}
}

func TestSkip(t *testing.T) {
	for text, want := range map[string]bool{"Content-Length: 5\r\n\r\nhello": true, "Content-Length: 6\r\n\r\nhello": false, "\r\n": true, "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n": false} {
		c := one(get + text)
		handOn(t, c)
		if got := c.Body().Skip(); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// TestContinue: a client is told to send its body when somebody reads it, and not
// before.
func TestContinue(t *testing.T) {
	const expect = get + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n"
	for _, pieces := range [][]string{{expect, "hello"}, {expect + "hello"}} {
		s := &script{pieces: pieces, end: io.EOF}
		c := New(s, limits())
		handOn(t, c)
		if s.out.Len() != 0 {
			t.Errorf("said %q at once", &s.out)
		}
		if b, err := io.ReadAll(c.Body()); string(b) != "hello" || err != nil {
			t.Errorf("%q %v", b, err)
		}
		if told := s.out.Len() > 0; told != (len(pieces) == 2) {
			t.Errorf("%d pieces: said %q", len(pieces), &s.out)
		}
	}
}

// pair is a connection over loopback: a client's end and ours.
func pair(t *testing.T, lim Limits) (*net.TCPConn, *Conn) {
	t.Helper()
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := NewListener(tcp, lim, 1, t.Logf)
	defer l.Close()
	client, err := net.Dial("tcp", tcp.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(); c.Close() })
	return client.(*net.TCPConn), c.(*Conn)
}

// TestSlowBody: a body that stands still is cut after Stall; until then it may.
func TestSlowBody(t *testing.T) {
	lim := limits()
	lim.Stall = 50 * time.Millisecond
	client, c := pair(t, lim)
	fmt.Fprintf(client, "%sContent-Length: 5\r\n\r\nhell", get)
	handOn(t, c)
	if b, err := io.ReadAll(c.Body()); string(b) != "hell" || err != ErrSlow {
		t.Errorf("%q %v", b, err)
	}
}

// TestSlowChunks: what goes beside a body is none of it, however much it is.
func TestSlowChunks(t *testing.T) {
	lim := limits()
	lim.Stall, lim.Step = 100*time.Millisecond, 4<<10
	client, c := pair(t, lim)
	fmt.Fprintf(client, "%sTransfer-Encoding: chunked\r\n\r\n", get)
	handOn(t, c)
	go func() {
		for line := "1;" + strings.Repeat("x", 1000) + "\r\ny\r\n"; ; {
			if _, err := io.WriteString(client, line); err != nil {
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
	if b, err := io.ReadAll(c.Body()); err != ErrSlow {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}

// TestSlowHead: it is one, and not only on the first request of a connection.
func TestSlowHead(t *testing.T) {
	lim := limits()
	lim.HeadTime = 50 * time.Millisecond
	client, c := pair(t, lim)
	fmt.Fprintf(client, "%s\r\nGET /next", get)
	handOn(t, c)
	handOn(t, c)
	if f := c.Head().Fault; f == nil || f.Kind != Slow || c.Head().Target != "/next" {
		t.Errorf("%+v", c.Head())
	}
}

// TestSlowReader: who takes nothing is cut off; then the kernel keeps nothing for it.
func TestSlowReader(t *testing.T) {
	lim := limits()
	lim.Stall, lim.Step = 50*time.Millisecond, 64<<10
	client, c := pair(t, lim)
	n, err := c.Write(make([]byte, 64<<20))
	if !errors.Is(err, os.ErrDeadlineExceeded) || n >= 64<<20 {
		t.Errorf("%d bytes written, %v", n, err)
	}
	c.Close()
	if _, err := io.Copy(io.Discard, client); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the client reads on: %v", err)
	}
}

// TestSlowReaderOfPieces: an answer in many pieces is held to the rate of a whole one, so
// to take one now and then is not enough; and a client that takes all at once may have
// pauses between them of any length.
func TestSlowReaderOfPieces(t *testing.T) {
	lim := limits()
	lim.Stall, lim.Step = 200*time.Millisecond, 1<<30
	s := &slow{takes: 30 * time.Millisecond}
	c := New(s, lim)
	n := 0
	for ; n < 100; n++ {
		if _, err := c.Write([]byte("event\n")); err != nil {
			break
		}
	}
	if n > 7 { // of 30 ms each, at least
		t.Errorf("%d pieces are written", n)
	}
	s.takes = 0
	for c = New(s, lim); n < 100; n++ {
		if _, err := c.Write([]byte("event\n")); err != nil {
			t.Fatal(err)
		}
	}
}

// slow is a connection whose other side takes its time for each piece, all that it is given.
type slow struct {
	net.Conn
	takes time.Duration
	end   time.Time
}

func (s *slow) SetWriteDeadline(t time.Time) error { s.end = t; return nil }

func (s *slow) Write(p []byte) (int, error) {
	if s.takes > 0 {
		time.Sleep(s.takes)
		if time.Now().After(s.end) {
			return 0, os.ErrDeadlineExceeded
		}
	}
	return len(p), nil
}

// TestSecureIsBounded: below TLS the kernel's buffers are as small as without it.
func TestSecureIsBounded(t *testing.T) {
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := NewListener(tls.NewListener(tcp, &tls.Config{}), limits(), 1, t.Logf)
	defer l.Close()
	client, err := net.Dial("tcp", tcp.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	below, _ := tcpOf(c.(*Conn).Conn)
	raw, err := below.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	_ = raw.Control(func(fd uintptr) {
		for _, which := range []int{unix.SO_SNDBUF, unix.SO_RCVBUF} {
			// Linux answers with twice of what was asked for, or its own bound (socket(7)).
			if n, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, which); err != nil || n > 2*kernelBuffer {
				t.Errorf("buffer %d has %d bytes, %v", which, n, err)
			}
		}
	})
}

// TestLinger: a client that sends on, and reads when all is sent, gets its answer.
func TestLinger(t *testing.T) {
	lim := limits()
	lim.Discard = 1 << 30
	client, c := pair(t, lim)
	sent := make(chan error, 1)
	go func() {
		_, err := client.Write(make([]byte, 16<<20))
		sent <- err
	}()
	fmt.Fprint(c, "the answer")
	c.Linger()
	closed := make(chan struct{})
	go func() { c.Close(); close(closed) }()
	if err := <-sent; err != nil {
		t.Errorf("sending: %v", err)
	}
	if b, err := io.ReadAll(client); string(b) != "the answer" || err != nil {
		t.Errorf("%q %v", b, err)
	}
	client.Close()
	<-closed
}

// TestLingerEnds: by bytes, and by time.
func TestLingerEnds(t *testing.T) {
	lim := limits()
	client, c := pair(t, lim)
	go func() { _, _ = io.Copy(client, endless{}) }()
	c.Linger()
	c.Close() // returns
	lim.Linger = 50 * time.Millisecond
	_, c = pair(t, lim)
	c.Linger()
	c.Close() // returns
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// TestWatch: a client that closes its side has gone, whatever it has sent before;
// one that only sends has not.
func TestWatch(t *testing.T) {
	for name, leave := range map[string]func(*net.TCPConn){
		"closes": func(c *net.TCPConn) { c.Close() },
		"halves": func(c *net.TCPConn) { _ = c.CloseWrite() },
		"resets": func(c *net.TCPConn) { _ = c.SetLinger(0); c.Close() },
	} {
		for _, before := range []string{"", "sent and not read"} {
			client, c := pair(t, limits())
			gone := make(chan struct{})
			stop := c.Watch(func() { close(gone) })
			fmt.Fprint(client, before)
			select {
			case <-gone:
				t.Errorf("%s: gone while it is there", name)
			default:
			}
			leave(client)
			<-gone
			stop()
		}
	}
	client, c := pair(t, limits())
	stop := c.Watch(func() { t.Error("it has not gone") })
	fmt.Fprint(client, get+"\r\n")
	stop()
	if got := handOn(t, c); got != get+"\r\n" {
		t.Errorf("after a watch %q", got)
	}
}

// TestWatchLate: the client has gone before somebody looks.
func TestWatchLate(t *testing.T) {
	client, c := pair(t, limits())
	fmt.Fprint(client, "x")
	client.Close()
	gone := make(chan struct{})
	stop := c.Watch(func() { close(gone) })
	<-gone
	stop()
}

// failing is a listener whose Accept returns errors before it works.
type failing struct {
	net.Listener
	errs []error
}

func (f *failing) Accept() (net.Conn, error) {
	if len(f.errs) > 0 {
		err := f.errs[0]
		f.errs = f.errs[1:]
		return nil, &net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", err)}
	}
	c, _ := net.Pipe()
	return c, nil
}

func (f *failing) Close() error { return nil }

// TestAcceptGoesOn: what the system lacks for a moment does not end the service, and
// is one line in the log.
func TestAcceptGoesOn(t *testing.T) {
	var log []string
	logf := func(f string, a ...any) { log = append(log, fmt.Sprintf(f, a...)) }
	l := NewListener(&failing{errs: []error{unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM, unix.ECONNABORTED}}, limits(), 9, logf)
	for range 2 {
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
	}
	if len(log) != 1 || !strings.Contains(log[0], "too many open files") {
		t.Errorf("log %q", log)
	}
	l = NewListener(&failing{errs: []error{unix.EBADF}}, limits(), 9, logf)
	if _, err := l.Accept(); !errors.Is(err, unix.EBADF) {
		t.Errorf("a closed descriptor: %v", err)
	}
	if len(l.room) != 0 {
		t.Errorf("%d places are lost", len(l.room))
	}
}

// TestConnections: some descriptors are left for others.
func TestConnections(t *testing.T) {
	var lim unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &lim); err != nil {
		t.Fatal(err)
	}
	have := int(min(lim.Cur, 1<<30))
	got := []int{Connections(have/2, have/4), Connections(have, have/4), Connections(have, have)}
	if want := []int{have / 2, have - have/4, max(have/4, 1)}; !slices.Equal(got, want) {
		t.Errorf("%v of %d descriptors, want %v", got, have, want)
	}
}
