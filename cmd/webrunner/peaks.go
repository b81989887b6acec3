package main

import (
	"webrunner/internal/report"
)

// peaks prints what the core can do at most.
func (a *app) peaks(args []string) int {
	var o struct {
		engineOptions
		out output
	}
	f := newFlags("peaks [FLAGS]")
	f.note = "Peaks are measured by functions of WebRunner's own, in the same sandbox as yours;\ncopies count what is read and what is written."
	f.outputFlag(&o.out, formNames(report.PeaksFormats())...)
	o.engineOptions.define(f)
	_, code, stop := f.parse(a, args, 0, 0)
	if stop {
		return code
	}
	o.pool = 2
	e, err := a.open(&o.engineOptions, errorLog(a.err))
	if err != nil {
		return a.fail(o.out, err)
	}
	defer e.Close()
	ctx, end := untilSignal()
	defer end()
	p, err := e.Peaks(ctx, nil)
	if err = interrupted(ctx, err); err != nil {
		return a.fail(o.out, err)
	}
	if err := formOf(o.out, report.PeaksFormats()).Write(a.out, p); err != nil {
		return a.fail(o.out, err)
	}
	return exitGood
}
