package link

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// established is TCP_ESTABLISHED (include/net/tcp_states.h). A connection whose
// other side is closed or reset is in another state.
const established = 1

// Watch calls gone, from another goroutine and once at most, when the client has
// closed its side of a TCP connection or the connection is lost, until stop is
// called. What the client has sent before and nobody has read does not matter, and
// is not touched.
func (c *Conn) Watch(gone func()) (stop func()) {
	tcp, ok := tcpOf(c.Conn)
	if !ok {
		return func() {}
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return func() {}
	}
	_ = tcp.SetReadDeadline(time.Time{}) // an error comes again from Read
	done := make(chan struct{})
	go func() {
		defer close(done)
		watch(raw, gone)
	}()
	return func() {
		_ = tcp.SetReadDeadline(time.Unix(1, 0))
		<-done
		_ = tcp.SetReadDeadline(time.Time{})
	}
}

// watch looks at the connection whenever the kernel reports something about its
// reading side: data, the other side's end, an error.
func watch(raw syscall.RawConn, gone func()) {
	lost := false
	_ = raw.Read(func(fd uintptr) bool { // it fails when the deadline is over or the connection is closed
		info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		lost = err != nil || info.State != established
		return lost
	})
	if lost {
		gone()
	}
}
