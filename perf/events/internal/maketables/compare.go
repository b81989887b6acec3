package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// comparison is what two collections of tables have in common and what not.
type comparison struct {
	tables  []tableDiff
	missing []string // tables that Linux does not have
}

// tableDiff is the comparison of one table.
type tableDiff struct {
	table               string
	same                int
	onlyHere, onlyLinux []string
	encodings           []string // shared names that are encoded differently
	counters            []string // shared names whose counters differ
}

// compare holds the events of each table against those of Linux.
func compare(have, linux tables) comparison {
	var c comparison
	for _, table := range have.names {
		theirs, ok := linux.events[table]
		if !ok {
			c.missing = append(c.missing, table)
			continue
		}
		c.tables = append(c.tables, compareTable(table, have.events[table], theirs))
	}
	return c
}

func compareTable(table string, here, linux []row) tableDiff {
	d := tableDiff{table: table}
	ours, theirs := byName(here), byName(linux)
	for _, r := range here {
		o, ok := theirs[r.name]
		switch {
		case !ok:
			d.onlyHere = append(d.onlyHere, r.name)
			continue
		case o.encoding == r.encoding:
			d.same++
		default:
			d.encodings = append(d.encodings, fmt.Sprintf("%s: %s here, %s in Linux", r.name, short(r.encoding), short(o.encoding)))
		}
		if o.counters[0] != "" && o.counters[0] != r.counters[0] && !strings.HasPrefix(table, "ZEN") {
			d.counters = append(d.counters, fmt.Sprintf("%s: %s here, %s in Linux", r.name, r.counters[0], o.counters[0]))
		}
	}
	for _, r := range linux {
		if _, ok := ours[r.name]; !ok {
			d.onlyLinux = append(d.onlyLinux, r.name)
		}
	}
	return d
}

// writeTo lists the comparison: a line of numbers for each table, then what
// differs, with long lists of names shortened to their prefixes.
func (c comparison) writeTo(w io.Writer) {
	fmt.Fprintln(w, "table\tsame\tonly here\tonly Linux\tother encoding\tother counters")
	for _, d := range c.tables {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\n", d.table, d.same, len(d.onlyHere), len(d.onlyLinux), len(d.encodings), len(d.counters))
	}
	fmt.Fprintf(w, "not in this Linux: %s\n", strings.Join(c.missing, " "))
	for _, d := range c.tables {
		for _, s := range d.encodings {
			fmt.Fprintf(w, "%s encoding %s\n", d.table, s)
		}
		for _, s := range d.counters {
			fmt.Fprintf(w, "%s counters %s\n", d.table, s)
		}
		if len(d.onlyHere) > 0 {
			fmt.Fprintf(w, "%s only here: %s\n", d.table, stems(d.onlyHere))
		}
		if len(d.onlyLinux) > 0 {
			fmt.Fprintf(w, "%s only in Linux: %s\n", d.table, stems(d.onlyLinux))
		}
	}
}

// stems counts names by what is before their dot.
func stems(names []string) string {
	count := map[string]int{}
	var order []string
	for _, n := range names {
		stem := n
		if i := strings.IndexAny(n, ".:"); i >= 0 {
			stem = n[:i+1] + "*"
		}
		if count[stem] == 0 {
			order = append(order, stem)
		}
		count[stem]++
	}
	slices.Sort(order)
	for i, s := range order {
		if n := count[s]; n > 1 {
			order[i] = fmt.Sprintf("%s (%d)", s, n)
		}
	}
	return strings.Join(order, " ")
}

// short writes an encoding as event:umask with what else is set.
func short(e [8]string) string {
	s := e[0] + ":" + e[1]
	for i, name := range []string{"cmask", "inv", "edge", "any", "msr", "value"} {
		if v := e[2+i]; v != "" {
			s += " " + name + "=" + v
		}
	}
	return s
}
