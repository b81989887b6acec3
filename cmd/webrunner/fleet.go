package main

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	"webrunner/internal/client"
	"webrunner/internal/report"
	"webrunner/internal/wire"
	"webrunner/internal/words"
)

// maxMachines bounds how many machines one command asks.
const maxMachines = 64

// machines are those that the flag --machine names, separated by commas.
func (o *remoteOptions) machines() ([]string, error) {
	list := strings.Split(o.machine, ",")
	for i, m := range list {
		switch {
		case m == "":
			return nil, usage("--machine %s names a machine without a name; it takes ID or ID,ID,...", o.machine)
		case slices.Contains(list[:i], m):
			return nil, usage("--machine names %s twice", m)
		}
	}
	if len(list) > maxMachines {
		return nil, usage("--machine takes %d machines at most, not %d", maxMachines, len(list))
	}
	return list, nil
}

// many tells whether the flags name several machines.
func (o *remoteOptions) many() bool { return strings.Contains(o.machine, ",") }

// alone refuses several machines where an option or a form of the answer is of one.
func (o *remoteOptions) alone(what string) error {
	return usage("%s is of one machine; --machine %s names several", what, o.machine)
}

// inFleet refuses several machines and a form that there is for one alone.
func inFleet[T any](o *remoteOptions, out output, forms []report.Form[T]) error {
	if !slices.Contains(formNames(forms), string(out)) {
		return o.alone("-o " + string(out))
	}
	return nil
}

// everywhere asks all machines at one time. What becomes of one is in its own answer, and
// keeps none of the others. The error is of the flags alone, or a signal.
func everywhere[T any](o *remoteOptions, ask func(c *client.Client, machine string) (T, error)) (report.Fleet[T], error) {
	list, err := o.machines()
	if err != nil {
		return nil, err
	}
	fleet := make(report.Fleet[T], len(list))
	clients := make([]*client.Client, len(list))
	for i, m := range list {
		fleet[i].Machine = m
		one := *o
		one.machine = m
		if clients[i], err = one.client(); err != nil {
			return nil, err
		}
	}
	ctx, stop := untilSignal()
	defer stop()
	fleet, err = abandoning(ctx, func() (report.Fleet[T], error) {
		var all sync.WaitGroup
		for i := range fleet {
			all.Go(func() {
				of, err := ask(clients[i], fleet[i].Machine)
				if err != nil {
					fleet[i].Problem = wire.AsProblem(err)
					return
				}
				fleet[i].Of = of
			})
		}
		all.Wait()
		return fleet, nil
	})
	return fleet, interrupted(ctx, err)
}

// assembled writes the answers of a fleet and returns the exit code: the highest that any
// machine's alone would have had. Doubts says what a reader of the matrix must know of one
// answer.
func assembled[T any](a *app, out output, forms []report.Form[report.Fleet[T]], fleet report.Fleet[T], err error, sound func(T) bool, doubts func(T) []string) int {
	if err == nil {
		a.preface(out)
		err = formOf(out, forms).Write(a.out, fleet)
	}
	if err != nil {
		return a.fail(out, err)
	}
	code := exitGood
	for i := range fleet {
		f := &fleet[i]
		if f.Problem != nil {
			if out != "table" && out != "text" { // which say so themselves
				fmt.Fprintf(a.err, "webrunner: %s: %s\n", words.Line(f.Machine, 256), words.Line(f.Problem.Error(), 1024))
			}
			code = max(code, f.Problem.Class.Info().Exit)
			continue
		}
		for _, d := range doubts(f.Of) {
			fmt.Fprintf(a.err, "webrunner: %s: %s\n", words.Line(f.Machine, 256), d)
		}
		if !sound(f.Of) {
			code = max(code, exitFailed)
		}
	}
	return code
}

// fleet runs an object at several machines.
func (o *runOptions) fleet(a *app, name string) int {
	forms := report.RunFleetFormats()
	err := inFleet(&o.remoteOptions, o.out, forms)
	switch {
	case err != nil:
	case o.batch != "":
		err = o.alone("--batch")
	case o.repeat != 1:
		err = o.alone("--repeat")
	case o.samples != "":
		err = o.alone("--samples")
	}
	var fleet report.Fleet[*wire.Result]
	if err == nil {
		_, err = o.run(context.Background(), a, name, func(query url.Values, object []byte, parts []wire.Part) (_ *wire.Result, err error) {
			fleet, err = everywhere(&o.remoteOptions, func(c *client.Client, _ string) (*wire.Result, error) {
				return c.Run(query, object, parts...)
			})
			return nil, err
		})
	}
	return assembled(a, o.out, forms, fleet, err, report.Sound, func(r *wire.Result) []string {
		return report.Doubts(r, len(*o.options["events"]) > 0)
	})
}

// fleet checks an object at several machines.
func (o *checkOptions) fleet(a *app, name string) int {
	query, object, parts, err := o.asked(a, name)
	var fleet report.Fleet[*wire.Checked]
	if err == nil {
		fleet, err = everywhere(&o.remoteOptions, func(c *client.Client, machine string) (*wire.Checked, error) {
			checked, err := c.Check(query, object, parts...)
			if err == nil {
				one := *o
				one.machine = machine
				one.repeats(query, name, checked)
			}
			return checked, err
		})
	}
	return assembled(a, o.out, report.CheckFleetFormats(), fleet, err, func(c *wire.Checked) bool { return c.OK }, func(*wire.Checked) []string { return nil })
}

// fleet compares two functions at several machines.
func (o *compareOptions) fleet(a *app, first, second string) int {
	query, object, parts, err := o.asked(a, first, second)
	var fleet report.Fleet[*wire.Comparison]
	if err == nil {
		fleet, err = everywhere(&o.remoteOptions, func(c *client.Client, _ string) (*wire.Comparison, error) {
			return c.Compare(query, object, parts...)
		})
	}
	return assembled(a, o.out, report.ComparisonFleetFormats(), fleet, err, report.ComparisonSound, func(c *wire.Comparison) (list []string) {
		if o.out != "github" {
			list = report.ComparisonDoubts(c)
		}
		return append(list, failures(c)...)
	})
}

// fleet sweeps at several machines.
func (o *sweepOptions) fleet(a *app, name string) int {
	forms := report.SweepFleetFormats()
	err := inFleet(&o.remoteOptions, o.out, forms)
	var fleet report.Fleet[*wire.Sweep]
	if err == nil {
		var query url.Values
		var object []byte
		var parts []wire.Part
		if query, object, parts, err = o.asked(a, name); err == nil {
			fleet, err = everywhere(&o.remoteOptions, func(c *client.Client, _ string) (*wire.Sweep, error) {
				return c.Sweep(query, object, nil, parts...)
			})
		}
	}
	return assembled(a, o.out, forms, fleet, err, report.SweepSound, func(*wire.Sweep) []string { return nil })
}
