package report

import (
	"fmt"
	"io"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"webrunner/internal/wire"
)

// Benchfmt writes the result in Go's benchmark data format
// (golang.org/design/14313-benchmark-format) for benchstat: what the figures
// depend on as configuration, then one line "BenchmarkSdot/incx=1/n=1024 93
// 2004.5 cycles/op". The number of iterations is that of accepted samples.
// Benchstat puts what differs in configuration into separate tables: so it never
// mixes machines, processors, objects or what is in doubt. To compare two objects,
// tell it so: benchstat -ignore object OLD NEW.
func Benchfmt(w io.Writer, r *wire.Result) error {
	var b strings.Builder
	benchHead(&b, r)
	counters := ordered(r.Counters)
	iterations := 1
	for _, c := range counters {
		fmt.Fprintf(&b, "Unit %s better=lower", benchUnit(&c))
		if c.Exact {
			b.WriteString(" assume=exact")
		}
		b.WriteByte('\n')
		iterations = max(iterations, c.Samples.Accepted)
	}
	rates := benchDerived(r.Derived)
	for _, d := range rates {
		fmt.Fprintf(&b, "Unit %s", d.unit)
		if d.better != "" {
			fmt.Fprintf(&b, " better=%s", d.better)
		}
		b.WriteByte('\n')
	}
	if len(counters) > 0 { // a line without values would be malformed
		fmt.Fprintf(&b, "%s\t%d", benchName(r), iterations)
		for _, c := range counters {
			fmt.Fprintf(&b, "\t%s %s", decimal(c.Value), benchUnit(&c))
		}
		for _, d := range rates {
			fmt.Fprintf(&b, "\t%s %s", decimal(d.value), d.unit)
		}
		b.WriteByte('\n')
	}
	benchTail(&b, r)
	_, err := io.WriteString(w, b.String())
	return err
}

// benchTail takes back what only some results have: configuration holds until it is set
// anew, and what speaks against one result is not to speak against those behind it, in
// this output or in others that are put behind it. A line with a key alone takes it away.
func benchTail(b *strings.Builder, r *wire.Result, more ...string) {
	for _, c := range doubts(r) {
		more = append(more, c.key)
	}
	if manner(&r.Conditions) != "" {
		more = append(more, "measured")
	}
	for _, key := range more {
		fmt.Fprintf(b, "%s:\n", key)
	}
}

// otherFunction is the name of the function that ran and why, where it has not the name that was asked for; else "".
func otherFunction(r *wire.Result) string {
	for _, w := range r.Warnings {
		if other, ok := strings.CutPrefix(w, wire.OtherFunction); ok {
			return other
		}
	}
	return ""
}

// benchHead writes what speaks against figures, and then what they depend on.
func benchHead(b *strings.Builder, r *wire.Result) {
	for _, c := range doubts(r) {
		config(b, c.key, c.value)
	}
	b.WriteString("goos: linux\ngoarch: amd64\n")
	config(b, "kernel", r.Kernel)
	config(b, "machine", r.Host.Machine)
	config(b, "microarchitecture", r.Host.Microarchitecture)
	config(b, "cpu", r.Host.Processor())
	config(b, "object", r.Object.SHA256)
	config(b, "measured", manner(&r.Conditions))
}

type pair struct{ key, value string }

// doubts are the reasons not to compare this result with others.
func doubts(r *wire.Result) []pair {
	var list []pair
	if r.Verify.Status == wire.VerifyMismatch {
		list = append(list, pair{"verify", string(r.Verify.Status)})
	}
	if r.Integrity == wire.Suspect || r.Integrity == wire.Unproven {
		list = append(list, pair{"integrity", string(r.Integrity)})
	}
	if !r.ABI.OK {
		list = append(list, pair{"abi", "violated"})
	}
	var wrong []string
	for _, c := range ordered(r.Counters) {
		if g := untrue(&c); g != "" {
			wrong = append(wrong, c.Name+" "+g)
		}
	}
	if len(wrong) > 0 {
		list = append(list, pair{"trust", strings.Join(wrong, "; ")})
	}
	if other := otherFunction(r); other != "" {
		list = append(list, pair{"symbol", other})
	}
	return list
}

// config writes one line of configuration, unless there is nothing to say.
func config(b *strings.Builder, key, value string) {
	if value != "" {
		fmt.Fprintf(b, "%s: %s\n", key, line(value))
	}
}

// benchName is the kernel's name without its namespace, and the parameters.
func benchName(r *wire.Result) string {
	name := path.Base(r.Kernel)
	first, size := utf8.DecodeRuneInString(name)
	name = "Benchmark" + string(unicode.ToUpper(first)) + name[size:]
	if len(r.Params) > 0 {
		name += "/" + params(r.Params, "=", "/")
	}
	return word(name)
}

// rate is a derived figure as the format has it.
type rate struct {
	unit, better string
	value        float64
}

// benchDerived gives each derived figure a unit that no other has: its own, as in
// gflop/s, or its name. Work in a time or a cycle is better when it is more, and cycles
// of a piece of work when they are fewer.
func benchDerived(derived []wire.Derived) (list []rate) {
	seen := make(map[string]bool)
	for _, d := range derived {
		unit := d.Unit
		if !strings.Contains(unit, "/") || seen[unit] {
			unit = d.Name
		}
		seen[unit] = true
		r := rate{unit: strings.ToLower(unit), value: d.Value}
		switch _, per, _ := strings.Cut(d.Unit, "/"); {
		case per == "s" || per == "cycle":
			r.better = "higher"
		case strings.HasPrefix(d.Name, "Cycles per "):
			r.better = "lower"
		}
		if d.Source != wire.PMU {
			r.unit += "-" + string(d.Source)
		}
		r.unit = word(r.unit)
		list = append(list, r)
	}
	return list
}

// benchUnit is ns/op for the time of a call, which benchstat knows, and else
// the counter's name with its source, as in cycles-tsc-calibrated/op.
func benchUnit(c *wire.Counter) string {
	if c.Name == wire.FigureTime && c.Unit == "ns" {
		return "ns/op"
	}
	name := strings.ToLower(c.Name)
	if c.Source != wire.PMU {
		name += "-" + string(c.Source)
	}
	return word(name) + "/op"
}

// word replaces what would end a word of the format.
func word(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return '-'
		}
		return r
	}, line(s))
}
