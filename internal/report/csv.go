package report

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"webrunner/internal/wire"
)

// csvHeader names the columns. The kernel, its parameters and the object are
// on every line, so that lines of many results can be put into one file.
var csvHeader = []string{
	"kernel", "params", "object_sha256", "counter", "value", "unit", "source", "ci95_low", "ci95_high",
	"min", "p10", "p90", "overhead", "accepted", "samples", "cells", "exact", "verify", "integrity", "measured", "trust", "machine", "cpu",
	"symbol", "symbol_why",
}

// CSV writes a header and one line for each counter and for each figure that is
// computed from them (RFC 4180, with lines that end in a line feed). A figure that
// could not be had is a line without value whose source is "unavailable".
func CSV(w io.Writer, r *wire.Result) error {
	c := csv.NewWriter(w)
	c.Write(csvHeader) // errors stay with c until Flush
	head := []string{line(r.Kernel), params(r.Params, "=", " "), line(r.Object.SHA256)}
	tail := func(trust string) []string {
		return []string{
			line(string(r.Verify.Status)), line(string(r.Integrity)), line(manner(&r.Conditions)), line(trust), line(r.Host.Machine), line(r.Host.Processor()),
			line(r.Symbol), line(r.SymbolWhy),
		}
	}
	for _, k := range ordered(r.Counters) {
		c.Write(slices.Concat(head, []string{
			line(k.Name), decimal(k.Value), line(k.Unit), line(string(k.Source)), decimal(k.CI95[0]), decimal(k.CI95[1]),
			decimal(k.Min), decimal(k.P10), decimal(k.P90), decimal(k.Overhead),
			strconv.Itoa(k.Samples.Accepted), strconv.Itoa(k.Samples.Total), strconv.Itoa(k.Cells), strconv.FormatBool(k.Exact),
		}, tail(k.Trust)))
	}
	bare := func(name, value, unit, source string) {
		row := make([]string, len(csvHeader)-len(head)-len(tail("")))
		row[0], row[1], row[2], row[3] = line(name), value, line(unit), line(source)
		c.Write(slices.Concat(head, row, tail("")))
	}
	for _, d := range r.Derived {
		bare(d.Name, decimal(d.Value), d.Unit, string(d.Source))
	}
	for _, u := range r.Unavailable {
		bare(u.Name, "", "", "unavailable")
	}
	c.Flush()
	return c.Error()
}

// params writes the parameters in the order of their names.
func params(p map[string]json.Number, equals, between string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(p)) {
		parts = append(parts, fmt.Sprintf("%s%s%s", line(name), equals, p[name]))
	}
	return strings.Join(parts, between)
}
