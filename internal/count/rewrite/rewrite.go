package rewrite

import (
	"errors"
	"fmt"
	"sort"

	"webrunner/filter/screen"
)

// Source is the code that is copied.
type Source struct {
	Sections []screen.Instructions // in order of address
	// Entries are addresses that control may come to otherwise than by a direct branch:
	// those of symbols and of relocations. Others that the code shows, as return
	// addresses are, are found; what is neither is left out of the table.
	Entries []uint64
	// Anywhere makes every instruction an entry, for code that computes where it goes.
	Anywhere bool
	// Outside are addresses that control may come to where there is no code to copy:
	// the return address of the call, the places of functions that do not exist.
	Outside []uint64
}

// mostCode bounds the code that is copied, in bytes.
const mostCode = 32 << 20

// block is straight-line code, as executed whenever its counter was bumped.
type block struct {
	target     uint64 // of a direct branch
	section    int32
	start, end int32 // offsets in the section; end is behind its last instruction
	first      int32 // index of its first instruction among those of the section
	at         uint32
	counter    int32 // index of its counter
	fallen     int32 // counter of how often its last instruction, a branch, fell through; 0 is that of the next block
	to         int32 // number of the block that target begins, from 1; 0 where none does
	measured   int32 // index of the first of its measured instructions
	measures   int32 // how many there are
	flow       flow
	live       bool // its flags must be kept
	over       bool // it goes on behind the next block, which is its own instruction without LOCK
	own        use  // of the flags by its own instructions
}

// measured is an instruction whose work depends on the run.
type measured struct {
	off     int
	active  int // counter of what it was active for
	left    int // counter of turns left over, to be subtracted; 0 is none
	touched int // counter of executions with an active lane; 0 is none
}

// section is a part of the source with what is known of its bytes.
type section struct {
	screen.Instructions
	kinds []kind // of its instructions, in order

	leader bitmap // a block begins here
	entry  bitmap // control may come here by an address
	joined bitmap // control may come here otherwise than from the instruction before
	blocks int    // number of the first of its blocks
}

// Copy is code that counts.
type Copy struct {
	Code     []byte // to lie at Place.Code
	Counters int    // bytes to lie at Place.Counters

	place    Place
	anywhere bool
	sections []section
	blocks   []block
	measures []measured
	outside  []uint64
	count    int // of counters
}

// Rewrite copies code.
func Rewrite(s Source, at Place) (*Copy, error) {
	c := &Copy{place: at, anywhere: s.Anywhere, outside: s.Outside, count: slots/8 + 1} // counter 0 is none
	size := 0
	for i := range s.Sections {
		n := len(s.Sections[i].Code)
		size += n
		c.sections = append(c.sections, section{Instructions: s.Sections[i], leader: newBitmap(n), entry: newBitmap(n), joined: newBitmap(n)})
	}
	if size > mostCode {
		return nil, fmt.Errorf("%d bytes of code are more than %d, which is as much as is rewritten", size, mostCode)
	}
	for _, addr := range s.Entries {
		if i, off, ok := c.mark(addr); ok {
			c.sections[i].entry.set(off)
		}
	}
	for i := range c.sections {
		c.lead(i)
	}
	leaders := 0
	for i := range c.sections {
		leaders += c.sections[i].leader.count()
	}
	c.blocks = make([]block, 0, leaders)
	for i := range c.sections {
		c.divide(i)
	}
	c.direct()
	c.keepFlags()
	w := &writer{Copy: c, out: make([]byte, 0, size+leaders*blockSize+len(c.measures)*measuredSize+4096)}
	for i := range c.blocks {
		w.block(i)
	}
	w.trap()
	if err := w.link(); err != nil {
		return nil, err
	}
	c.Code, c.Counters = w.out, 8*c.count
	return c, nil
}

