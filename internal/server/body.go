package server

import (
	"errors"
	"io"

	"webrunner/internal/link"
	"webrunner/internal/wire"
)

// readBody reads the whole body, however it was cut into pieces. The caller calls
// free, which may be called again, when the body is no longer needed.
func (s *Server) readBody(x *exchange) (body []byte, free func(), p *wire.Problem) {
	r := x.conn.Body()
	length := r.Length() // -1 when chunked
	if length > int64(s.cfg.MaxBody) {
		return nil, nil, s.tooLarge()
	}
	h := &heap{memory: s.memory, who: x.client}
	if p = s.collect(h, r, int(length)); p != nil {
		h.free()
		return nil, nil, p
	}
	return h.b, h.free, nil
}

// heap is a body on its way, with what it draws from memory.
type heap struct {
	memory *memory
	who    client
	b      []byte
	drawn  int
}

// Bounds of how a body's memory grows. What is allocated is what is drawn; a body
// is copied seldom, and never has room for more than growth times what has arrived.
const (
	firstRoom = 64 << 10 // bytes
	growth    = 4
)

// grow makes room for more than there is, up to most bytes, and tells whether it
// could be had.
func (h *heap) grow(most int) bool {
	n := min(max(firstRoom, growth*cap(h.b)), most)
	if !h.memory.draw(h.who, int64(n), int64(n)) {
		return false
	}
	old := h.drawn
	b := make([]byte, len(h.b), n)
	copy(b, h.b)
	h.b, h.drawn = b, n
	h.memory.give(h.who, int64(old))
	return true
}

func (h *heap) free() {
	h.memory.give(h.who, int64(h.drawn))
	h.b, h.drawn = nil, 0
}

// collect reads r to its end within the limits.
func (s *Server) collect(h *heap, r *link.Body, length int) *wire.Problem {
	most := s.cfg.MaxBody
	if length >= 0 {
		most = length
	}
	for {
		if len(h.b) == most {
			return s.end(r, len(h.b))
		}
		if len(h.b) == cap(h.b) && !h.grow(most) {
			return s.busy("too many bodies are on their way")
		}
		n, err := r.Read(h.b[len(h.b):cap(h.b)])
		h.b = h.b[:len(h.b)+n]
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return bodyProblem(err, len(h.b), length)
		}
	}
}

// end demands that a body that fills its room is over.
func (s *Server) end(r *link.Body, read int) *wire.Problem {
	var one [1]byte
	switch n, err := r.Read(one[:]); {
	case n > 0:
		return s.tooLarge()
	case err != io.EOF:
		return bodyProblem(err, read, -1)
	}
	return nil
}

func (s *Server) tooLarge() *wire.Problem {
	p := wire.Problemf(wire.TooLarge, "the object is larger than %d bytes", s.cfg.MaxBody)
	p.Limit = "body"
	return p
}

func bodyProblem(err error, read, length int) *wire.Problem {
	switch {
	case errors.Is(err, link.ErrSlow):
		return slow("the body did not arrive in time: %d bytes did", read)
	case errors.Is(err, io.ErrUnexpectedEOF) && length >= 0:
		return wire.Problemf(wire.BadRequest, "the body ended after %d of %d bytes", read, length)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return wire.Problemf(wire.BadRequest, "the body ended after %d bytes, before its last chunk", read)
	}
	return wire.Problemf(wire.BadRequest, "the body cannot be read: %v", err)
}

// busy is the answer to a request that there is no room for now.
func (s *Server) busy(why string) *wire.Problem {
	p := wire.Problemf(wire.QueueFull, "%s: %d running, %d waiting; try again later", why, s.gate.running(), s.gate.waiting())
	p.RetryAfter = s.metrics.estimate(s.gate.ahead(), s.cfg.Parallel)
	return p
}
