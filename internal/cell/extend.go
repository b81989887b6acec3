package cell

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"
)

// Extend maps further regions into the space, and takes from those that it has of the
// job the right to be executed: cells that are forked until undo is called run the
// code of the further ones alone. undo must be called before anything else changes the
// space.
func (s *Space) Extend(further []Region) (undo func() error, err error) {
	old := s.regions
	s.regions = append(slices.Clone(old), further...)
	slices.SortFunc(s.regions, func(a, b Region) int { return cmp.Compare(a.Addr, b.Addr) })
	var mapped, hidden []Region
	undo = func() error {
		var errs []error
		for _, r := range mapped {
			errs = append(errs, unmap(r.Addr, r.end()-r.Addr))
		}
		for _, r := range hidden {
			errs = append(errs, unix.Mprotect(memory(r.Addr, r.end()-r.Addr), r.Prot))
		}
		s.regions = old
		return errors.Join(errs...)
	}
	for i := range s.regions {
		if err := check(s.regions, i); err != nil {
			return nil, errors.Join(err, undo())
		}
	}
	for _, r := range further {
		if err := mapRegion(r); err != nil {
			return nil, errors.Join(fmt.Errorf("cell: map %s at %#x: %w", r.Name, r.Addr, err), undo())
		}
		mapped = append(mapped, r)
	}
	for _, r := range old {
		if r.own || r.Prot&unix.PROT_EXEC == 0 {
			continue
		}
		if err := unix.Mprotect(memory(r.Addr, r.end()-r.Addr), r.Prot&^unix.PROT_EXEC); err != nil {
			return nil, errors.Join(fmt.Errorf("cell: hide %s: %w", r.Name, err), undo())
		}
		hidden = append(hidden, r)
	}
	return undo, nil
}
