package server

import (
	"strings"

	"webrunner/internal/page"
	"webrunner/internal/wire"
)

// mediaHTML is what browsers ask for, and programs such as curl do not.
const mediaHTML = "text/html"

// pageFolder is where the files of the page lie: no machine is asked for a name with a
// point, so one that is called page is reached as before. They are also below the name of
// each machine, where a proxy routes by that.
const pageFolder = "page"

// page answers with a file of the page for browsers; without a name, with the page.
func (s *Server) page(x *exchange) (answer, *wire.Problem) {
	name := x.file
	switch {
	case name == "" && x.machine != "":
		name = page.Below
	case name == "":
		name = page.Index
	}
	f := s.files[name]
	if f == nil {
		return answer{}, wire.Problemf(wire.UnknownCommand, "the page has no file %.60q", name)
	}
	a := answer{status: 200, media: f.Media, body: f.Body, more: []field{
		{"ETag", f.ETag},
		{"Cache-Control", "no-cache"}, // ask each time whether it is still the same: a server may have been upgraded
		{"Content-Security-Policy", page.Policy},
		{"Referrer-Policy", "no-referrer"},
		{"Cross-Origin-Opener-Policy", "same-origin"},
	}}
	if sameTag(string(x.ctx.Request.Header.Peek("If-None-Match")), f.ETag) {
		a.status, a.body = 304, nil
	}
	return a, nil
}

// sameTag tells whether an If-None-Match header (RFC 9110, 13.1.2) has the tag; weak
// ones count.
func sameTag(header, tag string) bool {
	for t := range strings.SplitSeq(header, ",") {
		if t = strings.TrimSpace(t); t == "*" || strings.TrimPrefix(t, "W/") == tag {
			return true
		}
	}
	return false
}
