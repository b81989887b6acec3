package subject

import (
	"golang.org/x/sys/unix"

	"webrunner/internal/cell"
	"webrunner/internal/wire"
	"webrunner/kernels"
	"webrunner/trampoline"
)

// setsName is what the memory of contents that operands get back is called in
// explanations.
const setsName = "the contents that operands get back"

// setAlign is what the contents of each operand in a set are aligned to, in bytes: the
// longest vectors copy no element across lines of the cache.
const setAlign = 64

// restored tells that operand i gets its contents back before each call that is
// measured. Where contents take turns, so do those that a function only reads, unless
// they are always the same.
func (s *Subject) restored(i int) bool {
	o := &s.Call.Operands[i]
	switch m := s.Job.Measure; {
	case o.Bytes == 0:
		return false
	case m.Fresh > 0:
		return o.Access != kernels.In || o.Fill.Seeded()
	default:
		return (m.Restore || o.Restore) && o.Access != kernels.In
	}
}

// setBytes is the size of one set of contents.
func (s *Subject) setBytes() (sum uint64) {
	for i := range s.Call.Operands {
		if s.restored(i) {
			sum += (s.Call.Operands[i].Bytes + setAlign - 1) &^ (setAlign - 1)
		}
	}
	return sum
}

// sets is how many sets of contents there are, and how much memory they take in bytes,
// in whole pages.
func (s *Subject) sets() (n, bytes uint64) {
	n = max(s.Job.Measure.Fresh, 1)
	return n, (n*s.setBytes() + operandAlign - 1) &^ (operandAlign - 1)
}

// setsAt returns the memory of the sets as a region that begins at an address; there is
// none where nothing is restored.
func (s *Subject) setsAt(addr uint64) []cell.Region {
	if _, bytes := s.sets(); bytes > 0 {
		return []cell.Region{{Name: setsName, Addr: addr, Size: bytes, Prot: unix.PROT_READ, Shared: true}}
	}
	return nil
}

// fillSets writes the contents of all sets, whose region begins at an address. The first
// are those that every cell begins with.
func (s *Subject) fillSets(addr uint64) error {
	n, bytes := s.sets()
	if bytes == 0 {
		return nil
	}
	s.restore = cell.Restore{Sets: n, Bytes: s.setBytes()}
	at := uint64(0)
	var from []uint64
	for i := range s.Call.Operands {
		from = append(from, at)
		if o := &s.Call.Operands[i]; s.restored(i) {
			s.restore.Ranges = append(s.restore.Ranges, trampoline.Copy{To: s.at[i], From: addr + at, Bytes: o.Bytes})
			at += (o.Bytes + setAlign - 1) &^ (setAlign - 1)
		}
	}
	err := s.Space.Rewrite(setsName, func(mem []byte) {
		for k := range n {
			s.Call.Fill(s.Memory, s.Job.Seed+k*setSeed)
			for i := range s.Call.Operands {
				if s.restored(i) {
					copy(mem[k*s.restore.Bytes+from[i]:], s.Memory[i])
				}
			}
		}
	})
	if err != nil {
		return wire.Problemf(wire.Internal, "%v", err)
	}
	return nil
}

// setSeed is what the seeds of two sets that follow each other differ by: an odd number,
// so that all sets of one job differ, and no other job's seed is likely to be as far away.
const setSeed = 0x9e3779b97f4a7c15

// Manner tells what operands hold when a call begins that is measured.
func (s *Subject) Manner() wire.Manner {
	m := s.Job.Measure
	m.Restore = m.Restore || len(s.restore.Ranges) > 0
	return m.Manner()
}

// Restoring returns a plan of these laps with one more behind them that gives operands
// their contents back, if the job asks for it.
func (s *Subject) Restoring(p cell.Plan) cell.Plan {
	if len(s.restore.Ranges) > 0 {
		p.Laps = append(p.Laps, cell.Lap{Kind: trampoline.Restore})
		p.Restore = s.restore
	}
	return p
}
