package main

import (
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"webrunner/internal/wire"
	"webrunner/perf/stats"
)

// observation is what one run said.
type observation struct {
	Integrity  wire.Integrity    `json:"integrity,omitempty"`
	Why        []string          `json:"why,omitempty"`
	Warnings   []string          `json:"warnings,omitempty"`
	Verify     wire.VerifyStatus `json:"verify,omitempty"`
	Cycles     float64           `json:"cycles"`
	Violations []string          `json:"violations,omitempty"` // of the calling convention
	Problem    wire.Class        `json:"problem,omitempty"`    // its class
	Detail     string            `json:"detail,omitempty"`
	Stopped    wire.StopReason   `json:"stopped,omitempty"`
	Millis     float64           `json:"ms"` // that the job took
	figure     bool              // there is one for cycles
}

// observe reads a report.
func observe(rep *wire.Report, took time.Duration) observation {
	o := observation{Millis: float64(took.Microseconds()) / 1000}
	if p := rep.Problem; p != nil {
		o.Problem, o.Detail = p.Class, p.Detail
		return o
	}
	r := rep.Result
	o.Integrity, o.Why, o.Warnings, o.Verify = r.Integrity, r.IntegrityWhy, r.Warnings, r.Verify.Status
	o.Violations, o.Stopped = r.ABI.Violations, r.Conditions.Precision.Stopped
	for _, c := range r.Counters {
		if c.Unit == "cycles" && !o.figure {
			o.Cycles, o.figure = c.Value, true
		}
	}
	return o
}

// verdict is what a run's answer comes to.
type verdict string

const (
	good       verdict = "good"
	falseAlarm verdict = "false alarm"
	believed   verdict = "believed"
	unseen     verdict = "violation not seen"
	invented   verdict = "no violation"
)

func (v verdict) misjudged() bool { return v != good }

// record is a probe and its runs.
type record struct {
	Kind   string        `json:"kind"`
	Name   string        `json:"name"`
	Liar   bool          `json:"liar,omitempty"`
	Breaks bool          `json:"breaks_abi,omitempty"`
	Least  float64       `json:"least,omitempty"` // cycles of a call
	Small  bool          `json:"small,omitempty"` // no lie about it is too small
	Runs   []observation `json:"runs"`
}

// What SECURITY.md says that no supervisor can tell: calls of a microsecond, and a
// figure too low by this factor.
const (
	leastLie   = 5000 // cycles
	largestLie = 3
)

// verdict judges a run. A figure that is not proved is neither a false alarm nor
// a belief.
func (r *record) verdict(o observation) verdict {
	switch {
	case !r.Liar && o.Integrity == wire.Suspect:
		return falseAlarm
	case !r.Breaks && !r.Liar && len(o.Violations) > 0:
		return invented
	case r.Breaks && o.Problem == "" && len(o.Violations) == 0:
		return unseen
	case r.Liar && o.Integrity == wire.Consistent && o.figure && o.Verify != wire.VerifyMismatch && o.Cycles < r.floor():
		return believed
	}
	return good
}

// floor is what a liar's figure may not be below that is believed, in cycles.
func (r *record) floor() float64 {
	switch {
	case r.Small:
		return r.Least * 3 / 4
	case r.Least < leastLie:
		return 0
	}
	return r.Least / largestLie
}

// document is all that was seen.
type document struct {
	Host   wire.Host `json:"host"`
	Probes []record  `json:"probes"`
}

func newDocument(h wire.Host, probes []*probe) *document {
	d := &document{Host: h}
	for _, p := range probes {
		d.Probes = append(d.Probes, record{Kind: p.kind, Name: p.name(), Liar: p.liar, Breaks: p.breaks, Least: p.least, Small: p.small})
	}
	return d
}

// misjudged is how many runs were.
func (d *document) misjudged() (n int) {
	for i := range d.Probes {
		for _, o := range d.Probes[i].Runs {
			if d.Probes[i].verdict(o).misjudged() {
				n++
			}
		}
	}
	return n
}

// row sums up runs.
type row struct {
	name                                string
	runs, consistent, unproven, suspect int
	violations, misjudged               int
	problems                            map[wire.Class]int
	cycles, millis                      []float64
}

