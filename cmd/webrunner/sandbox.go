package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"webrunner/filter/seccomp"
	"webrunner/internal/child"
	"webrunner/internal/report"
	"webrunner/internal/runner"
	"webrunner/internal/speculation"
	"webrunner/internal/wire"
	"webrunner/internal/words"
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
	f.yes(&explain, "explain", "print the steps of the lock-down, the rules and the decoded programs as well")
	f.text(&check, "check", "CALL[,ARCH]", "say what each program decides about one system call, a name or number of x86_64 (default), x32 or i386")
	o.define(f)
	if _, code, stop := f.parse(a, args, 0, 0); stop {
		return code
	}
	if check != "" {
		return a.checkCall(check, out)
	}
	e, err := a.open(&o, errorLog(a.err))
	if err != nil {
		return a.fail(out, err)
	}
	defer e.Close()
	doc := map[string]any{"layers": e.Layers}
	text := report.LayersText(e.Layers)
	if explain {
		policies, err := seccomp.Explain(child.Policies()...)
		if err != nil {
			return a.fail(out, err)
		}
		steps := append(runner.Steps(), child.Steps(o.strict)...)
		kinds := speculations(o.strict)
		doc["steps"], doc["policies"], doc["speculation"] = steps, policies, kinds
		text += "\n" + stepsText(steps, e.Layers) + "\nspeculation in cells:\n"
		for _, name := range slices.Sorted(maps.Keys(kinds)) {
			text += fmt.Sprintf("     %s: %s\n", name, kinds[name])
		}
		for _, p := range policies {
			text += "\n" + p.String()
		}
	}
	if out == "text" {
		fmt.Fprint(a.out, words.Fold(text, words.Columns))
	} else if err := report.Document(a.out, doc); err != nil {
		return a.fail(out, err)
	}
	return exitGood
}

// speculations tells of each kind of speculation that Linux knows what it is in cells.
func speculations(strict bool) map[string]string {
	list := make(map[string]string)
	for _, k := range speculation.Kinds() {
		s, err := speculation.Get(k)
		switch {
		case err != nil:
			list[k.Name] = err.Error()
		case strict && !s.Off():
			list[k.Name] = "switched off by --speculation strict"
		default:
			list[k.Name] = s.String()
		}
	}
	return list
}

// stepsText lists the lock-down in its order for people.
func stepsText(steps []wire.Step, layers wire.Layers) string {
	var b strings.Builder
	b.WriteString("lock-down, step by step, and what a compromised child could still reach after each:\n")
	for i, s := range steps {
		fmt.Fprintf(&b, "%3d  %s: %s", i+1, s.By, s.Act)
		if state := layers[s.Layer]; s.Layer != "" && !state.Enforced {
			fmt.Fprintf(&b, " (%s: %s)", s.Layer, state)
		} else if s.Layer != "" {
			fmt.Fprintf(&b, " (%s)", s.Layer)
		}
		fmt.Fprintf(&b, "\n     left: %s\n", s.Left)
	}
	return b.String()
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
		if err := report.Document(a.out, map[string]any{"call": call.String(), "decisions": decisions}); err != nil {
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
