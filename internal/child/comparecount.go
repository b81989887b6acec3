package child

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"webrunner/internal/compare"
	"webrunner/internal/gate"
	"webrunner/internal/wire"
)

// count adds to both results what a call executes, until a time at most. Where nobody
// asked for all counts it takes a small part of the time that the cells took.
func (p *pair) count(j *job, a, b *wire.Result, until time.Time, cells time.Duration) {
	for i, s := range []*compare.Side{&p.A, &p.B} {
		left := time.Until(until)
		if i == 0 {
			left /= 2
		}
		if !j.Count.All && j.Count.Profile == "" {
			left = min(left, cells/countShare)
		}
		name, res := "a", a
		if i == 1 {
			name, res = "b", b
		}
		own := &job{Job: s.Subject.Job, began: j.began}
		for _, d := range own.countWithin(left, s.Subject, s.Watched.Expected(), res) {
			p.depends = append(p.depends, name+": "+d)
		}
	}
}

// exactCounts are the exact counts of both sides by name, and the names in the order in
// which results have them. A kind of instruction that only one side has is 0 in the other.
func exactCounts(a, b *wire.Result) (names []string, counts map[string][2]wire.Counter) {
	counts = make(map[string][2]wire.Counter)
	for side, r := range []*wire.Result{a, b} {
		for i := range r.Counters {
			c := &r.Counters[i]
			if c.Source != wire.Counted || !c.Exact {
				continue
			}
			both, seen := counts[c.Name]
			if !seen {
				names = append(names, c.Name)
				both[1-side] = wire.Counter{Name: c.Name, Unit: c.Unit, Source: c.Source, Exact: true}
			}
			both[side] = *c
			counts[c.Name] = both
		}
	}
	return names, counts
}

// counting tells whether a result has exact counts.
func counting(r *wire.Result) bool {
	return slices.ContainsFunc(r.Counters, func(c wire.Counter) bool { return c.Source == wire.Counted && c.Exact })
}

// exactRatios are the ratios of what was counted exactly, of both sides or not at all.
func exactRatios(a, b *wire.Result, depends []string, sound bool) (list []wire.Ratio) {
	if !counting(a) || !counting(b) {
		return nil
	}
	names, counts := exactCounts(a, b)
	for _, name := range names {
		both := counts[name]
		r, ok := gate.Exact(&both[0], &both[1])
		if !ok {
			continue
		}
		r.Note = strings.Join(depends, "; ")
		if !sound {
			r.Verdict, r.Note = wire.Wrong, gate.UnsoundNote
		}
		list = append(list, r)
	}
	return list
}

// mostDifferences bounds the differences that a note names.
const mostDifferences = 6

// differences says by name what one side executes more of than the other, in one note,
// none where the counts are equal or not known.
func differences(a, b *wire.Result, several bool) []string {
	if !counting(a) || !counting(b) {
		return nil
	}
	names, counts := exactCounts(a, b)
	by := func(name string) float64 { return counts[name][1].Value - counts[name][0].Value }
	var told []string
	for _, name := range names {
		kind, _, part := strings.Cut(name, ".")
		if d := by(name); d != 0 && !(part && by(kind) == d) {
			told = append(told, name)
		}
	}
	if len(told) == 0 {
		return nil
	}
	slices.SortStableFunc(told, func(x, y string) int { return cmp.Compare(math.Abs(by(y)), math.Abs(by(x))) })
	more := ""
	if n := len(told) - mostDifferences; n > 0 {
		told, more = told[:mostDifferences], fmt.Sprintf(", and %d more differences", n)
	}
	unit, turns := " a turn", a.Work.Iterations
	if turns <= 1 {
		unit, turns = " an element", a.Work.Elements
	}
	var list []string
	for _, name := range told {
		word, d := "more", by(name)
		if d < 0 {
			word, d = "fewer", -d
		}
		text := fmt.Sprintf("%s %s %s", whole(d), word, name)
		if turns > 1 {
			text += fmt.Sprintf(" (%.4g%s)", d/turns, unit)
		}
		list = append(list, text)
	}
	return []string{"in a call" + placed(a.Params, several) + " b has " + strings.Join(list, ", ") + more}
}

// whole writes a count.
func whole(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// placed names parameters, if there are several points.
func placed(params map[string]json.Number, several bool) string {
	if !several {
		return ""
	}
	var list []string
	for _, name := range slices.Sorted(maps.Keys(params)) {
		list = append(list, name+"="+params[name].String())
	}
	return " at " + strings.Join(list, " ")
}
