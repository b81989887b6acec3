package report

import (
	"encoding/json"
	"io"
	"slices"
	"strings"

	"webrunner/internal/wire"
)

// sweepRows has a row for each point of the sweeps, by the figure that decides.
func sweepRows(f Fleet[*wire.Sweep]) (rows []row) {
	var all []*wire.Result
	for i := range f {
		if s := f[i].Of; s != nil {
			for j := range s.Points {
				all = append(all, s.Points[j].Result)
			}
		}
	}
	decides := deciding(all)
	key := func(p *wire.Point) string { return params(p.Params, "=", " ") }
	at := make(map[string]int)
	for i := range f {
		if f[i].Of == nil {
			continue
		}
		for j := range f[i].Of.Points {
			p := &f[i].Of.Points[j]
			k, ok := at[key(p)]
			if !ok {
				k, at[key(p)] = len(rows), len(rows)
				rows = append(rows, row{Name: decides, Params: p.Params, Values: make([]*value, len(f))})
			}
			if c := figure(p.Result, decides); c != nil {
				rows[k].Unit = c.Unit
				rows[k].Values[i] = valueOf(c, Sound(p.Result))
			}
		}
	}
	for i := range rows {
		rows[i].mark(f.machines())
	}
	return rows
}

// SweepFleetTable writes a row for each point and a column for each machine, with a star
// at the fastest of each point.
func SweepFleetTable(w io.Writer, f Fleet[*wire.Sweep]) error {
	var b strings.Builder
	rows := sweepRows(f)
	label := "point"
	if len(rows) > 0 && rows[0].Name != "" {
		label = line(rows[0].Name)
	}
	cells := [][]string{f.head(label)}
	for i := range rows {
		one := rows[i].cells(params(rows[i].Params, "=", " "), f.machines())
		for j := range f { // a point that failed says its class
			if p := f.pointProblem(j, rows[i].Params); p != nil {
				one[j+1] = line(string(p.Class))
			}
		}
		cells = append(cells, one)
	}
	cells = append(cells, f.each("result", func(s *wire.Sweep) string {
		if SweepSound(s) {
			return "sound"
		}
		return "DOUBTFUL"
	}))
	writeRows(&b, cells)
	if slices.ContainsFunc(rows, func(r row) bool { return len(r.Fastest) > 0 }) {
		wrap(&b, "", 2, "* fastest at this point; two where they cannot be told apart")
	}
	for i := range f {
		if s := f[i].Of; s != nil {
			if r := anyResult(s); r != nil {
				wrap(&b, "", 2, line(f[i].Machine)+": "+line(r.Host.Named()))
			}
			for j := range s.Points {
				if p := s.Points[j].Problem; p != nil {
					wrap(&b, "", 2, line(f[i].Machine)+place(s.Points[j].Params)+": "+line(string(p.Class))+": "+line(p.Detail))
				}
			}
		}
	}
	f.problems(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

// pointProblem is why a machine has no result at a point, nil if it has one or has no
// sweep.
func (f Fleet[T]) pointProblem(i int, at map[string]json.Number) *wire.Problem {
	s, _ := any(f[i].Of).(*wire.Sweep)
	if s == nil {
		return nil
	}
	for j := range s.Points {
		if params(s.Points[j].Params, "=", " ") == params(at, "=", " ") {
			return s.Points[j].Problem
		}
	}
	return nil
}
