package link

import (
	"bytes"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// wrong notes a fault; of several, the first.
func (h *Head) wrong(format string, args ...any) {
	if h.Fault == nil {
		h.Fault = &Fault{Malformed, fmt.Sprintf(format, args...)}
	}
}

// handshake is the first byte of a TLS record of the handshake (RFC 8446, 5.1).
const handshake = 0x16

// secure notes that the client speaks TLS, under a method by which logs show it.
func (h *Head) secure() {
	h.Method = "TLS"
	h.wrong("this is TLS, and the server speaks plain HTTP; use http:// or ask the proxy before it")
}

// request reads the request line, and returns where in it a slash is missing, 0
// when nowhere. The service of 2016 took "GET local/monitor HTTP/1.1", a target
// without its slash, which RFC 9112 does not know.
func (h *Head) request(line []byte) (slash int) {
	words := strings.Split(string(line), " ")
	h.Method = words[0]
	if len(words) > 1 {
		h.Target = words[1]
	}
	switch {
	case !isToken(h.Method):
		h.wrong("this is no HTTP request: it does not begin with a method")
	case len(words) != 3 || h.Target == "":
		h.wrong("the request line has %d words, not three: a method, a target, HTTP/1.1", len(words))
	case words[2] != "HTTP/1.1" && words[2] != "HTTP/1.0":
		h.wrong("the request is of the version %.20q; the server speaks HTTP/1.1 and HTTP/1.0", words[2])
	case strings.ContainsFunc(h.Target, isControl):
		h.wrong("the target has a control character; percent-encode it")
	}
	if h.Fault != nil {
		return 0
	}
	h.version11 = words[2] == "HTTP/1.1"
	switch {
	case h.Target[0] == '/', h.Target == "*" && h.Method == "OPTIONS":
	case hasScheme(h.Target):
	case isName(h.Target[0]) && h.Method != "CONNECT":
		h.Target = "/" + h.Target
		return len(h.Method) + 1
	default:
		h.wrong("the target %.40q does not begin with a slash", h.Target)
	}
	return 0
}

func hasScheme(target string) bool {
	return len(target) >= 7 && strings.EqualFold(target[:7], "http://") || len(target) >= 8 && strings.EqualFold(target[:8], "https://")
}

// isName tells whether c can begin the name of a machine that lost its slash.
func isName(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-' || c == '%'
}

// field reads one line behind the request line (RFC 9112, 5).
func (h *Head) field(line []byte) {
	name, value, found := bytes.Cut(line, []byte(":"))
	switch {
	case line[0] == ' ' || line[0] == '\t':
		h.wrong("a header is folded over two lines, which HTTP no longer knows")
	case !found:
		h.wrong("the line %.40q of the head has no colon", line)
	case !isToken(string(name)):
		h.wrong("%.40q is no name of a header", name)
	case bytes.ContainsFunc(value, isControl):
		h.wrong("the value of the header %.40q has a control character", name)
	default:
		h.known(string(name), strings.Trim(string(value), " \t"))
	}
}

// known reads the headers that say where a request ends and whom it is for.
func (h *Head) known(name, value string) {
	switch strings.ToLower(name) {
	case "host":
		if h.hosts++; h.hosts > 1 {
			h.wrong("the request has more than one Host header")
		}
		if !isHost(value) {
			h.wrong("the Host header %.60q is no name or address with a port", value)
		}
	case "content-length":
		if h.lengths++; h.lengths > 1 {
			h.wrong("the request has more than one Content-Length header")
		}
		n, err := strconv.ParseUint(value, 10, 63)
		if err != nil {
			h.wrong("the Content-Length %.40q is not a number of bytes", value)
		}
		h.length = int64(n)
	case "transfer-encoding":
		if h.codings++; h.codings > 1 || !strings.EqualFold(value, "chunked") || !h.version11 {
			h.wrong("the Transfer-Encoding %.40q is not chunked alone, once, in HTTP/1.1", value)
		}
	case "expect":
		h.expects = h.version11 && strings.EqualFold(value, "100-continue")
	case "accept":
		h.Accept = value
	}
}

// finish judges what only the whole head tells.
func (h *Head) finish() {
	if h.version11 && h.hosts == 0 {
		h.wrong("the request has no Host header, which HTTP/1.1 wants")
	}
	if h.codings > 0 && h.lengths > 0 {
		h.wrong("the request has a Content-Length and a Transfer-Encoding")
	}
	if h.codings > 0 {
		h.length = chunked
	}
}

// isHost tells whether a Host header's value can be one (RFC 3986, 3.2.2), as far
// as it matters: nothing in it stands for something else.
func isHost(s string) bool {
	if s == "" {
		return false
	}
	name := s
	if i := strings.LastIndexByte(s, ':'); i >= 0 && !strings.HasSuffix(s, "]") {
		if _, err := strconv.ParseUint(s[i+1:], 10, 16); err != nil && s[i+1:] != "" {
			return false
		}
		name = s[:i]
	}
	if inside, ok := strings.CutPrefix(name, "["); ok {
		inside, ok = strings.CutSuffix(inside, "]")
		ip, err := netip.ParseAddr(inside)
		return ok && err == nil && ip.Is6() && ip.Zone() == ""
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`"#%/<>?@[\]^{|}:`+"`", r)
	})
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// isToken tells whether s is a token (RFC 9110, 5.6.2).
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("!#$%&'*+-.^_`|~", r))
	})
}
