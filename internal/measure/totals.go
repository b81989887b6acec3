package measure

import (
	"fmt"

	"webrunner/internal/cell"
	"webrunner/trampoline"
)

// The readings of counters lie in memory that the kernel can write, as time
// stamps do. What the counters counted in a cell altogether does not: it is read
// from outside. Beside the readings only the stub counts; how many cycles and
// instructions that is, which every group counts, a cell without the kernel shows.
const (
	// maxBeside is how many times as much may be counted beside the readings as
	// in a cell without the kernel: caches and predictors are the kernel's.
	maxBeside   = 4
	besideSlack = 0.05 // of what was read
	besideFloor = 1000 // events a record
	mostRetakes = 2    // of the cell without the kernel, when others do not agree with it
)

// countReference finds what a group's events count beside the readings of a
// record, in a cell whose kernel is the empty function.
func (c *counting) countReference(g *group) error {
	out, err := c.subject.Space.Run(c.plan(g, trampoline.Empty, 0))
	if err != nil || out.End != cell.Returned {
		return err // the group's own cells will say why
	}
	if c.beside == nil {
		c.beside = make(map[string]float64)
	}
	for i, total := range out.Totals {
		each := (float64(total) - c.read(out, g, i)) / float64(max(len(out.Samples.Records), 1))
		c.beside[g.events[i].name] = max(c.beside[g.events[i].name], each)
	}
	return nil
}

// read is what event i of a group counted by the account of a cell.
func (c *counting) read(o *cell.Outcome, g *group, i int) (sum float64) {
	mode, at := c.mode(g), i
	if mode == trampoline.ModeRead {
		at += cell.ReadHeader
	}
	for _, rec := range o.Samples.Records {
		for _, count := range rec.Counts {
			if at < len(count.After) {
				sum += float64(advance(count.Before[at], count.After[at], mode, c.subject.Job.Host.PMUWidth))
			}
		}
	}
	return sum
}

// checkTotals holds the readings of a cell against what its counters counted.
func (c *counting) checkTotals(o *cell.Outcome, g *group) {
	n := float64(len(o.Samples.Records))
	for i, total := range o.Totals {
		e, read := g.events[i], c.read(o, g, i)
		usual, known := c.beside[e.name]
		tooMuch := func() bool {
			return known && float64(total) > read+n*(maxBeside*usual+besideFloor)+besideSlack*read
		}
		for try := 0; try < mostRetakes && tooMuch(); try++ { // the host may have become busy
			if c.countReference(g) != nil {
				break
			}
			usual = c.beside[e.name]
		}
		switch {
		case float64(total) < read:
			c.doubts = append(c.doubts, fmt.Sprintf("the readings of %s add up to %.0f, the counter counted %d", e.name, read, total))
		case tooMuch():
			c.doubts = append(c.doubts, fmt.Sprintf("the counter of %s counted %d, of which the readings show %.0f; in a cell without the kernel %.0f lie beside each", e.name, total, read, usual))
		}
	}
}
