package main

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"

	"webrunner/internal/gate"
	"webrunner/internal/wire"
)

// record keeps a record of one object, or holds the object against one.
func (a *app) record(o *compareOptions, name string) int {
	query, err := o.query()
	if err != nil {
		return a.fail(o.out, err)
	}
	conditions := query["fail-if"]
	delete(query, "fail-if")
	file, symbol := symbolOf(name)
	if symbol != "" {
		query.Set("symbol", symbol)
	}
	var base *gate.Record
	switch {
	case o.save != "" && len(conditions) > 0:
		return a.fail(o.out, usage("--fail-if is for ratios, and --save has none"))
	case o.baseline != "":
		for _, c := range conditions {
			if _, err := gate.Parse(c); err != nil {
				return a.fail(o.out, usage("--fail-if: %v", err))
			}
		}
		if base, err = readRecord(o.baseline); err != nil {
			return a.fail(o.out, usage("--baseline %s: %v", o.baseline, err))
		}
	}
	object, parts, err := o.files(a, file, query)
	if err != nil {
		return a.fail(o.out, err)
	}
	runs, err := o.runs(a, query, object, parts)
	if err != nil {
		return a.fail(o.out, err)
	}
	if o.save != "" {
		return a.keep(o, runs)
	}
	c, err := base.Against(runs, o.across)
	var other *gate.OtherHostError
	switch {
	case errors.As(err, &other):
		return a.fail(o.out, usage("--baseline %s: %v; what is faster on one need not be on the other. --across-hosts compares them all the same", o.baseline, err))
	case err != nil:
		return a.fail(o.out, usage("--baseline %s: %v", o.baseline, err))
	}
	failed, err := gate.Judge(conditions, c)
	for _, f := range failed {
		c.Failed, c.Notes = append(c.Failed, f.Condition), append(c.Notes, f.Condition+": "+f.Why)
	}
	return a.compared(o, c, err)
}

// runs measures the object as often as a record has it, each time in a child of its own.
func (o *compareOptions) runs(a *app, query url.Values, object []byte, parts []wire.Part) (list []*wire.Result, err error) {
	ctx, stop := untilSignal()
	defer stop()
	var run func() (*wire.Result, error)
	if o.server != "" {
		c, err := o.client()
		if err != nil {
			return nil, err
		}
		run = func() (*wire.Result, error) {
			return abandoning(ctx, func() (*wire.Result, error) { return c.Run(query, object, parts...) })
		}
	} else {
		e, err := a.open(&o.engineOptions, errorLog(a.err))
		if err != nil {
			return nil, err
		}
		defer e.Close()
		run = func() (*wire.Result, error) { return e.Run(ctx, query, object, parts...) }
	}
	for range gate.Runs {
		r, err := run()
		if err != nil {
			return nil, interrupted(ctx, err)
		}
		list = append(list, r)
	}
	return list, nil
}

func readRecord(name string) (*gate.Record, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return gate.ReadRecord(f)
}

// keep writes a record.
func (a *app) keep(o *compareOptions, runs []*wire.Result) int {
	r, err := gate.NewRecord(runs)
	if err != nil {
		fmt.Fprintf(a.err, "webrunner: %v\n", err)
		return exitFailed
	}
	if err := writeWhole(o.save, r.Write); err != nil {
		return a.fail(o.out, wire.Problemf(wire.Unfit, "--save: %v", err))
	}
	return exitGood
}

// writeWhole has a file written so that it is whole or as it was before. What is there and
// is no regular file, such as a device or a pipe, is written to as it is: another file in its
// place would take it away from everybody. A symbolic link stays, and its file is written.
func writeWhole(name string, write func(io.Writer) error) error {
	if at, err := filepath.EvalSymlinks(name); err == nil {
		name = at
	}
	if there, err := os.Stat(name); err == nil && !there.Mode().IsRegular() {
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(write(f), f.Close())
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".webrunner-")
	if err != nil {
		return err
	}
	err = errors.Join(write(f), f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
