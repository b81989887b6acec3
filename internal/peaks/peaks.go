// Package peaks measures what a core can do at most, by functions of its own that do one
// thing each, and says how near to that other functions come. What is a peak here is what
// these functions reach: no code is known to be faster, but some may be.
package peaks

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"webrunner/internal/wire"
)

//go:embed gas/peaks.o
var object []byte

// work is a function of the object, and how much it does.
type work struct {
	peak, symbol string
	unit         string
	turn         float64 // done in each of n turns, or for each of n bytes
	call         string  // prototype, with %d in the place of n
	bytes        uint64  // of memory that it walks over; 0 for none
	far          bool    // so much memory that translating its addresses counts
}

const turns = 1000

// What the walks look like to a caller.
const (
	block     = "void %s(size_t n = %d)"
	load      = "void %s(size_t n = %d, const char x[n])"
	store     = "void %s(size_t n = %d, char x[n])"
	duplicate = "void %s(size_t n = %d, const char x[n], char y[n])"
)

// works lists what is measured on a host with such caches. Of several works for one peak
// the best counts.
func works(caches []uint64) []work {
	const registers = 12
	var list []work
	for _, bits := range []int{128, 256, 512} {
		for _, t := range []struct {
			name string
			bits int
		}{{"f32", 32}, {"f64", 64}} {
			list = append(list, work{fmt.Sprintf("fma-%s-%d", t.name, bits), fmt.Sprintf("fma_%s_%d", t.name, bits), "flops/cycle", registers * 2 * float64(bits/t.bits), block, 0, false})
		}
	}
	for _, bits := range []int{128, 256, 512} {
		list = append(list, work{fmt.Sprintf("add-i32-%d", bits), fmt.Sprintf("add_i32_%d", bits), "ops/cycle", registers * float64(bits/32), block, 0, false})
	}
	for _, bits := range []int{256, 512} { // a multiplication and an addition for each byte
		list = append(list, work{fmt.Sprintf("dot-i8-%d", bits), fmt.Sprintf("dot_i8_%d", bits), "ops/cycle", registers * 2 * float64(bits/8), block, 0, false})
	}
	for _, level := range levels(caches) {
		for _, w := range []struct {
			name, call string
			bytes      float64 // moved for each byte of the walk
			parts      uint64  // operands that share the level
		}{{"load", load, 1, 1}, {"store", store, 1, 1}, {"copy", duplicate, 2, 2}} {
			for _, bits := range []string{"256", "512"} {
				list = append(list, work{w.name + "-" + level.name, w.name + "_" + bits, "bytes/cycle", w.bytes, w.call, level.bytes / w.parts &^ 511, level.far})
			}
		}
	}
	return append(list,
		work{"branch-not-taken", "branch_not_taken", "branches/cycle", 17, block, 0, false}, // and that of the loop
		work{"branch-taken", "branch_taken", "branches/cycle", 17, block, 0, false},
		work{"call-return", "call_ret", "calls/cycle", 8, block, 0, false},
	)
}

// level is a place that data come from.
type level struct {
	name  string
	bytes uint64 // that fit, with room to spare
	far   bool   // they take more small pages than a processor remembers
}

// What is walked over where the processor does not tell the size of its caches.
const (
	usualL1 = 32 << 10
	usualL2 = 256 << 10
	usualL3 = 16 << 20
	memory  = 64 << 20 // larger than the part of most caches that a core has to itself
)

func levels(caches []uint64) []level {
	size := func(i int, usual uint64) uint64 {
		if i < len(caches) {
			return caches[i]
		}
		return usual
	}
	l2 := size(1, usualL2)
	return []level{
		{"L1", size(0, usualL1) / 2, false}, {"L2", l2 / 2, false},
		{"L3", min(max(size(2, usualL3)/4, 2*l2), memory/2), true}, {"memory", memory, true},
	}
}

// Run runs and measures an object as a query says, like the engine. An error is a
// *wire.Problem.
type Run func(query map[string][]string, object []byte) (*wire.Result, error)

// Measure measures all peaks of a host. What the host has no instructions for is left out.
func Measure(host wire.Host, run Run) (*wire.Peaks, error) {
	out := &wire.Peaks{Host: host, Peaks: []wire.Peak{}}
	large := true // pages, where the host has any
	for _, w := range works(host.Caches) {
		var p *wire.Problem
		peak, err := w.measure(run, large)
		if large && w.far && errors.As(err, &p) && p.Class == wire.Unfit {
			large = false
			peak, err = w.measure(run, large)
		}
		switch {
		case errors.As(err, &p) && (p.Class == wire.MissingISA || p.Class == wire.MemoryLimit || p.Class == wire.Timeout):
			continue
		case err != nil:
			return nil, err
		case peak == nil:
			continue
		}
		i := slices.IndexFunc(out.Peaks, func(o wire.Peak) bool { return o.Name == peak.Name })
		switch {
		case i < 0:
			out.Peaks = append(out.Peaks, *peak)
		case least(&out.Peaks[i]) < least(peak):
			out.Peaks[i] = *peak
		}
	}
	return out, nil
}

// A peak that is told within wide is measured once. Others may be a neighbour's, who does
// not stay; so there are some attempts.
const (
	wide     = 0.05
	attempts = 3
)

