package server

import (
	"strings"

	"webrunner/internal/wire"
)

// command is one row of the command table.
type command struct {
	name    string
	query   string // that must stand behind it, for people
	about   string // for the first page; empty for that page itself
	methods []string
	open    bool // needs no token
	serve   func(*Server, *exchange) (answer, *wire.Problem)
}

// commandTable returns every command. Those that begin with a slash have no
// machine before them; the empty name is the root. Whatever lists commands, such as the
// first page and the answer to an unknown one, is made from it; a test holds
// docs/http.md to it.
func commandTable() []command {
	get := []string{"GET", "HEAD"}
	post := []string{"POST"}
	return []command{
		{"monitor", "", "is this server fit?", []string{"GET", "HEAD", "POST"}, true, (*Server).monitor},
		{"run", "?kernel=NAME", "run and measure the ELF object in the body", post, false, (*Server).run},
		{"check", "?kernel=NAME", "test the function in part object in many cases against that in part reference", post, false, (*Server).check},
		{"compare", "?kernel=NAME", "say whether the function in part b of the body is faster than that in part a", post, false, (*Server).compare},
		{"sweep", "?kernel=NAME&n=64:65536:x2", "measure the object in the body over ranges of parameters", post, false, (*Server).sweep},
		{"screen", "", "look at the object in the body, run nothing", post, false, (*Server).screen},
		{"inspect", "", "show what the loader makes of the object in the body, run nothing", post, false, (*Server).inspect},
		{"peaks", "", "what a core of this host can do at most", get, false, (*Server).peaks},
		{"kernels", "", "kernels and their parameters", get, false, (*Server).kernels},
		{"events", "", "events that can be counted", get, false, (*Server).events},
		{"sandbox", "", "the protections in force", get, false, (*Server).sandbox},
		{"/metrics", "", "figures of the server, for Prometheus", get, false, (*Server).serveMetrics},
		{"/" + pageFolder, "/{file}", "what the page at / is made of, for browsers", get, true, (*Server).page},
		{"", "", "", get, true, (*Server).home},
	}
}

// path is where clients find the command.
func (c *command) path() string {
	if c.name == "" || c.name[0] == '/' {
		return "/" + strings.TrimPrefix(c.name, "/")
	}
	return "/{machine-id}/" + c.name
}

func (s *Server) find(name string) *command {
	for i := range s.commands {
		if s.commands[i].name == name {
			return &s.commands[i]
		}
	}
	return nil
}

// names lists what can stand behind a machine.
func (s *Server) names() string {
	var list []string
	for _, c := range s.commands {
		if c.name != "" && c.name[0] != '/' {
			list = append(list, c.name)
		}
	}
	return strings.Join(list, ", ")
}
