package server

import (
	"net"
	"net/netip"
)

// client is whom the bounds of this server take for one: the name of a token, or else an
// IPv4 address, or the 64 bits of an IPv6 address that a network has (RFC 4291, 2.5.4),
// since every host of it may have all the others.
type client struct {
	at   netip.Prefix // nothing where there is a name
	name string
}

// nobody is the server itself.
var nobody client

// sole is the client of a request, as a word, where that is one and the same person, as
// far as the server can know: it is empty for what came through a proxy, whose address
// stands for many, unless a token tells whose it is.
func (x *exchange) sole() string {
	if x.client.name != "" {
		return "token " + x.client.name
	}
	if x.client.at.Addr().IsUnspecified() { // a socket of this host's files, behind which a proxy is likely
		return ""
	}
	for _, name := range forwarding() {
		if len(x.ctx.Request.Header.Peek(name)) > 0 {
			return ""
		}
	}
	return "address " + x.client.at.String()
}

// forwarding is the headers by which proxies tell for whom they ask (RFC 9110, 7.6.3; RFC
// 7239; and older custom).
func forwarding() []string {
	return []string{"Via", "Forwarded", "X-Forwarded-For", "X-Real-Ip"}
}

func clientAt(addr net.Addr) client {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return client{at: netip.PrefixFrom(netip.IPv4Unspecified(), 32)}
	}
	ip := tcp.AddrPort().Addr().Unmap()
	bits := 32
	if ip.Is6() {
		bits = 64
	}
	p, err := ip.WithZone("").Prefix(bits)
	if err != nil { // an address of no family
		return client{at: netip.PrefixFrom(netip.IPv4Unspecified(), 32)}
	}
	return client{at: p}
}
