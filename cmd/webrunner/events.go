package main

import (
	"os"

	"webrunner/internal/report"
	"webrunner/internal/request"
	"webrunner/perf/events"
	"webrunner/perf/processor"
)

// events lists the event counters of this processor, or of another, or shows
// the groups in which some of them would be counted.
func (a *app) events(args []string) int {
	var out output
	var cpu, plan string
	var machine events.Machine
	f := newFlags("events [--cpu VENDOR:FAMILY:MODEL] [--plan NAME,...] [FLAGS]")
	f.outputFlag(&out, "text", "json")
	f.text(&cpu, "cpu", "VENDOR:FAMILY:MODEL", "another processor than this one, as in intel:6:0x8f, haswell, znver4, or a table as in ADL-E")
	f.yes(&machine.SMT, "smt", "plan for hyper-threads that are on; with --cpu, as of this machine it is known")
	f.yes(&machine.Watchdog, "watchdog", "plan for an NMI watchdog that keeps a counter; with --cpu likewise")
	f.text(&plan, "plan", "NAME,...", "show the groups for these events; names, globs, sets and event=0x..,umask=0x..")
	if _, code, stop := f.parse(a, args, 0, 0); stop {
		return code
	}
	if given := f.given("smt", "watchdog"); len(given) > 0 && (cpu == "" || plan == "") {
		return a.fail(out, usage("%s has an effect with --cpu and --plan only; of this machine it is known", given[0]))
	}
	doc, err := eventsDocument(cpu, plan, machine)
	if err != nil {
		return a.fail(out, err)
	}
	if out == "json" {
		err = report.Document(a.out, doc)
	} else {
		err = doc.WriteText(a.out)
	}
	if err != nil {
		return a.fail(out, err)
	}
	return exitGood
}

func eventsDocument(cpu, plan string, machine events.Machine) (request.Listing, error) {
	host, err := eventsHost(cpu, machine)
	if err != nil {
		return nil, err
	}
	var names []string
	if plan != "" {
		names = []string{plan}
	}
	return request.NewCounting(host, "").List(names)
}

// eventsHost is this machine, or another processor of which only the table is
// known, and what is told of the machine.
func eventsHost(cpu string, machine events.Machine) (*events.Host, error) {
	if cpu == "" {
		host, err := events.ForHost(processor.ProbeHost(os.DirFS("/")), os.DirFS("/"))
		if err != nil {
			return nil, usage("%v; --cpu names another processor", err)
		}
		return host, nil
	}
	table, err := events.Find(cpu)
	if err != nil {
		return nil, usage("%v", err)
	}
	return &events.Host{Table: table, Machine: machine}, nil
}
