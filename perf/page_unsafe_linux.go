package perf

import (
	"fmt"
	"os"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// MappedPage is the kernel's page of one open event. While any is mapped the
// process may execute RDPMC; after the last Close it may not.
type MappedPage struct{ mem []byte }

// MapPage maps the page of an event's descriptor, read-only. It charges one
// page to kernel.perf_event_mlock_kb.
func MapPage(fd int) (*MappedPage, error) {
	mem, err := unix.Mmap(fd, 0, os.Getpagesize(), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("perf: map the page of counter %d: %w", fd, err)
	}
	return &MappedPage{mem}, nil
}

// Uint32 reads a word that the kernel may be writing.
func (p *MappedPage) Uint32(offset int) uint32 {
	return atomic.LoadUint32((*uint32)(unsafe.Pointer(&p.mem[offset : offset+4][0])))
}

// Uint64 reads a double word that the kernel may be writing.
func (p *MappedPage) Uint64(offset int) uint64 {
	return atomic.LoadUint64((*uint64)(unsafe.Pointer(&p.mem[offset : offset+8][0])))
}

// Close unmaps the page; a second Close does nothing.
func (p *MappedPage) Close() error {
	if p.mem == nil {
		return nil
	}
	mem := p.mem
	p.mem = nil
	return unix.Munmap(mem)
}