// find gives the section and the offset of an address.
func (c *Copy) find(addr uint64) (section, off int, ok bool) {
	i := sort.Search(len(c.sections), func(i int) bool { return c.sections[i].Addr > addr }) - 1
	if i < 0 || addr-c.sections[i].Addr >= uint64(len(c.sections[i].Code)) {
		return 0, 0, false
	}
	return i, int(addr - c.sections[i].Addr), true
}

// mark makes a block begin at an address, which control comes to otherwise than from the
// instruction before. It is false where there is no instruction.
func (c *Copy) mark(addr uint64) (section, off int, ok bool) {
	i, off, ok := c.find(addr)
	if !ok || c.sections[i].Lengths[off] == 0 {
		return 0, 0, false
	}
	c.sections[i].leader.set(off)
	c.sections[i].joined.set(off)
	return i, off, true
}

// lead takes the instructions of a section apart and marks where blocks begin.
func (c *Copy) lead(i int) {
	s := &c.sections[i]
	s.kinds = make([]kind, 0, len(s.Code)/3)
	var in screen.Inst
	after := true // control cannot have come from before
	for off := 0; off < len(s.Code); {
		n := int(s.Lengths[off])
		if n == 0 {
			after = true
			off++
			continue
		}
		code := s.Code[off:]
		_ = screen.Decode(code, &in) // it did before
		k := kindOf(&in)
		s.kinds = append(s.kinds, k)
		if after || c.anywhere || landing(&in) { // nothing direct leads here, or all that does is marked as well
			s.leader.set(off)
			s.entry.set(off)
			s.joined.set(off)
		}
		f := k.flow()
		if f.direct() {
			c.mark(target(code[:n], s.Addr+uint64(off)))
		}
		if behind := off + n; behind < len(s.Code) && s.Lengths[behind] > 0 {
			switch {
			case f == call, f == callIndirect:
				s.entry.set(behind)
				s.joined.set(behind)
				fallthrough
			case f == branch, f == loop, s.locked(off):
				s.leader.set(behind)
			}
		}
		if s.locked(off) {
			s.leader.set(off)
			s.leader.set(off + 1)
		}
		off = s.following(off)
		after = f.ends()
	}
}

// locked tells whether the instruction at an offset has a LOCK prefix that code also branches over, so that
// another instruction begins behind the prefix.
func (s *section) locked(off int) bool { return s.Lengths[off] > 1 && s.Lengths[off+1] > 0 }

// following is the offset of the byte that the next instruction may begin at, in order of address.
func (s *section) following(off int) int {
	if s.locked(off) {
		return off + 1
	}
	return off + int(s.Lengths[off])
}

// landing tells of ENDBR, which is where calls and jumps by an address may come.
func landing(in *screen.Inst) bool {
	return in.Op == 0x1E && in.Map == 1 && in.Space == screen.Legacy && (in.ModRM == 0xFA || in.ModRM == 0xFB) && in.Rep == 0xF3
}

// divide lists the blocks of a section.
func (c *Copy) divide(i int) {
	s := &c.sections[i]
	s.blocks = len(c.blocks)
	index := int32(0)
	for off := 0; off < len(s.Code); {
		if s.Lengths[off] == 0 {
			off++
			continue
		}
		b := block{section: int32(i), start: int32(off), first: index, counter: c.counter(), measured: int32(len(c.measures))}
		for {
			k := s.kinds[index]
			index++
			b.flow = k.flow()
			if b.own == neutral {
				b.own = k.use()
			}
			at := off
			off += int(s.Lengths[off])
			if k&dynamic != 0 {
				c.measure(&b, s.Code[at:off], at)
			}
			if s.locked(at) {
				b.over, b.target = true, s.Addr+uint64(off)
				break
			}
			if b.flow != next {
				if b.flow.direct() {
					b.target = target(s.Code[at:off], s.Addr+uint64(at))
				}
				break
			}
			if off >= len(s.Code) || s.Lengths[off] == 0 || s.leader.has(off) {
				break
			}
		}
		b.end = int32(off)
		if (b.flow == branch || b.flow == loop) && off < len(s.Code) && s.Lengths[off] > 0 && s.joined.has(off) {
			b.fallen = c.counter()
		}
		if b.over {
			off = int(b.start) + 1
		}
		c.blocks = append(c.blocks, b)
	}
	s.leader.rank()
}

