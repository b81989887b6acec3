package main

import (
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
	Host        wire.Host     `json:"host"`
	TSCSource   string        `json:"tsc_source"`
	Hypervisor  string        `json:"hypervisor"`
	CPU         int           `json:"cpu"` // that the cells ran on
	Repetitions int           `json:"repetitions"`
	Experiments []*experiment `json:"experiments"`
}

// missed names every aim that was missed.
func (d *document) missed() (list []string) {
	for _, e := range d.Experiments {
		for _, s := range e.Series {
			for _, m := range s.misses() {
				if e.Name == longCalls || len(s.Failures) > 0 {
					list = append(list, fmt.Sprintf("%s beside %s: %s", name(s), e.Neighbour, m))
				}
			}
		}
	}
	return list
}

func name(s series) string { return known{symbol: s.Kernel}.name() }

func percent(x float64) string { return fmt.Sprintf("%.3f %%", 100*x) }

// markdown prints a table of the neighbours, and one of each experiment.
func (d *document) markdown(w io.Writer) {
	fmt.Fprintf(w, "%s (family %d, model %d), %s; time-stamp counter %.0f MHz (%s) in steps of %d; cells on CPU %d; %d runs of each kernel\n",
		d.Host.CPU, d.Host.Family, d.Host.Model, orNone(d.Hypervisor), float64(d.Host.TSCHz)/1e6, d.TSCSource, d.Host.TSCQuantum, d.CPU, d.Repetitions)
	fmt.Fprintf(w, "\n## Long calls\n\n| neighbour | load | largest coefficient of variation | worst single error | disturbed | suspect | samples accepted | rejected | precision, median and worst | ms a run, median and longest |\n|%s\n", strings.Repeat("---|", 10))
	for _, e := range d.Experiments {
		if e.Name == longCalls {
			t := e.together()
			fmt.Fprintf(w, "| %s | %s | %s | %s | %d of %d | %d | %.1f %% | %s | %s, %s | %.0f, %.0f |\n", e.Neighbour, strings.Join(e.Load, " to "),
				t.cv, t.worst, t.disturbed, t.runs, t.suspect, 100*float64(t.accepted)/float64(max(t.total, 1)), t.reasons(), percent(t.achieved[0]), percent(t.achieved[1]), t.millis[0], t.millis[1])
		}
	}
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
		if sum.CV > cv {
			cv, t.cv = sum.CV, fmt.Sprintf("%s (%s)", percent(sum.CV), name(s))
		}
		if s.Truth > 0 && math.Abs(sum.Worst) > math.Abs(worst) {
			worst, t.worst = sum.Worst, fmt.Sprintf("%+.3f %% (%s)", 100*sum.Worst, name(s))
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
	if len(e.Series) == 0 {
		return
	}
	read := "read, median"
	if e.Name == backToBack {
		read = "read, with the empty call, median"
	}
	fmt.Fprintf(w, "\n### %s, neighbour: %s\n\n| kernel | cycles | %s | error of the median | worst | coefficient of variation | disturbed | ms a run, median and longest |\n|%s\n", e.Name, e.Neighbour, read, strings.Repeat("---|", 8))
	for _, s := range e.Series {
		sum := s.Summary
		truth, value, off, worst, cv := "not known", fmt.Sprintf("%.1f", sum.Median), "", "", percent(sum.CV)
		switch {
		case s.Skipped != "":
			truth, value, cv = s.Skipped, "", ""
		case sum.Judged == 0:
			truth, value, cv = fmt.Sprintf("%.0f", s.Truth), "", ""
		case s.Truth > 0 && e.Name == longCalls:
			truth, off, worst = fmt.Sprintf("%.0f", s.Truth), fmt.Sprintf("%+.3f %%", 100*sum.Error), fmt.Sprintf("%+.3f %%", 100*sum.Worst)
		case s.Truth > 0:
			truth, off, worst = fmt.Sprintf("%.0f", s.Truth), fmt.Sprintf("%+.1f", sum.Median-s.Truth), fmt.Sprintf("%+.1f", sum.Worst*s.Truth)
		}
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s | %d of %d | %.0f, %.0f |\n", name(s), truth, value, off, worst, cv, sum.Disturbed, len(s.Runs), sum.Millis[0], sum.Millis[1])
	}
}
