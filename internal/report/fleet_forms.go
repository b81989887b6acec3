package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"

	"webrunner/internal/wire"
)

// fleetJSON writes one document: of each machine the answer as that machine's alone would
// be written, or the problem, and then the matrix.
func fleetJSON[T any](w io.Writer, f Fleet[T], write func(io.Writer, T) error, rows []row) error {
	type one struct {
		Machine string          `json:"machine"`
		Result  json.RawMessage `json:"result,omitempty"`
		Problem *wire.Problem   `json:"problem,omitempty"`
	}
	doc := struct {
		Machines []one    `json:"machines"`
		Rows     []row    `json:"rows"`
		Fastest  []string `json:"fastest,omitempty"` // where one row says it
	}{Rows: append([]row{}, rows...)}
	for i := range f {
		m := one{Machine: f[i].Machine, Problem: f[i].Problem}
		if m.Problem == nil {
			var b bytes.Buffer
			if err := write(&b, f[i].Of); err != nil {
				return err
			}
			m.Result = b.Bytes()
		}
		doc.Machines = append(doc.Machines, m)
	}
	marked := slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return len(r.Fastest) == 0 })
	if len(marked) == 1 {
		doc.Fastest = marked[0].Fastest
	}
	return Document(w, &doc)
}

// fleetCSV writes the tables of all machines as one, with the machine before each line and
// behind it whether it is the figure of the fastest, and why there is none.
func fleetCSV[T any](w io.Writer, f Fleet[T], write func(io.Writer, T) error, rows []row) error {
	out := csv.NewWriter(w)
	var header []string
	var lines [][]string
	for i := range f {
		if f[i].Problem != nil {
			continue
		}
		var b bytes.Buffer
		if err := write(&b, f[i].Of); err != nil {
			return err
		}
		table, err := csv.NewReader(&b).ReadAll()
		if err != nil {
			return err
		}
		header = table[0]
		for _, l := range table[1:] {
			lines = append(lines, append([]string{line(f[i].Machine)}, l...))
		}
	}
	own := len(header) > 0 && header[len(header)-1] == "problem" // of a point
	if own {
		header = header[:len(header)-1]
	}
	out.Write(slices.Concat([]string{"machine_id"}, header, []string{"fastest", "problem"}))
	for _, l := range lines {
		problem := ""
		if own {
			l, problem = l[:len(l)-1], l[len(l)-1]
		}
		out.Write(append(l, fastestLine(header, l, rows), problem))
	}
	for i := range f {
		if p := f[i].Problem; p != nil {
			out.Write(slices.Concat([]string{line(f[i].Machine)}, make([]string, len(header)+1), []string{line(string(p.Class) + ": " + p.Detail)}))
		}
	}
	out.Flush()
	return out.Error()
}

// fastestLine is "true" for a line that has the figure by which its machine is fastest,
// "false" for one that has it of a machine that is not, and empty for all others.
func fastestLine(header, l []string, rows []row) string {
	column := func(name string) string {
		if i := slices.Index(header, name); i >= 0 {
			return l[i+1]
		}
		return ""
	}
	for i := range rows {
		r := &rows[i]
		if len(r.Fastest) == 0 || column("counter") != line(r.Name) {
			continue
		}
		here := true
		for axis, v := range r.Params {
			here = here && column(line(axis)) == line(v.String())
		}
		if here {
			return strconv.FormatBool(slices.ContainsFunc(r.Fastest, func(m string) bool { return line(m) == l[0] }))
		}
	}
	return ""
}

// fleetBenchfmt writes the benchmarks of all machines, each under its machine-id, for
// benchstat -col machine-id. A machine that failed is a comment.
func fleetBenchfmt[T any](w io.Writer, f Fleet[T], write func(io.Writer, T) error) error {
	var b bytes.Buffer
	for i := range f {
		if p := f[i].Problem; p != nil {
			fmt.Fprintf(&b, "# %s: %s: %s\n", line(f[i].Machine), line(string(p.Class)), line(p.Detail))
			continue
		}
		fmt.Fprintf(&b, "machine-id: %s\n", line(f[i].Machine))
		if err := write(&b, f[i].Of); err != nil {
			return err
		}
		b.WriteString("machine-id:\n")
	}
	_, err := w.Write(b.Bytes())
	return err
}