// measure is the best of some attempts at a work, nil if there is no figure.
func (w work) measure(run Run, large bool) (best *wire.Peak, err error) {
	for range attempts {
		r, err := run(w.query(large), object)
		if err != nil {
			return nil, err
		}
		if p, ok := w.of(r); ok && (best == nil || least(best) < least(&p)) {
			best = &p
		}
		if best != nil && best.Spread <= wide {
			break
		}
	}
	return best, nil
}

// least is what a peak reaches at least: a value that noise made high has a wide interval.
func least(p *wire.Peak) float64 { return p.Value * (1 - p.Spread) }

// Time is how long one function is measured, at most.
const Time = 200 * time.Millisecond

// query asks for a work, with its operands in large pages where that matters.
func (w work) query(large bool) map[string][]string {
	n := uint64(turns)
	if w.bytes > 0 {
		n = w.bytes
	}
	q := map[string][]string{"call": {fmt.Sprintf(w.call, w.symbol, n)}}
	if large && w.far {
		q["pages"] = []string{"2m"}
	}
	return q
}

// of is the peak that a result shows, if it has a figure.
func (w work) of(r *wire.Result) (wire.Peak, bool) {
	done := w.turn * turns
	if w.bytes > 0 {
		done = w.turn * float64(w.bytes)
	}
	c := cycles(r)
	if c == nil || r.Integrity == wire.Suspect {
		return wire.Peak{}, false
	}
	return wire.Peak{Name: w.peak, Value: done / c.Value, Unit: w.unit, Spread: (c.CI95[1] - c.CI95[0]) / 2 / c.Value, Source: c.Source}, true
}

func cycles(r *wire.Result) *wire.Counter {
	for i := range r.Counters {
		if c := &r.Counters[i]; c.Name == wire.FigureCycles && c.Value > 0 {
			return c
		}
	}
	return nil
}

// Shares says how near a result comes to the peaks: of floating-point operations, if its
// elements are of a type such as f32, and of bytes from where they lie, by the sizes of
// the caches. What its specification does not say of the work is as it was counted, of the type that
// most of it is. A share is in per cent. It adds a note that says which of both is the nearer bound, or that neither is.
func Shares(p *wire.Peaks, r *wire.Result, element string) {
	c := cycles(r)
	if p == nil || c == nil {
		return
	}
	w, touched := r.Done(), r.Work.Bytes
	if r.Work.FLOPs == 0 {
		element = countedType(r, element)
	}
	if r.Work.Bytes == 0 {
		touched = min(w.Bytes, w.OperandBytes)
	}
	compute := best(p, "fma-"+element+"-")
	memory := best(p, "load-"+place(p.Host.Caches, touched))
	flops, bytes := 0.0, 0.0
	var told []string
	if compute != nil && w.FLOPs > 0 {
		flops = w.FLOPs / c.Value / compute.Value
		r.Derived = append(r.Derived, wire.Derived{Name: "Share of " + compute.Name, Value: 100 * flops, Unit: "%", From: c.Name, Source: c.Source})
		told = append(told, fmt.Sprintf("arithmetic (it has %.2g %% of the peak %s)", 100*flops, compute.Name))
	}
	if memory != nil && w.Bytes > 0 {
		bytes = w.Bytes / c.Value / memory.Value
		r.Derived = append(r.Derived, wire.Derived{Name: "Share of " + memory.Name, Value: 100 * bytes, Unit: "%", From: c.Name, Source: c.Source})
		told = append(told, fmt.Sprintf("memory (it has %.2g %% of the peak %s)", 100*bytes, memory.Name))
	}
	const near = 0.5
	switch {
	case flops > near && flops >= bytes:
		r.Notes = append(r.Notes, fmt.Sprintf("the nearest bound is arithmetic: it has %.0f %% of the peak %s", 100*flops, compute.Name))
	case bytes > near:
		r.Notes = append(r.Notes, fmt.Sprintf("the nearest bound is memory: it has %.0f %% of the peak %s", 100*bytes, memory.Name))
	case len(told) > 0:
		r.Notes = append(r.Notes, "what bounds it is not "+strings.Join(told, " nor ")+", but what is between: instructions that wait for each other, branches, or calls too short")
	}
}

// countedType is the type, such as f32, of most of the floating-point operations that were counted; where
// none were, the one that is given.
func countedType(r *wire.Result, otherwise string) string {
	of := make(map[string]float64)
	most := ""
	for i := range r.Counters {
		c := &r.Counters[i]
		kind, found := strings.CutPrefix(c.Name, "FLOPs.F")
		if bits, _, ok := strings.Cut(kind, "."); found && ok && c.Source == wire.Counted {
			of[bits] += c.Value
			if of[bits] > of[most] {
				most = bits
			}
		}
	}
	if most == "" {
		return otherwise
	}
	return "f" + most
}

// best is the highest of the peaks whose names begin so, nil if there is none.
func best(p *wire.Peaks, prefix string) (top *wire.Peak) {
	for i := range p.Peaks {
		if q := &p.Peaks[i]; strings.HasPrefix(q.Name, prefix) && (top == nil || q.Value > top.Value) {
			top = q
		}
	}
	return top
}

// place is the first level of memory that so many bytes fit into.
func place(caches []uint64, bytes float64) string {
	for i, size := range caches {
		if bytes <= float64(size) {
			return fmt.Sprintf("L%d", i+1)
		}
	}
	if len(caches) < 3 && bytes <= usualL3 {
		return "L3"
	}
	return "memory"
}
