package main

import (
	"fmt"
	"net/url"

	"webrunner/internal/report"
	"webrunner/internal/request"
	"webrunner/internal/wire"
)

// checkOptions are the flags of check.
type checkOptions struct {
	engineOptions
	remoteOptions
	target
	out output
}

// check tests a function in many cases against a reference, here or at a server.
func (a *app) check(args []string) int {
	var o checkOptions
	f := newFlags("check OBJECT.o (--kernel NAME | --call PROTOTYPE) [--reference REFERENCE.o[:SYMBOL]] [--cases NUMBER] [FLAGS]")
	f.note = "Parameters that --param gives are the same in all cases, the others vary within their\nranges ('size_t n = 100 in 0..4096'). Each failure is printed in the smallest case that was\nfound, with the command that repeats it, and the exit code is 1."
	o.target.define(f, wire.Check)
	f.outputFlag(&o.out, formNames(report.CheckFormats())...)
	o.engineOptions.define(f)
	o.remoteOptions.define(f)
	f.unknown = func(name, value string) string { return o.parameter(o.kernels, name, value) }
	rest, code, stop := f.parse(a, args, 1, 1)
	if stop {
		return code
	}
	var c *wire.Checked
	err := o.settle(f)
	if err == nil && o.many() {
		return o.fleet(a, rest[0])
	}
	if err == nil {
		c, err = o.check(a, rest[0])
	}
	if err == nil {
		err = formOf(o.out, report.CheckFormats()).Write(a.out, c)
	}
	switch {
	case err != nil:
		return a.fail(o.out, err)
	case !c.OK:
		return exitFailed
	}
	return exitGood
}

// check has the check made, and fills in the commands of its failures.
func (o *checkOptions) check(a *app, name string) (*wire.Checked, error) {
	query, object, parts, err := o.asked(a, name)
	if err != nil {
		return nil, err
	}
	c, err := o.ask(a, query, object, parts)
	if err != nil {
		return nil, err
	}
	o.repeats(query, name, c)
	return c, nil
}

// asked is what a check is made of.
func (o *checkOptions) asked(a *app, name string) (query url.Values, object []byte, parts []wire.Part, err error) {
	if query, err = o.query(); err == nil {
		object, parts, err = o.files(a, name, query)
	}
	return query, object, parts, err
}

// repeats fills in the commands that repeat the failures of a check.
func (o *checkOptions) repeats(query url.Values, name string, c *wire.Checked) {
	for i := range c.Failures {
		reference, _ := symbolOf(o.reference)
		if o.reference != "" && reference == "" {
			reference = name
		}
		c.Failures[i].Command = request.Repeat(query, name, reference, &c.Failures[i], o.further()...)
	}
}

// further are the flags that decide what a check finds beside its query.
func (o *checkOptions) further() (list []string) {
	list = o.again()
	if o.kernels != "" {
		list = append(list, "--kernels", o.kernels)
	}
	for _, layer := range o.without {
		list = append(list, "--without", layer)
	}
	if o.server != "" {
		list = append(list, "--server", o.server, "--machine", o.machine)
		if o.token != "" {
			list = append(list, "--token-file", o.token)
		}
	}
	return list
}

// ask has a check made, here or at a server.
func (o *checkOptions) ask(a *app, query url.Values, object []byte, parts []wire.Part) (*wire.Checked, error) {
	ctx, stop := untilSignal()
	defer stop()
	if o.server != "" {
		c, err := o.client()
		if err != nil {
			return nil, err
		}
		r, err := abandoning(ctx, func() (*wire.Checked, error) { return c.Check(query, object, parts...) })
		return r, interrupted(ctx, err)
	}
	e, err := a.open(&o.engineOptions, errorLog(a.err))
	if err != nil {
		return nil, err
	}
	defer e.Close()
	c, err := e.Check(ctx, query, object, parts...)
	if err != nil {
		return nil, interrupted(ctx, err)
	}
	for _, layer := range e.Without {
		fmt.Fprintf(a.err, "webrunner: checked without %s\n", layer)
	}
	return c, nil
}
