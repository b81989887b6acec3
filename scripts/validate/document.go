package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"

	"webrunner/internal/wire"
)

// document is all that a validation found.
type document struct {
	Host              wire.Host     `json:"host"`
	Microarchitecture string        `json:"microarchitecture"` // of the core that the cells ran on, empty if unknown
	CostsOf           string        `json:"costs_of"`          // the microarchitecture whose costs were the truth
	TSCSource         string        `json:"tsc_source"`
	Hypervisor        string        `json:"hypervisor"`
	CPU               int           `json:"cpu"` // that the cells ran on
	Repetitions       int           `json:"repetitions"`
	Experiments       []*experiment `json:"experiments,omitempty"`
	Instructions      []reading     `json:"instructions,omitempty"`
}

// missed names every aim that was missed.
func (d *document) missed() (list []string) {
	for _, e := range d.Experiments {
		for _, s := range e.Series {
			for _, m := range e.misses(s) {
				list = append(list, fmt.Sprintf("%s: %s beside %s: %s", e.Name, s.name(), e.Neighbour, m))
			}
		}
	}
	for _, n := range d.neighbours() {
		if held, runs := coverage(d.beside(n)); runs > 0 && float64(held) < aimCoverage*float64(runs) {
			list = append(list, fmt.Sprintf("beside %s: %d of %d intervals hold the truth", n, held, runs))
		}
	}
	for _, r := range d.Instructions {
		if r.Failed != "" {
			list = append(list, fmt.Sprintf("%s of %s: %s", r.What, r.Name, r.Failed))
		}
	}
	return list
}

// name is the kernel's name for people, with the effort if that is not the default.
func (t task) name() string {
	name := known{symbol: t.Kernel}.name()
	if t.Effort != "" {
		name += ", effort=" + t.Effort
	}
	return name
}

func percent(x float64) string { return fmt.Sprintf("%.3f %%", 100*x) }

// neighbours are those of the experiments, in their order.
func (d *document) neighbours() (names []string) {
	for _, e := range d.Experiments {
		if !slices.Contains(names, e.Neighbour) {
			names = append(names, e.Neighbour)
		}
	}
	return names
}

// beside is all series beside a neighbour.
func (d *document) beside(neighbour string) (list []series) {
	for _, e := range d.Experiments {
		if e.Neighbour == neighbour {
			list = append(list, e.Series...)
		}
	}
	return list
}

// markdown prints what the host is, a table of the neighbours, and one of each
// experiment.
func (d *document) markdown(w io.Writer) {
	fmt.Fprintf(w, "%s (%s, family %d, model %d), %s; time-stamp counter %.0f MHz (%s) in steps of %d; cells on CPU %d; %d runs of each kernel\n",
		d.Host.CPU, cmp.Or(d.Microarchitecture, "a microarchitecture that is not in the table"), d.Host.Family, d.Host.Model, orNone(d.Hypervisor),
		float64(d.Host.TSCHz)/1e6, d.TSCSource, d.Host.TSCQuantum, d.CPU, d.Repetitions)
	if len(d.Instructions) > 0 {
		d.instructionsMarkdown(w)
		return
	}
	if !knownCosts(d.CostsOf) {
		fmt.Fprint(w, "\nNobody's costs are known of this core. Its kernels are judged by their spread, and chains of additions and of multiplications by whether they agree.\n")
	}
	d.neighboursMarkdown(w)
	d.coverageMarkdown(w)
	for _, e := range d.Experiments {
		e.markdown(w)
	}
}

func orNone(hypervisor string) string {
	if hypervisor == "" {
		return "no hypervisor"
	}
	return "a guest of " + hypervisor
}

func heading(w io.Writer, title string, columns ...string) {
	fmt.Fprintf(w, "\n%s\n\n| %s |\n|%s\n", title, strings.Join(columns, " | "), strings.Repeat("---|", len(columns)))
}

