package report

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"webrunner/internal/wire"
)

// Table writes the result for a person: the figures with their spread and
// source, then everything that says how far to trust them.
func Table(w io.Writer, r *wire.Result) error {
	var b strings.Builder
	b.WriteString(strings.TrimRight(fmt.Sprintf("%s  %s", line(r.Kernel), params(r.Params, "=", " ")), " ") + "\n\n")
	counters := ordered(r.Counters)
	writeFigures(&b, counters)
	for _, d := range r.Derived {
		fmt.Fprintf(&b, "  %s: %s %s\n", line(d.Name), number(d.Value), line(d.Unit))
	}
	b.WriteByte('\n')
	for _, f := range trust(r, counters) {
		if f.value != "" {
			fmt.Fprintf(&b, "  %-12s %s\n", f.key, line(f.value))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeFigures writes one row for each counter, numbers to the right.
func writeFigures(b *strings.Builder, counters []wire.Counter) {
	if len(counters) == 0 {
		b.WriteString("  no figures\n")
		return
	}
	rows := [][]string{{"per call", "", "95 % within", "min", "p10", "p90", "source"}}
	for i := range counters {
		c := &counters[i]
		rows = append(rows, []string{
			title(c), number(c.Value), interval(c), number(c.Min), number(c.P10), number(c.P90), line(string(c.Source)),
		})
	}
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		b.WriteByte(' ')
		for i, cell := range row {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
			switch i {
			case 0:
				b.WriteString(" " + cell + pad)
			case len(row) - 1: // the last column is text, and nothing follows it
				b.WriteString("  " + cell)
			default:
				b.WriteString("  " + pad + cell)
			}
		}
		b.WriteByte('\n')
	}
}

// title is the name of a counter, with its unit unless the name already says
// it, as "Page faults" does.
func title(c *wire.Counter) string {
	if c.Unit == "" || c.Unit == "events" || strings.HasSuffix(strings.ToLower(c.Name), c.Unit) {
		return line(c.Name)
	}
	return line(c.Name + ", " + c.Unit)
}

// number keeps at least four digits, and no more decimals than make sense.
func number(v float64) string {
	digits := 0
	switch a := math.Abs(v); {
	case v == math.Trunc(v) || a >= 1e4:
	case a >= 100:
		digits = 1
	case a >= 10:
		digits = 2
	default:
		digits = 3
	}
	s := fmt.Sprintf("%.*f", digits, v)
	if strings.Trim(s, "-0.") == "" {
		return "0"
	}
	return s
}

// interval is the half-width of the confidence interval, the larger half when
// the value is not in the middle, relative where there is something to relate
// it to.
func interval(c *wire.Counter) string {
	if c.Exact {
		return "exact"
	}
	half := math.Max(c.Value-c.CI95[0], c.CI95[1]-c.Value)
	if math.Abs(c.Value) < 1 {
		return "±" + number(half)
	}
	return "±" + percent(100*half/math.Abs(c.Value)) + " %"
}

// percent keeps two digits, but no more than three decimals.
func percent(p float64) string {
	switch {
	case p == 0:
		return "0"
	case p < 0.001:
		return "0.001" // the bound is rounded up
	case p < 10:
		return fmt.Sprintf("%.2g", p)
	}
	return fmt.Sprintf("%.0f", p)
}

// trust lists what a reader must know beside the figures.
func trust(r *wire.Result, counters []wire.Counter) []pair {
	list := []pair{{"samples", samples(counters)}}
	for _, reason := range reasons(r.Unavailable) {
		list = append(list, pair{"unavailable", reason})
	}
	list = append(list,
		pair{"trust", trusts(counters)},
		pair{"result", verified(&r.Verify)},
		pair{"function", function(r)},
		pair{"ABI", held(r.ABI.OK, r.ABI.Violations)},
		pair{"integrity", because(string(r.Integrity), r.IntegrityWhy)},
		pair{"ISA", or(strings.Join(r.ISA, " "), "baseline x86-64")},
		pair{"sandbox", or(layers(r.Sandbox), "not known")},
		pair{"host", host(&r.Host)},
		pair{"measured", measured(&r.Conditions)},
		pair{"core", core(&r.Conditions)},
		pair{"precision", achieved(r.Conditions.Precision)},
		pair{"took", fmt.Sprintf("%s, of which %s measuring", micros(r.Timing.Total), micros(r.Timing.Cells))},
	)
	for _, w := range r.Warnings {
		list = append(list, pair{"warning", w})
	}
	return list
}

// samples tells how the figures came about: the range over all counters, and
// the overhead of the first.
func samples(counters []wire.Counter) string {
	if len(counters) == 0 {
		return "none"
	}
	low, high := counters[0], counters[0]
	for _, c := range counters {
		if c.Samples.Accepted < low.Samples.Accepted {
			low = c
		}
		if c.Samples.Accepted > high.Samples.Accepted {
			high = c
		}
	}
	text := accepted(&low)
	if high.Samples.Accepted != low.Samples.Accepted {
		text += fmt.Sprintf(" (%s), up to %s (%s)", low.Name, accepted(&high), high.Name)
	}
	return text + fmt.Sprintf("; the overhead of a call, %s %s, is subtracted", number(counters[0].Overhead), or(counters[0].Unit, "events"))
}

func accepted(c *wire.Counter) string {
	cells := "cells"
	if c.Cells == 1 {
		cells = "cell"
	}
	text := fmt.Sprintf("%d of %d accepted from %d %s", c.Samples.Accepted, c.Samples.Total, c.Cells, cells)
	var why []string
	for _, word := range slices.Sorted(maps.Keys(c.Samples.Rejected)) {
		why = append(why, fmt.Sprintf("%d %s", c.Samples.Rejected[word], word))
	}
	if len(why) > 0 {
		text += ", " + strings.Join(why, ", ")
	}
	return text
}

func verified(v *wire.Verify) string {
	switch v.Status {
	case "match":
		if v.MaxULP == 0 {
			return "right, equal to the reference"
		}
		return fmt.Sprintf("right, within %.3g ulp of the reference (%.3g)", float64(v.MaxULP), float64(v.MaxAbs))
	case "mismatch":
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
func layers(sandbox map[string]string) string {
	var on, off []string
	for _, name := range slices.Sorted(maps.Keys(sandbox)) {
		if rest, ok := strings.CutPrefix(sandbox[name], "enforced"); ok {
			on = append(on, name+rest)
		} else {
			off = append(off, name+" "+sandbox[name])
		}
	}
	return strings.Join(append(on, off...), ", ")
}

func host(h *wire.Host) string {
	pmu := "PMU " + h.PMU
	if h.PMU == "" {
		pmu = "no PMU"
	}
	return fmt.Sprintf("%s, Linux %s, TSC %.0f MHz, %s", or(h.CPU, h.Vendor), h.Kernel, float64(h.TSCHz)/1e6, pmu)
}

// measured tells how the calls were made.
func measured(c *wire.Conditions) string {
	text := manner(c)
	if text == "" {
		return ""
	}
	if c.Batch > 1 {
		text += fmt.Sprintf(", %d calls at a time", c.Batch)
	}
	return text + fmt.Sprintf(", kernel at %s, stack lowered by %d", c.Kernel, c.Stack)
}

// manner names the mode, the state of the caches and the pages in few words.
func manner(c *wire.Conditions) string {
	if c.Mode == "" {
		return ""
	}
	return fmt.Sprintf("%s data=%s code=%s pages=%s", c.Mode, c.Data, c.Code, c.Pages)
}

// core tells what the processor did meanwhile.
func core(c *wire.Conditions) string {
	if c.Pinned == "" {
		return ""
	}
	text := fmt.Sprintf("CPU %d (%s)", c.CPU, c.Pinned)
	if lo, hi := c.MHz[0], c.MHz[1]; lo > 0 {
		text += fmt.Sprintf(", %.0f to %.0f MHz", lo, hi)
	}
	text += ", other hyper-thread " + c.Sibling
	for _, what := range slices.Sorted(maps.Keys(c.Detectors)) {
		text += fmt.Sprintf("; %s: %s", what, c.Detectors[what])
	}
	return text
}

func achieved(p wire.Precision) string {
	if p.Stopped == "" {
		return ""
	}
	text := fmt.Sprintf("±%s %% of ±%s %% wanted", percent(100*p.Achieved), percent(100*p.Wanted))
	switch p.Stopped {
	case "deadline":
		text += "; stopped by the deadline"
	case "resolution":
		text += "; a call this short shows no more"
	case "cells":
		text += "; more cells would not help"
	}
	return text
}

// micros writes a time given in microseconds.
func micros(us int64) string {
	if us < 1000 {
		return fmt.Sprintf("%d µs", us)
	}
	return fmt.Sprintf("%s ms", number(float64(us)/1000))
}
