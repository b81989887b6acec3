// Package counted counts exactly what a call of a subject does, on any host: it has the
// call made in a cell of its own, in such a way that every instruction is known, and
// holds a second call against it, which finds other addresses.
package counted

import (
	"errors"
	"fmt"
	"time"

	"webrunner/internal/cell"
	"webrunner/internal/count"
	"webrunner/internal/count/step"
	"webrunner/internal/subject"
	"webrunner/internal/wire"
)

// Counts is what a call did.
type Counts struct {
	count.Totals
	Ledger count.Ledger
	Notes  []string // how the call was counted, and all of Depends
	// Depends tells what the counts depend on beside the contents of the operands, or
	// that it is not known whether they do.
	Depends []string
}

// counter makes one call of a subject, or of one that shares its memory, and tells what
// was executed. An error says why that is not known.
type counter interface {
	call(*subject.Subject, cell.Plan) (count.Ledger, error)
	// verify holds the first call, of those that were made of the subject itself, against
	// one in which nothing is counted. It comes last.
	verify() error
	// leave ends counting before its end.
	leave() error
}

// stepped counts in single steps.
type stepped struct{ most uint64 }

func (c stepped) call(s *subject.Subject, plan cell.Plan) (count.Ledger, error) {
	call, err := step.Run(s, plan, c.most)
	if err != nil {
		return nil, err
	}
	return call.Ledger, nil
}

func (stepped) verify() error { return nil }
func (stepped) leave() error  { return nil }

// mostSteps bounds the steps of one call.
const mostSteps = 100_000

// stepTime is about what a step takes at most on a host that is not busy. A
// hypervisor that has to be asked of each makes it long.
const stepTime = 40 * time.Microsecond

// What counting a call takes, of the length of the call. Most code that counts takes
// hardly longer than the original; the shortest loops take up to seven times as long.
const (
	slowdown  = 4
	copies    = 2 // calls in code that counts
	originals = 1 // calls that their result is compared with
	cellTime  = time.Millisecond
	// Code is copied, and the copy screened: so long for a byte of it.
	byteTime = 75 * time.Nanosecond
)

// takes is about how long it takes to count a call of some length, of so many bytes of
// code.
func takes(length time.Duration, code int) time.Duration {
	return (copies*slowdown+originals)*length + (copies+originals)*cellTime + time.Duration(code)*byteTime
}

// Count counts what one call of a subject does, which takes about so long, within a time
// limit. An error says why it cannot be known.
func Count(s *subject.Subject, length, limit time.Duration) (*Counts, error) {
	code := 0
	for _, sec := range subject.Code(s.Image).Sections {
		code += len(sec.Code)
	}
	if takes(length, code) > limit {
		return nil, errNoTime
	}
	rewritten, err := newCopied(s, limit)
	if err == nil {
		var c *Counts
		if c, err = with(s, rewritten); err == nil {
			return c, nil
		}
	}
	c, err2 := with(s, stepped{min(mostSteps, uint64(max(limit, 0)/stepTime/2))})
	if err2 != nil {
		return nil, fmt.Errorf("%w; in single steps %w", reason(err), reason(err2))
	}
	c.note("the instructions were counted in single steps, not in rewritten code: %v", reason(err))
	return c, nil
}

// with counts by some means.
func with(s *subject.Subject, by counter) (*Counts, error) {
	l, err := by.call(s, s.Plan())
	if err != nil {
		return nil, errors.Join(err, by.leave())
	}
	c := &Counts{Ledger: l, Totals: count.Sum(l, s.Space.Code)}
	c.compare(s, by)
	if err := by.verify(); err != nil {
		return nil, err
	}
	return c, nil
}

// reason puts into words why a call cannot be counted.
func reason(err error) error {
	var long *step.LongError
	var p *wire.Problem
	switch {
	case errors.As(err, &long):
		return fmt.Errorf("a call has more than %d instructions, which is as many as there is time to count", long.Steps)
	case errors.As(err, &p):
		return fmt.Errorf("the call that was counted ended otherwise: %s", p.Detail)
	}
	return err
}

// vectorAlign is the alignment of operands, in bytes, that the widest vectors ask for.
const vectorAlign = 64

// movedStack is how many bytes the stack is moved by for the call that is compared. It
// is an odd multiple of its alignment.
const movedStack = 1<<11 + 1<<4

// compare makes the call again where its operands and its stack lie elsewhere, and
// notes what that changes. What it does not change, time does not.
func (c *Counts) compare(s *subject.Subject, by counter) {
	var other count.Ledger
	var err error
	for _, align := range []uint64{1, vectorAlign} {
		g := s.Moved(align)
		plan := g.Plan()
		plan.StackOffset = (plan.StackOffset + movedStack) % cell.MaxStackOffset
		if other, err = by.call(g, plan); err == nil {
			break
		}
	}
	switch {
	case err != nil:
		c.depend("whether the counts depend on addresses is not known: %v", reason(err))
	case !other.Equal(c.Ledger):
		c.differ(s, by, instructions(other))
	}
}

// repeats is how many more calls are made that begin as the first did, before what a
// call elsewhere does otherwise is put down to addresses.
const repeats = 3

// differ tells whether a call whose instructions differ from those of one elsewhere
// depends on addresses or on time.
func (c *Counts) differ(s *subject.Subject, by counter, elsewhere uint64) {
	for range repeats {
		again, err := by.call(s, s.Plan())
		if err != nil {
			c.depend("the counts are of one call only: another one could not be counted: %v", reason(err))
			return
		}
		if !again.Equal(c.Ledger) {
			c.depend("the counts are of one call and depend on time or chance: another call that began alike executed %d instructions, this one %d", instructions(again), c.Instructions)
			return
		}
	}
	c.depend("the counts depend on addresses: with the operands and the stack elsewhere the call executes %d instructions instead of %d", elsewhere, c.Instructions)
}

func (c *Counts) note(format string, args ...any) {
	c.Notes = append(c.Notes, fmt.Sprintf(format, args...))
}

func (c *Counts) depend(format string, args ...any) {
	c.note(format, args...)
	c.Depends = append(c.Depends, c.Notes[len(c.Notes)-1])
}

func instructions(l count.Ledger) (n uint64) {
	for _, t := range l {
		n += t.Executed
	}
	return n
}
