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
