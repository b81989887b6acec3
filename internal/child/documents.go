package child

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"webrunner/filter/screen"
	"webrunner/internal/subject"
	"webrunner/internal/wire"
)

// maxText bounds a listing, in bytes: with the verdict beside it it must fit a
// report.
const maxText = 16 << 20

// inspect tells what the loader does with the object; nothing is run.
func (j *job) inspect() (*wire.Report, error) {
	insp := subject.Inspect(j.Job, j.stop)
	write := insp.JSON
	if j.Job.Screen.Brief {
		write = insp.OutlineJSON
	}
	doc, err := write()
	if err != nil {
		return nil, subject.Problem(err)
	}
	text, err := written(insp.WriteText)
	if err == nil && j.Job.Screen.Prototypes && insp.Image != nil {
		list, more := subject.Prototypes(j.Job.Object, insp.Image, j.Job.Screen.Reserved)
		if doc, err = wire.With(doc, "prototypes", list); err != nil {
			return nil, err
		}
		text = prototypesText(list, more)
	}
	return &wire.Report{Document: doc, OK: insp.Err == nil, Text: text}, err
}

// prototypesText writes proposals as flags of a command, and reasons as comments.
func prototypesText(list []wire.Prototype, more bool) string {
	var b strings.Builder
	for i := range list {
		if p := &list[i]; p.Call != "" {
			fmt.Fprintf(&b, "--call '%s'\n", p.Call)
		} else {
			fmt.Fprintf(&b, "# %s: %s\n", p.Symbol, p.Reason)
		}
	}
	switch {
	case more:
		fmt.Fprintf(&b, "# and more functions than %d\n", len(list))
	case len(list) == 0:
		b.WriteString("# the object describes no function: compile it with -g\n")
	}
	return b.String()
}

// screen screens the object; nothing is run. Code that may be run is good news, also
// where this host lacks an extension that it needs, unless it was asked for a host.
func (j *job) screen() (*wire.Report, error) {
	began := time.Now()
	im, err := subject.Load(j.Job, j.stop)
	if err != nil {
		return nil, err
	}
	if err := im.Codeless(); err != nil {
		return nil, subject.Problem(err)
	}
	loaded := time.Now()
	v, err := subject.Screen(im, j.Job, 0, j.stop)
	if err != nil {
		return nil, err
	}
	took := &wire.Timing{Load: loaded.Sub(began).Microseconds(), Screen: time.Since(loaded).Microseconds()}
	doc, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	host := &j.Host
	for _, k := range []struct{ key, name string }{{"machine", host.Machine}, {"microarchitecture", host.Microarchitecture}} {
		if doc, err = wire.With(doc, k.key, k.name); err != nil {
			return nil, err
		}
	}
	with := subject.Joined(j.Job, im)
	if with != nil {
		if doc, err = wire.With(doc, "with", with); err != nil {
			return nil, err
		}
	}
	opts := screen.Options{TextBytes: maxText, Stop: j.stop}
	if j.Job.Screen.ListingJSON {
		list, err := written(func(w io.Writer) error { return screen.ListingJSON(w, subject.Code(im), v, opts) })
		if err != nil {
			return nil, err
		}
		if doc, err = wire.With(doc, "listing", json.RawMessage(list)); err != nil {
			return nil, err
		}
	}
	text, err := written(func(w io.Writer) error {
		switch c := subject.Code(im); {
		case j.Job.Screen.Boundaries:
			return screen.Boundaries(w, c.Sections, opts)
		case j.Job.Screen.Listing:
			return screen.Listing(w, c, v, opts)
		}
		if with != nil {
			fmt.Fprintln(w, with)
		}
		if err := v.WriteText(w); err != nil {
			return err
		}
		_, err := fmt.Fprintf(w, "screened at %s\n", host.Named())
		return err
	})
	return &wire.Report{Document: doc, OK: v.Runnable() || v.Accepted && j.Screen.Assume == "", Text: text, Timing: took}, err
}

// written collects what a writer writes.
func written(write func(io.Writer) error) (string, error) {
	var b strings.Builder
	if err := write(&b); err != nil {
		return "", subject.Problem(err)
	}
	return b.String(), nil
}
