// Package server is the HTTP face of WebRunner: paths, methods, limits, the
// queue, health and the error table. It hands objects to an engine unread.
package server

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
	"golang.org/x/net/netutil"

	"webrunner/internal/engine"
	"webrunner/internal/trust"
	"webrunner/internal/wire"
)

// Config shapes a server. Engine and Check are required; a zero value elsewhere means
// the default.
type Config struct {
	Engine *engine.Engine              // plans and does the jobs
	Check  func(context.Context) error // the self-check, through a real child

	MaxBody    int           // bytes of an object; default 16 MiB
	Queue      int           // requests that may wait; 0 means none
	Parallel   int           // jobs at one time; default 1
	CheckEvery time.Duration // between self-checks; default 30 s
	GradeEvery time.Duration // between gradings of the counters; 0 leaves them ungraded
	HeadTime   time.Duration // to send a request's head; default 10 s
	BodyTime   time.Duration // to send a request's body; default 60 s
	Token      string        // bearer token; empty lets everyone in

	AccessLog io.Writer                        // default none
	ErrorLog  func(format string, args ...any) // default none
}

func (c *Config) setDefaults() {
	def(&c.MaxBody, 16<<20)
	def(&c.Parallel, 1)
	def(&c.CheckEvery, 30*time.Second)
	def(&c.HeadTime, 10*time.Second)
	def(&c.BodyTime, time.Minute)
	if c.AccessLog == nil {
		c.AccessLog = io.Discard
	}
	if c.ErrorLog == nil {
		c.ErrorLog = func(string, ...any) {}
	}
}

func def[T int | time.Duration](v *T, d T) {
	if *v <= 0 {
		*v = d
	}
}

const (
	maxHead        = 16 << 10    // bytes of a request's head; more is 431
	maxConnections = 1024        // at one time; more wait to be accepted
	writeTime      = time.Minute // for the answer to be taken
	idleTime       = time.Minute // for a kept connection's next request
)

// Server serves HTTP. Make one with New.
type Server struct {
	cfg      Config
	http     *fasthttp.Server
	commands []command
	gate     *gate
	memory   memory
	health   *health
	metrics  *metrics
	token    [sha256.Size]byte
	layers   string // the WebRunner-Layers header
	log      accessLog

	intake  *intake
	ctx     context.Context // of all jobs
	cancel  context.CancelFunc
	stopped sync.Once
}

// New returns a server that is not serving yet, with its self-check running.
func New(cfg Config) *Server {
	cfg.setDefaults()
	s := &Server{
		cfg:     cfg,
		gate:    newGate(cfg.Parallel, cfg.Queue),
		memory:  memory{limit: int64(cfg.MaxBody) * int64(cfg.Parallel+cfg.Queue+bodiesAhead)},
		intake:  newIntake(),
		metrics: newMetrics(),
		token:   sha256.Sum256([]byte(cfg.Token)),
		layers:  layersHeader(cfg.Engine.Layers),
		log:     accessLog{w: cfg.AccessLog},
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.commands = commandTable()
	s.http = &fasthttp.Server{
		Handler:                      s.handle,
		ErrorHandler:                 s.handleTransport,
		HeaderReceived:               s.bodyDeadline,
		ReadTimeout:                  cfg.HeadTime,
		WriteTimeout:                 writeTime,
		IdleTimeout:                  idleTime,
		ReadBufferSize:               maxHead,
		MaxRequestBodySize:           cfg.MaxBody,
		StreamRequestBody:            true, // else a body is in memory before we may refuse it
		DisablePreParseMultipartForm: true,
		NoDefaultServerHeader:        true,
		NoDefaultContentType:         true,
		CloseOnShutdown:              true,
		Logger:                       httpLog(cfg.ErrorLog),
	}
	s.health = newHealth(cfg.Check)
	go s.watch()
	if cfg.GradeEvery > 0 {
		cfg.Engine.Grades = new(trust.Book)
		go s.watchCounters()
	}
	return s
}

type httpLog func(format string, args ...any)

func (l httpLog) Printf(format string, args ...any) { l("http: "+format, args...) }

func (s *Server) bodyDeadline(*fasthttp.RequestHeader) fasthttp.RequestConfig {
	return fasthttp.RequestConfig{ReadTimeout: s.cfg.BodyTime}
}

// Serve accepts connections until Drain or Close, and then returns nil.
func (s *Server) Serve(l net.Listener) error {
	return s.http.Serve(slashless{netutil.LimitListener(l, maxConnections)})
}

// Drain refuses new jobs, while monitor answers 503, waits for the accepted
// ones until ctx ends, then ends those that are left and stops serving. It
// returns ctx's error when jobs had to be ended.
func (s *Server) Drain(ctx context.Context) error {
	s.intake.close()
	var err error
	select {
	case <-s.intake.empty:
	case <-ctx.Done():
		err = ctx.Err()
	}
	s.Close()
	return err
}

// Close stops serving: jobs are cancelled and answered as draining.
func (s *Server) Close() {
	s.stopped.Do(func() {
		s.intake.close()
		s.cancel()
		// The answers to what was cancelled still have to be written.
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		if err := s.http.ShutdownWithContext(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			s.cfg.ErrorLog("http: %v", err)
		}
	})
}

// Fit returns nil when the last self-check passed and the server takes jobs,
// or else the reason why not.
func (s *Server) Fit() error {
	if s.intake.isClosed() {
		return wire.Problemf(wire.Draining, "the server is shutting down")
	}
	return s.health.err()
}
