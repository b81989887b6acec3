package main

import (
	"fmt"
	"io"
	"os"

	"webrunner/perf"
	"webrunner/perf/events"
)

// events lists the event counters of this processor, or of another, or shows
// the groups in which some of them would be counted.
func (a *app) events(args []string) int {
	var out output
	var cpu, plan string
	f := newFlags("events [--cpu VENDOR:FAMILY:MODEL] [--plan NAME,...] [FLAGS]")
	f.outputFlag(&out, "text", "json")
	f.text(&cpu, "cpu", "VENDOR:FAMILY:MODEL", "another processor than this one, as in intel:6:0x8f")
	f.text(&plan, "plan", "NAME,...", "show the groups for these events; names, globs, sets and event=0x..,umask=0x..")
	if _, code, stop := f.parse(a, args, 0, 0); stop {
		return code
	}
	doc, err := eventsDocument(cpu, plan)
	if err != nil {
		return a.fail(out, err)
	}
	if out == "json" {
		err = writeJSON(a.out, doc)
	} else {
		err = doc.WriteText(a.out)
	}
	if err != nil {
		return a.fail(out, err)
	}
	return exitGood
}

// writer is what the documents of package events have in common.
type writer interface{ WriteText(io.Writer) error }

func eventsDocument(cpu, plan string) (writer, error) {
	here := perf.ProbeHost(os.DirFS("/"))
	which := events.CPU{
		Vendor: here.Vendor, Family: here.Family, Model: here.Model, Stepping: here.Stepping,
		CoreType: here.CoreType, NativeModel: here.NativeModel,
	}
	machine := events.Machine{SMT: here.SMT, Watchdog: here.Watchdog}
	if cpu != "" {
		var err error
		if which, err = events.ParseCPU(cpu); err != nil {
			return nil, usage("%v", err)
		}
		machine = events.Machine{}
	}
	table, err := events.ForCPU(which)
	if err != nil {
		return nil, usage("%v; --cpu names another processor", err)
	}
	if plan == "" {
		return table.List(), nil
	}
	list, err := table.Select(events.SplitList(plan))
	if err != nil {
		return nil, usage("%v", err)
	}
	groups, refused := events.Plan(table, list, machine)
	if len(groups) == 0 {
		return nil, usage("none of these events can be counted: %s", whyRefused(refused))
	}
	return table.ListPlan(groups, refused), nil
}

func whyRefused(refused []events.Refusal) string {
	text := ""
	for _, r := range refused {
		text += fmt.Sprintf("%s: %s. ", r.Event.Name, r.Why)
	}
	return text
}
