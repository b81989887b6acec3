package server

import (
	"errors"
	"io"
	"net"

	"webrunner/internal/wire"
)

// readBody reads the whole body, however it was cut into pieces. The caller
// gives len(body) back to s.memory when the body is no longer needed.
func (s *Server) readBody(x *exchange) ([]byte, *wire.Problem) {
	length := x.ctx.Request.Header.ContentLength() // negative when chunked or absent
	if length > s.cfg.MaxBody {
		return nil, s.tooLarge()
	}
	r := x.ctx.RequestBodyStream()
	if r == nil {
		return nil, nil
	}
	body, p := s.collect(r)
	if p == nil && length >= 0 && len(body) != length {
		p = wire.Problemf(wire.BadRequest, "the body ended after %d of %d bytes", len(body), length)
	}
	if p != nil {
		s.memory.give(len(body))
		return nil, p
	}
	return body, nil
}

// collect reads r to its end within the limits. It has drawn len(body) from
// s.memory whatever it returns.
func (s *Server) collect(r io.Reader) (body []byte, p *wire.Problem) {
	piece := make([]byte, 32<<10)
	for {
		n, err := r.Read(piece)
		if len(body)+n > s.cfg.MaxBody {
			return body, s.tooLarge()
		}
		if !s.memory.draw(n) {
			return body, s.busy("too many bodies are on their way")
		}
		body = append(body, piece[:n]...)
		if err == io.EOF {
			return body, nil
		}
		if err != nil {
			return body, bodyProblem(err)
		}
	}
}

func (s *Server) tooLarge() *wire.Problem {
	p := wire.Problemf(wire.TooLarge, "the object is larger than %d bytes", s.cfg.MaxBody)
	p.Limit = "body"
	return p
}

func bodyProblem(err error) *wire.Problem {
	var netErr net.Error
	if errors.As(err, &netErr) && netErr.Timeout() {
		return slow("body")
	}
	return wire.Problemf(wire.BadRequest, "the body cannot be read: %v", err)
}

// busy is the answer to a request that there is no room for now.
func (s *Server) busy(why string) *wire.Problem {
	p := wire.Problemf(wire.QueueFull, "%s: %d running, %d waiting; try again later", why, s.gate.running(), s.gate.waiting())
	p.RetryAfter = s.metrics.estimate(s.gate.waiting() + 1)
	return p
}
