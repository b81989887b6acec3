package server

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"io"
	"net"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"webrunner/internal/wire"
)

// exchange is one request and what was learnt on the way to its answer.
type exchange struct {
	target
	ctx    *fasthttp.RequestCtx
	method string
	accept string
	start  time.Time
	queued time.Duration
	spawn  time.Duration
}

// handle is the whole of one request: nothing of ctx is kept after it.
func (s *Server) handle(ctx *fasthttp.RequestCtx) {
	x := &exchange{
		ctx:    ctx,
		method: string(ctx.Method()),
		accept: string(ctx.Request.Header.Peek("Accept")),
		start:  time.Now(),
	}
	a := s.guarded(x)
	discard(ctx)
	s.write(ctx, a)
	s.record(x, a)
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
	t, err := parseTarget(string(x.ctx.Request.Header.RequestURI()))
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
	if !c.open && !s.authorized(x.ctx) {
		return answer{}, wire.Problemf(wire.Unauthorized, "send the header Authorization: Bearer TOKEN with the token that this server was given")
	}
	return c.serve(s, x)
}

// authorized compares in constant time, hashed so that lengths do not tell.
func (s *Server) authorized(ctx *fasthttp.RequestCtx) bool {
	if s.cfg.Token == "" {
		return true
	}
	scheme, token, _ := strings.Cut(string(ctx.Request.Header.Peek("Authorization")), " ")
	sum := sha256.Sum256([]byte(strings.TrimSpace(token)))
	return strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare(sum[:], s.token[:]) == 1
}

// handleTransport answers what never became a request.
func (s *Server) handleTransport(ctx *fasthttp.RequestCtx, err error) {
	x := &exchange{ctx: ctx, method: string(ctx.Method()), start: time.Now()}
	x.accept = string(ctx.Request.Header.Peek("Accept"))
	a := s.problem(x.accept, transportProblem(err))
	s.write(ctx, a)
	s.record(x, a)
}

// transportProblem maps the errors of fasthttp to the table. Limits that are
// not about the object keep their own status.
func transportProblem(err error) *wire.Problem {
	var small *fasthttp.ErrSmallBuffer
	var netErr net.Error
	switch {
	case errors.As(err, &small):
		p := wire.Problemf(wire.TooLarge, "the head of the request is longer than %d bytes", maxHead)
		p.Status, p.Limit = fasthttp.StatusRequestHeaderFieldsTooLarge, "head"
		return p
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		return wire.Problemf(wire.TooLarge, "the body is too large")
	case errors.As(err, &netErr) && netErr.Timeout():
		return slow("request")
	}
	return wire.Problemf(wire.BadRequest, "this is no HTTP request")
}

func slow(what string) *wire.Problem {
	p := wire.Problemf(wire.BadRequest, "the %s did not arrive in time", what)
	p.Status, p.Limit = fasthttp.StatusRequestTimeout, "transport"
	return p
}

// maxDiscard bounds what is read of a body that nobody wants.
const maxDiscard = 64 << 20

// discard reads what is left of the body. To close a connection with unread
// data in it is to reset it, which can destroy the answer on its way to the
// client (RFC 9112, 9.6).
func discard(ctx *fasthttp.RequestCtx) {
	if r := ctx.RequestBodyStream(); r != nil {
		_, _ = io.Copy(io.Discard, io.LimitReader(r, maxDiscard))
	}
}
