package server

import (
	"context"
	"errors"

	"webrunner/internal/wire"
)

// errGone is why a job ends whose client does not wait for it.
var errGone = errors.New("server: the client has gone")

// watched returns a context that ends with the server, or when the client closes its
// side of the connection. As in net/http a client that closes only the side on
// which it sends is taken for one that has gone: nothing tells them apart.
func (s *Server) watched(x *exchange) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(s.ctx)
	unwatch := x.conn.Watch(func() { cancel(errGone) })
	return ctx, func() { unwatch(); cancel(nil) }
}

// statusGone is nginx's for a client that closed its connection; nobody reads it but
// in logs.
const statusGone = 499

func gone() *wire.Problem {
	p := wire.Problemf(wire.BadRequest, "the client closed its side of the connection, so its job was ended")
	p.Status, p.Limit = statusGone, "transport"
	return p
}
