package report

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"webrunner/internal/wire"
	"webrunner/internal/words"
)

// Table writes the result for a person, in lines that a terminal of 80 columns
// holds: the figures with their intervals and sources, the verdicts, what could
// not be had, the conditions, and last what to know and what to doubt. A wrong result
// is told before all.
func Table(w io.Writer, r *wire.Result) error {
	var b strings.Builder
	if text := wrong(r); text != "" {
		wrap(&b, "", 2, text)
		b.WriteByte('\n')
	}
	wrap(&b, "", 2, line(r.Kernel)+" "+params(r.Params, "=", " "))
	b.WriteByte('\n')
	counters := ordered(r.Counters)
	writeFigures(&b, counters, r.Derived)
	writeHistogram(&b, r.Histogram)
	for _, block := range [][]pair{verdicts(r, counters), dumped(r), conditions(r, counters), remarks(r)} {
		lead := "\n"
		for _, f := range block {
			if f.value != "" {
				b.WriteString(lead)
				wrap(&b, fmt.Sprintf("  %-11s  ", line(f.key)), 15, line(f.value))
				lead = ""
			}
		}
	}
	writeProfile(&b, r.Profile)
	_, err := io.WriteString(w, b.String())
	return err
}

// columns is what every terminal has.
const columns = 80

// wrap writes words behind a head, and the lines after the first behind so many spaces.
func wrap(b *strings.Builder, head string, hang int, text string) {
	words.Wrap(b, head, hang, text, columns)
	b.WriteByte('\n')
}

// writeFigures writes one row for each figure.
func writeFigures(b *strings.Builder, counters []wire.Counter, derived []wire.Derived) {
	if len(counters) == 0 {
		b.WriteString("  no figures\n")
	} else {
		rows := [][]string{{"per call", "", "± 95 %", "samples", "cells", "source"}}
		for i := range counters {
			c := &counters[i]
			samples := fmt.Sprintf("%d/%d", c.Samples.Accepted, c.Samples.Total)
			rows = append(rows, []string{line(c.Name), amount(c.Value, c.Unit), interval(c), samples, strconv.Itoa(c.Cells), line(string(c.Source))})
		}
		writeRows(b, rows)
	}
	if len(derived) > 0 {
		rows := [][]string{{"derived", "", "source"}}
		for _, d := range derived {
			rows = append(rows, []string{line(d.Name), amount(d.Value, d.Unit), line(string(d.Source))})
		}
		b.WriteByte('\n')
		writeRows(b, rows)
	}
}

// writeRows writes rows whose cells stand below each other: the first and the
// last to the left, those between, which are numbers, to the right.
func writeRows(b *strings.Builder, rows [][]string) {
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		for i, cell := range row {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
			switch i {
			case 0:
				b.WriteString("  " + cell + pad)
			case len(row) - 1: // nothing follows it
				b.WriteString("  " + cell)
			default:
				b.WriteString("  " + pad + cell)
			}
		}
		b.WriteByte('\n')
	}
}

// amount is a value with its unit, unless that is a mere count.
func amount(v float64, unit string) string {
	if unit == "" || unit == "events" {
		return Number(v)
	}
	return Number(v) + " " + line(unit)
}

// interval is the half-width of the confidence interval, the larger half when
// the value is not in the middle: relative, unless the value is too small for
// that to mean something.
func interval(c *wire.Counter) string {
	if c.Exact {
		return "exact"
	}
	half := math.Max(c.Value-c.CI95[0], c.CI95[1]-c.Value)
	if v := math.Abs(c.Value); v >= 1 && half <= v {
		return "±" + percent(100*half/v) + " %"
	}
	return "±" + Number(half)
}

