// Package server is the HTTP face of WebRunner: paths, methods, limits, the
// queue, health and the error table. It hands objects to an engine unread.
package server

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"math"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"

	"webrunner/internal/engine"
	"webrunner/internal/link"
	"webrunner/internal/page"
	"webrunner/internal/tokens"
	"webrunner/internal/trust"
	"webrunner/internal/wire"
)

// Config shapes a server. Engine and Check are required; a zero value elsewhere means
// the default.
type Config struct {
	Engine *engine.Engine              // plans and does the jobs
	Check  func(context.Context) error // the self-check, through a real child

	MaxBody int // bytes of an object; default 16 MiB
	// ClientBodies is how many bytes of bodies one client may have in memory; default half
	// of what all may have.
	ClientBodies int64

	Queue      int           // requests that may wait; 0 means none
	Rate       float64       // requests a second of one client; 0 means any
	Burst      int           // of them at once; default one second's
	Parallel   int           // jobs at one time; default 1
	CheckEvery time.Duration // between self-checks; default 30 s
	GradeEvery time.Duration // between gradings of the counters; 0 leaves them ungraded
	HeadTime   time.Duration // to send a request's head; default 10 s
	BodyTime   time.Duration // in which a body or an answer moves on by 128 KiB, or ends; default 10 s
	Tokens     *tokens.Book  // of those who may use it; nil lets everyone in
	Origins    []string      // of pages that may use it (CORS); default all
	Names      string        // how the text form names figures where a query does not say: request.Names2016, or empty

	AccessLog io.Writer                        // default none
	Records   slog.Handler                     // of answers in place of AccessLog; default none
	ErrorLog  func(format string, args ...any) // default none
}

func (c *Config) setDefaults() {
	def(&c.MaxBody, 16<<20)
	def(&c.Parallel, 1)
	def(&c.Burst, int(math.Ceil(c.Rate)))
	def(&c.CheckEvery, 30*time.Second)
	def(&c.HeadTime, 10*time.Second)
	def(&c.BodyTime, 10*time.Second)
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
	idleTime       = time.Minute // for a kept connection's next request
)

// limits bound each connection.
func (c *Config) limits() link.Limits {
	return link.Limits{
		Head: maxHead, HeadTime: c.HeadTime,
		Stall: c.BodyTime, Step: 128 << 10,
		Linger: 30 * time.Second, Discard: 64 << 20,
	}
}

// descriptors are kept for what is no connection: the service's own files, and the
// pipes of children, of which one that is born has six.
func (c *Config) descriptors() int { return 64 + 16*(c.Parallel+2) }

// lists is how many lists of events may wait to be planned.
const lists = 32

// Bounds of what clients make the server hold, bytes.
const (
	bodiesAhead = 4         // largest bodies beside those of the jobs in the gate
	unread      = 128 << 20 // answers that clients have not taken yet
	smallBody   = 256 << 10 // what is no larger finds room that larger ones leave
	smallAnswer = 64 << 10
)

func (c *Config) bodies() *memory {
	limit := int64(c.MaxBody) * int64(c.Parallel+c.Queue+bodiesAhead)
	share := cmp.Or(c.ClientBodies, limit/2)
	return newMemory(limit, share, limit/16, smallBody)
}

// Server serves HTTP. Make one with New.
type Server struct {
	cfg      Config
	http     *fasthttp.Server
	commands []command
	files    page.Files // for browsers
	gate     *gate
	desk     *gate   // of lists of events
	memory   *memory // of bodies
	answers  *memory // until clients have taken them
	health   *health
	graded   atomic.Pointer[grades] // what was last made of the grades
	metrics  *metrics
	guesses  *rates
	rates    *rates
	always   []header // of every answer
	log      accessLog

	described func() ([]byte, error) // the interface; made when somebody asks

	intake  *intake
	ctx     context.Context // of all jobs
	cancel  context.CancelFunc
	stopped sync.Once
	open    context.Context // until Close
	shut    context.CancelFunc
}

// New returns a server that is not serving yet, with its self-check running.
func New(cfg Config) *Server {
	cfg.setDefaults()
	s := &Server{
		cfg:     cfg,
		gate:    newGate(cfg.Parallel, cfg.Queue),
		desk:    newGate(1, lists),
		memory:  cfg.bodies(),
		answers: newMemory(unread, unread/2, unread/8, smallAnswer),
		intake:  newIntake(),
		metrics: newMetrics(),
		guesses: newGuesses(),
		rates:   newRates(cfg.Rate, cfg.Burst),
		always:  headersOf(cfg.Engine),
		log:     accessLog{w: cfg.AccessLog, records: cfg.Records},
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.open, s.shut = context.WithCancel(context.Background())
	s.commands = commandTable()
	var err error
	if s.files, err = page.Load(); err != nil {
		cfg.ErrorLog("%v", err)
	}
	s.described = sync.OnceValues(s.description)
	s.http = &fasthttp.Server{
		Handler:                      s.handle,
		ErrorHandler:                 s.handleTransport,
		HeaderReceived:               withoutBody,
		ReadTimeout:                  cfg.HeadTime,
		IdleTimeout:                  idleTime,
		ReadBufferSize:               maxHead + 1, // with the slash that a target of 2016 lacks
		DisablePreParseMultipartForm: true,
		SecureErrorLogMessage:        true, // a head may have the token
		NoDefaultServerHeader:        true,
		NoDefaultContentType:         true,
		CloseOnShutdown:              true,
		Logger:                       httpLog(cfg.ErrorLog),
	}
	s.health = newHealth(cfg.Check)
	go s.watch()
	go s.ebb()
	if cfg.GradeEvery > 0 {
		cfg.Engine.Grades = new(trust.Book)
		go s.watchCounters()
	}
	return s
}

type httpLog func(format string, args ...any)

func (l httpLog) Printf(format string, args ...any) { l("http: "+format, args...) }

// withoutBody keeps fasthttp from bodies, which it would begin to read before any
// handler may refuse them: package link has them.
func withoutBody(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
	h.SetContentLength(0)
	h.Del(fasthttp.HeaderExpect)
	return fasthttp.RequestConfig{}
}

// Serve accepts connections until Drain or Close, and then returns nil.
func (s *Server) Serve(l net.Listener) error {
	most := link.Connections(maxConnections, s.cfg.descriptors())
	listener := link.NewListener(l, s.cfg.limits(), most, httpLog(s.cfg.ErrorLog).Printf)
	// A shutdown of fasthttp's server knows only of listeners that it accepts from already.
	defer context.AfterFunc(s.open, func() { listener.Close() })()
	return s.http.Serve(listener)
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

// Close stops serving: jobs are cancelled and answered as draining, those that may have
// begun with status 500.
func (s *Server) Close() {
	s.stopped.Do(func() {
		s.shut()
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
