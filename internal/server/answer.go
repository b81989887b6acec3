package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"webrunner/internal/engine"
	"webrunner/internal/report"
	"webrunner/internal/wire"
	"webrunner/internal/words"
)

// answer is a response before it is written.
type answer struct {
	status     int
	media      string
	body       []byte
	class      wire.Class // of a problem, else empty
	verdict    *verdict   // of a run, else nil
	retryAfter int        // seconds
	allow      string     // the methods that a 405 names
	more       []field    // headers beside those that every answer has
	// stream is a body that is still being made, in place of body; nil where it is whole.
	stream *feed
}

// field is one header.
type field struct{ name, value string }

func text(body string) answer { return answer{status: 200, media: mediaText, body: []byte(body)} }

// problem gives a problem the face that the client reads.
func (s *Server) problem(accept string, p *wire.Problem) answer {
	if p.Sandbox == nil { // a problem of ours, which others may be reading
		own := *p
		own.Sandbox, p = s.cfg.Engine.Layers, &own
	}
	a := answer{status: p.Status, class: p.Class, retryAfter: p.RetryAfter}
	if a.media = negotiate(accept, mediaText, mediaProblem, mediaJSON); a.media == mediaText {
		var b bytes.Buffer
		_ = report.ProblemText(&b, p) // into memory
		a.body = b.Bytes()
		return a
	}
	a.media = mediaProblem
	b, err := json.Marshal(p)
	b = words.JSON(b)
	if err != nil { // it holds strings and integers only
		b = []byte(`{}`)
	}
	a.body = append(b, '\n')
	return a
}

// The CORS headers of 2016, and what clients of today send beside them: a page
// of any origin may use the service.
const (
	corsMethods = "GET, HEAD, POST, OPTIONS"
	corsHeaders = "DNT,X-CustomHeader,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Authorization,Accept"
	corsExpose  = "Retry-After,Server-Timing,X-Request-Id,WebRunner-Machine,WebRunner-Layers,WebRunner-Verify,WebRunner-ABI,WebRunner-Integrity,WebRunner-Warning,WebRunner-Sources"
	corsMaxAge  = "1728000"
)

// write writes an answer with the headers that every answer has.
func (s *Server) write(x *exchange, a answer) {
	ctx := x.ctx
	h := &ctx.Response.Header
	ctx.SetStatusCode(a.status)
	origin, varies := s.allowOrigin(x)
	if origin != "" {
		h.Set("Access-Control-Allow-Origin", origin)
	}
	if varies {
		h.Set("Vary", "Origin")
	}
	for _, a := range s.always {
		h.SetCanonical(a.name, a.value)
	}
	h.Set("X-Request-Id", x.id)
	all := append(slices.Clip(x.steps), step{"total", time.Since(x.start)})
	h.SetBytesV("Server-Timing", all.header())
	if a.stream == nil {
		x.steps = all
	}
	if a.verdict != nil {
		a.verdict.write(h)
	}
	switch a.status {
	case fasthttp.StatusNoContent:
		h.Set("Access-Control-Max-Age", corsMaxAge)
		return
	case fasthttp.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Bearer realm="webrunner"`)
	case fasthttp.StatusMethodNotAllowed:
		h.Set("Allow", a.allow)
	}
	for _, f := range a.more {
		h.Add(f.name, f.value)
	}
	if a.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(a.retryAfter))
	}
	media := a.media
	if strings.HasPrefix(media, "text/") && !strings.Contains(media, "charset") {
		media += "; charset=utf-8"
	}
	h.SetContentType(media)
	if a.stream != nil {
		h.Set("Cache-Control", "no-store")
		h.Set("X-Accel-Buffering", "no") // nginx hands on what comes as it comes
		ctx.Response.SetBodyStream(a.stream, -1)
		return
	}
	size := int64(len(a.body))
	ctx.Response.SetBodyStream(&sent{b: a.body, free: func() { s.answers.give(x.client, size) }}, len(a.body))
}

// room holds an answer to the bound of what is not yet taken by clients. One of the usual
// size, for which a job was done, has had its room since before that began.
func (s *Server) room(x *exchange, a answer) answer {
	size := int64(len(a.body))
	had := x.promised
	x.promised = 0
	switch {
	case size <= had:
		s.answers.give(x.client, had-size)
		return a
	case s.answers.draw(x.client, size-had, size):
		return a
	}
	s.answers.give(x.client, had)
	p := s.noRoom()
	if a = s.problem(x.accept, p); !s.answers.draw(x.client, int64(len(a.body)), 0) {
		a.body = nil // answers of this size alone fill the bound
	}
	return a
}

// header is one whose name is in the form that they are sent in.
type header struct{ name, value []byte }

// headersOf are the headers that all answers of an engine have alike.
func headersOf(e *engine.Engine) (list []header) {
	for _, f := range []field{
		{"Access-Control-Allow-Methods", corsMethods},
		{"Access-Control-Allow-Headers", corsHeaders},
		{"Access-Control-Expose-Headers", corsExpose},
		{"X-Content-Type-Options", "nosniff"},
		{"Webrunner-Machine", printable(e.Host.Machine)},
		{"Webrunner-Layers", layersHeader(e.Layers)},
	} {
		if f.value != "" {
			list = append(list, header{[]byte(f.name), []byte(f.value)})
		}
	}
	return list
}

// layersHeader lists the layers in force on one line.
func layersHeader(layers wire.Layers) string {
	var list []string
	for _, name := range layers.Names() {
		list = append(list, fmt.Sprintf("%s=%s", name, layers[name]))
	}
	return printable(strings.Join(list, ", "))
}

// headerMost bounds one header, bytes.
const headerMost = 2 << 10

// printable keeps text within what every reader of a header takes: ASCII.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r > '~' {
			return '?'
		}
		return r
	}, words.Line(s, headerMost))
}
