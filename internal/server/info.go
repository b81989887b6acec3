package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"webrunner/internal/report"
	"webrunner/internal/wire"
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
		var b bytes.Buffer
		fmt.Fprintf(&b, "Status: fit\nChecked: %s\nWaiting: %d\n", checked, s.gate.waiting())
		s.grades().text(&b)
		return text(b.String()), nil
	}
	doc := map[string]any{
		"status": "fit", "checked": checked, "check_us": took.Microseconds(),
		"running": s.gate.running(), "waiting": s.gate.waiting(),
	}
	s.grades().document(doc)
	return s.jsonAnswer(doc)
}

// withLayers adds the layers in force to a child's document, a JSON object.
func (s *Server) withLayers(doc []byte) []byte {
	members, object := bytes.CutSuffix(bytes.TrimSpace(doc), []byte("}"))
	layers, err := json.Marshal(s.cfg.Engine.Layers)
	if !object || err != nil || len(members) < 2 {
		return append(doc, '\n')
	}
	return slices.Concat(members, []byte(`,"sandbox":`), layers, []byte("}\n"))
}

// jsonAnswer makes a document, and adds the layers in force unless they are
// what it is about.
func (s *Server) jsonAnswer(doc map[string]any) (answer, *wire.Problem) {
	if doc["layers"] == nil {
		doc["sandbox"] = s.cfg.Engine.Layers
	}
	b, err := json.Marshal(doc)
	if err != nil {
		return answer{}, wire.Problemf(wire.Internal, "%v", err)
	}
	return answer{status: 200, media: mediaJSON, body: append(b, '\n')}, nil
}

// sandbox lists the layers in force.
func (s *Server) sandbox(x *exchange) (answer, *wire.Problem) {
	if negotiate(x.accept, mediaText, mediaJSON) == mediaText {
		return text(report.LayersText(s.cfg.Engine.Layers)), nil
	}
	return s.jsonAnswer(map[string]any{"layers": s.cfg.Engine.Layers})
}

// kernels lists the specifications, or the one that ?kernel= names.
func (s *Server) kernels(x *exchange) (answer, *wire.Problem) {
	list := s.cfg.Engine.Reader.Kernels.All()
	for name, values := range x.query {
		if name != "kernel" || len(values) != 1 {
			return answer{}, wire.Problemf(wire.BadParameter, "kernels has one parameter, kernel")
		}
		spec, err := s.cfg.Engine.Reader.Find(values[0])
		if err != nil {
			return answer{}, wire.AsProblem(err)
		}
		list = []*kernels.Spec{spec}
	}
	if negotiate(x.accept, mediaText, mediaJSON) == mediaText {
		return text(kernels.Text(list)), nil
	}
	return s.jsonAnswer(map[string]any{"kernels": list})
}

// events lists the events of this host, or the groups that ?plan= needs.
func (s *Server) events(x *exchange) (answer, *wire.Problem) {
	for name := range x.query {
		if name != "plan" {
			return answer{}, wire.Problemf(wire.BadParameter, "events has one parameter, plan")
		}
	}
	var list interface{ WriteText(io.Writer) error }
	p := s.planning(x, "plan", func() (err error) {
		list, err = s.cfg.Engine.Reader.Events.List(x.query["plan"])
		return err
	})
	if p != nil {
		return answer{}, p
	}
	if negotiate(x.accept, mediaText, mediaJSON) == mediaJSON {
		return s.jsonAnswer(fields(list))
	}
	var b strings.Builder
	_ = list.WriteText(&b) // into memory
	return text(b.String()), nil
}

// fields takes a document apart by its JSON names.
func fields(doc any) map[string]any {
	b, _ := json.Marshal(doc) // of types that JSON has
	m := make(map[string]any)
	_ = json.Unmarshal(b, &m)
	return m
}
