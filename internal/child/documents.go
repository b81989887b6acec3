package child

import (
	"encoding/json"
	"io"
	"strings"

	"webrunner/filter/screen"
	"webrunner/internal/wire"
	"webrunner/loader"
)

// inspect tells what the loader does with the object; nothing is run.
func (s *session) inspect() *wire.Report {
	insp := loader.Inspect(s.job.Object, s.limits(), placement(), "", nil)
	doc, err := insp.JSON()
	if err != nil {
		return internal(err)
	}
	text, p := written(insp.WriteText)
	if p != nil {
		return &wire.Report{Problem: p}
	}
	return &wire.Report{Document: doc, OK: insp.Err == nil, Text: text}
}

// screenOnly screens the object; nothing is run.
func (s *session) screenOnly() *wire.Report {
	im, p := s.load(asItFalls)
	if p != nil {
		return &wire.Report{Problem: p}
	}
	v, p := s.screen(im)
	if p != nil {
		return &wire.Report{Problem: p}
	}
	doc, err := json.Marshal(v)
	if err != nil {
		return internal(err)
	}
	text, p := written(func(w io.Writer) error {
		switch c := code(im); {
		case s.job.Screen.Boundaries:
			return screen.Boundaries(w, c.Sections)
		case s.job.Screen.Listing:
			return screen.Listing(w, c, v)
		}
		return v.WriteText(w)
	})
	if p != nil {
		return &wire.Report{Problem: p}
	}
	return &wire.Report{Document: doc, OK: v.Accepted, Text: text}
}

// written collects what a writer writes.
func written(write func(io.Writer) error) (string, *wire.Problem) {
	var b strings.Builder
	if err := write(&b); err != nil {
		return "", wire.Problemf(wire.Internal, "%v", err)
	}
	return b.String(), nil
}
