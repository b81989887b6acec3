// Package link is the connection under an HTTP/1 server. It accepts, hands on
// one head at a time, keeps a body to itself until somebody reads it, holds
// whoever sends or reads to a least rate, tells when a client has gone, and
// closes so that the last answer arrives.
package link

import (
	"bufio"
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Limits bound what one connection may take.
type Limits struct {
	Head     int           // bytes of a request's head
	HeadTime time.Duration // from the first byte of a head to its last
	Stall    time.Duration // in which a body or an answer must move on by Step
	Step     int           // bytes; what is left of less than that must move within Stall too
	Linger   time.Duration // for a client that still sends when it has its last answer
	Discard  int64         // bytes that are read, and dropped, of such a client
}

// ErrSlow is what a body is that does not arrive at the least rate, Limits.Step
// bytes in each Limits.Stall.
var ErrSlow = errors.New("link: the body does not arrive")

// Conn is an accepted connection. Its Read returns heads of requests, each with
// nothing behind it: the body of the last one is read through Body. A head that
// is no request's is replaced by a harmless one, and Head tells what is wrong.
// Read, Body and Watch are for the goroutine that serves the connection.
type Conn struct {
	net.Conn
	lim     Limits
	in      *bufio.Reader
	head    Head
	text    []byte // of the head, still to be handed on
	body    Body
	pace    pace // of what arrives
	taking  taking
	lingers atomic.Bool
	reset   atomic.Bool // the client does not take its answer
	close   sync.Once
	closed  func() // called once after the connection is closed
}

// tcpOf returns the TCP connection that c is, or that package crypto/tls has below c.
func tcpOf(c net.Conn) (*net.TCPConn, bool) {
	if secure, ok := c.(interface{ NetConn() net.Conn }); ok {
		c = secure.NetConn()
	}
	tcp, ok := c.(*net.TCPConn)
	return tcp, ok
}

// readSize is how much is read ahead of a head, bytes.
const readSize = 4 << 10

// New returns a connection with these limits over c.
func New(c net.Conn, lim Limits) *Conn {
	l := &Conn{Conn: c, lim: lim, closed: func() {}}
	l.in = bufio.NewReaderSize(source{l}, readSize)
	l.body = Body{c: l, done: true}
	return l
}

// Head describes the request whose head Read has returned last.
func (c *Conn) Head() *Head { return &c.head }

// Body is the body of the request whose head Read has returned last.
func (c *Conn) Body() *Body { return &c.body }

// Read returns the head of the next request. Before its first byte the deadline
// of SetReadDeadline holds, then Limits.HeadTime.
func (c *Conn) Read(p []byte) (int, error) {
	if len(c.text) == 0 {
		if err := c.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, c.text)
	c.text = c.text[n:]
	return n, nil
}

// Write writes all of p, unless the client is slower to take that, with what was written
// before it, than Limits.Step bytes in each Limits.Stall that Write has waited.
func (c *Conn) Write(p []byte) (n int, err error) {
	for n < len(p) {
		start := time.Now()
		if err := c.SetWriteDeadline(start.Add(c.lim.Stall - c.taking.waited)); err != nil {
			return n, err
		}
		m, err := c.Conn.Write(p[n:min(len(p), n+c.lim.Step-c.taking.moved)])
		n += m
		c.taking.moved += m
		c.taking.waited += time.Since(start)
		if c.taking.moved >= c.lim.Step {
			c.taking = taking{}
		}
		if err != nil {
			c.reset.Store(true)
			return n, err
		}
	}
	return n, nil
}

// Linger makes Close wait until the client has taken what was written, while
// what it still sends is read and dropped: to close a connection with unread
// data in it is to reset it, which can destroy an answer on its way to the client
// (RFC 9112, 9.6).
func (c *Conn) Linger() { c.lingers.Store(true) }

// Close closes the connection, after Linger not before the client has closed its
// side or the limits of lingering are reached. A client that did not take its
// answer is cut off, so that the kernel does not keep the rest for it.
func (c *Conn) Close() (err error) {
	c.close.Do(func() {
		tcp, isTCP := tcpOf(c.Conn)
		switch {
		case c.reset.Load() && isTCP:
			_ = tcp.SetLinger(0)
		case c.lingers.Load():
			c.drain()
		}
		err = c.Conn.Close()
		c.closed()
	})
	return err
}

// quiet is how long nothing may come from a client that is waited for, once it
// has its answer.
const quiet = 2 * time.Second

func (c *Conn) drain() {
	if w, ok := c.Conn.(interface{ CloseWrite() error }); ok && w.CloseWrite() != nil {
		return
	}
	piece := make([]byte, 16<<10)
	end := time.Now().Add(c.lim.Linger)
	for left := c.lim.Discard; left > 0; {
		until := time.Now().Add(min(quiet, c.lim.Linger))
		if end.Before(until) {
			until = end
		}
		_ = c.SetReadDeadline(until) // an error comes again from Read
		n, err := c.Conn.Read(piece)
		if err != nil {
			return
		}
		left -= int64(n)
	}
}

// pace holds what arrives of a body to the least rate. Lines of chunks do not count: who
// sends a line of a thousand bytes for each byte sends no body.
type pace struct {
	on    bool
	since time.Time // of the step that is on its way
	moved int       // bytes of it
}

// taking is what a client has taken of the step that it is at: some bytes, for which the
// server waited so long. Answers that come in pieces, with pauses that the client cannot
// help, are held to the same rate as whole ones.
type taking struct {
	moved  int
	waited time.Duration
}

// source is the connection as its buffer reads it.
type source struct{ c *Conn }

func (s source) Read(p []byte) (int, error) {
	n, err := s.c.Conn.Read(p)
	if s.c.pace.on && errors.Is(err, os.ErrDeadlineExceeded) {
		return n, ErrSlow
	}
	return n, err
}

// step begins to wait for the next Limits.Step bytes.
func (c *Conn) step() error {
	c.pace = pace{on: true, since: time.Now()}
	return c.SetReadDeadline(c.pace.since.Add(c.lim.Stall))
}
