package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"webrunner/internal/wire"
)

// Answer is what one of several machines says to the same request: its answer, or the
// problem that stands in its place.
type Answer[T any] struct {
	Machine string // machine-id in the path
	Of      T      // the zero value where there is a problem
	Problem *wire.Problem
}

// Fleet is the answers of several machines to the same request, in the order in which
// they were asked for. Its forms show them as one matrix.
type Fleet[T any] []Answer[T]

// RunFleetFormats returns every form of a run at several machines; the matrix is the first.
func RunFleetFormats() []Form[Fleet[*wire.Result]] {
	return []Form[Fleet[*wire.Result]]{
		{"table", "", RunFleetTable},
		{"text", "", RunFleetTable},
		{"json", "", func(w io.Writer, f Fleet[*wire.Result]) error { return fleetJSON(w, f, JSON, runRows(f)) }},
		{"csv", "", func(w io.Writer, f Fleet[*wire.Result]) error { return fleetCSV(w, f, CSV, runRows(f)) }},
		{"benchfmt", "", func(w io.Writer, f Fleet[*wire.Result]) error { return fleetBenchfmt(w, f, Benchfmt) }},
	}
}

// SweepFleetFormats returns every form of a sweep at several machines; the matrix is the
// first.
func SweepFleetFormats() []Form[Fleet[*wire.Sweep]] {
	return []Form[Fleet[*wire.Sweep]]{
		{"table", "", SweepFleetTable},
		{"json", "", func(w io.Writer, f Fleet[*wire.Sweep]) error { return fleetJSON(w, f, SweepJSON, sweepRows(f)) }},
		{"csv", "", func(w io.Writer, f Fleet[*wire.Sweep]) error { return fleetCSV(w, f, SweepCSV, sweepRows(f)) }},
		{"benchfmt", "", func(w io.Writer, f Fleet[*wire.Sweep]) error { return fleetBenchfmt(w, f, SweepBenchfmt) }},
	}
}

// ComparisonFleetFormats returns every form of a comparison at several machines; the
// matrix is the first.
func ComparisonFleetFormats() []Form[Fleet[*wire.Comparison]] {
	return []Form[Fleet[*wire.Comparison]]{
		{"text", "", ComparisonFleetText},
		{"json", "", func(w io.Writer, f Fleet[*wire.Comparison]) error {
			return fleetJSON(w, f, ComparisonJSON, comparisonRows(f))
		}},
		{"csv", "", func(w io.Writer, f Fleet[*wire.Comparison]) error {
			return fleetCSV(w, f, ComparisonCSV, comparisonRows(f))
		}},
		{"benchfmt", "", func(w io.Writer, f Fleet[*wire.Comparison]) error {
			return fleetBenchfmt(w, f, ComparisonBenchfmt)
		}},
		{"github", "", ComparisonFleetGitHub},
	}
}

// CheckFleetFormats returns every form of a check at several machines; the matrix is the
// first.
func CheckFleetFormats() []Form[Fleet[*wire.Checked]] {
	return []Form[Fleet[*wire.Checked]]{
		{"text", "", CheckFleetText},
		{"json", "", func(w io.Writer, f Fleet[*wire.Checked]) error { return fleetJSON(w, f, CheckJSON, nil) }},
	}
}

// row is one figure of several machines, one beside the other.
type row struct {
	Name   string                 `json:"name"`
	Unit   string                 `json:"unit"`
	Params map[string]json.Number `json:"params,omitempty"` // of a point of a sweep or comparison
	Values []*value               `json:"values"`           // in the order of the machines, null where one has none
	// Fastest is the machines with the least value, where that says which is fastest:
	// more than one where their intervals meet.
	Fastest []string `json:"fastest,omitempty"`
}

// value is a figure of one machine.
type value struct {
	Value   float64      `json:"value"`
	CI95    [2]float64   `json:"ci95"`
	Source  wire.Source  `json:"source"`
	Verdict wire.Verdict `json:"verdict,omitempty"` // of a ratio
	sound   bool         // nothing speaks against what it is of
	text    string       // for people
}

func valueOf(c *wire.Counter, sound bool) *value {
	text := amount(c.Value, c.Unit) + " " + interval(c)
	if g := untrue(c); g != "" {
		text += " (" + g + ")"
	}
	return &value{Value: c.Value, CI95: c.CI95, Source: c.Source, sound: sound, text: text}
}

// mark says which machines are the fastest by a row: that with the least value of those
// that nothing speaks against, and any whose 95 % interval meets its own.
func (r *row) mark(machines []string) {
	var least *value
	for _, v := range r.Values {
		if v != nil && v.sound && (least == nil || v.Value < least.Value) {
			least = v
		}
	}
	for i, v := range r.Values {
		if v != nil && v.sound && v.meets(least) {
			r.Fastest = append(r.Fastest, machines[i])
		}
	}
}

// meets tells whether two intervals have a place in common. A value outside of its own
// interval has none.
func (v *value) meets(w *value) bool {
	bounds := func(v *value) (lo, hi float64) {
		if v.Value < v.CI95[0] || v.Value > v.CI95[1] {
			return v.Value, v.Value
		}
		return v.CI95[0], v.CI95[1]
	}
	lo, hi := bounds(v)
	low, high := bounds(w)
	return lo <= high && low <= hi
}

