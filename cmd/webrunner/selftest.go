package main

import (
	"context"
	"fmt"
	"strings"

	"webrunner/internal/engine"
	"webrunner/internal/hostile"
	"webrunner/internal/report"
	"webrunner/internal/wire"
	"webrunner/internal/words"
	"webrunner/selftest"
)

// selftest checks this host. It exits 0 when every required check passed.
func (a *app) selftest(args []string) int {
	var o engineOptions
	var out output
	var attack, full bool
	f := newFlags("selftest [FLAGS]")
	f.outputFlag(&out, "text", "json")
	f.yes(&attack, "hostile", "run the corpus of attacks as well, and each layer alone")
	f.yes(&full, "full", "every system call in every form, not a sample; some minutes")
	o.define(f)
	if _, code, stop := f.parse(a, args, 0, 0); stop {
		return code
	}
	e, err := a.open(&o, errorLog(a.err))
	if err != nil {
		return a.fail(out, err)
	}
	defer e.Close()
	tell := func(selftest.Outcome) {}
	if out == "text" {
		tell = a.tellOutcome
	}
	checks := selftest.Checks(selftest.Of(e), attack || full)
	if attack || full {
		bare := func(without []wire.LayerName) (func(context.Context, *wire.Job) (*wire.Report, error), func(), error) {
			return engine.Bare(without, errorLog(a.err))
		}
		for _, c := range hostile.Checks(hostile.Env{Do: e.Turn, Kernels: e.Reader.Kernels, Host: e.Host}, full, wire.LayerNames(), e.Without, bare) {
			checks = append(checks, c)
		}
	}
	outcome := selftest.Run(context.Background(), checks, tell)
	if out == "json" {
		if err := report.Document(a.out, outcome); err != nil {
			return a.fail(out, err)
		}
	}
	if !outcome.OK {
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
	head := fmt.Sprintf("%s  %-24s ", word, o.Name)
	var b strings.Builder
	words.Wrap(&b, head, len(head), fmt.Sprintf("%s (%.1f ms)", o.Detail, o.MS), words.Columns)
	fmt.Fprintln(a.out, b.String())
}
