package cell

import (
	"cmp"
	"math"
	"slices"

	"webrunner/trampoline"
)

// touchedForCases bounds the memory that is touched beforehand where each call has a
// room of its own in it, in bytes: each page costs time.
const touchedForCases = 1 << 20

// vast tells of a region that has so many pages that to touch them all would take longer
// than the calls of most kernels, which use few of them.
func (r Region) vast() bool { return r.end()-r.Addr > 64<<20 && !r.Huge }

// touch tells the stub which pages of the job to read before the loop. Linux gives a
// process its pages when it populates them, and a virtual machine's host each once more
// when it is first touched, which takes up to a hundred times as long: that would be
// part of the first call, and where a cell makes few, of the figure.
func (p Plan) touch(c *trampoline.Control, regions []Region) {
	c.TouchN, c.TouchTicks = 0, cmp.Or(p.TouchTicks, math.MaxInt64)
	left := uint64(math.MaxUint64)
	switch {
	case !p.calls():
		return
	case p.Cases != nil:
		left = touchedForCases
	}
	for _, r := range regions {
		if r.own || r.vast() && !p.TouchVast || left == 0 || c.TouchN == uint64(len(c.Touch)) {
			continue
		}
		n := min(r.end()-r.Addr, left)
		c.Touch[c.TouchN] = trampoline.Range{Start: r.Addr, End: r.Addr + n}
		c.TouchN++
		left -= n
	}
}

// calls tells that the plan has the kernel called.
func (p Plan) calls() bool {
	return slices.ContainsFunc(p.Laps, func(l Lap) bool { return l.Kind == trampoline.Kernel || l.Kind == trampoline.Case })
}