// cells writes a row for people: its label, each value with a star if it is fastest, and
// nothing, so that all values stand to the right.
func (r *row) cells(label string, machines []string) []string {
	list := []string{label}
	for i, v := range r.Values {
		text := ""
		if v != nil {
			text = v.text
			if r.mixed() {
				text += " " + line(string(v.Source))
			}
		}
		if slices.Contains(r.Fastest, machines[i]) {
			text = "* " + text
		}
		list = append(list, text)
	}
	return append(list, "")
}

// mixed tells whether the values of a row come from different sources. Then each says
// which, and else the label does.
func (r *row) mixed() bool {
	source := wire.Source("")
	for _, v := range r.Values {
		if v == nil {
			continue
		}
		if source != "" && v.Source != source {
			return true
		}
		source = v.Source
	}
	return false
}

// label is the name of a row's figure, with the source if it is the same everywhere and
// not the PMU.
func (r *row) label() string {
	c := wire.Counter{Name: r.Name, Source: wire.PMU}
	for _, v := range r.Values {
		if v != nil && !r.mixed() {
			c.Source = v.Source
		}
	}
	return label(&c)
}

func (f Fleet[T]) machines() (list []string) {
	for i := range f {
		list = append(list, f[i].Machine)
	}
	return list
}

// head is the first row of a matrix.
func (f Fleet[T]) head(label string) []string {
	list := []string{label}
	for _, m := range f.machines() {
		list = append(list, line(m))
	}
	return append(list, "")
}

// each is a row that says one word of each machine, and of one that failed the class.
func (f Fleet[T]) each(label string, word func(T) string) []string {
	list := []string{label}
	for i := range f {
		text := ""
		if p := f[i].Problem; p != nil {
			text = line(string(p.Class))
		} else {
			text = line(word(f[i].Of))
		}
		list = append(list, text)
	}
	return append(list, "")
}

// problems writes a line for each machine that failed.
func (f Fleet[T]) problems(b *strings.Builder) {
	for i := range f {
		if p := f[i].Problem; p != nil {
			wrap(b, "", "  ", line(f[i].Machine)+": "+line(string(p.Class))+": "+line(p.Detail))
		}
	}
}

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
			wrap(&b, "", "  ", line(r.Kernel)+" "+params(r.Params, "=", " "))
			break
		}
	}
	writeRows(&b, cells)
	for i := range rows {
		if len(rows[i].Fastest) > 0 {
			wrap(&b, "", "  ", rows[i].verdict(f.machines()))
		}
	}
	for i := range f {
		if r := f[i].Of; r != nil {
			wrap(&b, "", "  ", line(f[i].Machine)+": "+line(Machine(&r.Host)))
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
		wrap(&b, "", "  ", "* fastest at this point; two where they cannot be told apart")
	}
	for i := range f {
		if s := f[i].Of; s != nil {
			if r := anyResult(s); r != nil {
				wrap(&b, "", "  ", line(f[i].Machine)+": "+line(Machine(&r.Host)))
			}
			for j := range s.Points {
				if p := s.Points[j].Problem; p != nil {
					wrap(&b, "", "  ", line(f[i].Machine)+place(s.Points[j].Params)+": "+line(string(p.Class))+": "+line(p.Detail))
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
		wrap(&b, "", "  ", "* fastest machine for this side; two where they cannot be told apart")
	}
	for i := range f {
		if c := f[i].Of; c != nil {
			wrap(&b, "", "  ", line(f[i].Machine)+": "+line(Machine(&c.A.Host)))
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
		if p := f[i].Problem; p != nil {
			fmt.Fprintf(&b, "::error title=webrunner compare::%s\n", message(string(p.Class)+": "+p.Detail))
		} else if err := ComparisonGitHub(&b, f[i].Of); err != nil {
			return err
		}
		const title = " title=webrunner compare"
		if _, err := io.WriteString(w, strings.ReplaceAll(b.String(), title, title+at)); err != nil {
			return err
		}
	}
	return nil
}

// CheckFleetText writes what each machine found of a function as a matrix, and then each
// failure of each.
func CheckFleetText(w io.Writer, f Fleet[*wire.Checked]) error {
	var b strings.Builder
	writeRows(&b, [][]string{
		f.head(""),
		f.each("check", func(c *wire.Checked) string {
			if c.OK {
				return "ok"
			}
			return "FAILED"
		}),
		f.figures("cases", func(c *wire.Checked) string { return strconv.Itoa(c.Cases) }),
		f.figures("failures", func(c *wire.Checked) string { return strconv.Itoa(len(c.Failures)) }),
		f.figures("seed", func(c *wire.Checked) string { return strconv.FormatUint(c.Seed, 10) }),
		f.figures("ms", func(c *wire.Checked) string { return strconv.FormatInt(c.MS, 10) }),
	})
	f.problems(&b)
	for i := range f {
		if f[i].Of == nil {
			continue
		}
		var one bytes.Buffer
		if err := CheckText(&one, f[i].Of); err != nil {
			return err
		}
		fmt.Fprintf(&b, "\n%s: %s", line(f[i].Machine), one.String())
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// figures is a row that has a number for each machine that answered.
func (f Fleet[T]) figures(label string, number func(T) string) []string {
	list := []string{label}
	for i := range f {
		text := ""
		if f[i].Problem == nil {
			text = number(f[i].Of)
		}
		list = append(list, text)
	}
	return append(list, "")
}

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
		for _, key := range doubtKeys() { // or the next machine would have them
			fmt.Fprintf(&b, "%s:\n", key)
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}
