package main

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"

	"webrunner/perf/events"
)

// row is an event without the tables that have it: the columns of
// pmu-events.tsv but the last.
type row struct {
	name     string
	encoding [8]string // event umask cmask inv edge any msr msrvalue
	counters [2]string // with hyper-threads on and off
	flags    string
}

// tables is events by table name, and the names in their order.
type tables struct {
	names  []string
	events map[string][]row
}

func readTable(name string) (tables, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return tables{}, err
	}
	t := tables{names: events.Names(), events: map[string][]row{}}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 13 {
			return t, fmt.Errorf("%s: %q has %d fields", name, line, len(f))
		}
		r := row{name: f[0], encoding: [8]string(f[1:9]), counters: [2]string(f[9:11]), flags: f[11]}
		for table := range strings.SplitSeq(f[12], ",") {
			if !slices.Contains(t.names, table) {
				return t, fmt.Errorf("%s: %q: pmu-uarchs.tsv has no table %q", name, line, table)
			}
			t.events[table] = append(t.events[table], r)
		}
	}
	return t, nil
}

// bytes is the text of pmu-events.tsv: each row once, with a list of its
// tables, sorted.
func (t tables) bytes() []byte {
	in := map[row][]string{}
	for _, table := range t.names {
		for _, r := range t.events[table] {
			in[r] = append(in[r], table)
		}
	}
	rows := make([]row, 0, len(in))
	for r := range in {
		rows = append(rows, r)
	}
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(strings.Compare(a.name, b.name), slices.Compare(a.encoding[:], b.encoding[:]),
			slices.Compare(a.counters[:], b.counters[:]), strings.Compare(a.flags, b.flags))
	})
	var b bytes.Buffer
	b.WriteString("#name event umask cmask inv edge any msr msrvalue counters counters_htoff flags tables (numbers hex, empty=0)\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "%s\t%s\t%s\t%s\t%s\n", r.name, strings.Join(r.encoding[:], "\t"), strings.Join(r.counters[:], "\t"), r.flags, strings.Join(in[r], ","))
	}
	return b.Bytes()
}

// merge takes Linux's events for the tables that Linux has. What Linux does
// not state is kept: the counters without hyper-threads, some flags, and the
// fields of PERF_METRICS, which its driver names instead of its lists.
func merge(have, linux tables) tables {
	out := tables{names: have.names, events: map[string][]row{}}
	for _, table := range have.names {
		if _, ok := linux.events[table]; !ok {
			out.events[table] = have.events[table]
			continue
		}
		old := byName(have.events[table])
		for _, r := range linux.events[table] {
			if o, ok := old[r.name]; ok {
				r.counters, r.flags = o.counters, o.flags
			}
			if r.counters[0] == "" {
				continue // neither side says where it counts
			}
			out.events[table] = append(out.events[table], r)
		}
		for _, r := range have.events[table] {
			if strings.Contains(r.flags, "M") && !slices.ContainsFunc(linux.events[table], func(o row) bool { return o.name == r.name }) {
				out.events[table] = append(out.events[table], r)
			}
		}
	}
	return out
}

func byName(rows []row) map[string]row {
	m := map[string]row{}
	for _, r := range rows {
		m[r.name] = r
	}
	return m
}
