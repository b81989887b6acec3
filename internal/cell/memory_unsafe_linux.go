package cell

import (
	"encoding/binary"
	"errors"
	"unsafe"

	"golang.org/x/sys/unix"

	"webrunner/trampoline"
)

var le = binary.LittleEndian

const (
	controlSize = (uint64(unsafe.Sizeof(trampoline.Control{})) + pageSize - 1) &^ (pageSize - 1)
	resultsSize = 64 << 10 // some 760 records of time stamps: cleared for each cell
	recordSize  = uint64(unsafe.Sizeof(trampoline.Record{}))
)

// memory returns mapped memory as bytes. The address is one that mapRegion
// mapped outside of the Go heap.
func memory(addr, size uint64) []byte {
	return unsafe.Slice((*byte)(pointer(addr)), size)
}

// pointer turns an address outside of the Go heap into a pointer.
func pointer(addr uint64) unsafe.Pointer {
	return *(*unsafe.Pointer)(unsafe.Pointer(&addr))
}

func control() *trampoline.Control { return (*trampoline.Control)(pointer(trampoline.ControlAddr)) }
func results() *trampoline.Results { return (*trampoline.Results)(pointer(trampoline.ResultsAddr)) }

// mapRegion maps a region at its address, never over another mapping, fills it
// and gives it its protection.
func mapRegion(r Region) error {
	var err error
	switch {
	case r.Huge:
		err = mapHuge(r)
	case r.Shared:
		err = mapSmall(r, unix.MAP_SHARED)
	default:
		err = mapSmall(r, unix.MAP_PRIVATE)
	}
	if err != nil {
		return err
	}
	size := r.end() - r.Addr
	populate(r.Addr, r.filled())
	copy(memory(r.Addr, size), r.Data)
	if r.Prot == unix.PROT_READ|unix.PROT_WRITE {
		return nil
	}
	return unix.Mprotect(memory(r.Addr, size), r.Prot)
}

// mapSmall maps memory whose pages stay small whatever the host's policy is
// (/sys/kernel/mm/transparent_hugepage/), so that it does not decide about
// figures unseen. A Linux without huge pages knows no such advice.
func mapSmall(r Region, flags uintptr) error {
	if err := mapMemory(r, flags|unix.MAP_NORESERVE); err != nil {
		return err
	}
	size := r.end() - r.Addr
	err := unix.Madvise(memory(r.Addr, size), unix.MADV_NOHUGEPAGE)
	if err == nil || err == unix.EINVAL {
		return nil
	}
	return errors.Join(err, unmap(r.Addr, size))
}

// filled is how much of a region this process writes before a cell is forked, in bytes from its
// beginning: its data, or all of it where cells write what this process reads.
func (r Region) filled() uint64 {
	if r.Shared && r.Prot&unix.PROT_WRITE != 0 && !r.Huge && !r.vast() {
		return r.Size
	}
	return uint64(len(r.Data))
}

// populate has Linux make the pages of a range at once: one by one, as they are touched, they
// take two to three times as long on a virtual machine. Where it cannot, they are made so.
func populate(addr, size uint64) {
	if size > pageSize {
		_, _, _ = unix.Syscall(unix.SYS_MADVISE, uintptr(addr), uintptr((size+pageSize-1)&^(pageSize-1)), unix.MADV_POPULATE_WRITE)
	}
}

// mapMemory maps zeroed memory for a region.
func mapMemory(r Region, flags uintptr) error {
	size := r.end() - r.Addr
	got, _, errno := unix.Syscall6(unix.SYS_MMAP, uintptr(r.Addr), uintptr(size),
		unix.PROT_READ|unix.PROT_WRITE, flags|unix.MAP_ANON|unix.MAP_FIXED_NOREPLACE, ^uintptr(0), 0)
	if errno == unix.EEXIST {
		return ErrAddressTaken
	}
	if errno != 0 {
		return errno
	}
	if uint64(got) != r.Addr { // Linux before 4.17 takes the flag for a hint
		return errors.Join(ErrAddressTaken, unmap(uint64(got), size))
	}
	return nil
}

func unmap(addr, size uint64) error {
	if _, _, errno := unix.Syscall(unix.SYS_MUNMAP, uintptr(addr), uintptr(size), 0); errno != 0 {
		return errno
	}
	return nil
}

// dontFork keeps what is mapped in a range out of forked processes. Where there
// are holes in it, as there always are, the rest is done and ENOMEM returned
// (madvise(2)).
func dontFork(addr, size uint64) {
	_, _, _ = unix.Syscall(unix.SYS_MADVISE, uintptr(addr), uintptr(size), unix.MADV_DONTFORK)
}

// doFork undoes what dontFork did to a mapping.
func doFork(addr, size uint64) {
	_, _, _ = unix.Syscall(unix.SYS_MADVISE, uintptr(addr), uintptr(size), unix.MADV_DOFORK)
}

// siginfo is the head of Linux's siginfo_t on x86-64
// (include/uapi/asm-generic/siginfo.h): number, errno, code, then the address
// for faults.
type siginfo struct {
	signo, errno, code, _ int32
	addr                  uint64
	_                     [104]byte
}

func getSiginfo(pid int) (siginfo, error) {
	var si siginfo
	_, _, errno := unix.RawSyscall6(unix.SYS_PTRACE, unix.PTRACE_GETSIGINFO, uintptr(pid), 0, uintptr(unsafe.Pointer(&si)), 0, 0)
	if errno != 0 {
		return si, errno
	}
	return si, nil
}

// jump has the stopped cell go on at an address.
func jump(pid int, addr uint64) error {
	return pokeUser(pid, unsafe.Offsetof(unix.PtraceRegsAmd64{}.Rip), addr)
}

// setFlags gives the stopped cell flags.
func setFlags(pid int, flags uint64) error {
	return pokeUser(pid, unsafe.Offsetof(unix.PtraceRegsAmd64{}.Eflags), flags)
}

// pokeUser writes a register of the stopped cell, by its offset in Linux's struct user, which begins with
// the general registers. A child may write these two alone.
func pokeUser(pid int, offset uintptr, value uint64) error {
	if _, _, errno := unix.RawSyscall6(unix.SYS_PTRACE, unix.PTRACE_POKEUSR, uintptr(pid), offset, uintptr(value), 0, 0); errno != 0 {
		return errno
	}
	return nil
}

// peek reads a word of the stopped cell. It works on its private memory too.
func peek(pid int, addr uint64) (uint64, bool) {
	var word uint64
	_, _, errno := unix.RawSyscall6(unix.SYS_PTRACE, unix.PTRACE_PEEKDATA, uintptr(pid), uintptr(addr), uintptr(unsafe.Pointer(&word)), 0, 0)
	return word, errno == 0
}
