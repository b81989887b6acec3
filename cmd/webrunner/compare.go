package main

import (
	"fmt"
	"net/url"
	"strings"

	"webrunner/internal/report"
	"webrunner/internal/wire"
)

// compareOptions are the flags of compare.
type compareOptions struct {
	engineOptions
	remoteOptions
	target
	save, baseline string
	across         bool
	out            output
}

// compare runs two functions by turns and says what one is to the other. With one object
// it keeps a record of it, or holds it against one.
func (a *app) compare(args []string) int {
	var o compareOptions
	f := newFlags("compare A.o[:SYMBOL] B.o[:SYMBOL] (--kernel NAME | --call PROTOTYPE) [FLAGS]\n       webrunner compare A.o :SYMBOL ...  or  compare A.o (--save FILE | --baseline FILE) ...")
	f.note = "A ratio is b/a: below 1 b has less. Parameters may have several values, as in\n--param n=100,1000 or --param n=64:4096:x4. It exits with 1 where a condition of\n--fail-if holds, or a side is wrong."
	o.target.define(f, wire.Compare, "other-symbol")
	f.text(&o.save, "save", "FILE", "with one object: measure it and keep a record in FILE")
	f.text(&o.baseline, "baseline", "FILE", "with one object: compare it with the record in FILE, which is a")
	f.yes(&o.across, "across-hosts", "with --baseline: compare although the record is of another kind of processor")
	f.outputFlag(&o.out, formNames(report.ComparisonFormats())...)
	o.engineOptions.define(f)
	o.remoteOptions.define(f)
	f.unknown = func(name, value string) string { return o.parameter(o.kernels, name, value) }
	rest, code, stop := f.parse(a, args, 1, 2)
	if stop {
		return code
	}
	err := o.settle(f)
	var c *wire.Comparison
	switch {
	case err != nil:
	case len(rest) == 2 && (o.save != "" || o.baseline != ""):
		err = usage("--save and --baseline are for one object; of two, leave out the second")
	case len(rest) == 1 && (o.save == "") == (o.baseline == ""):
		err = usage("give two objects, or one with either --save or --baseline")
	case o.across && o.baseline == "":
		err = usage("--across-hosts is for --baseline")
	case len(rest) == 1 && o.many():
		err = o.alone("a record")
	case len(rest) == 1:
		return a.record(&o, rest[0])
	case o.many():
		return o.fleet(a, rest[0], rest[1])
	default:
		c, err = o.two(a, rest[0], rest[1])
	}
	return a.compared(&o, c, err)
}

// compared writes a comparison, or why there is none.
func (a *app) compared(o *compareOptions, c *wire.Comparison, err error) int {
	if err != nil {
		return a.fail(o.out, err)
	}
	a.preface(o.out)
	if err := formOf(o.out, report.ComparisonFormats()).Write(a.out, c); err != nil {
		return a.fail(o.out, err)
	}
	if o.out != "github" {
		for _, d := range report.ComparisonDoubts(c) {
			fmt.Fprintf(a.err, "webrunner: %s\n", d)
		}
	}
	for _, f := range failures(c) {
		fmt.Fprintf(a.err, "webrunner: %s\n", f)
	}
	if !report.ComparisonSound(c) {
		return exitFailed
	}
	return exitGood
}

// failures says of each condition that a comparison failed why.
func failures(c *wire.Comparison) (list []string) {
	for _, f := range c.Failed {
		for _, n := range c.Notes {
			if strings.HasPrefix(n, f+": ") {
				f = n
				break
			}
		}
		list = append(list, "failed "+f)
	}
	return list
}

// two compares two objects, or two functions of one.
func (o *compareOptions) two(a *app, first, second string) (*wire.Comparison, error) {
	query, object, parts, err := o.asked(a, first, second)
	if err != nil {
		return nil, err
	}
	return o.ask(a, query, object, parts)
}

// asked is what a comparison of two objects, or of two functions of one, is made of.
func (o *compareOptions) asked(a *app, first, second string) (url.Values, []byte, []wire.Part, error) {
	query, err := o.query()
	if err != nil {
		return nil, nil, nil, err
	}
	file, symbol := symbolOf(first)
	if symbol != "" {
		query.Set("symbol", symbol)
	}
	object, parts, err := o.files(a, file, query)
	if err != nil {
		return nil, nil, nil, err
	}
	other, symbol := symbolOf(second)
	if symbol != "" {
		query.Set("other-symbol", symbol)
	}
	switch {
	case other != "":
		data, err := a.readObject(other)
		if err != nil {
			return nil, nil, nil, err
		}
		parts = append(parts, wire.Part{Role: wire.RoleOther, Name: other, Data: data})
	case symbol == "":
		return nil, nil, nil, usage("%q names no function; another one of %s is :SYMBOL", second, file)
	}
	return query, object, parts, nil
}

// ask has the comparison made, here or at a server.
func (o *compareOptions) ask(a *app, query url.Values, object []byte, parts []wire.Part) (*wire.Comparison, error) {
	ctx, stop := untilSignal()
	defer stop()
	if o.server != "" {
		c, err := o.client()
		if err != nil {
			return nil, err
		}
		r, err := abandoning(ctx, func() (*wire.Comparison, error) { return c.Compare(query, object, parts...) })
		return r, interrupted(ctx, err)
	}
	e, err := a.open(&o.engineOptions, errorLog(a.err))
	if err != nil {
		return nil, err
	}
	defer e.Close()
	c, err := e.Compare(ctx, query, object, parts...)
	return c, interrupted(ctx, err)
}
