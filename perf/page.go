package perf

import (
	"errors"
	"fmt"
)

// The fields of struct perf_event_mmap_page that a reader in user mode needs,
// as offsets in bytes (include/uapi/linux/perf_event.h). Assembly reads them
// too.
const (
	PageLock         = 8  // uint32, odd or changed while the kernel writes
	PageIndex        = 12 // uint32, the RDPMC selector plus 1; 0 while on no counter
	PageOffset       = 16 // int64, to be added to the counter
	PageEnabled      = 24 // uint64, ns
	PageRunning      = 32 // uint64, ns
	PageCapabilities = 40 // uint64, bit 2: RDPMC is allowed
	PageWidth        = 48 // uint16, bits of the counter
)

const capUserRDPMC = 1 << 2

// The ways in which a page refuses to be read.
var (
	ErrNoRDPMC    = errors.New("perf: the kernel does not allow RDPMC for this counter (sysfs rdpmc is 0, or the PMU cannot)")
	ErrOffCounter = errors.New("perf: the event is on no counter at the moment")
	ErrUnstable   = errors.New("perf: the kernel kept changing the counter's page")
)

// Page is the mapped page of an open event. Its words are read afresh each
// time; the kernel writes them.
type Page interface {
	Uint32(offset int) uint32
	Uint64(offset int) uint64
}

// ReadPage returns a counter's value without a system call, by the protocol
// that the kernel's header describes: read the sequence lock, the selector,
// the counter and the offset, and again if the lock moved. rdpmc reads a
// counter by its selector.
func ReadPage(p Page, rdpmc func(selector uint32) uint64) (uint64, error) {
	const tries = 1000
	for range tries {
		lock := p.Uint32(PageLock)
		if lock&1 != 0 {
			continue
		}
		if p.Uint64(PageCapabilities)&capUserRDPMC == 0 {
			return 0, ErrNoRDPMC
		}
		index, offset, width := p.Uint32(PageIndex), p.Uint64(PageOffset), p.Uint64(PageWidth)&0xffff
		if index == 0 {
			if p.Uint32(PageLock) != lock {
				continue
			}
			return 0, ErrOffCounter
		}
		if width == 0 || width > 64 {
			return 0, fmt.Errorf("perf: a counter of %d bits", width)
		}
		// The counter is as wide as it says and counts on from a negative
		// start: extend its sign, then add.
		raw := rdpmc(index - 1)
		value := uint64(int64(raw<<(64-width))>>(64-width)) + offset
		if p.Uint32(PageLock) == lock {
			return value, nil
		}
	}
	return 0, ErrUnstable
}

// Delta returns what a counter of so many bits advanced by between two raw
// readings, of which it may have wrapped once.
func Delta(before, after uint64, width int) uint64 {
	if width <= 0 || width >= 64 {
		return after - before
	}
	return (after - before) & (1<<width - 1)
}
