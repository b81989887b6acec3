package cell

import (
	"golang.org/x/sys/unix"

	"webrunner/trampoline"
)

// aim has the sites of the stub's copy call what they shall. No cell is there to
// see the copy change: it is writable only before the next one is forked, and
// only where a site calls something else than it did for the cell before.
func aim(sites []trampoline.Site) error {
	patches, err := trampoline.Aim(sites)
	if err != nil {
		return err
	}
	code := memory(trampoline.StubAddr, stubSize())
	kept := true
	for _, p := range patches {
		kept = kept && [len(p.Bytes)]byte(code[p.Addr-trampoline.StubAddr:]) == p.Bytes
	}
	if kept {
		return nil
	}
	if err := unix.Mprotect(code, unix.PROT_READ|unix.PROT_WRITE); err != nil {
		return err
	}
	for _, p := range patches {
		copy(code[p.Addr-trampoline.StubAddr:], p.Bytes[:])
	}
	return unix.Mprotect(code, unix.PROT_READ|unix.PROT_EXEC)
}

// stubSize is that of the stub's mapping.
func stubSize() uint64 {
	return (uint64(len(trampoline.Code())) + pageSize - 1) &^ (pageSize - 1)
}
