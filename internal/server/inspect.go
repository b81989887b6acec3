package server

import (
	"strings"

	"webrunner/internal/request"
	"webrunner/internal/wire"
)

// inspect tells what the loader makes of an object; nothing of it is executed. A
// refusal is an answer, not an error.
func (s *Server) inspect(x *exchange) (answer, *wire.Problem) {
	job := s.cfg.Engine.Document(wire.Inspect)
	job.Screen.Brief = true
	for name, values := range x.query {
		switch {
		case name == "prototypes" && len(values) == 1 && values[0] == "1":
			job.Screen.Prototypes, job.Screen.Reserved = true, request.Names()
		case name == "contents" && len(values) == 1 && values[0] == "1":
			job.Screen.Brief = false
		default:
			return answer{}, wire.Problemf(wire.BadParameter, "inspect takes prototypes=1 and contents=1, each once, not %.40q=%.40q", name, strings.Join(values, ","))
		}
	}
	rep, p := s.object(x, job)
	if p != nil {
		return answer{}, p
	}
	if negotiate(x.accept, mediaText, mediaJSON) == mediaText {
		return text(rep.Text), nil
	}
	return s.jsonAnswer(rep.Document)
}