// verdicts say what the function did, and how far to trust the figures.
func verdicts(r *wire.Result, counters []wire.Counter) []pair {
	list := []pair{
		{"result", result(r)},
		{"ABI", held(r.ABI.OK, r.ABI.Violations)},
		{"integrity", because(string(r.Integrity), r.IntegrityWhy)},
		{"precision", achieved(r.Conditions.Precision)},
	}
	for i := range counters {
		list = append(list, pair{"modes", modes(&counters[i])})
	}
	list = append(list, pair{"rejected", rejected(counters)}, pair{"trust", trusts(counters)})
	for _, reason := range reasons(r.Unavailable) {
		list = append(list, pair{"unavailable", reason})
	}
	return list
}

// conditions are the circumstances of the figures.
func conditions(r *wire.Result, counters []wire.Counter) []pair {
	return []pair{
		{"function", function(r)},
		{"ISA", or(strings.Join(r.ISA, " "), "baseline x86-64")},
		{"host", host(&r.Host)},
		{"core", core(&r.Conditions)},
		{"measured", measured(r, counters)},
		{"sandbox", or(layers(r.Sandbox), "not known")},
		{"took", fmt.Sprintf("%s, of which %s measuring", micros(r.Timing.Total), micros(r.Timing.Cells))},
	}
}

// remarks are what there is to know and, last, to doubt.
func remarks(r *wire.Result) (list []pair) {
	for _, n := range r.Notes {
		list = append(list, pair{"note", n})
	}
	for _, w := range r.Warnings {
		list = append(list, pair{"warning", w})
	}
	return list
}

// dumped shows the first elements of operands.
func dumped(r *wire.Result) (list []pair) {
	const most = 32
	for _, d := range r.Dump {
		text := fmt.Sprintf("%s[%d]:", d.Type, d.Count)
		for _, v := range d.Values[:min(most, len(d.Values))] {
			text += " " + v.String()
		}
		if d.Count > most {
			text += " …"
		}
		list = append(list, pair{d.Operand, text})
	}
	return list
}

// modes lists the values of a figure that has several.
func modes(c *wire.Counter) string {
	var list []string
	for _, m := range c.Modes {
		list = append(list, fmt.Sprintf("%s (%s %% of samples)", Number(m.Value), fixed(100*m.Share, 0)))
	}
	if len(list) == 0 {
		return ""
	}
	return c.Name + ": " + strings.Join(list, ", ")
}

// rejected tells of the first figure why samples of it were left out.
func rejected(counters []wire.Counter) string {
	if len(counters) == 0 {
		return ""
	}
	c := &counters[0]
	var why []string
	for _, word := range slices.Sorted(maps.Keys(c.Samples.Rejected)) {
		why = append(why, fmt.Sprintf("%d %s", c.Samples.Rejected[word], word))
	}
	if len(why) == 0 {
		return ""
	}
	return strings.Join(why, ", ") + " (" + c.Name + ")"
}

// result is what the kernel returned, if it does, and whether its work is right.
func result(r *wire.Result) string {
	text := verified(&r.Verify)
	if v := r.Result.String(); v != "" {
		text += "; returned " + v
	}
	return text
}

func verified(v *wire.Verify) string {
	switch v.Status {
	case wire.VerifyMatch:
		if v.MaxULP == 0 {
			return "right, equal to the reference"
		}
		return fmt.Sprintf("right, within %.3g ulp of the reference (%.3g)", float64(v.MaxULP), float64(v.MaxAbs))
	case wire.VerifyMismatch:
		return "WRONG: " + v.Why
	}
	return "not checked: " + or(v.Why, "there is no reference")
}

func function(r *wire.Result) string {
	text := r.Symbol
	if r.SymbolWhy != "" {
		text += " (" + r.SymbolWhy + ")"
	}
	if len(r.Object.SHA256) >= 12 {
		text += fmt.Sprintf(" in an object of %d bytes, sha256 %s…", r.Object.Size, r.Object.SHA256[:12])
	}
	return text
}

func held(ok bool, violations []string) string {
	if ok {
		return "held"
	}
	return because("VIOLATED", violations)
}

func because(word string, why []string) string {
	if len(why) == 0 {
		return word
	}
	return word + ": " + strings.Join(why, "; ")
}

