package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"webrunner/internal/request"
	"webrunner/internal/runner"
	"webrunner/internal/server"
	"webrunner/internal/tokens"
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
	rate, burst         int    // requests of one client
	clientBodies        string // bytes of them in memory
	tlsCert, tlsKey     string
	origins             []string
	logFormat           string
	anonymous           bool
	gradeEvery          time.Duration
	cpuList             string
	names               string
}

func (o *serveOptions) flags() *flags {
	f := newFlags("[serve] [FLAGS]")
	o.listen, o.queue, o.maxBody, o.pool, o.screens = "127.0.0.1", 10, "16M", 2, runner.ScreensOfAChild
	o.gradeEvery, o.rate = time.Hour, 5000
	f.text(&o.listen, "listen", "ADDRESS[:PORT]", "address to listen on (127.0.0.1:8081); unix:PATH is a socket; a service manager may pass one instead")
	f.text(&o.port, "p,port", "PORT", "port to listen on (8081)")
	f.number(&o.queue, "q,queue-size", "N", "requests that may wait (10)")
	f.text(&o.name, "name", "NAME", "of this machine, in answers (the host's own name)")
	f.text(&o.accessLog, "access-log", "FILE", "append one line for each answer (standard output)")
	f.text(&o.errorLog, "error-log", "FILE", "append what went wrong (standard error)")
	f.row("log-format", "clf|text|json", "of the access log, text and JSON as records with names (clf)", func(name string) {
		f.set.Func(name, "", func(s string) error {
			if !slices.Contains([]string{"clf", "text", "json"}, s) {
				return errors.New("there is clf, text, json")
			}
			o.logFormat = s
			return nil
		})
	})
	f.text(&o.maxBody, "max-body", "BYTES", "largest object, with K or M behind it if you like (16M)")
	f.number(&o.rate, "rate", "N", "requests a second of one client, a token's name or else an address, beyond which it is answered 429 (5000); 0 for any")
	f.number(&o.burst, "burst", "N", "requests of one client at once, beyond its rate (those of one second)")
	f.text(&o.clientBodies, "client-bodies", "BYTES", "bodies of one client in memory (half of those of all)")
	f.text(&o.tokenFile, "token-file", "FILE", "let in only who sends a token of FILE, whose lines are TOKEN or NAME TOKEN; read again when it changes, and on SIGHUP")
	f.text(&o.tlsCert, "tls-cert", "FILE", "speak TLS with the certificates in FILE (PEM), read again as tokens are; with --tls-key")
	f.text(&o.tlsKey, "tls-key", "FILE", "the private key of --tls-cert")
	f.list(&o.origins, "cors-origin", "ORIGIN", "let pages of this origin alone use the service, as https://example.org; may be repeated (all)")
	f.yes(&o.anonymous, "allow-anonymous", "listen beyond this host without a token")
	f.text(&o.cpuList, "cpus", "LIST", "run jobs on these CPUs, as 2,4-7, one on each at a time, and all else on the others (all but one, on one of which a job runs at a time)")
	f.number(&o.parallel, "parallel", "N", "jobs at one time (1, or one for each of --cpus); without a CPU for each they disturb each other's figures")
	f.number(&o.pool, "pool", "N", "children kept warm, and more while jobs find none (2)")
	f.number(&o.screens, "screens", "N", "objects that a child screens, one after the other, for one client: a token's name, or else an address that no proxy asks for (64); 1 gives each a child of its own")
	f.span(&o.gradeEvery, "grade-every", "DURATION", "grade the counters by kernels of known cost at the start and this often (1h)")
	f.text(&o.events, "events", "NAME,...", "count these where a query names none: names, globs, sets as in run --events (default)")
	f.text(&o.names, "names", "FORM", "of figures in the text form, where a query does not say: sources (default), or 2016, as the page of PeachPy.IO reads them")
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
	if _, _, err := o.address(); err != nil { // before anything is opened
		return err
	}
	cfg, care, err := o.config(a)
	if err != nil {
		return err
	}
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGUSR1)
	defer signal.Stop(signals)

	if err := o.divide(cfg.ErrorLog); err != nil { // before there are children, which inherit it
		return err
	}
	cfg.Parallel = o.parallel
	e, err := a.open(&o.engineOptions, cfg.ErrorLog)
	if err != nil {
		return err
	}
	defer e.Close()
	cfg.Engine = e
	cfg.Check = func(ctx context.Context) error { return selftest.Quick(ctx, selftest.Of(e)) }
	l, err := o.listener(cfg.ErrorLog)
	if err != nil {
		return err
	}
	o.warn(l.Addr(), cfg.ErrorLog)
	fmt.Fprintf(a.out, "webrunner: listening on %s\n", o.url(l.Addr()))
	if care.cert != nil {
		l = tls.NewListener(l, care.cert.config())
	}
	return accept(server.New(cfg), l, care, signals)
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

