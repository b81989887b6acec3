package report

import (
	"encoding/json"
	"slices"
	"strings"

	"webrunner/internal/wire"
)

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
			wrap(b, "", 2, line(f[i].Machine)+": "+line(string(p.Class))+": "+line(p.Detail))
		}
	}
}
