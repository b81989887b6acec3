package main

import (
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"webrunner/internal/wire"
)

// remoteOptions are the flags of commands that can ask a server.
type remoteOptions struct {
	server  string
	machine string
	token   string
}

func (o *remoteOptions) define(f *flags) {
	o.machine = "local"
	f.text(&o.server, "server", "URL", "ask the WebRunner at URL instead of this host")
	f.text(&o.machine, "machine", "ID", "machine-id in the path, for a proxy to route by (local)")
	f.text(&o.token, "token-file", "FILE", "with --server: the token to send")
}

// settle refuses flags that would have no effect.
func (o *remoteOptions) settle(f *flags) error {
	about, list := "is for this host; a server at --server has its own", f.given("without", "kernels", "timeout")
	if o.server == "" {
		about, list = "is for asking a server; name it by --server", f.given("machine", "token-file")
	}
	if len(list) > 0 {
		return usage("%s %s", list[0], about)
	}
	return nil
}

// remoteTime bounds one request to a server, its queue included.
const remoteTime = 5 * time.Minute

// Bounds of a server's answer, bytes. Layers, warnings and what a proxy adds
// stand in the head.
const (
	maxHead   = 32 << 10
	maxAnswer = 64 << 20
)

// exchange sends an object to a server and returns its answer. A refusal is a
// *wire.Problem as the server sent it.
func (o *remoteOptions) exchange(command string, query url.Values, object []byte, media string) ([]byte, error) {
	u, err := url.Parse(o.server)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, usage("--server takes http://HOST[:PORT] or https://HOST[:PORT], not %q", o.server)
	}
	token, err := readToken(o.token)
	if err != nil {
		return nil, err
	}
	// A machine may hold a slash, which its escape keeps apart from the path's own.
	u.RawPath = strings.TrimSuffix(u.EscapedPath(), "/") + "/" + url.PathEscape(o.machine) + "/" + command
	if u.Path, err = url.PathUnescape(u.RawPath); err != nil {
		return nil, usage("--server: %v", err)
	}
	u.RawQuery = query.Encode()

	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(resp)
	req.SetRequestURI(u.String())
	req.Header.SetMethod("POST")
	req.Header.SetContentType("application/octet-stream")
	req.Header.Set("Accept", media+", application/problem+json;q=0.1")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	req.SetBodyRaw(object)
	client := fasthttp.Client{
		ReadBufferSize: maxHead, MaxResponseBodySize: maxAnswer,
		NoDefaultUserAgentHeader: true, DisablePathNormalizing: true,
	}
	if err := client.DoTimeout(req, resp, remoteTime); err != nil {
		return nil, wire.Problemf(wire.Unfit, "%s does not answer: %v", o.server, err)
	}
	body := append([]byte(nil), resp.Body()...)
	if resp.StatusCode() == fasthttp.StatusOK {
		return body, nil
	}
	return nil, remoteProblem(o.server, resp.StatusCode(), string(resp.Header.ContentType()), body)
}

// remoteProblem reads a refusal. One that is not WebRunner's own, as a proxy
// may send, keeps its status and says where it comes from.
func remoteProblem(server string, status int, media string, body []byte) *wire.Problem {
	p := new(wire.Problem)
	if strings.HasPrefix(media, "application/problem+json") && json.Unmarshal(body, p) == nil && p.Class != "" {
		return p
	}
	p = wire.Problemf(wire.Unfit, "%s answered with status %d, and not as a WebRunner does", server, status)
	p.Status = status
	return p
}
