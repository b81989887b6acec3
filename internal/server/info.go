package server

import (
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"webrunner/internal/report"
	"webrunner/internal/request"
	"webrunner/internal/wire"
	"webrunner/internal/words"
	"webrunner/kernels"
)

// monitor tells whether the server is fit. It never waits for anything.
func (s *Server) monitor(x *exchange) (answer, *wire.Problem) {
	if err := s.Fit(); err != nil {
		var p *wire.Problem
		if !errors.As(err, &p) || p.Status != 503 {
			p = wire.Problemf(wire.Unfit, "the self-check failed: %v", err)
		}
		return answer{}, p
	}
	when, took := s.health.age()
	checked := when.UTC().Format(time.RFC3339)
	if negotiate(x.accept, mediaText, mediaJSON) == mediaText {
		return text("Status: fit\nChecked: " + checked + "\nWaiting: " + strconv.Itoa(s.gate.waiting()) + "\n" + s.grades().text), nil
	}
	doc := fitness{Status: "fit", Checked: checked, CheckUS: took.Microseconds(), Running: s.gate.running(), Waiting: s.gate.waiting()}
	s.grades().document(&doc)
	return s.jsonAnswer(doc)
}

// jsonAnswer makes an answer of a document, with the layers in force.
func (s *Server) jsonAnswer(doc any) (answer, *wire.Problem) {
	b, err := json.Marshal(doc)
	if err != nil {
		return answer{}, wire.Problemf(wire.Internal, "%v", err)
	}
	if b, err = wire.With(b, "sandbox", s.cfg.Engine.Layers); err != nil {
		return answer{}, wire.Problemf(wire.Internal, "%v", err)
	}
	return jsonText(b), nil
}

func jsonText(b []byte) answer {
	return answer{status: 200, media: mediaJSON, body: append(words.JSON(b), '\n')}
}

// sandbox lists the layers in force.
func (s *Server) sandbox(x *exchange) (answer, *wire.Problem) {
	if negotiate(x.accept, mediaText, mediaJSON) == mediaText {
		return text(report.LayersText(s.cfg.Engine.Layers)), nil
	}
	b, err := json.Marshal(layerList{s.cfg.Engine.Layers})
	if err != nil {
		return answer{}, wire.Problemf(wire.Internal, "%v", err)
	}
	return jsonText(b), nil
}

// kernels lists the specifications, or the one that ?kernel= names, or that the C
// prototype in ?call= stands for.
func (s *Server) kernels(x *exchange) (answer, *wire.Problem) {
	var list []*kernels.Spec
	for name, values := range x.query {
		if len(values) != 1 || len(x.query) != 1 {
			return answer{}, wire.Problemf(wire.BadParameter, "kernels has one parameter, kernel or call")
		}
		find := s.cfg.Engine.Reader.Find
		if name == "call" {
			find = request.Call
		}
		spec, err := find(values[0])
		if err != nil {
			return answer{}, wire.AsProblem(err)
		}
		list = []*kernels.Spec{spec}
	}
	if list == nil {
		var err error
		if list, err = s.cfg.Engine.Reader.Kernels.All(); err != nil {
			return answer{}, wire.Problemf(wire.Internal, "%v", err)
		}
	}
	if negotiate(x.accept, mediaText, mediaJSON) == mediaText {
		return text(kernels.Text(list)), nil
	}
	return s.jsonAnswer(kernelList{list})
}

// events lists the events of this host, or the groups that ?plan= needs.
func (s *Server) events(x *exchange) (answer, *wire.Problem) {
	var list interface{ WriteText(io.Writer) error }
	p := s.planning(x, "plan", func() (err error) {
		list, err = s.cfg.Engine.Reader.Events.List(x.query["plan"])
		return err
	})
	if p != nil {
		return answer{}, p
	}
	if negotiate(x.accept, mediaText, mediaJSON) == mediaJSON {
		return s.jsonAnswer(list)
	}
	var b strings.Builder
	_ = list.WriteText(&b) // into memory
	return text(b.String()), nil
}
