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
	case o.server != "" && (o.batch || o.boundaries || o.listing):
		return a.fail(o.out, usage("--server screens one object and has no --boundaries or --listing"))
	case o.server != "":
		return a.screenRemote(&o, rest[0])
	}
	asJSON := o.listing && o.out == "json"
	options := wire.ScreenOptions{Boundaries: o.boundaries, Listing: o.listing && !asJSON, ListingJSON: asJSON, Assume: o.assume, Refuse: o.refuse}
	return a.document(&o.engineOptions, wire.Screen, options, rest, o.with, o.out, o.boundaries || o.listing && !asJSON)
}

func (a *app) screenRemote(o *screenOptions, name string) int {
	object, err := a.readObject(name)
	if err != nil {
		return a.fail(o.out, err)
	}
	parts, err := a.readCompanions(o.with)
	if err != nil {
		return a.fail(o.out, err)
	}
	c, err := o.client()
	if err != nil {
		return a.fail(o.out, err)
	}
	query := make(url.Values)
	if o.assume != "" {
		query.Set("assume", o.assume)
	}
	for _, rule := range o.refuse {
		query.Add("refuse", rule)
	}
	// The verdict is in the JSON form only, so that is asked for first.
	body, accepted, err := c.Screen(query, object, parts...)
	if err == nil && o.out == "text" {
		body, err = c.ScreenText(query, object, parts...)
	}
	if err != nil {
		return a.fail(o.out, err)
	}
	fmt.Fprintf(a.out, "%s", body)
	if !accepted {
		return exitFailed
	}
	return exitGood
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
	if len(rest) == 0 {
		return a.batch(e, *job)
	}
	if job.Object, err = a.readObject(rest[0]); err != nil {
		return a.fail(out, err)
	}
	if job.Parts, err = a.readCompanions(with); err != nil {
		return a.fail(out, err)
	}
	rep, err := e.Answer(context.Background(), job)
	if err != nil {
		return a.fail(out, err)
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
