package main

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"

	"webrunner/internal/wire"
)

// defaultPort is that of 2016.
const defaultPort = "8081"

// unixPrefix begins the address of a unix socket, as in unix:/run/webrunner/socket.
const unixPrefix = "unix:"

// listener returns what the service listens on: the socket that a service manager
// passes (sd_listen_fds(3)), or the address of the flags.
func (o *serveOptions) listener(logf func(string, ...any)) (net.Listener, error) {
	l, err := passed(os.Getenv)
	if err != nil {
		return nil, err
	}
	if l != nil {
		if o.strangers(l.Addr()) {
			_ = l.Close()
			return nil, usage("the socket that was passed, %v, lets strangers in: give --token-file FILE, or say --allow-anonymous", l.Addr())
		}
		logf("the service manager passed the socket %v", l.Addr())
		return l, nil
	}
	network, address, err := o.address()
	if err != nil {
		return nil, err
	}
	if network == "unix" {
		if err := stale(address); err != nil {
			return nil, err
		}
	}
	l, err = net.Listen(network, address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, wire.Problemf(wire.Unfit, "%v: another program, perhaps a WebRunner, has this port; --port PORT takes another", err)
	case err != nil:
		return nil, wire.Problemf(wire.Unfit, "%v", err)
	}
	return l, nil
}

// firstPassed is the first descriptor that a service manager passes (SD_LISTEN_FDS_START).
const firstPassed = 3

// passed returns the socket that a service manager passes, nil where there is none.
func passed(getenv func(string) string) (net.Listener, error) {
	n, err := strconv.Atoi(getenv("LISTEN_FDS"))
	if err != nil || n < 1 || getenv("LISTEN_PID") != strconv.Itoa(os.Getpid()) {
		return nil, nil // for nobody, or for another process
	}
	if n > 1 {
		return nil, usage("the service manager passed %d sockets; this service listens on one", n)
	}
	f := os.NewFile(firstPassed, "passed")
	defer f.Close() // FileListener has a copy
	l, err := net.FileListener(f)
	if err != nil {
		return nil, usage("the service manager passed a descriptor that is no listening socket: %v", err)
	}
	return l, nil
}

// stale removes a unix socket on which nobody listens any more.
func stale(name string) error {
	info, err := os.Stat(name)
	switch {
	case os.IsNotExist(err):
		return nil
	case err != nil:
		return usage("--listen: %v", err)
	case info.Mode()&os.ModeSocket == 0:
		return usage("--listen: %s is there, and no socket", name)
	}
	c, err := net.Dial("unix", name)
	if err == nil {
		_ = c.Close()
		return wire.Problemf(wire.Unfit, "another program, perhaps a WebRunner, listens on %s", name)
	}
	return os.Remove(name)
}

// strangers tells whether an address lets in who is not on this host, unasked.
func (o *serveOptions) strangers(at net.Addr) bool {
	if o.tokenFile != "" || o.anonymous {
		return false
	}
	tcp, ok := at.(*net.TCPAddr)
	return ok && !tcp.IP.IsLoopback()
}

// url is where an address is reached.
func (o *serveOptions) url(at net.Addr) string {
	switch {
	case at.Network() == "unix":
		return unixPrefix + at.String()
	case o.tlsCert != "":
		return fmt.Sprintf("https://%s/", at)
	}
	return fmt.Sprintf("http://%s/", at)
}

// address joins --listen and --port, and refuses to face strangers unasked. It
// looks no name up. The network keeps 0.0.0.0 to IPv4, which package net does not
// by itself.
func (o *serveOptions) address() (network, address string, err error) {
	if name, ok := strings.CutPrefix(o.listen, unixPrefix); ok {
		if name == "" || o.port != "" {
			return "", "", usage("--listen unix:PATH takes the path of a socket, and no --port")
		}
		return "unix", name, nil
	}
	host, port, err := net.SplitHostPort(o.listen)
	if err != nil {
		host, port = strings.Trim(o.listen, "[]"), ""
	}
	if port != "" && o.port != "" && port != o.port {
		return "", "", usage("--listen %s and --port %s contradict each other; give the port once", o.listen, o.port)
	}
	port = cmp.Or(port, o.port, defaultPort)
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "", "", usage("%q is no port", port)
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	ip := net.ParseIP(host)
	if ip == nil && host != "" {
		return "", "", usage("--listen takes an IP address, not %q", host)
	}
	if (ip == nil || !ip.IsLoopback()) && o.tokenFile == "" && !o.anonymous {
		return "", "", usage("listening on %q lets strangers in: give --token-file FILE, or say --allow-anonymous", o.listen)
	}
	network = "tcp"
	if ip.To4() != nil {
		network = "tcp4"
	}
	return network, net.JoinHostPort(host, port), nil
}
