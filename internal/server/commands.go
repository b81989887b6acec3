package server

import (
	"strings"

	"webrunner/internal/wire"
)

// command is one row of the command table.
type command struct {
	name    string
	methods []string
	open    bool // needs no token
	serve   func(*Server, *exchange) (answer, *wire.Problem)
}

// commandTable returns every command. Those that begin with a slash have no
// machine before them; the empty name is the root.
func commandTable() []command {
	get := []string{"GET", "HEAD"}
	post := []string{"POST"}
	return []command{
		{"monitor", []string{"GET", "HEAD", "POST"}, true, (*Server).monitor},
		{"run", post, false, (*Server).run},
		{"screen", post, false, (*Server).screen},
		{"kernels", get, false, (*Server).kernels},
		{"events", get, false, (*Server).events},
		{"sandbox", get, false, (*Server).sandbox},
		{"/metrics", get, false, (*Server).serveMetrics},
		{"", get, true, (*Server).home},
	}
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
