package report

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"webrunner/internal/wire"
)

// SweepFormats returns every form of a sweep; the table is the first.
func SweepFormats() []Form[*wire.Sweep] {
	return []Form[*wire.Sweep]{
		{"table", "text/plain; charset=utf-8", SweepTable},
		{"json", "application/json", SweepJSON},
		{"csv", "text/csv; charset=utf-8", SweepCSV},
		{"benchfmt", "text/x-go-benchfmt; charset=utf-8", SweepBenchfmt},
		{"svg", "image/svg+xml", SweepSVG},
	}
}

// SweepSound tells whether every point has a result, and nothing speaks against any.
func SweepSound(s *wire.Sweep) bool {
	return !slices.ContainsFunc(s.Points, func(p wire.Point) bool { return p.Result == nil || !Sound(p.Result) })
}

// SweepJSON writes the whole sweep as one line.
func SweepJSON(w io.Writer, s *wire.Sweep) error { return Document(w, s) }

// mainFigure is the figure that a curve is of, nil if a result has none.
func mainFigure(r *wire.Result) *wire.Counter {
	if r == nil || len(r.Counters) == 0 {
		return nil
	}
	return &ordered(r.Counters)[0]
}

// SweepTable writes a row for each point: where it is, its main figure, that for each
// element where it is known, the instructions of a call where they are counted in any
// point, and what there is to know.
func SweepTable(w io.Writer, s *wire.Sweep) error {
	var b strings.Builder
	if r := anyResult(s); r != nil {
		wrap(&b, "", 2, line(r.Kernel)+" on "+line(r.Host.Named()))
		b.WriteByte('\n')
	}
	head := append(slices.Clone(s.Axes), "per call", "± 95 %", "per element")
	counted := slices.ContainsFunc(s.Points, func(p wire.Point) bool { return instructionCount(p.Result) != "" })
	if counted {
		head = append(head, "instructions")
	}
	rows := [][]string{append(head, "")}
	reasons, at := []string{}, map[string][]string{} // why points have no result, in order, and where that is so
	for i := range s.Points {
		p := &s.Points[i]
		c := mainFigure(p.Result)
		value, half, each, known := "", "", "", ""
		switch {
		case p.Problem != nil:
			known = line(string(p.Problem.Class))
			reason := line(known + ": " + p.Problem.Detail)
			if at[reason] == nil {
				reasons = append(reasons, reason)
			}
			at[reason] = append(at[reason], params(p.Params, "=", " "))
		case c == nil:
			known = "no figure"
		default:
			if n := p.Result.Work.Elements; n > 0 {
				each = Number(c.Value / n)
			}
			value, half, known = amount(c.Value, c.Unit), interval(c), strings.Join(briefDoubts(p.Result), "; ")
		}
		row := append(axisValues(s, p), value, half, each)
		if counted {
			row = append(row, instructionCount(p.Result))
		}
		rows = append(rows, append(row, known))
	}
	writeRows(&b, rows)
	for _, reason := range reasons {
		b.WriteByte('\n')
		wrap(&b, "", 2, strings.Join(at[reason], ", ")+": "+reason)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// instructionCount is how many a call executes, beside another main figure; empty where that
// is not known.
func instructionCount(r *wire.Result) string {
	main := mainFigure(r)
	if main == nil || main.Name == wire.FigureInstructions {
		return ""
	}
	for _, name := range []string{wire.FigureInstructionsCounted, wire.FigureInstructions} {
		for i := range r.Counters {
			if c := &r.Counters[i]; c.Name == name {
				if c.Exact {
					return decimal(c.Value)
				}
				return Number(c.Value)
			}
		}
	}
	return ""
}

// briefDoubts is what speaks against a result, in few words.
func briefDoubts(r *wire.Result) (list []string) {
	if r.Verify.Status == wire.VerifyMismatch {
		list = append(list, "WRONG result")
	}
	if !r.ABI.OK {
		list = append(list, "ABI VIOLATED")
	}
	if r.Integrity != wire.Consistent {
		list = append(list, string(r.Integrity))
	}
	if other := otherFunction(r); other != "" {
		list = append(list, "ran "+line(r.Symbol))
	}
	if c := mainFigure(r); c != nil && len(c.Modes) > 1 {
		list = append(list, fmt.Sprintf("%d modes", len(c.Modes)))
	}
	return list
}

func anyResult(s *wire.Sweep) *wire.Result {
	for i := range s.Points {
		if s.Points[i].Result != nil {
			return s.Points[i].Result
		}
	}
	return nil
}

func axisValues(s *wire.Sweep, p *wire.Point) (row []string) {
	for _, a := range s.Axes {
		row = append(row, line(p.Params[a].String()))
	}
	return row
}

// SweepCSV writes a header and a line for each figure of each point. A point that failed
// has a line with its problem.
func SweepCSV(w io.Writer, s *wire.Sweep) error {
	t := csv.NewWriter(w)
	var axes []string
	for _, a := range s.Axes {
		axes = append(axes, line(a))
	}
	t.Write(append(axes, "kernel", "counter", "value", "unit", "source", "ci95_low", "ci95_high", "elements", "bytes", "flops", "verify", "integrity", "problem", "machine", "cpu", "symbol", "symbol_why"))
	for i := range s.Points {
		p := &s.Points[i]
		at := axisValues(s, p)
		if p.Problem != nil {
			t.Write(slices.Concat(at, make([]string, 12), []string{line(string(p.Problem.Class) + ": " + p.Problem.Detail), "", "", "", ""}))
			continue
		}
		r := p.Result
		for _, c := range ordered(r.Counters) {
			t.Write(slices.Concat(at, []string{
				line(r.Kernel), line(c.Name), decimal(c.Value), line(c.Unit), line(string(c.Source)), decimal(c.CI95[0]), decimal(c.CI95[1]),
				decimal(r.Work.Elements), decimal(r.Work.Bytes), decimal(r.Work.FLOPs), line(string(r.Verify.Status)), line(string(r.Integrity)), "", line(r.Host.Machine), line(r.Host.Processor()), line(r.Symbol), line(r.SymbolWhy),
			}))
		}
	}
	t.Flush()
	return t.Error()
}

// SweepBenchfmt writes each point as Benchfmt writes a result, with the axes that are no
// parameter in its name. A point that failed is a comment.
func SweepBenchfmt(w io.Writer, s *wire.Sweep) error {
	for i := range s.Points {
		p := &s.Points[i]
		if p.Problem != nil {
			if _, err := fmt.Fprintf(w, "# %s: %s\n", params(p.Params, "=", " "), line(p.Problem.Detail)); err != nil {
				return err
			}
			continue
		}
		r := *p.Result
		all := make(map[string]json.Number, len(r.Params)+len(p.Params))
		for _, m := range []map[string]json.Number{r.Params, p.Params} {
			for name, v := range m {
				all[name] = v
			}
		}
		r.Params = all
		if err := Benchfmt(w, &r); err != nil {
			return err
		}
	}
	return nil
}

// number is the value of a point on an axis.
func number(p *wire.Point, axis string) (float64, bool) {
	v, err := strconv.ParseFloat(p.Params[axis].String(), 64)
	return v, err == nil
}
