package main

import (
	"net"
	"os"
	"strconv"
	"time"
)

// notifier speaks the service manager's protocol, sd_notify(3): one datagram
// for each state to the unix socket named in NOTIFY_SOCKET. Without a manager
// it does nothing.
type notifier struct {
	socket string
	every  time.Duration // between WATCHDOG=1; 0 when no watchdog is wanted
	logf   func(string, ...any)
}

func newNotifier(getenv func(string) string, logf func(string, ...any)) *notifier {
	n := &notifier{socket: getenv("NOTIFY_SOCKET"), logf: logf}
	usec, err := strconv.ParseInt(getenv("WATCHDOG_USEC"), 10, 64)
	pid := getenv("WATCHDOG_PID")
	if err == nil && usec > 0 && (pid == "" || pid == strconv.Itoa(os.Getpid())) {
		n.every = time.Duration(usec) * time.Microsecond / 2
	}
	return n
}

// send sends one state. A name that begins with @ is an abstract socket, which
// the net package knows.
func (n *notifier) send(state string) {
	if n.socket == "" {
		return
	}
	c, err := net.Dial("unixgram", n.socket)
	if err == nil {
		_, err = c.Write([]byte(state))
		_ = c.Close()
	}
	if err != nil {
		n.logf("notify %s: %v", state, err)
	}
}

// watch sends WATCHDOG=1 at half of the interval that the manager allows, but
// only while fit says so: a host whose self-check fails is restarted.
func (n *notifier) watch(fit func() bool) (stop func()) {
	done := make(chan struct{})
	if n.every == 0 || n.socket == "" {
		return func() {}
	}
	go func() {
		t := time.NewTicker(n.every)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				if fit() {
					n.send("WATCHDOG=1")
				}
			case <-done:
				return
			}
		}
	}()
	return func() { close(done) }
}
