package main

import (
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"webrunner/internal/report"
	"webrunner/internal/wire"
)

// sweepOptions are the flags of sweep.
type sweepOptions struct {
	engineOptions
	remoteOptions
	target
	roofline bool
	out      output
	peaks    *wire.Peaks // where the roofline is drawn
}

// sweep measures one function at many points.
func (a *app) sweep(args []string) int {
	var o sweepOptions
	f := newFlags("sweep OBJECT.o[:SYMBOL] (--kernel NAME | --call PROTOTYPE) --param NAME=RANGE... [FLAGS]")
	f.note = "A range is LOW:HIGH, LOW:HIGH:STEP, LOW:HIGH:xFACTOR or A,B,C. Several ranges are a grid,\nof 1000 points at most. A point that fails is a row with its reason, and the exit code is 1."
	o.target.define(f, wire.Sweeping)
	f.outputFlag(&o.out, formNames(report.SweepFormats())...)
	f.yes(&o.roofline, "roofline", "with -o svg: draw the points below what this core can do at most, which takes some seconds more")
	o.engineOptions.define(f)
	o.remoteOptions.define(f)
	f.unknown = func(name, value string) string { return o.parameter(o.kernels, name, value) }
	rest, code, stop := f.parse(a, args, 1, 1)
	if stop {
		return code
	}
	var s *wire.Sweep
	err := o.settle(f)
	if err == nil && o.roofline && (o.out != "svg" || o.server != "") {
		err = usage("--roofline is for -o svg, and for this host")
	}
	if err == nil && o.many() {
		return o.fleet(a, rest[0])
	}
	if err == nil {
		s, err = o.run(a, rest[0])
	}
	switch {
	case err != nil:
	case o.roofline:
		err = report.Roofline(a.out, s, o.peaks)
	default:
		a.preface(o.out)
		err = formOf(o.out, report.SweepFormats()).Write(a.out, s)
	}
	switch {
	case err != nil:
		return a.fail(o.out, err)
	case !report.SweepSound(s):
		return exitFailed
	}
	return exitGood
}

func (o *sweepOptions) run(a *app, name string) (*wire.Sweep, error) {
	query, object, parts, err := o.asked(a, name)
	if err != nil {
		return nil, err
	}
	ctx, stop := untilSignal()
	defer stop()
	bar := newBar(a.err)
	defer bar.clear()
	var s *wire.Sweep
	if o.server != "" {
		c, err := o.client()
		if err != nil {
			return nil, err
		}
		s, err = abandoning(ctx, func() (*wire.Sweep, error) { return c.Sweep(query, object, bar.show, parts...) })
		return s, interrupted(ctx, err)
	}
	e, err := a.open(&o.engineOptions, errorLog(a.err))
	if err != nil {
		return nil, err
	}
	defer e.Close()
	if o.roofline && query.Has("call") && !query.Has("events") {
		query.Set("events", "default,counted") // a prototype does not tell the work of a call
	}
	plan, err := e.PlanSweep(query)
	if err != nil {
		return nil, err
	}
	plan.Job.Parts = parts
	if o.roofline {
		if o.peaks, err = e.Peaks(ctx, nil); err != nil {
			return nil, interrupted(ctx, err)
		}
	}
	s, err = e.Sweep(ctx, plan, object, nil, bar.show)
	return s, interrupted(ctx, err)
}

// asked is what a sweep is made of.
func (o *sweepOptions) asked(a *app, name string) (query url.Values, object []byte, parts []wire.Part, err error) {
	if query, err = o.query(); err != nil {
		return nil, nil, nil, err
	}
	file, symbol := symbolOf(name)
	if symbol != "" {
		query.Set("symbol", symbol)
	}
	object, parts, err = o.files(a, file, query)
	return query, object, parts, err
}

// bar shows progress on a terminal, and nothing elsewhere.
type bar struct {
	mu    sync.Mutex
	w     io.Writer // nil for nothing
	shown time.Time
}

func newBar(w io.Writer) *bar {
	if !terminal(w) || os.Getenv("TERM") == "dumb" { // which cannot take a line back
		return &bar{}
	}
	return &bar{w: w}
}

// between is how long a bar stays as it is, at least.
const between = 50 * time.Millisecond

func (b *bar) show(p *wire.Progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.w == nil || time.Since(b.shown) < between && p.Done < p.Of {
		return
	}
	b.shown = time.Now()
	const width = 40
	full := width * p.Done / max(p.Of, 1)
	fmt.Fprintf(b.w, "\r\x1b[K[%s%s] %d of %d, %.0f s left", strings.Repeat("=", full), strings.Repeat(" ", width-full), p.Done, p.Of, p.Left)
}

// clear takes the bar away, for good.
func (b *bar) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.w != nil && !b.shown.IsZero() {
		fmt.Fprint(b.w, "\r\x1b[K")
	}
	b.w = nil
}
