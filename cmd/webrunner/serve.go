package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"webrunner/internal/server"
	"webrunner/internal/wire"
	"webrunner/selftest"
)

// serveOptions are the flags of serve.
type serveOptions struct {
	engineOptions
	listen, port        string
	queue               int
	maxBody             string
	accessLog, errorLog string
	tokenFile           string
	anonymous           bool
	gradeEvery          time.Duration
}

func (o *serveOptions) flags() *flags {
	f := newFlags("[serve] [FLAGS]")
	o.listen, o.queue, o.parallel, o.maxBody, o.pool = "127.0.0.1", 10, 1, "16M", 2
	o.gradeEvery = time.Hour
	f.text(&o.listen, "listen", "ADDRESS[:PORT]", "address to listen on (127.0.0.1:8081)")
	f.text(&o.port, "p,port", "PORT", "port to listen on (8081)")
	f.number(&o.queue, "q,queue-size", "N", "requests that may wait (10)")
	f.text(&o.name, "name", "NAME", "of this machine, in answers (the host's own name)")
	f.text(&o.accessLog, "access-log", "FILE", "append one line for each answer (standard output)")
	f.text(&o.errorLog, "error-log", "FILE", "append what went wrong (standard error)")
	f.text(&o.maxBody, "max-body", "BYTES", "largest object, with K or M behind it if you like (16M)")
	f.text(&o.tokenFile, "token-file", "FILE", "let in only who sends the token in FILE")
	f.yes(&o.anonymous, "allow-anonymous", "listen beyond this host without a token")
	f.number(&o.parallel, "parallel", "N", "jobs at one time (1); more disturb each other's figures")
	f.number(&o.pool, "pool", "N", "children kept warm (2)")
	f.span(&o.gradeEvery, "grade-every", "DURATION", "grade the counters by kernels of known cost at the start and this often (1h)")
	o.define(f)
	f.row("h,help", "", "this text", func(string) {})
	return f
}

// leastGrading keeps the known kernels from taking up all of the machine.
const leastGrading = time.Second

// drainTime is how long accepted jobs may still take after SIGTERM.
const drainTime = 30 * time.Second

// serve is the service.
func (a *app) serve(args []string) int {
	var o serveOptions
	if _, code, stop := o.flags().parse(a, args, 0, 0); stop {
		return code
	}
	if err := o.serve(a); err != nil {
		return a.fail("text", err)
	}
	return exitGood
}

func (o *serveOptions) serve(a *app) error {
	network, address, err := o.address()
	if err != nil {
		return err
	}
	cfg, err := o.config(a)
	if err != nil {
		return err
	}
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	defer signal.Stop(signals)

	e, err := a.open(&o.engineOptions, cfg.ErrorLog)
	if err != nil {
		return err
	}
	defer e.Close()
	cfg.Engine = e
	cfg.Check = func(ctx context.Context) error { return selftest.Quick(ctx, selftest.Of(e)) }
	l, err := net.Listen(network, address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return wire.Problemf(wire.Unfit, "%v: another program, perhaps a WebRunner, has this port; --port PORT takes another", err)
	case err != nil:
		return wire.Problemf(wire.Unfit, "%v", err)
	}
	o.warn(l.Addr(), cfg.ErrorLog)
	return a.accept(server.New(cfg), l, cfg.ErrorLog, signals)
}

// warn logs what the operator has given up, and who can make use of it.
func (o *serveOptions) warn(at net.Addr, logf func(string, ...any)) {
	if len(o.without) == 0 {
		return
	}
	who := "programs of this host"
	if tcp, ok := at.(*net.TCPAddr); !ok || !tcp.IP.IsLoopback() {
		who = "other hosts"
	}
	logf("warning: children run without %s, and %s reach %v", strings.Join(o.without, ", "), who, at)
}

