package server

import (
	"net"
	"testing"

	"github.com/valyala/fasthttp"
)

// TestSole: one child may screen for whom only one person can be, and for nobody else.
func TestSole(t *testing.T) {
	tcp := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 4711}
	for _, row := range []struct {
		from   net.Addr
		token  string
		header string
		want   string
	}{
		{tcp, "", "Accept", "address 192.0.2.1/32"},
		{tcp, "alice", "Accept", "token alice"},
		{tcp, "alice", "Via", "token alice"},
		{tcp, "", "via", ""},
		{tcp, "", "forwarded", ""},
		{tcp, "", "X-Forwarded-For", ""},
		{tcp, "", "x-real-ip", ""},
		{&net.TCPAddr{IP: net.ParseIP("2001:db8::1")}, "", "Accept", "address 2001:db8::/64"},
		{&net.UnixAddr{Name: "@", Net: "unix"}, "", "Accept", ""},
		{&net.UnixAddr{Name: "@", Net: "unix"}, "alice", "Accept", "token alice"},
	} {
		x := &exchange{ctx: new(fasthttp.RequestCtx), client: clientAt(row.from)}
		if row.token != "" {
			x.client = client{name: row.token}
		}
		x.ctx.Request.Header.Set(row.header, "192.0.2.7")
		if got := x.sole(); got != row.want {
			t.Errorf("from %v with the token of %q and %s: %q, want %q", row.from, row.token, row.header, got, row.want)
		}
	}
}
