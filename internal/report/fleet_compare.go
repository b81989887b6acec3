package report

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"

	"webrunner/internal/wire"
)

// comparisonRows has for each point the figure that decides, of both sides, and then each
// ratio.
func comparisonRows(f Fleet[*wire.Comparison]) (rows []row) {
	var all []*wire.Result
	for i := range f {
		if c := f[i].Of; c != nil {
			for _, p := range pairs(c) {
				all = append(all, p.A, p.B)
			}
		}
	}
	decides := deciding(all)
	at := make(map[string]int)
	put := func(i int, name, unit string, where map[string]json.Number, v *value) {
		key := name + "\x00" + params(where, "=", " ")
		k, ok := at[key]
		if !ok {
			k, at[key] = len(rows), len(rows)
			rows = append(rows, row{Name: name, Unit: unit, Params: where, Values: make([]*value, len(f))})
		}
		rows[k].Values[i] = v
	}
	for i := range f {
		if f[i].Of == nil {
			continue
		}
		for _, p := range pairs(f[i].Of) {
			for _, side := range []struct {
				name string
				of   *wire.Result
			}{{"a", p.A}, {"b", p.B}} {
				if c := figure(side.of, decides); c != nil {
					put(i, side.name+": "+c.Name, c.Unit, p.Params, valueOf(c, Sound(side.of)))
				}
			}
		}
	}
	for i := range rows {
		rows[i].mark(f.machines())
	}
	for i := range f {
		if f[i].Of == nil {
			continue
		}
		for j := range f[i].Of.Ratios {
			r := &f[i].Of.Ratios[j]
			put(i, "b/a: "+r.Name, "", r.Params, &value{Value: r.Ratio, CI95: r.CI95, Source: r.Source, Verdict: r.Verdict, text: times(r.Ratio) + " " + line(string(r.Verdict))})
		}
	}
	return rows
}

// pairs are the points of a comparison, of which one without points has one.
func pairs(c *wire.Comparison) []wire.Compared {
	if len(c.Points) > 0 {
		return c.Points
	}
	return []wire.Compared{{A: c.A, B: c.B}}
}

// ComparisonFleetText writes a row for each side and each ratio and a column for each
// machine, with a star at the fastest of each side.
func ComparisonFleetText(w io.Writer, f Fleet[*wire.Comparison]) error {
	var b strings.Builder
	rows := comparisonRows(f)
	cells := [][]string{f.head("")}
	for i := range rows {
		cells = append(cells, rows[i].cells(rows[i].label()+place(rows[i].Params), f.machines()))
	}
	cells = append(cells, f.each("result", func(c *wire.Comparison) string {
		switch {
		case len(c.Failed) > 0:
			return "FAILED " + strings.Join(c.Failed, " ")
		case !ComparisonSound(c):
			return "DOUBTFUL"
		}
		return "sound"
	}))
	writeRows(&b, cells)
	if slices.ContainsFunc(rows, func(r row) bool { return len(r.Fastest) > 0 }) {
		wrap(&b, "", 2, "* fastest machine for this side; two where they cannot be told apart")
	}
	for i := range f {
		if c := f[i].Of; c != nil {
			wrap(&b, "", 2, line(f[i].Machine)+": "+line(c.A.Host.Named()))
		}
	}
	f.problems(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

// ComparisonFleetGitHub writes the annotations of each machine with its name in them, and
// an error for each machine that failed.
func ComparisonFleetGitHub(w io.Writer, f Fleet[*wire.Comparison]) error {
	for i := range f {
		at := " at " + property(f[i].Machine)
		var b bytes.Buffer
		write := func() error { return ComparisonGitHub(&b, f[i].Of) }
		if p := f[i].Problem; p != nil {
			write = func() error { return ProblemGitHub(&b, p) }
		}
		if err := write(); err != nil {
			return err
		}
		const title = " title=webrunner compare"
		if _, err := io.WriteString(w, strings.ReplaceAll(b.String(), title, title+at)); err != nil {
			return err
		}
	}
	return nil
}
