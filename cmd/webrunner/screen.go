package main

import (
	"context"
	"fmt"
	"net/url"

	"webrunner/internal/wire"
)

// screenOptions are the flags of screen.
type screenOptions struct {
	engineOptions
	remoteOptions
	boundaries, listing, batch bool
	assume                     string
	refuse                     []string
	with                       []string // names of companions
	out                        output
}

// screen looks at an object's code. It exits 0 when the object is accepted.
func (a *app) screen(args []string) int {
	var o screenOptions
	f := newFlags("screen OBJECT.o [FLAGS]  or  screen --batch < NAMES")
	f.outputFlag(&o.out, "text", "json")
	f.yes(&o.boundaries, "boundaries", "print SECTION OFFSET LENGTH of every instruction instead")
	f.yes(&o.listing, "listing", "print an annotated disassembly instead; with -o json, beside the verdict")
	f.text(&o.assume, "assume", "NAME", "answer for this microarchitecture instead of this host, as in nehalem, znver5, x86-64-v3; exit 1 where it lacks an extension")
	f.list(&o.refuse, "refuse", "RULE", "refuse what this soft rule only notes; may be repeated")
	withFlag(f, &o.with)
	f.yes(&o.batch, "batch", "read object names from standard input, write one JSON answer a line")
	o.engineOptions.define(f)
	o.remoteOptions.define(f)
	rest, code, stop := f.parse(a, args, 0, 1)
	if stop {
		return code
	}
	err := o.settle(f)
	switch {
	case err != nil:
		return a.fail(o.out, err)
	case o.batch && len(o.with) > 0:
		return a.fail(o.out, usage("--batch takes no --with"))
	case o.batch == (len(rest) == 1):
		return a.fail(o.out, usage("give one object, or --batch and names on standard input"))
	case o.server != "" && (o.batch || o.boundaries):
		return a.fail(o.out, usage("--server screens one object and has no --boundaries"))
	case o.server != "":
		ctx, stop := untilSignal()
		defer stop()
		body, accepted, err := o.remote(ctx, a, rest[0])
		if err != nil {
			return a.fail(o.out, interrupted(ctx, err))
		}
		fmt.Fprintf(a.out, "%s", body)
		if !accepted {
			return exitFailed
		}
		return exitGood
	}
	asJSON := o.listing && o.out == "json"
	options := wire.ScreenOptions{Boundaries: o.boundaries, Listing: o.listing && !asJSON, ListingJSON: asJSON, Assume: o.assume, Refuse: o.refuse}
	return a.document(&o.engineOptions, wire.Screen, options, rest, o.with, o.out, o.boundaries || o.listing && !asJSON)
}

// remote has a server screen an object, and returns the answer and the verdict.
func (o *screenOptions) remote(ctx context.Context, a *app, name string) (body []byte, accepted bool, err error) {
	object, err := a.readObject(name)
	if err != nil {
		return nil, false, err
	}
	parts, err := a.readCompanions(o.with)
	if err != nil {
		return nil, false, err
	}
	c, err := o.client()
	if err != nil {
		return nil, false, err
	}
	query := make(url.Values)
	if o.assume != "" {
		query.Set("assume", o.assume)
	}
	for _, rule := range o.refuse {
		query.Add("refuse", rule)
	}
	if o.listing {
		query.Set("listing", "1")
	}
	// The verdict is in the JSON form only, so that is asked for first.
	body, err = abandoning(ctx, func() (body []byte, err error) {
		if body, accepted, err = c.Screen(query, object, parts...); err == nil && o.out == "text" {
			body, err = c.ScreenText(query, object, parts...)
		}
		return body, err
	})
	return body, accepted, err
}

// document runs a job that is answered by a document: for one object with companions, or for
// each that standard input names when there is none. It exits 0 when the
// document is good news; a batch exits 0 when every line has its answer.
func (a *app) document(o *engineOptions, kind wire.Kind, options wire.ScreenOptions, rest, with []string, out output, textOnly bool) int {
	o.pool = 2
	e, err := a.open(o, errorLog(a.err))
	if err != nil {
		return a.fail(out, err)
	}
	defer e.Close()
	job := e.Document(kind)
	job.Screen = options
	ctx, stop := untilSignal()
	defer stop()
	if len(rest) == 0 {
		return a.batch(ctx, e, *job)
	}
	if job.Object, err = a.readObject(rest[0]); err != nil {
		return a.fail(out, err)
	}
	if job.Parts, err = a.readCompanions(with); err != nil {
		return a.fail(out, err)
	}
	rep, err := e.Answer(ctx, job)
	if err != nil {
		return a.fail(out, interrupted(ctx, err))
	}
	if textOnly || out == "text" && rep.Text != "" {
		fmt.Fprint(a.out, rep.Text)
	} else {
		fmt.Fprintf(a.out, "%s\n", rep.Document)
	}
	if !rep.OK {
		return exitFailed
	}
	return exitGood
}
