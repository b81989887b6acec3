package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"webrunner/internal/engine"
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
	repeat  int
	batch   string
	samples string // a file
	peaks   bool   // are measured first
	out     output
}

func newRunOptions(a *app) (*runOptions, *flags) {
	o := &runOptions{repeat: 1}
	f := newFlags("run OBJECT.o (--kernel NAME | --call PROTOTYPE) [--param NAME=VALUE]... [FLAGS]  or  run --batch FILE [FLAGS]")
	f.note = "The answer is a table on a terminal, and text elsewhere.\nA wrong result, a broken calling convention and suspect integrity are printed\nwith the figures, and the exit code is 1."
	o.target.define(f, wire.Run, request.SamplesName)
	f.number(&o.repeat, "repeat", "N", "measure so many times, one answer after the other (1)")
	f.text(&o.batch, "batch", "FILE", "run each line of FILE, or of the input stream if that is -: an object and its flags, beside those given here")
	f.text(&o.samples, "samples", "FILE", "write each sample by itself to FILE, as CSV; a table shows a histogram of them")
	f.yes(&o.peaks, "peaks", "measure first what this core can do at most, which takes some seconds, and tell the shares of that")
	f.outputFlag(&o.out, formNames(report.Formats())...)
	if terminal(a.out) {
		o.out = "table"
	}
	o.engineOptions.define(f)
	o.remoteOptions.define(f)
	f.unknown = func(name, value string) string { return o.parameter(o.kernels, name, value) }
	return o, f
}

// maxRepeat bounds --repeat.
const maxRepeat = 10000

// run loads, screens, executes and measures one object or each of a batch, here or at a
// server. The host is calibrated once for all.
func (a *app) run(args []string) int {
	o, f := newRunOptions(a)
	rest, code, stop := f.parse(a, args, 0, 1)
	if stop {
		return code
	}
	err := o.settle(f)
	switch {
	case err != nil:
	case (o.batch == "") != (len(rest) == 1):
		err = usage("give one object, or --batch FILE: an argument is missing, or is one too many")
	case o.peaks && o.server != "":
		err = usage("--peaks is for this host; a service tells the shares once it was asked for its peaks")
	case o.repeat < 1 || o.repeat > maxRepeat:
		err = usage("--repeat takes 1 to %d", maxRepeat)
	}
	if err != nil {
		return a.fail(o.out, err)
	}
	if o.many() {
		return o.fleet(a, strings.Join(rest, ""))
	}
	lines := []batchLine{{options: o, object: strings.Join(rest, "")}}
	if o.batch != "" {
		if lines, err = a.readBatch(o.batch, args); err != nil {
			return a.fail(o.out, err)
		}
	}
	ctx, end := untilSignal()
	defer end()
	do, done, err := o.measurer(ctx, a, len(lines)*o.repeat == 1)
	if err != nil {
		return a.fail(o.out, err)
	}
	defer done()
	first := true
	for _, l := range lines {
		for range o.repeat {
			code = max(code, a.runLine(ctx, l, o, do, first))
			first = false
			if ctx.Err() != nil {
				return code
			}
		}
	}
	return code
}

// runLine runs one object, writes its answer and returns the exit code that it has.
func (a *app) runLine(ctx context.Context, l batchLine, o *runOptions, do measurer, first bool) int {
	res, err := l.options.run(ctx, a, l.object, do)
	if err == nil {
		err = o.write(a, res, l.text, first)
	}
	switch {
	case err != nil && l.text != "" && o.out != "json":
		fmt.Fprintf(a.err, "webrunner: line %d: %s\n", l.number, words.Line(l.text, 1024))
		fallthrough
	case err != nil:
		return a.fail(o.out, err)
	case !report.Sound(res):
		return exitFailed
	}
	return exitGood
}

// measurer runs one object, here or at a server.
type measurer func(query url.Values, object []byte, parts []wire.Part) (*wire.Result, error)

