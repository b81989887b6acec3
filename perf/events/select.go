package events

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"webrunner/internal/words"
)

// UnknownError names an event that nobody knows and those that come nearest.
type UnknownError struct {
	Name    string
	Table   string
	Nearest []string
}

func (e *UnknownError) Error() string {
	s := fmt.Sprintf("events: %s has no event %q", e.Table, e.Name)
	if len(e.Nearest) > 0 {
		return s + "; did you mean " + strings.Join(e.Nearest, ", ") + "?"
	}
	return s + ", nor one of a similar name"
}

// Bounds of a list of events. Each of its items is held against every name of a
// table, which has up to a few thousand.
const (
	MaxList  = 4 << 10 // bytes
	MaxItems = 64      // repetitions not counted
)

// ReadList splits a list as SplitList does, without repetitions. A list beyond
// MaxList or MaxItems is an error.
func ReadList(s string) ([]string, error) {
	if len(s) > MaxList {
		return nil, fmt.Errorf("events: a list of %d bytes is longer than %d; name fewer, or a set", len(s), MaxList)
	}
	var items []string
	seen := map[string]bool{}
	for _, item := range SplitList(s) {
		if !seen[item] {
			seen[item] = true
			items = append(items, item)
		}
	}
	if len(items) > MaxItems {
		return nil, fmt.Errorf("events: a list of %d events, globs and sets is longer than %d; name fewer, or a set", len(items), MaxItems)
	}
	return items, nil
}

// SplitList splits a comma-separated list of names, globs, sets and raw
// events; the commas inside a raw event (event=0xc0,umask=1) do not split.
func SplitList(s string) []string {
	var items []string
	for part := range strings.SplitSeq(s, ",") {
		part = strings.TrimSpace(part)
		n := len(items)
		switch inRaw := n > 0 && isRaw(items[n-1]) && !isRaw(part); {
		case part == "":
		case inRaw && (isFlagTerm(part) || strings.Contains(part, "=") && !strings.Contains(part, ":")):
			items[n-1] += "," + part
		default:
			items = append(items, part)
		}
	}
	return items
}

// isRaw tells of terms. Some vendors' names have a = in them too, after a colon.
func isRaw(s string) bool { return strings.HasPrefix(s, "event=") || strings.HasPrefix(s, "config=") }

// isFlagTerm tells of the terms that perf(1) allows without a value.
func isFlagTerm(s string) bool { return slices.Contains([]string{"edge", "inv", "any", "pc"}, s) }

// Select returns the events that a list of names, globs, sets and raw events
// asks for, each once, in the order asked.
func (t *Table) Select(list []string) ([]Event, error) {
	var out []Event
	seen := map[string]bool{}
	all := lowered{table: t}
	for _, item := range list {
		found, err := t.selectOne(item, &all)
		if err != nil {
			return nil, err
		}
		for _, e := range found {
			if !seen[e.Name] {
				seen[e.Name] = true
				out = append(out, e)
			}
		}
	}
	return out, nil
}

func (t *Table) selectOne(item string, all *lowered) ([]Event, error) {
	if e, ok := t.Lookup(item); ok {
		return []Event{e}, nil
	}
	if e, ok := t.plain(item); ok {
		return []Event{e}, nil
	}
	if strings.Contains(item, "=") && !strings.Contains(item, ":") {
		if !isRaw(item) {
			return nil, fmt.Errorf("events: %q: a raw event begins with event= or config=", item)
		}
		if _, err := t.format.Encode(item); err != nil {
			return nil, err
		}
		return []Event{t.Raw(item, item)}, nil
	}
	if set, ok := t.Set(item); ok {
		return set, nil
	}
	if strings.ContainsAny(item, "*?[") {
		found, err := all.glob(item)
		if err != nil || len(found) > 0 {
			return found, err
		}
	}
	return nil, &UnknownError{Name: item, Table: t.Name, Nearest: t.nearest(item, 3)}
}

// plain finds the two base events by what they are called everywhere.
func (t *Table) plain(name string) (Event, bool) {
	switch strings.ToLower(name) {
	case "cycles":
		return t.Cycles()
	case "instructions":
		return t.Instructions()
	}
	return Event{}, false
}

// lowered is the events of a table with their names in lower case, for any number of
// patterns.
type lowered struct {
	table  *Table
	events []Event
	names  []string
}

// glob returns the events whose name matches a shell pattern in any case,
// leaving out the deprecated, the off-core and Linux's own unless the
// pattern has no others.
func (l *lowered) glob(pattern string) ([]Event, error) {
	t := l.table
	if l.events == nil {
		l.events = slices.Concat(t.Events, t.linux)
		for _, e := range l.events {
			l.names = append(l.names, strings.ToLower(e.Name))
		}
	}
	low := strings.ToLower(pattern)
	var found, hidden []Event
	for i, e := range l.events {
		ok, err := path.Match(low, l.names[i])
		if err != nil {
			return nil, fmt.Errorf("events: pattern %q: %w", pattern, err)
		}
		switch {
		case ok && (e.Flags&(Deprecated|Offcore) != 0 || e.source == linuxSource && t.Name != "kernel"):
			hidden = append(hidden, e)
		case ok:
			found = append(found, e)
		}
	}
	if len(found) == 0 {
		return hidden, nil
	}
	return found, nil
}

// longestGuess is beyond every name, bytes. Comparing names takes the time of their
// product.
const longestGuess = 120

// nearest returns up to n names that come near a wrong one, nearest first: by
// edit distance, by that of their words in any order, or because they contain
// it. Of a pattern, what is before its first wildcard counts.
func (t *Table) nearest(name string, n int) []string {
	type candidate struct {
		name     string
		distance int
	}
	name = strings.ToLower(name)
	stem, isPattern := name, false
	if i := strings.IndexAny(name, "*?["); i >= 0 {
		stem, isPattern = name[:i], true
	}
	if stem == "" || len(stem) > longestGuess {
		return nil
	}
	limit := max(min(2, len(stem)-2), len(stem)/3)
	var all []candidate
	for _, e := range slices.Concat(t.Events, t.linux) {
		low := strings.ToLower(e.Name)
		if isPattern {
			low = low[:min(len(low), len(stem))]
		}
		d := min(words.Distance(stem, low, limit), wordDistance(stem, low))
		if strings.Contains(low, stem) && stem != "" {
			d = min(d, 1+(len(low)-len(stem))/8)
		}
		if e.Flags&(Deprecated|Offcore) != 0 {
			d++
		}
		if d <= limit {
			all = append(all, candidate{e.Name, d})
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return a.distance - b.distance })
	var names []string
	for _, c := range all[:min(n, len(all))] {
		names = append(names, c.name)
	}
	return names
}

// wordDistance is the sum of how far each word of a is from the nearest one of
// b, and one for each word that b has more.
func wordDistance(a, b string) int {
	split := func(s string) []string {
		return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("._-: ", r) })
	}
	own, others := split(a), split(b)
	sum := max(0, len(others)-len(own))
	for _, w := range own {
		best := len(w)
		for _, o := range others {
			if strings.HasPrefix(o, w) && o != w {
				best = min(best, 1)
			}
			best = min(best, words.Distance(w, o, best))
		}
		sum += best
	}
	return sum
}
