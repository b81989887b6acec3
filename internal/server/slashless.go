package server

import (
	"bytes"
	"net"
	"strings"
)

// The service of 2016 took "GET local/monitor HTTP/1.1", a target without its
// slash, which fasthttp refuses as RFC 9112 wants. slashless gives the first
// request of a connection its slash; there was no second one in 2016.
type slashless struct{ net.Listener }

func (l slashless) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &slashlessConn{Conn: c}, nil
}

type slashlessConn struct {
	net.Conn
	head    []byte // read and not handed on
	decided bool
}

// Read reads like the connection, with the slash put in.
func (c *slashlessConn) Read(p []byte) (int, error) {
	for !c.decided {
		var piece [512]byte
		n, err := c.Conn.Read(piece[:])
		c.head = append(c.head, piece[:n]...)
		at, decided := missingSlash(c.head)
		if at > 0 {
			c.head = append(c.head[:at], append([]byte{'/'}, c.head[at:]...)...)
		}
		c.decided = decided
		if err != nil && len(c.head) == 0 {
			return 0, err
		}
		if err != nil {
			c.decided = true // hand on what there is; the next Read meets the error again
		}
	}
	if len(c.head) == 0 {
		return c.Conn.Read(p)
	}
	n := copy(p, c.head)
	c.head = c.head[n:]
	return n, nil
}

// missingSlash returns where in the beginning of a request a slash is missing,
// 0 when nowhere, and whether head is long enough to tell.
func missingSlash(head []byte) (at int, decided bool) {
	const longest = len("https://")
	line, _, ended := bytes.Cut(head, []byte("\n"))
	method, rest, found := bytes.Cut(line, []byte(" "))
	switch {
	case !found:
		return 0, ended || len(head) > 32
	case len(rest) == 0:
		return 0, ended
	case !isName(rest[0]) || string(method) == "CONNECT":
		return 0, true
	}
	target, _, cut := bytes.Cut(rest, []byte(" "))
	if len(target) < longest && !cut && !ended {
		return 0, false
	}
	prefix := strings.ToLower(string(target[:min(len(target), longest)]))
	if strings.HasPrefix(prefix, "http://") || prefix == "https://" {
		return 0, true
	}
	return len(method) + 1, true
}

// isName tells whether c can begin the name of a machine that lost its slash.
func isName(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-' || c == '%'
}