func (s *row) add(r *record, o observation) {
	s.runs++
	switch {
	case o.Problem != "":
		s.problems[o.Problem]++
	case o.Integrity == wire.Suspect:
		s.suspect++
	case o.Integrity == wire.Unproven:
		s.unproven++
	default:
		s.consistent++
	}
	if len(o.Violations) > 0 {
		s.violations++
	}
	if r.verdict(o).misjudged() {
		s.misjudged++
	}
	if o.figure {
		s.cycles = append(s.cycles, o.Cycles)
	}
	s.millis = append(s.millis, o.Millis)
}

func (s *row) print(w io.Writer) {
	var problems []string
	for _, class := range slices.Sorted(maps.Keys(s.problems)) {
		problems = append(problems, fmt.Sprintf("%d %s", s.problems[class], class))
	}
	cycles := "–"
	if len(s.cycles) > 0 {
		cycles = fmt.Sprintf("%.0f", median(s.cycles))
	}
	fmt.Fprintf(w, "| %s | %d | %d | %d | %d | %s | %d | %d | %s | %.0f |\n", s.name, s.runs, s.consistent, s.unproven, s.suspect,
		strings.Join(problems, ", "), s.violations, s.misjudged, cycles, median(s.millis))
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	slices.Sort(v)
	return stats.Quantile(v, .5)
}

// markdown prints a table by kind, one by function for kinds of which any run was
// misjudged, and the reasons.
func (d *document) markdown(w io.Writer) {
	fmt.Fprintf(w, "%s, family %d model %d, Linux %s\n", d.Host.CPU, d.Host.Family, d.Host.Model, d.Host.Kernel)
	d.table(w, "kind", func(r *record) string { return r.Kind })
	bad := make(map[string]bool)
	for i := range d.Probes {
		r := &d.Probes[i]
		for _, o := range r.Runs {
			bad[r.Name] = bad[r.Name] || r.verdict(o).misjudged() || o.Problem != "" && !r.Liar
		}
	}
	if len(bad) > 0 {
		d.table(w, "function", func(r *record) string {
			if !bad[r.Name] {
				return ""
			}
			return r.Kind + ": " + r.Name
		})
	}
	d.reasons(w)
}

// table prints a row for each name that records are given, in their order.
func (d *document) table(w io.Writer, head string, name func(*record) string) {
	var rows []*row
	for i := range d.Probes {
		r := &d.Probes[i]
		n := name(r)
		if n == "" || len(r.Runs) == 0 {
			continue
		}
		at := slices.IndexFunc(rows, func(s *row) bool { return s.name == n })
		if at < 0 {
			at = len(rows)
			rows = append(rows, &row{name: n, problems: make(map[wire.Class]int)})
		}
		for _, o := range r.Runs {
			rows[at].add(r, o)
		}
	}
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(w, "\n| %s | runs | consistent | unproven | suspect | problem | ABI broken | misjudged | cycles | ms |\n|---|---|---|---|---|---|---|---|---|---|\n", head)
	for _, s := range rows {
		s.print(w)
	}
}

// reasons prints why runs were suspect, unproven, misjudged or failed: for honest
// functions by function, for liars by kind; once for each reason, whatever the
// numbers in it.
func (d *document) reasons(w io.Writer) {
	type reason struct{ who, key string }
	var order []reason
	counts, first := make(map[reason]int), make(map[reason]string)
	for i := range d.Probes {
		r := &d.Probes[i]
		for _, o := range r.Runs {
			why := o.Why
			if o.Problem != "" {
				why = append(why, string(o.Problem)+": "+o.Detail)
			}
			if v := r.verdict(o); v.misjudged() && v != falseAlarm {
				why = append(why, fmt.Sprintf("**%s**: %s, %.0f cycles, verify %s %s", v, o.Integrity, o.Cycles, o.Verify, strings.Join(o.Violations, ", ")))
			}
			for _, text := range why {
				k := reason{r.Name, anyNumber().ReplaceAllString(text, "N")}
				if r.Liar {
					k.who = r.Kind
				}
				if first[k] == "" {
					first[k] = text
					order = append(order, k)
				}
				counts[k]++
			}
		}
	}
	for _, k := range order {
		fmt.Fprintf(w, "\n- %s: %s (%d)", k.who, first[k], counts[k])
	}
	fmt.Fprintln(w)
}

// anyNumber finds what differs between reasons that are the same.
func anyNumber() *regexp.Regexp { return regexp.MustCompile(`[0-9]+(\.[0-9]+)?(µs|ms|s)?`) }
