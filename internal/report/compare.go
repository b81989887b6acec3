package report

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"webrunner/internal/wire"
)

// ComparisonFormats returns every form of a comparison; text is the first.
func ComparisonFormats() []Form[*wire.Comparison] {
	return []Form[*wire.Comparison]{
		{"text", "text/plain; charset=utf-8", ComparisonText},
		{"json", "application/json", ComparisonJSON},
		{"csv", "text/csv; charset=utf-8", ComparisonCSV},
		{"benchfmt", "text/x-go-benchfmt; charset=utf-8", ComparisonBenchfmt},
		{"github", "", ComparisonGitHub},
	}
}

// ComparisonSound tells whether nothing speaks against either side, and no condition
// against b.
func ComparisonSound(c *wire.Comparison) bool {
	sound := Sound(c.A) && Sound(c.B) && len(c.Failed) == 0
	for _, p := range c.Points {
		sound = sound && Sound(p.A) && Sound(p.B)
	}
	for _, r := range c.Ratios {
		sound = sound && r.Verdict != wire.Wrong
	}
	return sound
}

// ComparisonDoubts lists what a reader of the ratios alone must know of both sides.
func ComparisonDoubts(c *wire.Comparison) (list []string) {
	add := func(side, at string, r *wire.Result) {
		for _, d := range Doubts(r, false) {
			if text := side + at + ": " + d; !slices.Contains(list, text) {
				list = append(list, text)
			}
		}
	}
	if len(c.Points) == 0 {
		add("a", "", c.A)
		add("b", "", c.B)
	}
	for _, p := range c.Points {
		add("a", place(p.Params), p.A)
		add("b", place(p.Params), p.B)
	}
	return list
}

// place is where in parameters something is, as " at n=64".
func place(p map[string]json.Number) string {
	if len(p) == 0 {
		return ""
	}
	return " at " + params(p, "=", " ")
}