// accept serves on l until a signal to end, then drains. The line about l is on
// standard output before those of the access log: connections wait until it is written.
func accept(s *server.Server, l net.Listener, care *upkeep, signals <-chan os.Signal) error {
	logf := care.logf
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	n := newNotifier(os.Getenv, logf)
	_ = s.CheckNow() // its finding is what monitor answers and the log says
	n.send("READY=1")
	stop := n.watch(func() bool { return s.Fit() == nil })
	defer stop()
	if err := care.serve(served, signals); err != nil {
		s.Close()
		return err
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
	case sig := <-ending(signals):
		s.Close()
		return wire.Problemf(wire.Draining, "stopped at once by a second signal (%v)", sig)
	}
}

// errServed is why a service ends that nobody ended.
var errServed = errors.New("the service ended by itself")

// serve looks after what may change until a signal to end comes, and returns nil, or
// until serving ends by itself.
func (u *upkeep) serve(served <-chan error, signals <-chan os.Signal) error {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case err := <-served:
			return cmp.Or(err, errServed)
		case <-look.C:
			u.look()
		case sig := <-signals:
			switch sig {
			case syscall.SIGHUP:
				u.reload(true)
				u.reopen(true)
			case syscall.SIGUSR1:
				u.reopen(true)
			default:
				u.logf("%v: draining; the same again to stop at once", sig)
				return nil
			}
		}
	}
}

// ending passes on signals to end.
func ending(signals <-chan os.Signal) <-chan os.Signal {
	ends := make(chan os.Signal, 1)
	go func() {
		for sig := range signals {
			if sig != syscall.SIGHUP && sig != syscall.SIGUSR1 {
				ends <- sig
				return
			}
		}
	}()
	return ends
}

// config opens the logs, the tokens and the certificate.
func (o *serveOptions) config(a *app) (c server.Config, care *upkeep, err error) {
	if o.queue < 0 || o.parallel < 0 || o.pool < 1 || o.screens < 1 {
		return c, nil, usage("--queue-size and --parallel must not be negative; --pool and --screens must be at least 1")
	}
	if o.gradeEvery < leastGrading {
		return c, nil, usage("--grade-every must be at least %v, not %v", leastGrading, o.gradeEvery)
	}
	if o.rate < 0 || o.burst < 0 {
		return c, nil, usage("--rate and --burst must not be negative")
	}
	if (o.tlsCert == "") != (o.tlsKey == "") {
		return c, nil, usage("--tls-cert and --tls-key go together")
	}
	if o.names != "" && o.names != request.Names2016 && o.names != "sources" {
		return c, nil, usage("--names must be sources or %s, not %.40q", request.Names2016, o.names)
	}
	c, care = server.Config{Queue: o.queue, Rate: float64(o.rate), Burst: o.burst, GradeEvery: o.gradeEvery, Origins: o.origins, Names: o.names}, &upkeep{}
	if c.MaxBody, err = parseBytes("--max-body", o.maxBody); err != nil {
		return c, nil, err
	}
	if o.clientBodies != "" {
		n, err := parseBytes("--client-bodies", o.clientBodies)
		if err != nil {
			return c, nil, err
		}
		if c.ClientBodies = int64(n); n < c.MaxBody {
			return c, nil, usage("--client-bodies %s leaves no room for one body of --max-body %s", o.clientBodies, o.maxBody)
		}
	}
	if o.tokenFile != "" {
		if c.Tokens, err = tokens.Open(o.tokenFile); err != nil {
			return c, nil, usage("--token-file: %v", err)
		}
		care.tokens = c.Tokens
	}
	if o.tlsCert != "" {
		if care.cert, err = openCertificate(o.tlsCert, o.tlsKey); err != nil {
			return c, nil, usage("--tls-cert: %v", err)
		}
	}
	if c.AccessLog, err = openLog(o.accessLog, a.out); err != nil {
		return c, nil, err
	}
	w, err := openLog(o.errorLog, a.err)
	if err != nil {
		return c, nil, err
	}
	for _, log := range []io.Writer{c.AccessLog, w} {
		if l, ok := log.(*logFile); ok {
			care.logs = append(care.logs, l)
		}
	}
	c.ErrorLog = errorLog(w)
	switch o.logFormat {
	case "text":
		c.Records = slog.NewTextHandler(c.AccessLog, nil)
	case "json":
		c.Records = slog.NewJSONHandler(c.AccessLog, nil)
	}
	if o.logFormat == "json" {
		c.ErrorLog = recordLog(slog.New(slog.NewJSONHandler(w, nil)))
	}
	care.logf = c.ErrorLog
	return c, care, nil
}

// recordLog returns a logger of one record a call.
func recordLog(log *slog.Logger) func(string, ...any) {
	return func(format string, args ...any) { log.Error(fmt.Sprintf(format, args...)) }
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

// parseBytes reads a positive number with an optional K or M (1024 and 1024²).
func parseBytes(flag, s string) (int, error) {
	digits, unit := s, 1
	switch {
	case strings.HasSuffix(s, "K"):
		digits, unit = s[:len(s)-1], 1<<10
	case strings.HasSuffix(s, "M"):
		digits, unit = s[:len(s)-1], 1<<20
	}
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil || n == 0 || n*uint64(unit) > wire.MaxObject {
		return 0, usage("%s takes 1 to %dM bytes, not %q", flag, wire.MaxObject>>20, s)
	}
	return int(n) * unit, nil
}
