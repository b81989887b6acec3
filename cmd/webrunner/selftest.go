package main

import (
	"context"
	"fmt"

	"webrunner/internal/wire"
	"webrunner/selftest"
)

// selftest checks this host. It exits 0 when every required check passed.
func (a *app) selftest(args []string) int {
	var o engineOptions
	var out output
	var hostile bool
	f := newFlags("selftest [FLAGS]")
	f.outputFlag(&out, "text", "json")
	f.yes(&hostile, "hostile", "run the whole corpus of attacks")
	o.define(f)
	if _, code, stop := f.parse(a, args, 0, 0); stop {
		return code
	}
	e, err := o.open(errorLog(a.err))
	if err != nil {
		return a.fail(out, err)
	}
	defer e.Close()
	tell := func(selftest.Outcome) {}
	if out == "text" {
		tell = a.tellOutcome
	}
	report := selftest.Run(context.Background(), selftest.Checks(e.env(), hostile), tell)
	if out == "json" {
		if err := writeJSON(a.out, report); err != nil {
			return a.fail(out, err)
		}
	}
	if !report.OK {
		return exitFailed
	}
	return exitGood
}

func (a *app) tellOutcome(o selftest.Outcome) {
	word := "ok  "
	switch {
	case !o.OK && o.Required:
		word = "FAIL"
	case !o.OK:
		word = "note"
	}
	fmt.Fprintf(a.out, "%s  %-24s %s (%.1f ms)\n", word, o.Name, o.Detail, o.MS)
}

// env is this engine as the self-test sees it.
func (e *engine) env() selftest.Env {
	return selftest.Env{
		Do: func(ctx context.Context, job *wire.Job) (*wire.Report, error) {
			rep, _, err := e.Do(ctx, job, nil)
			return rep, err
		},
		Kernels: e.kernels, Host: e.host, Layers: e.layers, Without: e.without,
	}
}
