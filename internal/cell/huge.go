package cell

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// mapHuge maps a region on huge pages: from the host's reserve, else from small
// pages that Linux makes into huge ones. Either call tells whether it has
// done so, and what is huge stays so: the memory is not swapped out within a
// job, and nothing else splits it.
func mapHuge(r Region) error {
	reserve := reserved(r)
	if reserve == nil {
		return nil
	}
	collapse := collapsed(r)
	if collapse == nil || errors.Is(collapse, ErrAddressTaken) {
		return collapse
	}
	return &HugeError{Reserve: reserve, Collapse: collapse}
}

// reserved takes pages of the host's reserve, which mmap sets aside for this
// mapping. A cgroup may still refuse them when they are touched, so that is
// tried (Documentation/admin-guide/mm/hugetlbpage.rst, cgroup-v2.rst).
func reserved(r Region) error {
	if err := mapMemory(r, unix.MAP_SHARED|unix.MAP_HUGETLB|unix.MAP_HUGE_2MB); err != nil {
		return err
	}
	size := r.end() - r.Addr
	err := unix.Madvise(memory(r.Addr, size), unix.MADV_POPULATE_WRITE)
	if err == nil || err == unix.EINVAL { // Linux before 5.14 cannot try
		return nil
	}
	return errors.Join(err, unmap(r.Addr, size))
}

// collapsed maps shared memory and has it made huge. The advice is an order that
// is carried out at once or refused (madvise(2), MADV_COLLAPSE), and refused
// where nothing is yet, so each huge page begins as a small one. The mappings of
// the cells, which inherit no page table, follow what the memory is.
func collapsed(r Region) error {
	if err := mapMemory(r, unix.MAP_SHARED|unix.MAP_NORESERVE); err != nil {
		return err
	}
	size := r.end() - r.Addr
	mem := memory(r.Addr, size)
	var err error
	for at := uint64(0); at < size && err == nil; at += HugePage {
		err = unix.Madvise(mem[at:at+pageSize], unix.MADV_POPULATE_WRITE)
	}
	if err == nil {
		err = collapse(mem)
	}
	if err == nil {
		return nil
	}
	return errors.Join(err, unmap(r.Addr, size))
}

// collapse asks again when Linux says that a page was busy.
func collapse(mem []byte) (err error) {
	for range 8 {
		if err = unix.Madvise(mem, unix.MADV_COLLAPSE); err != unix.EAGAIN && err != unix.EBUSY {
			break
		}
	}
	return err
}

// hugePages is how many huge pages the regions have together.
func hugePages(regions []Region) (n uint64) {
	for _, r := range regions {
		if r.Huge {
			n += (r.end() - r.Addr) / HugePage
		}
	}
	return n
}

// HugeError says that the host gives no huge pages.
type HugeError struct {
	Pages    uint64 // how many are wanted
	Reserve  error  // why none came from the reserve
	Collapse error  // why none was made of small ones
}

// Error names both reasons, and what gives the host such pages.
func (e *HugeError) Error() string {
	mend := "Linux 6.1 and later make them of small ones unless told not to: echo advise > /sys/kernel/mm/transparent_hugepage/shmem_enabled"
	if !errors.Is(e.Collapse, unix.EINVAL) {
		mend = "sysctl vm.compact_memory=1 frees memory for them"
	}
	return fmt.Sprintf("the host has no pages of 2 MiB: none in reserve (%v), none made of small ones (%v); sysctl vm.nr_hugepages=%d reserves what is wanted here, or %s",
		e.Reserve, e.Collapse, e.Pages, mend)
}

// Unwrap gives the error numbers to errors.Is.
func (e *HugeError) Unwrap() []error { return []error{e.Reserve, e.Collapse} }
