package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"webrunner/internal/wire"
)

// deciding is the figure by which machines are compared: the time of a call, since cycles
// of different clocks are not equally long. Without it in every sound result it is the
// first that all of those have; empty where there is none.
func deciding(results []*wire.Result) string {
	var sound []*wire.Result
	for _, r := range results {
		if r != nil && Sound(r) {
			sound = append(sound, r)
		}
	}
	everywhere := func(name string) bool {
		return !slices.ContainsFunc(sound, func(r *wire.Result) bool { return figure(r, name) == nil })
	}
	if len(sound) == 0 {
		return ""
	}
	if everywhere(wire.FigureTime) {
		return wire.FigureTime
	}
	for _, c := range ordered(sound[0].Counters) {
		if everywhere(c.Name) {
			return c.Name
		}
	}
	return ""
}

// figure finds a counter by its name, nil if there is none.
func figure(r *wire.Result, name string) *wire.Counter {
	if r == nil {
		return nil
	}
	for i := range r.Counters {
		if r.Counters[i].Name == name {
			return &r.Counters[i]
		}
	}
	return nil
}

// runRows has a row for each figure that any machine has.
func runRows(f Fleet[*wire.Result]) (rows []row) {
	var results []*wire.Result
	for i := range f {
		results = append(results, f[i].Of)
	}
	decides := deciding(results)
	for _, r := range results {
		if r == nil {
			continue
		}
		for _, c := range ordered(r.Counters) {
			if slices.ContainsFunc(rows, func(r row) bool { return r.Name == c.Name }) {
				continue
			}
			one := row{Name: c.Name, Unit: c.Unit}
			for _, r := range results {
				one.Values = append(one.Values, nil)
				if c := figure(r, one.Name); c != nil {
					one.Values[len(one.Values)-1] = valueOf(c, Sound(r))
				}
			}
			if one.Name == decides {
				one.mark(f.machines())
			}
			rows = append(rows, one)
		}
	}
	return rows
}

// RunFleetTable writes a row for each figure and a column for each machine, with a star
// at the fastest.
func RunFleetTable(w io.Writer, f Fleet[*wire.Result]) error {
	var b strings.Builder
	rows := runRows(f)
	cells := [][]string{f.head("per call")}
	for i := range rows {
		cells = append(cells, rows[i].cells(rows[i].label(), f.machines()))
	}
	cells = append(cells, f.each("result", func(r *wire.Result) string {
		return strings.Join(append([]string{verifiedBriefly(r)}, slices.DeleteFunc(briefDoubts(r), func(d string) bool { return strings.HasPrefix(d, "WRONG") })...), "; ")
	}))
	for i := range f {
		if r := f[i].Of; r != nil {
			wrap(&b, "", 2, line(r.Kernel)+" "+params(r.Params, "=", " "))
			break
		}
	}
	writeRows(&b, cells)
	for i := range rows {
		if len(rows[i].Fastest) > 0 {
			wrap(&b, "", 2, rows[i].verdict(f.machines()))
		}
	}
	for i := range f {
		if r := f[i].Of; r != nil {
			wrap(&b, "", 2, line(f[i].Machine)+": "+line(r.Host.Named()))
		}
	}
	f.problems(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func verifiedBriefly(r *wire.Result) string {
	switch r.Verify.Status {
	case wire.VerifyMatch:
		return "right"
	case wire.VerifyMismatch:
		return "WRONG"
	}
	return "not checked"
}

// verdict says in a sentence which machines are fastest, and what the others take.
func (r *row) verdict(machines []string) string {
	least := 0.0
	for i, v := range r.Values {
		if v != nil && slices.Contains(r.Fastest, machines[i]) && (least == 0 || v.Value < least) {
			least = v.Value
		}
	}
	var names, others []string
	for _, m := range r.Fastest {
		names = append(names, line(m))
	}
	text := "* fastest by " + line(r.Name) + ": " + strings.Join(names, ", ")
	if len(names) > 1 {
		text += ", which cannot be told apart"
	}
	for i, v := range r.Values {
		if v != nil && v.sound && least > 0 && !slices.Contains(r.Fastest, machines[i]) {
			others = append(others, fmt.Sprintf("%s takes %s times as much", line(machines[i]), strconv.FormatFloat(v.Value/least, 'f', 2, 64)))
		}
	}
	return strings.Join(append([]string{text}, others...), "; ")
}
