package cell

import (
	"bytes"
	"slices"

	"golang.org/x/sys/unix"

	"webrunner/trampoline"
)

// aim has the sites of the stub's copy call what they shall, and all others what
// they call in the blob: what a cell can read of them tells it nothing of earlier
// cells. None is there to see the copy change: it is writable only before the next one is forked, and
// only where it differs from the one for the cell before.
func aim(sites []trampoline.Site) error {
	patches, err := trampoline.Aim(sites)
	if err != nil {
		return err
	}
	wanted := slices.Clone(trampoline.Code())
	for _, p := range patches {
		copy(wanted[p.Addr-trampoline.StubAddr:], p.Bytes[:])
	}
	code := memory(trampoline.StubAddr, stubSize())
	if bytes.Equal(code[:len(wanted)], wanted) {
		return nil
	}
	if err := unix.Mprotect(code, unix.PROT_READ|unix.PROT_WRITE); err != nil {
		return err
	}
	copy(code, wanted)
	return unix.Mprotect(code, unix.PROT_READ|unix.PROT_EXEC)
}

// stubSize is that of the stub's mapping.
func stubSize() uint64 {
	return (uint64(len(trampoline.Code())) + pageSize - 1) &^ (pageSize - 1)
}
