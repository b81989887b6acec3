package server

import (
	"errors"
	"net"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"webrunner/internal/link"
	"webrunner/internal/wire"
)

// exchange is one request and what was learnt on the way to its answer.
type exchange struct {
	target
	row    *command // nil where there is none
	ctx    *fasthttp.RequestCtx
	conn   *link.Conn
	client client
	method string
	raw    string // the target as it was sent
	user   string // whose token it has
	id     string // of the request, in logs and in the answer
	accept string
	start  time.Time
	queued time.Duration
	spawn  time.Duration
	steps  steps

	promised int64 // bytes of room for the answer, taken before a child began what was asked for
}

func newExchange(ctx *fasthttp.RequestCtx) *exchange {
	conn := ctx.Conn().(*link.Conn) // Serve wraps the listener
	head := conn.Head()
	x := &exchange{ctx: ctx, conn: conn, client: clientAt(conn.RemoteAddr()), method: head.Method, raw: head.Target, accept: head.Accept, start: time.Now()}
	x.id = requestID(string(ctx.Request.Header.Peek("X-Request-Id")))
	x.target, _ = parseTarget(x.raw) // for logs, until dispatch looks at it
	return x
}

// handle is the whole of one request: nothing of ctx is kept after its answer has gone.
func (s *Server) handle(ctx *fasthttp.RequestCtx) {
	x := newExchange(ctx)
	a := s.guarded(x)
	if !x.conn.Body().Skip() {
		x.end()
	}
	s.answer(x, a)
}

// end makes this the last answer of its connection, which then waits a moment for
// the client to take it.
func (x *exchange) end() {
	x.ctx.Response.SetConnectionClose()
	x.conn.Linger()
}

func (s *Server) answer(x *exchange, a answer) {
	a = s.room(x, a)
	s.write(x, a)
	if a.stream != nil { // what it comes to is known at its end
		began := time.Now()
		a.stream.over = func(bytes int) {
			x.steps.add("sweep", time.Since(began))
			x.steps.add("total", time.Since(x.start))
			s.record(x, a, bytes)
		}
		return
	}
	s.record(x, a, len(a.body))
}

// guarded is the barrier that fasthttp lacks: a panic in one request is that
// request's problem.
func (s *Server) guarded(x *exchange) (a answer) {
	defer func() {
		if r := recover(); r != nil {
			s.cfg.ErrorLog("panic: %v", r)
			for line := range strings.SplitSeq(strings.TrimSpace(string(debug.Stack())), "\n") {
				s.cfg.ErrorLog("| %s", line)
			}
			a = s.problem(x.accept, wire.Problemf(wire.Internal, "the server failed at this request; its error log says where"))
		}
	}()
	a, p := s.dispatch(x)
	if p != nil {
		allow := a.allow
		a = s.problem(x.accept, p)
		a.allow = allow
	}
	return a
}

// maxHost is the longest name that the domain name system has, and a port.
const maxHost = 255 + len(":65535")

// host is where the client found this server, to be shown to it again: what it
// says itself, if nothing in that means more to a shell than a host's name does,
// or else the address that it reached.
func (x *exchange) host() string {
	host := string(x.ctx.Host())
	odd := func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-.:[]", r))
	}
	if host == "" || len(host) > maxHost || strings.ContainsFunc(host, odd) {
		return x.ctx.LocalAddr().String()
	}
	return host
}

// dispatch finds the command and checks what all commands have in common.
func (s *Server) dispatch(x *exchange) (answer, *wire.Problem) {
	if f := x.conn.Head().Fault; f != nil {
		x.end()
		return answer{}, faulty(f)
	}
	t, err := parseTarget(x.raw)
	x.target = t
	if x.method == fasthttp.MethodOptions {
		return answer{status: fasthttp.StatusNoContent}, nil
	}
	if err != nil {
		return answer{}, wire.Problemf(wire.BadRequest, "%v", err)
	}
	c := s.find(t.command)
	if c == nil {
		return answer{}, wire.Problemf(wire.UnknownCommand, "there is no command %q; paths are /{machine-id}/{command}, the commands are %s", t.command, s.names())
	}
	if !slices.Contains(c.methods, x.method) {
		allow := strings.Join(c.methods, ", ")
		return answer{allow: allow + ", OPTIONS"}, wire.Problemf(wire.MethodNotAllowed, "%s takes %s, not %.20q", c.name, allow, x.method)
	}
	x.row = c
	if p := s.admit(x, c); p != nil {
		return answer{}, p
	}
	if p := s.paced(x, c); p != nil {
		return answer{}, p
	}
	if p := c.known(x.query); p != nil {
		return answer{}, p
	}
	return c.serve(s, x)
}

// known refuses a query with what is no option of a command that has options. What
// names a kernel has its parameters, too, and is looked at where it is read.
func (c *command) known(query map[string][]string) *wire.Problem {
	if c.kernel || len(c.options) == 0 {
		return nil
	}
	var names []string
	for _, o := range c.options {
		names = append(names, o.Name)
	}
	for name := range query {
		if !slices.Contains(names, name) {
			return wire.Problemf(wire.BadParameter, "%.40q: %s takes %s", name, c.name, strings.Join(names, ", "))
		}
	}
	return nil
}

// handleTransport answers what fasthttp refuses.
func (s *Server) handleTransport(ctx *fasthttp.RequestCtx, err error) {
	x := newExchange(ctx)
	x.end()
	ctx.Response.SkipBody = x.method == fasthttp.MethodHead
	var netErr net.Error
	p := wire.Problemf(wire.BadRequest, "the target or the Host header names no host")
	switch {
	case errors.As(err, &netErr) && netErr.Timeout():
		p = slow("no request arrived in time")
	case strings.HasPrefix(err.Error(), "tls: ") || strings.Contains(err.Error(), ": tls: "): // fasthttp has a line for it
	default:
		s.cfg.ErrorLog("http: %v", err)
	}
	s.answer(x, s.problem(x.accept, p))
}

// faulty gives a head's fault its place in the table. Limits that are not about the
// object keep their own status.
func faulty(f *link.Fault) *wire.Problem {
	switch f.Kind {
	case link.TooLong:
		p := wire.Problemf(wire.TooLarge, "%s: more than %d bytes", f.Text, maxHead)
		p.Status, p.Limit = fasthttp.StatusRequestHeaderFieldsTooLarge, "head"
		return p
	case link.Slow:
		return slow("%s", f.Text)
	}
	return wire.Problemf(wire.BadRequest, "%s", f.Text)
}

func slow(format string, args ...any) *wire.Problem {
	p := wire.Problemf(wire.BadRequest, format, args...)
	p.Status, p.Limit = fasthttp.StatusRequestTimeout, "transport"
	return p
}
