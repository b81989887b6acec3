package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// compare lists what differs: for each table how many names are on one side
// only, and each encoding of a shared name that is not the same.
func compare(w io.Writer, have, linux tables) {
	fmt.Fprintln(w, "table\tboth\tonly here\tonly Linux\tdiffering")
	var details []string
	for _, table := range have.names {
		theirs, ok := linux.events[table]
		if !ok {
			fmt.Fprintf(w, "%s\tnot in this Linux\n", table)
			continue
		}
		ours, them := byName(have.events[table]), byName(theirs)
		var both, only, differing int
		for _, r := range have.events[table] {
			o, ok := them[r.name]
			switch {
			case !ok:
				only++
			case o.encoding == r.encoding:
				both++
			default:
				differing++
				details = append(details, fmt.Sprintf("%s %s: %s here, %s in Linux", table, r.name, short(r.encoding), short(o.encoding)))
			}
		}
		var onlyLinux []string
		for _, r := range theirs {
			if _, ok := ours[r.name]; !ok {
				onlyLinux = append(onlyLinux, r.name)
			}
		}
		slices.Sort(onlyLinux)
		if len(onlyLinux) > 0 {
			details = append(details, fmt.Sprintf("%s only in Linux: %s", table, strings.Join(onlyLinux, " ")))
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\n", table, both, only, len(onlyLinux), differing)
	}
	for _, d := range details {
		fmt.Fprintln(w, d)
	}
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
