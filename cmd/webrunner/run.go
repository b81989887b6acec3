package main

import (
	"context"
	"fmt"
	"net/url"

	"webrunner/internal/report"
	"webrunner/internal/request"
	"webrunner/internal/wire"
	"webrunner/internal/words"
)

// runOptions are the flags of run.
type runOptions struct {
	engineOptions
	remoteOptions
	target
	reference string
	out       output
}

// run loads, screens, executes and measures one object, here or at a server.
func (a *app) run(args []string) int {
	var o runOptions
	f := newFlags("run OBJECT.o (--kernel NAME | --call PROTOTYPE) [--param NAME=VALUE]... [FLAGS]")
	f.note = "The answer is a table on a terminal, and text elsewhere.\nA wrong result, a broken calling convention and suspect integrity are printed\nwith the figures, and the exit code is 1."
	o.target.define(f, wire.Run, referenceSymbolOption)
	referenceFlag(f, &o.reference)
	f.outputFlag(&o.out, resultForms()...)
	if terminal(a.out) {
		o.out = "table"
	}
	o.engineOptions.define(f)
	o.remoteOptions.define(f)
	f.unknown = func(name, value string) string { return o.parameter(o.kernels, name, value) }
	rest, code, stop := f.parse(a, args, 1, 1)
	if stop {
		return code
	}
	var res *wire.Result
	err := o.settle(f)
	if err == nil {
		res, err = o.run(a, rest[0])
	}
	if err == nil {
		err = o.write(a, res)
	}
	switch {
	case err != nil:
		return a.fail(o.out, err)
	case !report.Sound(res):
		return exitFailed
	}
	return exitGood
}

func (o *runOptions) run(a *app, name string) (*wire.Result, error) {
	query, err := o.query()
	if err != nil {
		return nil, err
	}
	object, err := a.readObject(name)
	if err != nil {
		return nil, err
	}
	parts, err := a.readReference(o.reference, name, object, query)
	if err != nil {
		return nil, err
	}
	if o.server != "" {
		// The result comes as JSON and is written here, so that it has every form that a
		// local one has.
		c, err := o.client()
		if err != nil {
			return nil, err
		}
		return c.Run(query, object, parts...)
	}
	return o.local(a, query, object, parts)
}

func (o *runOptions) local(a *app, query url.Values, object []byte, parts []wire.Part) (*wire.Result, error) {
	o.single = true
	e, err := a.open(&o.engineOptions, errorLog(a.err))
	if err != nil {
		return nil, err
	}
	defer e.Close()
	res, err := e.Run(context.Background(), query, object, parts...)
	if err != nil {
		return nil, err
	}
	for _, layer := range e.Without { // no answer is to pass for one of the whole sandbox
		fmt.Fprintf(a.err, "webrunner: run without %s\n", layer)
	}
	return res, nil
}

// write writes a result. The text form is figures alone, as in 2016; what else
// must be known then goes to standard error.
func (o *runOptions) write(a *app, res *wire.Result) error {
	if o.out == "text" {
		if by := report.Machine(&res.Host); o.server != "" && by != "" {
			fmt.Fprintf(a.err, "webrunner: measured at %s by %s\n", words.Line(o.server, 256), words.Line(by, 256))
		}
		for _, d := range report.Doubts(res, len(*o.options["events"]) > 0) {
			fmt.Fprintf(a.err, "webrunner: %s\n", d)
		}
	}
	if o.out == "text" && request.NamesOf(map[string][]string{"names": *o.options["names"]}, "") == request.Names2016 {
		fmt.Fprintf(a.err, "webrunner: sources: %s\n", report.Sources(res))
		return report.Text2016(a.out, res)
	}
	return o.out.format().Write(a.out, res)
}

// resultForms are the forms that a result has, for -o.
func resultForms() []string {
	var names []string
	for _, f := range report.Formats() {
		names = append(names, f.Name)
	}
	return names
}

// format returns the format that outputFlag let through.
func (o output) format() report.Format {
	for _, f := range report.Formats() {
		if f.Name == string(o) {
			return f
		}
	}
	return report.Formats()[0]
}
