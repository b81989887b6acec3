package link

import (
	"errors"
	"net"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Listener accepts connections with limits, no more than a number at one time. It
// goes on when the system lacks the means for one.
type Listener struct {
	net.Listener
	lim    Limits
	logf   func(format string, args ...any)
	room   chan struct{} // one for each connection
	closed chan struct{}
	close  sync.Once

	episode time.Time // since when accepting fails; zero when it does not. Accept only.
	failed  time.Time // the last time
}

// NewListener returns a listener over l that has at most so many connections; more
// wait in the kernel's queue.
func NewListener(l net.Listener, lim Limits, most int, logf func(format string, args ...any)) *Listener {
	return &Listener{Listener: l, lim: lim, logf: logf, room: make(chan struct{}, most), closed: make(chan struct{})}
}

// Connections returns how many connections the limit of open files allows, which is
// at most so many, when reserve descriptors are for other things.
func Connections(most, reserve int) int {
	var lim unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &lim); err != nil || lim.Cur > uint64(most+reserve) {
		return most
	}
	return max(int(lim.Cur)-reserve, int(lim.Cur)/4, 1)
}

// Sizes of the kernel's buffers of one connection, bytes. The kernel would let
// them grow to several MiB, which nobody here counts (tcp(7)).
const kernelBuffer = 256 << 10

// Accept waits for the next connection, a *Conn.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case l.room <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	c, err := l.accept()
	if err != nil {
		<-l.room
		return nil, err
	}
	if tcp, ok := tcpOf(c); ok {
		_ = tcp.SetReadBuffer(kernelBuffer) // without it the connection works as well
		_ = tcp.SetWriteBuffer(kernelBuffer)
	}
	conn := New(c, l.lim)
	conn.closed = func() { <-l.room }
	return conn, nil
}

// Close ends Accept. Only the first call does anything.
func (l *Listener) Close() (err error) {
	l.close.Do(func() {
		close(l.closed)
		err = l.Listener.Close()
	})
	return err
}

// Bounds of the waiting between failures, and how long accepting must go well for
// a failure to be worth a line in the log again.
const (
	firstPause = 5 * time.Millisecond
	lastPause  = time.Second
	calm       = 10 * time.Second
)

func (l *Listener) accept() (net.Conn, error) {
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		c, err := l.Listener.Accept()
		if err == nil {
			l.recovered()
			return c, nil
		}
		if !passes(err) {
			return nil, err
		}
		l.fails(err)
		select {
		case <-time.After(pause):
		case <-l.closed:
			return nil, net.ErrClosed
		}
	}
}

func (l *Listener) fails(err error) {
	l.failed = time.Now()
	if l.episode.IsZero() {
		l.episode = l.failed
		l.logf("connections cannot be accepted, and wait: %v", err)
	}
}

func (l *Listener) recovered() {
	if !l.episode.IsZero() && time.Since(l.failed) > calm {
		l.logf("connections are accepted again; the last failure was %v after the first", l.failed.Sub(l.episode).Round(time.Second))
		l.episode = time.Time{}
	}
}

// passes tells whether an error of accept(2) says something about the moment or
// about one connection, and nothing about the listener.
func passes(err error) bool {
	for _, e := range []error{
		unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM, unix.ECONNABORTED, unix.EINTR, unix.EAGAIN, unix.EPERM,
		// Errors that a new connection already has (accept(2)).
		unix.ENETDOWN, unix.EPROTO, unix.ENOPROTOOPT, unix.EHOSTDOWN, unix.ENONET, unix.EHOSTUNREACH, unix.EOPNOTSUPP, unix.ENETUNREACH,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