func row(w io.Writer, cells ...string) { fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | ")) }

// neighboursMarkdown tells what long calls beside each neighbour have in common.
func (d *document) neighboursMarkdown(w io.Writer) {
	heading(w, "## Long calls", "neighbour", "load", "largest coefficient of variation", "worst single error", "disturbed", "suspect",
		"samples accepted", "rejected", "precision, median and worst", "ms a run, median and longest")
	for _, e := range d.Experiments {
		if e.Name == longCalls {
			t := e.together()
			row(w, e.Neighbour, strings.Join(e.Load, " to "), t.cv, t.worst, fmt.Sprintf("%d of %d", t.disturbed, t.runs), fmt.Sprint(t.suspect),
				fmt.Sprintf("%.1f %%", 100*float64(t.accepted)/float64(max(t.total, 1))), t.reasons(),
				percent(t.achieved[0])+", "+percent(t.achieved[1]), fmt.Sprintf("%.0f, %.0f", t.millis[0], t.millis[1]))
		}
	}
}

// coverageMarkdown tells how many intervals hold the truth, by length and
// neighbour.
func (d *document) coverageMarkdown(w io.Writer) {
	columns := append([]string{"cycles"}, d.neighbours()...)
	lengths := map[float64][]string{}
	for _, n := range d.neighbours() {
		byLength := map[float64][]series{}
		for _, s := range d.beside(n) {
			if s.Exact && s.Truth >= aimFrom {
				byLength[s.Truth] = append(byLength[s.Truth], s)
			}
		}
		for length, list := range byLength {
			held, runs := coverage(list)
			lengths[length] = append(lengths[length], fmt.Sprintf("%d of %d", held, runs))
		}
	}
	if len(lengths) == 0 {
		return
	}
	heading(w, "## Intervals that hold the truth", columns...)
	for _, length := range slices.Sorted(maps.Keys(lengths)) {
		row(w, append([]string{fmt.Sprintf("%.0f", length)}, lengths[length]...)...)
	}
	all := []string{"all"}
	for _, n := range d.neighbours() {
		held, runs := coverage(d.beside(n))
		all = append(all, fmt.Sprintf("%.1f %%", 100*float64(held)/float64(max(runs, 1))))
	}
	row(w, all...)
}

// together is what the series of an experiment have in common.
type together struct {
	cv, worst                                 string
	runs, disturbed, suspect, accepted, total int
	rejected                                  map[string]int
	achieved, millis                          [2]float64
}

func (e *experiment) together() together {
	t := together{rejected: map[string]int{}}
	var cv, worst float64
	var achieved, millis []float64
	for _, s := range e.Series {
		sum := s.Summary
		t.runs += len(s.Runs)
		t.disturbed += sum.Disturbed
		t.suspect += sum.Suspect
		t.accepted += sum.Accepted
		t.total += sum.Total
		for why, n := range sum.Rejected {
			t.rejected[why] += n
		}
		for _, o := range s.Runs {
			millis = append(millis, float64(o.Micros)/1000)
			if !o.disturbed() {
				achieved = append(achieved, o.Achieved)
			}
		}
		if !s.Varies && sum.CV > cv {
			cv, t.cv = sum.CV, fmt.Sprintf("%s (%s)", percent(sum.CV), s.name())
		}
		if s.Truth > 0 && math.Abs(sum.Worst) > math.Abs(worst) {
			worst, t.worst = sum.Worst, fmt.Sprintf("%+.3f %% (%s)", 100*sum.Worst, s.name())
		}
	}
	t.achieved, t.millis = ends(achieved), ends(millis)
	return t
}

// reasons lists the rejections in per cent of all samples.
func (t together) reasons() string {
	var parts []string
	for _, why := range slices.Sorted(maps.Keys(t.rejected)) {
		parts = append(parts, fmt.Sprintf("%s %.1f %%", why, 100*float64(t.rejected[why])/float64(t.total)))
	}
	return strings.Join(parts, ", ")
}

// markdown prints the table of an experiment: long calls relative to the truth,
// others in cycles.
func (e *experiment) markdown(w io.Writer) {
	title := fmt.Sprintf("### %s, neighbour: %s", e.Name, e.Neighbour)
	switch e.Name {
	case twoModes:
		heading(w, title, "kernel", "its modes", "runs that name both", "that lie between and do not say so", "that say that they were disturbed", "read", "ms a run, median and longest")
		for _, s := range e.Series {
			var values []float64
			for _, o := range s.Runs {
				values = append(values, o.Value)
			}
			e.row(w, s, fmt.Sprintf("%.0f and %.0f", s.Modes[0], s.Modes[1]), s.of(s.Summary.BothModes), s.of(s.Summary.Between), s.of(s.Summary.Disturbed), extent(values))
		}
		return
	case timeOfRun:
		heading(w, title, "kernel", "aim, ms", "ms a run, median and longest")
		for _, s := range e.Series {
			e.row(w, s, fmt.Sprintf("%.0f", s.aimMillis()))
		}
		return
	}
	read := "read, median"
	if e.Name == backToBack {
		read = "read, with the empty call, median"
	}
	heading(w, title, "kernel", "cycles", read, "error of the median", "worst", "coefficient of variation", "disturbed", "ms a run, median and longest")
	for _, s := range e.Series {
		sum := s.Summary
		truth, off, worst := "not known", "", ""
		switch {
		case s.Truth > 0 && (e.Name == longCalls || e.Name == wholeCalls):
			truth, off, worst = fmt.Sprintf("%.0f", s.Truth), fmt.Sprintf("%+.3f %%", 100*sum.Error), fmt.Sprintf("%+.3f %%", 100*sum.Worst)
		case s.Truth > 0:
			truth, off, worst = fmt.Sprintf("%.0f", s.Truth), fmt.Sprintf("%+.1f", sum.Median-s.Truth), fmt.Sprintf("%+.1f", sum.Worst*s.Truth)
		}
		if sum.Judged == 0 {
			off, worst = "", ""
		}
		e.row(w, s, truth, fmt.Sprintf("%.1f", sum.Median), off, worst, percent(sum.CV), s.of(sum.Disturbed))
	}
}

// row prints a series: its kernel, some cells, and the time of its runs.
func (e *experiment) row(w io.Writer, s series, cells ...string) {
	if s.Skipped != "" {
		row(w, s.name(), s.Skipped)
		return
	}
	row(w, append(append([]string{s.name()}, cells...), fmt.Sprintf("%.1f, %.0f", s.Summary.Millis[0], s.Summary.Millis[1]))...)
}

func (s series) of(n int) string { return fmt.Sprintf("%d of %d", n, len(s.Runs)) }

// extent is the smallest and the largest of values.
func extent(v []float64) string {
	if len(v) == 0 {
		return ""
	}
	return fmt.Sprintf("%.0f to %.0f", slices.Min(v), slices.Max(v))
}
