package child

import (
	"encoding/json"
	"io"
	"strings"

	"webrunner/filter/screen"
	"webrunner/internal/wire"
	"webrunner/loader"
)

// maxText bounds a listing, in bytes: with the verdict beside it it must fit a
// report.
const maxText = 16 << 20

// inspect tells what the loader does with the object; nothing is run.
func (s *session) inspect() *wire.Report {
	insp := loader.Inspect(s.job.Object, s.limits(), placement(), "", nil)
	doc, err := insp.JSON()
	if err != nil {
		return &wire.Report{Problem: loadProblem(err)}
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
	v, p := s.screen(im, 0)
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
			return screen.Boundaries(w, c.Sections, screen.Options{TextBytes: maxText})
		case s.job.Screen.Listing:
			return screen.Listing(w, c, v, screen.Options{TextBytes: maxText})
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
		return "", screenProblem(err)
	}
	return b.String(), nil
}