// ComparisonText writes one line for each ratio, as "Cycles: b has 0.83 times as much as
// a: faster (95 %: 0.82 to 0.84)", and what there is to know.
func ComparisonText(w io.Writer, c *wire.Comparison) error {
	var b strings.Builder
	if len(c.Ratios) == 0 {
		b.WriteString("there is no ratio: a figure is too small on one side\n")
	}
	for i := range c.Ratios {
		r := &c.Ratios[i]
		if exactRatio(r) {
			fmt.Fprintf(&b, "%s%s: %s (b/a %s, exactly: %s instead of %s)\n", ratioLabel(r), place(r.Params), line(string(r.Verdict)), times(r.Ratio), decimal(r.Cells.B[0]), decimal(r.Cells.A[0])+" "+line(r.Unit))
		} else {
			fmt.Fprintf(&b, "%s%s: %s (b/a %s, 95 %%: %s to %s, floor %s %%, %d pairs of cells)\n", ratioLabel(r), place(r.Params), line(string(r.Verdict)), times(r.Ratio), times(r.CI95[0]), times(r.CI95[1]), percent(100*r.Floor), r.Pairs)
		}
		if r.Note != "" {
			fmt.Fprintf(&b, "  %s\n", line(r.Note))
		}
		if l := r.Layout; l != nil {
			for j, at := range l.Align {
				fmt.Fprintf(&b, "  at %d modulo 64: a %s, b %s\n", at, amount(l.A[j], r.Unit), amount(l.B[j], r.Unit))
			}
		}
	}
	for _, n := range c.Notes {
		fmt.Fprintf(&b, "%s\n", line(n))
	}
	if by := c.B.Host.Named(); by != "" { // a may be a record, of another machine
		fmt.Fprintf(&b, "measured at %s\n", line(by))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// exactRatio tells of a ratio that it is of two counts that are known exactly.
func exactRatio(r *wire.Ratio) bool {
	return r.Source == wire.Counted && len(r.Cells.A) == 1 && len(r.Cells.B) == 1
}

// ratioLabel is the name of a figure, with its source when that is not the PMU.
func ratioLabel(r *wire.Ratio) string {
	return label(&wire.Counter{Name: r.Name, Source: r.Source})
}

// times writes a ratio with four decimals.
func times(v float64) string { return strconv.FormatFloat(v, 'f', 4, 64) }

// ComparisonJSON writes the whole comparison as one line.
func ComparisonJSON(w io.Writer, c *wire.Comparison) error { return Document(w, c) }

// ComparisonCSV writes a header and one line for each ratio.
func ComparisonCSV(w io.Writer, c *wire.Comparison) error {
	t := csv.NewWriter(w)
	t.Write([]string{"kernel", "params", "a_sha256", "b_sha256", "counter", "unit", "source", "ratio", "ci95_low", "ci95_high", "floor", "verdict", "pairs", "note", "machine", "cpu",
		"a_symbol", "a_symbol_why", "b_symbol", "b_symbol_why"})
	for _, r := range c.Ratios {
		p := r.Params
		if p == nil {
			p = c.A.Params
		}
		t.Write([]string{
			line(c.A.Kernel), params(p, "=", " "), line(c.A.Object.SHA256), line(c.B.Object.SHA256), line(r.Name), line(r.Unit), line(string(r.Source)),
			decimal(r.Ratio), decimal(r.CI95[0]), decimal(r.CI95[1]), decimal(r.Floor), line(string(r.Verdict)), strconv.Itoa(r.Pairs), line(r.Note), line(c.A.Host.Machine), line(c.A.Host.Processor()),
			line(c.A.Symbol), line(c.A.SymbolWhy), line(c.B.Symbol), line(c.B.SymbolWhy),
		})
	}
	t.Flush()
	return t.Error()
}

// ComparisonBenchfmt writes the cells of both sides in Go's benchmark data format, each
// cell a line, for benchstat -col side -ignore object.
func ComparisonBenchfmt(w io.Writer, c *wire.Comparison) error {
	points := c.Points
	if len(points) == 0 {
		points = []wire.Compared{{A: c.A, B: c.B}}
	}
	var b strings.Builder
	for _, p := range points {
		benchSide(&b, "a", p.A, p.Params, c.Ratios, func(v wire.Cells) []float64 { return v.A })
		benchSide(&b, "b", p.B, p.Params, c.Ratios, func(v wire.Cells) []float64 { return v.B })
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func benchSide(b *strings.Builder, side string, r *wire.Result, at map[string]json.Number, ratios []wire.Ratio, of func(wire.Cells) []float64) {
	var units, known []string
	var columns [][]float64
	for i := range ratios {
		ratio := &ratios[i]
		if !maps.Equal(ratio.Params, at) {
			continue
		}
		unit, assume := benchUnit(&wire.Counter{Name: ratio.Name, Unit: ratio.Unit, Source: ratio.Source}), ""
		if exactRatio(ratio) {
			assume = " assume=exact" // one count is all that there is to know
		}
		units, known = append(units, unit), append(known, unit+" better=lower"+assume)
		columns = append(columns, of(ratio.Cells))
	}
	benchHead(b, r)
	config(b, "side", side)
	for _, u := range known {
		fmt.Fprintf(b, "Unit %s\n", u)
	}
	rows := 0
	for _, col := range columns {
		rows = max(rows, len(col))
	}
	for i := range rows {
		fmt.Fprintf(b, "%s\t1", benchName(r))
		for j, col := range columns {
			if i < len(col) {
				fmt.Fprintf(b, "\t%s %s", decimal(col[i]), units[j])
			}
		}
		b.WriteByte('\n')
	}
	benchTail(b, r, "side")
}

// ComparisonGitHub writes annotations as GitHub's runners read them on the standard output
// of a step: an error for each condition that failed and each side that is wrong, a notice
// for each ratio and the machine.
func ComparisonGitHub(w io.Writer, c *wire.Comparison) error {
	var b strings.Builder
	annotate := func(kind, title, text string) {
		fmt.Fprintf(&b, "::%s title=%s::%s\n", kind, property(title), message(text))
	}
	for _, f := range c.Failed {
		why := f
		for _, n := range c.Notes {
			if strings.HasPrefix(n, f+": ") {
				why = n
			}
		}
		annotate("error", "webrunner compare: "+f, why)
	}
	kind := "warning"
	for _, p := range append([]wire.Compared{{A: c.A, B: c.B}}, c.Points...) {
		if !Sound(p.A) || !Sound(p.B) {
			kind = "error"
		}
	}
	for _, d := range ComparisonDoubts(c) {
		annotate(kind, "webrunner compare", d)
	}
	for i := range c.Ratios {
		r := &c.Ratios[i]
		text := fmt.Sprintf("%s%s: %s, b/a %s ", ratioLabel(r), place(r.Params), r.Verdict, times(r.Ratio))
		if exactRatio(r) {
			text += fmt.Sprintf("(exactly: %s instead of %s)", decimal(r.Cells.B[0]), decimal(r.Cells.A[0]))
		} else {
			text += fmt.Sprintf("(95 %%: %s to %s)", times(r.CI95[0]), times(r.CI95[1]))
		}
		if r.Note != "" {
			text += "; " + r.Note
		}
		annotate("notice", "webrunner compare", text)
	}
	if by := c.B.Host.Named(); by != "" {
		annotate("notice", "webrunner compare", "measured at "+by)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// ProblemGitHub writes the annotation of a comparison that could not be made: an error, as
// ComparisonGitHub has them.
func ProblemGitHub(w io.Writer, p *wire.Problem) error {
	_, err := fmt.Fprintf(w, "::error title=webrunner compare::%s\n", message(string(p.Class)+": "+p.Detail))
	return err
}

// message escapes the text of an annotation, as actions/toolkit does
// (packages/core/src/command.ts, escapeData).
func message(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(line(s))
}

// property escapes the value of a property of an annotation (likewise, escapeProperty).
func property(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(message(s))
}
