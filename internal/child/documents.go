package child

import (
	"encoding/json"
	"io"
	"strings"

	"webrunner/filter/screen"
	"webrunner/internal/subject"
	"webrunner/internal/wire"
)

// inspect tells what the loader does with the object; nothing is run.
func (j *job) inspect() (*wire.Report, error) {
	insp := subject.Inspect(j.Job)
	doc, err := insp.JSON()
	if err != nil {
		return nil, err
	}
	text, err := written(insp.WriteText)
	return &wire.Report{Document: doc, OK: insp.Err == nil, Text: text}, err
}

// screen screens the object; nothing is run.
func (j *job) screen() (*wire.Report, error) {
	im, err := subject.Load(j.Job)
	if err != nil {
		return nil, err
	}
	v, err := subject.Screen(im, j.Job)
	if err != nil {
		return nil, err
	}
	doc, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	text, err := written(func(w io.Writer) error {
		switch c := subject.Code(im); {
		case j.Job.Screen.Boundaries:
			return screen.Boundaries(w, c.Sections)
		case j.Job.Screen.Listing:
			return screen.Listing(w, c, v)
		}
		return v.WriteText(w)
	})
	return &wire.Report{Document: doc, OK: v.Accepted, Text: text}, err
}

// written collects what a writer writes.
func written(write func(io.Writer) error) (string, error) {
	var b strings.Builder
	err := write(&b)
	return b.String(), err
}
