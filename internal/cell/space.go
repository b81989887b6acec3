// Package cell builds the address space of a cell, forks it, supervises it and
// explains how it ended. A cell is the process that executes untrusted code:
// one thread, no Go runtime, a handful of mappings, and one system call left.
package cell

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"webrunner/trampoline"
)

const pageSize = 4096

// Region is one mapping of the cell that comes from the job: a piece of the
// image or an operand.
type Region struct {
	Name   string
	Addr   uint64
	Size   uint64 // bytes; rounded up to whole pages
	Data   []byte // initial contents, the rest is zero
	Prot   int    // unix.PROT_READ and so on; never write and execute together
	Shared bool   // the supervisor sees what the cell writes
	Huge   bool   // its pages have HugePage bytes, or there is no space; for shared data only

	own bool // the cell's, not the job's
}

// HugePage is the size in bytes of a large page, and what the address of a huge
// region is a multiple of.
const HugePage = 2 << 20

// page is the size of the region's pages.
func (r Region) page() uint64 {
	if r.Huge {
		return HugePage
	}
	return pageSize
}

func (r Region) end() uint64 { return r.Addr + (r.Size+r.page()-1)&^(r.page()-1) }

// Space is the address space that cells are forked from. It lies in this
// process at the very addresses where the cell will see it; everything else is
// unmapped by the cell itself before untrusted code runs.
type Space struct {
	regions []Region // ascending, the cell's own among them
	beside  bool     // there are other spaces in this process, with the same own regions
	borrows bool     // the own regions are another space's, which unmaps them
	remains *remains // of the last cell; the same for all spaces of a process
	inUse   bool     // the processor has XGETBV with ECX = 1
}

// GatesName is the name of the region of the gates, some of which a watched cell cannot
// read whatever the region's protection is.
const GatesName = "gates"

// StackSize is what a kernel may use of its stack, in bytes.
const StackSize = 1 << 20

// ErrAddressTaken says that memory of this process lies where the space must. The
// Go runtime puts its heap anywhere, so this is so in about one process of a
// hundred thousand (runtime/malloc.go, randomizeHeapBase); another may have the
// space.
var ErrAddressTaken = errors.New("an address of the cell is taken in this process")

// NewSpace maps the regions and the cell's own pages. All addresses are fixed,
// so a process has one space at a time, and others Beside it; ErrAddressTaken says that something else
// of it lies there. A *HugeError says that the host has no
// pages for a huge region.
func NewSpace(job []Region) (*Space, error) {
	code := trampoline.Code()
	own := []Region{
		{Name: "stub", Addr: trampoline.StubAddr, Size: uint64(len(code)), Data: code, Prot: unix.PROT_READ | unix.PROT_EXEC},
		{Name: "control", Addr: trampoline.ControlAddr, Size: controlSize, Prot: unix.PROT_READ | unix.PROT_WRITE, Shared: true},
		{Name: GatesName, Addr: trampoline.GatesAddr, Size: gatesSize, Data: make([]byte, gatesSize), Prot: unix.PROT_READ}, // data, so that cells are born with these pages
		{Name: "thread", Addr: trampoline.ThreadAddr, Size: trampoline.ThreadSize, Data: threadPage(), Prot: unix.PROT_READ | unix.PROT_WRITE},
		{Name: "results", Addr: trampoline.ResultsAddr, Size: resultsSize, Prot: unix.PROT_READ | unix.PROT_WRITE, Shared: true},
		{Name: "stack", Addr: trampoline.StackAddr, Size: StackSize, Prot: unix.PROT_READ | unix.PROT_WRITE},
	}
	for i := range own {
		own[i].own = true
	}
	s := &Space{regions: append(own, job...), remains: &remains{}, inUse: hasXInUse()}
	return s, s.open()
}

// Beside maps another space in this process, whose regions lie where s has none. Both
// have the same pages of the cell's own, so one of them runs a cell at a time, in which
// nothing of the other is. Errors are those of NewSpace; s must be closed last.
func (s *Space) Beside(job []Region) (*Space, error) {
	var own []Region
	for _, r := range s.regions {
		if r.own {
			own = append(own, r)
		}
	}
	s.beside = true
	b := &Space{regions: append(own, job...), beside: true, borrows: true, remains: s.remains, inUse: s.inUse}
	return b, b.open()
}

// open maps the regions, or unmaps those that it has.
func (s *Space) open() error {
	slices.SortFunc(s.regions, func(a, b Region) int { return cmp.Compare(a.Addr, b.Addr) })
	for i := range s.regions {
		if err := check(s.regions, i); err != nil {
			return err
		}
	}
	for i, r := range s.regions {
		if s.foreign(r) {
			continue
		}
		if err := mapRegion(r); err != nil {
			pages := hugePages(s.regions)
			if huge := (*HugeError)(nil); errors.As(err, &huge) {
				huge.Pages = pages
			}
			s.regions = s.regions[:i]
			return errors.Join(fmt.Errorf("cell: map %s at %#x: %w", r.Name, r.Addr, err), s.Close())
		}
	}
	return nil
}

// foreign tells that a region is another space's.
func (s *Space) foreign(r Region) bool { return r.own && s.borrows }

