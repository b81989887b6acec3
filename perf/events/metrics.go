package events

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

//go:embed data/pmu-metrics.tsv.gz
var metricsGz []byte

var metricsArchive archive

func metricsText() string { return metricsArchive.get(metricsGz) }

// Metric is a figure that the vendor derives from events.
type Metric struct {
	Name    string
	Level   string // of the top-down tree: 1, 2 or 3; I for others
	Unit    string // as the vendor puts it: percent, per instruction, …
	Formula string
	expr    *expr
}

// Metrics returns the metrics of a table.
func (t *Table) Metrics() ([]Metric, error) {
	var out []Metric
	for line := range strings.Lines(metricsText()) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) != 5 || !slices.Contains(strings.Split(f[4], ","), t.Name) {
			continue
		}
		e, err := parseFormula(f[3])
		if err != nil {
			return nil, fmt.Errorf("events: metric %s: %w", f[0], err)
		}
		out = append(out, Metric{Name: f[0], Level: f[1], Unit: f[2], Formula: f[3], expr: e})
	}
	for i := range out {
		out[i].expr = inline(out[i].expr, out, 0)
	}
	return out, nil
}

// inline replaces references to other metrics by their formulas.
func inline(e *expr, all []Metric, depth int) *expr {
	const deepest = 8
	if e.op == opEvent && depth < deepest {
		if i := slices.IndexFunc(all, func(m Metric) bool { return m.Name == e.name }); i >= 0 {
			return inline(all[i].expr, all, depth+1)
		}
		return e
	}
	out := *e
	out.args = make([]*expr, len(e.args))
	for i, a := range e.args {
		out.args[i] = inline(a, all, depth)
	}
	return &out
}

// Needs returns the events that the metric refers to, each once; Resolve
// finds them. With hyper-threads off, or an idle sibling, smt is false.
func (m Metric) Needs(smt bool) []string {
	var names []string
	m.expr.walk(smt, func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	})
	return names
}

// Eval computes the metric. value returns what an event of Needs counted, and
// whether it was counted; if one was not, or a divisor is zero, there is an
// error instead of a number.
func (m Metric) Eval(smt bool, value func(name string) (float64, bool)) (float64, error) {
	v, err := m.expr.eval(smt, value)
	if err != nil {
		return 0, fmt.Errorf("events: metric %s: %w", m.Name, err)
	}
	return v, nil
}

// Resolve finds the event of a metric's reference: a name, with modifiers
// after colons that change its encoding. c, e, i and u set counter mask,
// edge, inversion and unit mask.
func (t *Table) Resolve(reference string) (Event, error) {
	if e, ok := t.Lookup(reference); ok {
		return e, nil // also of names with colons
	}
	name, mods, _ := strings.Cut(reference, ":")
	e, ok := t.Lookup(name)
	if !ok {
		return Event{}, &UnknownError{Name: name, Table: t.Name, Nearest: t.nearest(name, 3)}
	}
	e.Name = reference
	for mod := range strings.SplitSeq(mods, ":") {
		if err := e.modify(mod); err != nil {
			return Event{}, fmt.Errorf("events: %s: %w", reference, err)
		}
	}
	return e, nil
}

// resolve is Resolve without an explanation, which takes long.
func (t *Table) resolve(reference string) (Event, bool) {
	if e, ok := t.Lookup(reference); ok {
		return e, true
	}
	name, _, modified := strings.Cut(reference, ":")
	if _, ok := t.Lookup(name); !ok || !modified {
		return Event{}, false
	}
	e, err := t.Resolve(reference)
	return e, err == nil
}

// modify applies one modifier.
func (e *Event) modify(mod string) error {
	switch mod {
	case "perf_metrics", "percore": // say how to read the event, not what it is
		return nil
	}
	if mod == "" || !strings.ContainsRune("ceiu", rune(mod[0])) {
		return fmt.Errorf("modifier %q counts what user mode cannot see", mod)
	}
	v, err := strconv.ParseUint(mod[1:], 0, 16)
	if err != nil {
		return fmt.Errorf("modifier %q is not known", mod)
	}
	switch mod[0] {
	case 'c':
		e.Cmask = uint8(v)
	case 'e':
		e.Edge = v != 0
	case 'i':
		e.Inv = v != 0
	case 'u':
		e.Umask = uint16(v)
	}
	return nil
}