func or(text, instead string) string {
	if text == "" {
		return instead
	}
	return text
}

// layers lists the protections: those in force first, then the absent ones
// with their reasons.
func layers(sandbox wire.Layers) string {
	var on, off []string
	for _, name := range sandbox.Names() {
		switch state := sandbox[name]; {
		case !state.Enforced:
			off = append(off, fmt.Sprintf("%s %s", name, state))
		case state.Detail == "":
			on = append(on, string(name))
		default:
			on = append(on, fmt.Sprintf("%s %s", name, state.Detail))
		}
	}
	return strings.Join(append(on, off...), ", ")
}

func host(h *wire.Host) string {
	pmu := "PMU " + h.PMU
	if h.PMU == "" {
		pmu = "no PMU"
	}
	return fmt.Sprintf("%s, Linux %s, TSC %.0f MHz, %s", h.Named(), h.Kernel, float64(h.TSCHz)/1e6, pmu)
}

// measured tells how the calls were made.
func measured(r *wire.Result, counters []wire.Counter) string {
	c := &r.Conditions
	text := manner(c)
	if text == "" {
		return ""
	}
	if c.Batch > 1 {
		text += fmt.Sprintf(", %d calls at a time", c.Batch)
	}
	text += ", kernel at " + c.Kernel
	if m := r.Manner; m.Restore != "" && m != wire.AsTheyAre() {
		text += ", operands " + line(m.Restore)
	}
	if c.Stack != 0 {
		text += fmt.Sprintf(", stack lowered by %d", c.Stack)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Operands)) {
		if at := c.Operands[name]; at != 0 {
			text += fmt.Sprintf(", operand %s %d bytes into a page", name, at)
		}
	}
	if len(counters) > 0 {
		text += "; an overhead of " + amount(counters[0].Overhead, counters[0].Unit) + " is subtracted"
	}
	return text + fmt.Sprintf("; effort %s, seed %d", or(string(r.Effort), "not known"), r.Seed)
}

// manner names the mode, the state of the caches and the pages in few words.
func manner(c *wire.Conditions) string {
	if c.Mode == "" {
		return ""
	}
	return fmt.Sprintf("%s data=%s code=%s pages=%s", c.Mode, c.Data, c.Code, c.Pages)
}

// core tells what the processor did meanwhile, and what could not be seen of it.
func core(c *wire.Conditions) string {
	if c.Pinned == "" {
		return ""
	}
	text := fmt.Sprintf("CPU %d (%s)", c.CPU, c.Pinned)
	if lo, hi := Integer(c.MHz[0]), Integer(c.MHz[1]); lo == hi && lo != "0" {
		text += ", " + lo + " MHz"
	} else if lo != hi {
		text += ", " + lo + " to " + hi + " MHz"
	}
	text += ", other hyper-thread " + c.Sibling
	for _, what := range slices.Sorted(maps.Keys(c.Detectors)) {
		if how := c.Detectors[what]; !strings.HasSuffix(how, ", proved") {
			text += fmt.Sprintf("; %s %s", what, how)
		}
	}
	return text
}

func achieved(p wire.Precision) string {
	if p.Stopped == "" {
		return ""
	}
	text := "no figure"
	if p.Achieved > 1 {
		text = "worse than ±100 %"
	} else if p.Achieved > 0 {
		text = "±" + percent(100*p.Achieved) + " %"
	}
	text += fmt.Sprintf(" of ±%s %% wanted", percent(100*p.Wanted))
	switch p.Stopped {
	case wire.StopDeadline:
		text += "; stopped by the deadline"
	case wire.StopResolution:
		text += "; a call this short shows no more"
	case wire.StopCells:
		text += "; more cells would not help"
	}
	return text
}

// micros writes a time given in microseconds.
func micros(us int64) string {
	if us < 1000 {
		return fmt.Sprintf("%d µs", us)
	}
	return fmt.Sprintf("%s ms", Number(float64(us)/1000))
}
