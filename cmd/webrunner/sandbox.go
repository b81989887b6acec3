package main

import (
	"fmt"

	"webrunner/filter/seccomp"
	"webrunner/internal/child"
	"webrunner/internal/server"
)

// sandbox shows the layers that a real child finds in force on this host, the
// filter programs, or what they say to one call.
func (a *app) sandbox(args []string) int {
	var o engineOptions
	var out output
	var explain bool
	var check string
	f := newFlags("sandbox [--explain | --check CALL[,ARCH[,ARG]...]] [FLAGS]")
	f.outputFlag(&out, "text", "json")
	f.yes(&explain, "explain", "print the rules and the decoded programs as well")
	f.text(&check, "check", "CALL[,ARCH]", "say what each program decides about one system call")
	o.define(f)
	if _, code, stop := f.parse(a, args, 0, 0); stop {
		return code
	}
	if check != "" {
		return a.checkCall(check, out)
	}
	e, err := o.open(errorLog(a.err))
	if err != nil {
		return a.fail(out, err)
	}
	defer e.Close()
	doc := map[string]any{"layers": e.layers}
	text := server.LayersText(e.layers)
	if explain {
		policies, err := seccomp.Explain(child.Policies()...)
		if err != nil {
			return a.fail(out, err)
		}
		doc["policies"] = policies
		for _, p := range policies {
			text += "\n" + p.String()
		}
	}
	if out == "text" {
		fmt.Fprint(a.out, text)
	} else if err := writeJSON(a.out, doc); err != nil {
		return a.fail(out, err)
	}
	return exitGood
}

// checkCall says what every program decides about a call.
func (a *app) checkCall(text string, out output) int {
	call, err := seccomp.ParseCall(text)
	if err != nil {
		return a.fail(out, usage("%v", err))
	}
	var decisions []seccomp.Decision
	for _, p := range child.Policies() {
		d, err := seccomp.Check(p, call)
		if err != nil {
			return a.fail(out, err)
		}
		decisions = append(decisions, d)
	}
	if out == "json" {
		if err := writeJSON(a.out, map[string]any{"call": call.String(), "decisions": decisions}); err != nil {
			return a.fail(out, err)
		}
		return exitGood
	}
	fmt.Fprintln(a.out, call)
	for _, d := range decisions {
		fmt.Fprintf(a.out, "  %s: %s: %s\n", d.Stage, d.Action, d.Why)
		for _, r := range d.Else {
			fmt.Fprintf(a.out, "    only as %v: %s\n", r, r.Why)
		}
	}
	return exitGood
}