func (c *Copy) counter() int32 {
	c.count++
	return int32(c.count - 1)
}

// at is the number of the block that begins at an offset of a section, from 1; 0 is none.
func (c *Copy) at(section, off int) int32 {
	s := &c.sections[section]
	if off >= len(s.Code) || !s.leader.has(off) {
		return 0
	}
	return int32(s.blocks + s.leader.before(off) + 1)
}

// direct finds the blocks that direct branches go to.
func (c *Copy) direct() {
	for i := range c.blocks {
		if b := &c.blocks[i]; b.flow.direct() || b.over {
			if section, off, ok := c.find(b.target); ok {
				b.to = c.at(section, off)
			}
		}
	}
}

// keepFlags finds the blocks whose flags must be kept: those that may be read before
// they are written.
func (c *Copy) keepFlags() {
	live := func(n int32) bool { return n == 0 || c.blocks[n-1].live }
	// behind is whether flags are live where control falls off the end of a block.
	behind := func(i int) bool {
		b := &c.blocks[i]
		return i+1 == len(c.blocks) || c.blocks[i+1].section != b.section || c.blocks[i+1].start != b.end || c.blocks[i+1].live
	}
	for changed := true; changed; {
		changed = false
		for i := len(c.blocks) - 1; i >= 0; i-- {
			b := &c.blocks[i]
			if b.live || b.own == writes {
				continue
			}
			switch {
			case b.own == reads:
				b.live = true
			case b.flow == next:
				b.live = behind(i)
			case b.flow == branch, b.flow == loop:
				b.live = behind(i) || live(b.to)
			case b.flow == jump, b.flow == call:
				b.live = live(b.to)
			default:
				b.live = true
			}
			changed = changed || b.live
		}
	}
}

// Entry is the address in the copy of an original one that a block begins at.
func (c *Copy) Entry(addr uint64) (uint64, bool) {
	i, off, ok := c.find(addr)
	if !ok {
		return 0, false
	}
	n := c.at(i, off)
	if n == 0 {
		return 0, false
	}
	return uint64(c.blocks[n-1].at), true
}

// Instruction tells whether an instruction begins at an address.
func (c *Copy) Instruction(addr uint64) bool {
	i, off, ok := c.find(addr)
	return ok && c.sections[i].Lengths[off] > 0
}

// Stop is the original address of the instruction that the copy traps in place of, if the
// trap lies at an address in it.
func (c *Copy) Stop(at uint64) (addr uint64, ok bool) {
	b := c.holding(at)
	if b == nil || b.flow != stop {
		return 0, false
	}
	s := &c.sections[b.section]
	last := int(b.start)
	for off := last; off < int(b.end); off += int(s.Lengths[off]) {
		last = off
	}
	return s.Addr + uint64(last), true
}

// RanOff is the original address behind the code that ends with the trap at an address in
// the copy: nobody knew that there is code as well.
func (c *Copy) RanOff(at uint64) (addr uint64, ok bool) {
	b := c.holding(at)
	if b == nil || b.flow.ends() {
		return 0, false
	}
	s := &c.sections[b.section]
	return s.Addr + uint64(b.end), int(b.end) < len(s.Code) && s.Lengths[b.end] == 0
}

// holding is the block whose copy an address lies in, nil if there is none.
func (c *Copy) holding(at uint64) *block {
	i := sort.Search(len(c.blocks), func(i int) bool { return uint64(c.blocks[i].at) > at }) - 1
	if i < 0 {
		return nil
	}
	return &c.blocks[i]
}

// errFar says that the copy does not fit where it shall lie.
var errFar = errors.New("the copy of the code does not reach what it needs")
