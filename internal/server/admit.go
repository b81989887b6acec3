package server

import (
	"math"
	"slices"
	"strings"
	"time"

	"webrunner/internal/tokens"
	"webrunner/internal/wire"
)

// admit lets a request to a command pass that needs no token, or that has one. From
// an address that sent many wrong ones none is looked at for a while.
func (s *Server) admit(x *exchange, c *command) *wire.Problem {
	if c.open || s.cfg.Tokens == nil {
		return nil
	}
	if wait := s.guesses.wait(clientAt(x.conn.RemoteAddr())); wait > 0 {
		p := wire.Problemf(wire.Unauthorized, "too many wrong tokens came from this address; the next is looked at in %v", wait.Round(time.Second))
		p.RetryAfter = max(int(wait/time.Second), 1)
		return p
	}
	scheme, token, _ := strings.Cut(string(x.ctx.Request.Header.Peek("Authorization")), " ")
	name, ok := s.cfg.Tokens.Who(strings.TrimSpace(token))
	if ok && strings.EqualFold(scheme, "Bearer") {
		x.user = name
		if name != tokens.Unnamed { // behind a proxy all have one address
			x.client = client{name: name}
		}
		return nil
	}
	if token != "" {
		s.guesses.use(clientAt(x.conn.RemoteAddr()))
	}
	return wire.Problemf(wire.Unauthorized, "send the header Authorization: Bearer TOKEN with a token that this server was given")
}

// paced lets a request pass, unless its client sends more than its rate. What needs no
// token has no rate: monitors ask often.
func (s *Server) paced(x *exchange, c *command) *wire.Problem {
	if c.open {
		return nil
	}
	wait := s.rates.take(x.client)
	if wait <= 0 {
		return nil
	}
	p := wire.Problemf(wire.QueueFull, "more than %g requests a second, and %d at once, came from this client; the next is taken in %v", s.cfg.Rate, s.cfg.Burst, wait.Round(time.Millisecond))
	p.Limit, p.RetryAfter = "rate", int(min(math.Ceil(wait.Seconds()), maxEstimate))
	return p
}

// allowOrigin is the header that tells a browser which pages may read an answer: all,
// or the one that asks, if it is among those that the operator names (Fetch standard,
// "CORS protocol"). It is empty where none may.
func (s *Server) allowOrigin(x *exchange) (origin string, varies bool) {
	if len(s.cfg.Origins) == 0 {
		return "*", false
	}
	asking := string(x.ctx.Request.Header.Peek("Origin"))
	if slices.Contains(s.cfg.Origins, asking) {
		return asking, true
	}
	return "", true
}
