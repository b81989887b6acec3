package server

import (
	"cmp"
	"fmt"
	"strings"

	"webrunner/internal/request"
	"webrunner/internal/wire"
)

// home is for people who come with no path, or with a machine's name alone: a page for
// browsers, which ask for HTML, and text for curl and its like.
func (s *Server) home(x *exchange) (answer, *wire.Problem) {
	byAccept := []field{{"Vary", "Accept"}}
	if negotiate(x.accept, mediaText, mediaHTML) == mediaHTML {
		a, p := s.page(x)
		a.more = append(a.more, byAccept...)
		return a, p
	}
	token := ""
	if s.cfg.Tokens != nil {
		token = ` -H "Authorization: Bearer TOKEN"`
	}
	a := text(fmt.Sprintf(`WebRunner runs untrusted x86-64 machine code in a sandbox and measures it.

%s
{machine-id} is any word; it appears in the log.

  curl --data-binary @sdot.o -H "Content-Type: application/octet-stream"%s \
    "http://%s/local/run?kernel=sdot&n=10000"

Beside the parameters of its kernel run takes options, as in &effort=quick:

%s`, s.commandsText(), token, x.host(), optionsText()))
	a.more = byAccept
	return a, nil
}

// commandsText lists the commands, one a line.
func (s *Server) commandsText() string {
	var b strings.Builder
	for i := range s.commands {
		if c := &s.commands[i]; c.about != "" {
			fmt.Fprintf(&b, "  %-4s %-32s %s\n", c.methods[0], c.path()+c.query, c.about)
		}
	}
	return b.String()
}

// optionsText lists the options of run, one a line.
func optionsText() string {
	var b strings.Builder
	for _, o := range request.Options() {
		fmt.Fprintf(&b, "  %-32s %s\n", o.Name+"="+cmp.Or(o.Argument, "1"), o.About)
	}
	return b.String()
}