// measurer returns where the flags have objects run, and what ends that. A single run
// needs less of the host's calibration.
func (o *runOptions) measurer(ctx context.Context, a *app, single bool) (do measurer, done func(), err error) {
	if o.server != "" {
		// The result comes as JSON and is written here, so that it has every form that a
		// local one has.
		c, err := o.client()
		if err != nil {
			return nil, nil, err
		}
		return func(query url.Values, object []byte, parts []wire.Part) (*wire.Result, error) {
			r, err := abandoning(ctx, func() (*wire.Result, error) { return c.Run(query, object, parts...) })
			return r, interrupted(ctx, err)
		}, func() {}, nil
	}
	var e *engine.Engine // opened when there is something to run
	do = func(query url.Values, object []byte, parts []wire.Part) (*wire.Result, error) {
		if e == nil {
			o.single = single && !o.peaks
			opened, err := a.open(&o.engineOptions, errorLog(a.err))
			if err != nil {
				return nil, err
			}
			e = opened
			if o.peaks {
				if _, err := e.Peaks(ctx, nil); err != nil {
					return nil, interrupted(ctx, err)
				}
			}
			for _, layer := range e.Without { // no answer is to pass for one of the whole sandbox
				fmt.Fprintf(a.err, "webrunner: run without %s\n", layer)
			}
		}
		r, err := e.Run(ctx, query, object, parts...)
		return r, interrupted(ctx, err)
	}
	return do, func() {
		if e != nil {
			e.Close()
		}
	}, nil
}

func (o *runOptions) run(ctx context.Context, a *app, name string, do measurer) (*wire.Result, error) {
	query, err := o.query()
	if err != nil {
		return nil, err
	}
	if o.samples != "" {
		query.Set(request.SamplesName, "1")
	}
	var object []byte
	// Files may come from a terminal or a pipe, which nobody need end.
	parts, err := abandoning(ctx, func() (parts []wire.Part, err error) {
		object, parts, err = o.files(a, name, query)
		return parts, err
	})
	if err != nil {
		return nil, interrupted(ctx, err)
	}
	return do(query, object, parts)
}

// write writes a result, of a batch with its line. The text form is figures alone, as in
// 2016; what else must be known then goes to standard error. Several results are one
// document: lines of JSON, one table of CSV, one set of benchmarks.
func (o *runOptions) write(a *app, res *wire.Result, line string, first bool) error {
	if o.samples != "" {
		if err := writeSamples(o.samples, res, first); err != nil {
			return wire.Problemf(wire.Unfit, "--samples: %v", err)
		}
	}
	switch {
	case o.out == "csv" && !first:
		var b bytes.Buffer
		if err := formOf(o.out, report.Formats()).Write(&b, res); err != nil {
			return err
		}
		_, rows, _ := bytes.Cut(b.Bytes(), []byte("\n"))
		_, err := a.out.Write(rows)
		return err
	case (o.out == "text" || o.out == "table") && !first:
		fmt.Fprintln(a.out)
	}
	if o.out == "text" && line != "" {
		fmt.Fprintf(a.out, "# %s\n", words.Line(line, 1024))
	}
	if o.out == "text" {
		if by := res.Host.Named(); o.server != "" && by != "" {
			fmt.Fprintf(a.err, "webrunner: measured at %s by %s\n", words.Line(o.server, 256), words.Line(by, 256))
		}
		for _, d := range report.Doubts(res, len(*o.options["events"]) > 0) {
			fmt.Fprintf(a.err, "webrunner: %s\n", d)
		}
		if res.With != nil {
			fmt.Fprintf(a.err, "webrunner: %s\n", res.With)
		}
	}
	if o.out == "text" && request.NamesOf(map[string][]string{"names": *o.options["names"]}, "") == request.Names2016 {
		fmt.Fprintf(a.err, "webrunner: sources: %s\n", report.Sources(res))
		return report.Text2016(a.out, res)
	}
	if first {
		a.preface(o.out)
	}
	return formOf(o.out, report.Formats()).Write(a.out, res)
}

// writeSamples writes the samples of a result to a file, behind those of results before
// it.
func writeSamples(name string, res *wire.Result, first bool) error {
	how := os.O_CREATE | os.O_WRONLY | os.O_APPEND
	if first {
		how |= os.O_TRUNC
	}
	f, err := os.OpenFile(name, how, 0o644)
	if err != nil {
		return err
	}
	return errors.Join(report.SamplesCSV(f, res, first), f.Close())
}