// check refuses a region that could not be guarded or would be writable code.
func check(regions []Region, i int) error {
	r := regions[i]
	switch {
	case r.Addr%r.page() != 0 || r.Size == 0 || r.end() < r.Addr || uint64(len(r.Data)) > r.Size:
		return fmt.Errorf("cell: region %s %#x+%#x is not a range of whole pages", r.Name, r.Addr, r.Size)
	case r.Huge && (!r.Shared || r.Prot != unix.PROT_READ|unix.PROT_WRITE):
		return fmt.Errorf("cell: region %s has huge pages, but is not shared data", r.Name)
	case r.Prot&unix.PROT_WRITE != 0 && r.Prot&unix.PROT_EXEC != 0:
		return fmt.Errorf("cell: region %s is writable and executable", r.Name)
	case i > 0 && regions[i-1].end() > r.Addr:
		return fmt.Errorf("cell: regions %s and %s overlap", regions[i-1].Name, r.Name)
	}
	return nil
}

// threadPage returns the initial contents of the page that FS points at: the
// self pointer at FS:0 and the stack protector's canary at FS:0x28.
func threadPage() []byte {
	b := make([]byte, trampoline.ThreadSize)
	le.PutUint64(b[trampoline.FSBase-trampoline.ThreadAddr:], trampoline.FSBase)
	le.PutUint64(b[trampoline.FSBase-trampoline.ThreadAddr+0x10:], trampoline.FSBase)
	le.PutUint64(b[trampoline.FSBase-trampoline.ThreadAddr+0x28:], 0x5afe_c0de_dead_ff00)
	return b
}

// Bytes returns the memory of the named region. What the cell writes shows in
// it only when the region is shared.
func (s *Space) Bytes(name string) ([]byte, error) {
	for _, r := range s.regions {
		if r.Name == name {
			return memory(r.Addr, r.Size), nil
		}
	}
	return nil, errors.New("cell: no region " + name)
}

// Size returns how many mappings a cell has, and their size in bytes.
func (s *Space) Size() (mappings int, bytes uint64) {
	for _, r := range s.regions {
		bytes += r.end() - r.Addr
	}
	return len(s.regions), bytes
}

// resident is how much memory a cell has after so many page faults, in bytes:
// what it was born with or takes along, and a page for each. What may be written it does not
// share with its parent any more when its script is done: one fault each, too.
// No number of faults, such as those by which Linux balances the memory of
// nodes, makes it more than is mapped.
func (s *Space) resident(faults int64) uint64 {
	n := uint64(faults) * pageSize
	for _, r := range s.regions {
		switch {
		case r.Huge:
			n += (r.end() - r.Addr) / HugePage * (HugePage - pageSize)
		case r.Addr == trampoline.ControlAddr:
			n += controlSize - pageSize // all of it is ready when the first page is taken
		case r.Addr == trampoline.ThreadAddr:
			n += r.end() - r.Addr
		case !r.Shared && r.Prot&unix.PROT_WRITE == 0:
			n += (uint64(len(r.Data)) + pageSize - 1) &^ (pageSize - 1)
		}
	}
	_, mapped := s.Size()
	return min(n, mapped)
}

// Find returns the region at, or nearest to, an address, and how far the
// address lies outside of it: negative before its start, positive past its
// last byte (1 is the first byte behind), zero inside.
func (s *Space) Find(addr uint64) (Region, int64) {
	var best Region
	dist := int64(-1 << 63)
	for _, r := range s.regions {
		var d int64
		switch {
		case addr < r.Addr:
			d = -int64(r.Addr - addr)
		case addr >= r.Addr+r.Size:
			d = int64(addr - (r.Addr + r.Size) + 1)
		}
		if abs(d) < abs(dist) || dist == -1<<63 {
			best, dist = r, d
		}
	}
	return best, dist
}

func abs(d int64) uint64 {
	if d < 0 {
		return uint64(-d)
	}
	return uint64(d)
}

// gaps returns the ranges of user memory that no region covers: what the cell
// unmaps. Linux never maps the first page below mmap_min_addr, and the last
// page of the lower half is never mappable (arch/x86/include/asm/page_64_types.h).
func (s *Space) gaps() [][2]uint64 {
	const top = 0x7ffffffff000
	var out [][2]uint64
	at := uint64(0)
	for _, r := range s.regions {
		if r.Addr > at {
			out = append(out, [2]uint64{at, r.Addr - at})
		}
		at = r.end()
	}
	return append(out, [2]uint64{at, top - at})
}

// withhold has forks leave out what is not the space's: a cell is made faster,
// and this process need not copy its pages when it writes to them next. What is
// mapped later is copied and then unmapped by the script, as is all where the
// host refuses this.
func (s *Space) withhold() {
	for _, g := range s.gaps() {
		dontFork(g[0], g[1])
	}
	if !s.beside {
		return
	}
	for _, r := range s.regions { // the cells of others did without these
		doFork(r.Addr, r.end()-r.Addr)
	}
}

// Close unmaps the space, but for what it has of another that it is Beside.
func (s *Space) Close() error {
	s.remains.clear()
	var errs []error
	for _, r := range s.regions {
		if !s.foreign(r) {
			errs = append(errs, unmap(r.Addr, r.end()-r.Addr))
		}
	}
	return errors.Join(errs...)
}
