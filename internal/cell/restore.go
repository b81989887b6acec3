package cell

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"webrunner/trampoline"
)

// Restore is what a lap of the kind trampoline.Restore copies: the contents that the
// calls of the next record find. The zero value is nothing.
type Restore struct {
	Ranges []trampoline.Copy // from the first set of contents, in memory that the cell cannot write
	Sets   uint64            // of contents, which records take in turn; the first record has the first
	Bytes  uint64            // from one set to the next
}

// restore tells the stub what a restore copies, within these regions. What it has
// copied is warm in the caches.
func (p Plan) restore(c *trampoline.Control, regions []Region) error {
	r := p.Restore
	restores := false
	for _, lap := range p.Laps {
		restores = restores || lap.Kind == trampoline.Restore
		if len(r.Ranges) > 0 && lap.Kind == trampoline.Kernel && lap.Batch > 1 {
			return errors.New("cell: of a batch the first call alone would find contents restored")
		}
	}
	switch {
	case restores != (len(r.Ranges) > 0):
		return fmt.Errorf("cell: %d ranges are to be restored, laps restore them: %v", len(r.Ranges), restores)
	case !restores:
		return nil
	case r.Sets == 0 || len(r.Ranges) > len(c.Restore):
		return fmt.Errorf("cell: %d ranges of %d sets are to be restored, there may be 1 to %d ranges", len(r.Ranges), r.Sets, len(c.Restore))
	}
	for _, m := range r.Ranges {
		if !inside(regions, m.To, m.Bytes, unix.PROT_READ|unix.PROT_WRITE) || !inside(regions, m.From, (r.Sets-1)*r.Bytes+m.Bytes, unix.PROT_READ) {
			return fmt.Errorf("cell: %d bytes at %#x cannot be restored from %#x", m.Bytes, m.To, m.From)
		}
	}
	c.Sets, c.SetBytes, c.RestoreN = r.Sets, r.Bytes, uint64(copy(c.Restore[:], r.Ranges))
	return nil
}

// inside tells that a range lies in one region, which has this protection and is the
// job's.
func inside(regions []Region, addr, size uint64, prot int) bool {
	for _, r := range regions {
		if !r.own && r.Prot == prot && addr >= r.Addr && size <= r.Size && addr-r.Addr <= r.Size-size {
			return true
		}
	}
	return false
}

// Rewrite gives write the memory of the named region, which cells share and may only
// read: what it writes is there for every cell to come.
func (s *Space) Rewrite(name string, write func([]byte)) error {
	for _, r := range s.regions {
		if r.Name != name || !r.Shared || r.Prot != unix.PROT_READ {
			continue
		}
		m := memory(r.Addr, r.end()-r.Addr)
		if err := unix.Mprotect(m, unix.PROT_READ|unix.PROT_WRITE); err != nil {
			return fmt.Errorf("cell: %s cannot be written: %w", name, err)
		}
		write(m[:r.Size])
		return unix.Mprotect(m, unix.PROT_READ)
	}
	return errors.New("cell: no region " + name + " that is shared and read alone")
}
