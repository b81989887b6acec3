package main

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"webrunner/internal/report"
	"webrunner/internal/request"
	"webrunner/internal/wire"
	"webrunner/internal/words"
	"webrunner/kernels"
)

// runOptions are the flags of run.
type runOptions struct {
	engineOptions
	remoteOptions
	kernel  string
	call    string
	params  []string
	options map[string]*[]string // of measuring, by their names in a query
	out     output
}

// run loads, screens, executes and measures one object, here or at a server.
func (a *app) run(args []string) int {
	var o runOptions
	f := newFlags("run OBJECT.o (--kernel NAME | --call PROTOTYPE) [--param NAME=VALUE]... [FLAGS]")
	f.note = "The answer is a table on a terminal, and text elsewhere.\nA wrong result, a broken calling convention and suspect integrity are printed\nwith the figures, and the exit code is 1."
	f.text(&o.kernel, "k,kernel", "NAME", "what the object's function is, see webrunner kernels")
	f.text(&o.call, "call", "PROTOTYPE", "the object's function as C declares it, with sizes and values: 'float f(size_t n = 100, const float x[n])'; @FILE reads it, or PeachPy's metadata")
	f.list(&o.params, "param", "NAME=VALUE", "a parameter of the kernel; may be repeated")
	o.options = make(map[string]*[]string)
	for _, opt := range request.Options() {
		o.options[opt.Name] = new([]string)
		f.list(o.options[opt.Name], opt.Name, opt.Argument, opt.About)
	}
	f.outputFlag(&o.out, resultForms()...)
	if terminal(a.out) {
		o.out = "table"
	}
	o.engineOptions.define(f)
	o.remoteOptions.define(f)
	f.unknown = o.parameter
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
	query, err := parseParams(o.params)
	if err != nil {
		return nil, err
	}
	switch {
	case o.kernel == "" && o.call == "":
		return nil, usage("say what the object is with --kernel NAME or --call PROTOTYPE; webrunner kernels lists the names")
	case o.kernel != "" && o.call != "":
		return nil, usage("--kernel and --call say the same; give one of them")
	case o.call != "":
		text, err := prototype(o.call, strings.Join(*o.options["symbol"], " "))
		if err != nil {
			return nil, err
		}
		query.Set("call", text)
	default:
		query.Set("kernel", o.kernel)
	}
	for name, values := range o.options {
		query[name] = append(query[name], *values...)
	}
	object, err := a.readObject(name)
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
		return c.Run(query, object)
	}
	return o.local(a, query, object)
}

// parameter says of a flag that there is not that the kernel has a parameter of
// this name.
func (o *runOptions) parameter(name, value string) string {
	spec, err := o.spec()
	if err != nil || !slices.ContainsFunc(spec.Params, func(p kernels.Param) bool { return p.Name == name }) {
		return ""
	}
	return fmt.Sprintf("; %s is a parameter of %s: --param %s=%s", name, spec.FullName(), name, cmp.Or(value, "VALUE"))
}

// spec is the specification that the flags name or give.
func (o *runOptions) spec() (*kernels.Spec, error) {
	if o.call != "" {
		text, err := prototype(o.call, "")
		if err != nil {
			return nil, err
		}
		return request.Call(text)
	}
	set, err := loadKernels(o.kernels)
	if err != nil {
		return nil, err
	}
	return set.Find(o.kernel)
}

func (o *runOptions) local(a *app, query url.Values, object []byte) (*wire.Result, error) {
	e, err := a.open(&o.engineOptions, errorLog(a.err))
	if err != nil {
		return nil, err
	}
	defer e.Close()
	res, err := e.Run(context.Background(), query, object)
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
	return o.out.format().Write(a.out, res)
}

// parseParams reads NAME=VALUE pairs.
func parseParams(pairs []string) (url.Values, error) {
	q := make(url.Values)
	for _, p := range pairs {
		name, value, ok := strings.Cut(p, "=")
		if !ok || name == "" {
			return nil, usage("--param takes NAME=VALUE, not %q", p)
		}
		if slices.Contains(request.Names(), name) {
			return nil, usage("%s is not a parameter; there is a flag --%s", name, name)
		}
		q.Add(name, value)
	}
	return q, nil
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