// accept serves on l until a signal, then drains. Its line on standard output
// comes before those of the access log: connections wait until it is written.
func (a *app) accept(s *server.Server, l net.Listener, logf func(string, ...any), signals <-chan os.Signal) error {
	fmt.Fprintf(a.out, "webrunner: listening on http://%s/\n", l.Addr())
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	n := newNotifier(os.Getenv, logf)
	_ = s.CheckNow() // its finding is what monitor answers and the log says
	n.send("READY=1")
	stop := n.watch(func() bool { return s.Fit() == nil })
	defer stop()
	select {
	case err := <-served:
		s.Close()
		return err
	case sig := <-signals:
		logf("%v: draining; the same again to stop at once", sig)
	}
	n.send("STOPPING=1")
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	drained := make(chan error, 1)
	go func() { drained <- s.Drain(ctx) }()
	select {
	case err := <-drained:
		if err != nil {
			logf("jobs were ended after %v", drainTime)
		}
		return nil
	case sig := <-signals:
		s.Close()
		return wire.Problemf(wire.Draining, "stopped at once by a second signal (%v)", sig)
	}
}

// config opens the logs and reads the token.
func (o *serveOptions) config(a *app) (c server.Config, err error) {
	if o.queue < 0 || o.parallel < 1 || o.pool < 1 {
		return c, usage("--queue-size must not be negative; --parallel and --pool must be at least 1")
	}
	if o.gradeEvery < leastGrading {
		return c, usage("--grade-every must be at least %v, not %v", leastGrading, o.gradeEvery)
	}
	c = server.Config{Queue: o.queue, Parallel: o.parallel, GradeEvery: o.gradeEvery}
	if c.MaxBody, err = parseBytes(o.maxBody); err != nil {
		return c, err
	}
	if c.Token, err = readToken(o.tokenFile); err != nil {
		return c, err
	}
	if c.AccessLog, err = openLog(o.accessLog, a.out); err != nil {
		return c, err
	}
	w, err := openLog(o.errorLog, a.err)
	c.ErrorLog = errorLog(w)
	return c, err
}

// errorLog returns a logger of one line a call.
func errorLog(w io.Writer) func(string, ...any) {
	var mu sync.Mutex
	return func(format string, args ...any) {
		line := time.Now().UTC().Format("2006-01-02T15:04:05.000Z ") + fmt.Sprintf(format, args...)
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintln(w, strings.ReplaceAll(line, "\n", " "))
	}
}

func openLog(name string, def io.Writer) (io.Writer, error) {
	if name == "" || name == "-" {
		return def, nil
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
	if err != nil {
		return nil, usage("%v", err)
	}
	return f, nil
}

// minToken is the least length of a token that cannot simply be guessed.
const minToken = 16

func readToken(name string) (string, error) {
	if name == "" {
		return "", nil
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return "", usage("%v", err)
	}
	token := strings.TrimSpace(string(b))
	if len(token) < minToken || strings.ContainsAny(token, " \t\r\n") {
		return "", usage("%s must hold one token of at least %d characters; head -c 24 /dev/urandom | base64 makes one", name, minToken)
	}
	return token, nil
}

// parseBytes reads a positive number with an optional K or M (1024 and 1024²).
func parseBytes(s string) (int, error) {
	digits, unit := s, 1
	switch {
	case strings.HasSuffix(s, "K"):
		digits, unit = s[:len(s)-1], 1<<10
	case strings.HasSuffix(s, "M"):
		digits, unit = s[:len(s)-1], 1<<20
	}
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil || n == 0 || n*uint64(unit) > wire.MaxObject {
		return 0, usage("--max-body takes 1 to %dM bytes, not %q", wire.MaxObject>>20, s)
	}
	return int(n) * unit, nil
}

// defaultPort is that of 2016.
const defaultPort = "8081"

// address joins --listen and --port, and refuses to face strangers unasked. It
// looks no name up. The network keeps 0.0.0.0 to IPv4, which package net does not
// by itself.
func (o *serveOptions) address() (network, address string, err error) {
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
