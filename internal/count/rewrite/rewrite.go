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
	// Outside are addresses that control may come to where there is no code to copy:
	// the return address of the call, the places of functions that do not exist.
	Outside []uint64
}

// mostCode bounds the code that is copied, in bytes.
const mostCode = 32 << 20

// block is straight-line code, as executed whenever its counter was bumped.
type block struct {
	section  int
	start    int // offset in the section
	end      int // behind its last instruction
	counter  int // index of its counter
	fallen   int // counter of how often its last instruction, a branch, fell through; 0 is that of the next block
	flow     flow
	target   uint64 // of a direct branch
	live     bool   // its flags must be kept
	own      use    // of the flags by its own instructions
	measured []measured
}

// measured is an instruction whose work depends on the run.
type measured struct {
	off     int
	active  int // counter of what it was active for
	left    int // counter of turns left over, to be subtracted; 0 is none
	touched int // counter of executions with an active lane; 0 is none
}

// Marks of a byte of code.
const (
	leader uint8 = 1 << iota // a block begins here
	entry                    // control may come here by an address
	joined                   // control may come here otherwise than from the instruction before
)

// Copy is code that counts.
type Copy struct {
	Code     []byte // to lie at Place.Code
	Counters int    // bytes to lie at Place.Counters

	place    Place
	sections []screen.Instructions
	marks    [][]uint8
	where    [][]uint32 // address in the copy, of leaders; until that is known the number of the block, from 1
	blocks   []block
	outside  []uint64
	count    int // of counters
}

// Rewrite copies code.
func Rewrite(s Source, at Place) (*Copy, error) {
	c := &Copy{place: at, sections: s.Sections, outside: s.Outside, count: slots/8 + 1} // counter 0 is none
	size := 0
	for i := range s.Sections {
		size += len(s.Sections[i].Code)
	}
	if size > mostCode {
		return nil, fmt.Errorf("%d bytes of code are more than %d, which is as much as is rewritten", size, mostCode)
	}
	for i := range s.Sections {
		n := len(s.Sections[i].Code)
		c.marks = append(c.marks, make([]uint8, n))
		c.where = append(c.where, make([]uint32, n))
	}
	for _, addr := range s.Entries {
		c.mark(addr, leader|entry|joined)
	}
	for i := range c.sections {
		c.lead(i)
	}
	leaders := 0
	for _, marks := range c.marks {
		for _, m := range marks {
			leaders += int(m & leader)
		}
	}
	c.blocks = make([]block, 0, leaders)
	for i := range c.sections {
		c.divide(i)
	}
	c.keepFlags()
	w := &writer{Copy: c, out: make([]byte, 0, 5*size+4096)}
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

// mark marks an instruction, and tells whether there is one.
func (c *Copy) mark(addr uint64, m uint8) bool {
	i, off, ok := c.find(addr)
	if !ok || c.sections[i].Lengths[off] == 0 {
		return false
	}
	c.marks[i][off] |= m
	return true
}

// lead marks where blocks of a section begin.
func (c *Copy) lead(i int) {
	s, marks := &c.sections[i], c.marks[i]
	var in screen.Inst
	after := true // control cannot have come from before
	for off := 0; off < len(s.Code); {
		n := int(s.Lengths[off])
		if n == 0 {
			after = true
			off++
			continue
		}
		if after {
			marks[off] |= leader | entry | joined // nothing direct leads here, or all that does is marked as well
		}
		after = false
		code := s.Code[off:]
		_ = screen.Decode(code, &in) // it did before
		f := flowOf(&in)
		behind := off + n
		switch f {
		case branch, loop, jump, call:
			c.mark(target(&in, code, s.Addr+uint64(off)), leader|joined)
		case next:
			if in.Op == 0x1E && in.Map == 1 && (in.ModRM == 0xFA || in.ModRM == 0xFB) && in.Rep == 0xF3 { // ENDBR
				marks[off] |= leader | entry | joined
			}
		}
		if behind < len(s.Code) && s.Lengths[behind] > 0 {
			switch f {
			case branch, loop:
				marks[behind] |= leader
			case call, callIndirect:
				marks[behind] |= leader | entry | joined
			}
		}
		after = f.ends()
		off = behind
	}
}

// divide lists the blocks of a section.
func (c *Copy) divide(i int) {
	s, marks := &c.sections[i], c.marks[i]
	var in screen.Inst
	for off := 0; off < len(s.Code); {
		if s.Lengths[off] == 0 {
			off++
			continue
		}
		b := block{section: i, start: off, counter: c.counter()}
		for {
			code := s.Code[off:]
			_ = screen.Decode(code, &in)
			b.flow = flowOf(&in)
			if b.own == neutral {
				b.own = usesFlags(&in)
			}
			if dynamic(&in) {
				c.measure(&b, code, off)
			}
			at := off
			off += int(s.Lengths[off])
			if b.flow != next {
				b.target = 0
				if b.flow <= call {
					b.target = target(&in, code, s.Addr+uint64(at))
				}
				break
			}
			if off >= len(s.Code) || s.Lengths[off] == 0 || marks[off]&leader != 0 {
				break
			}
		}
		b.end = off
		if (b.flow == branch || b.flow == loop) && off < len(s.Code) && s.Lengths[off] > 0 && marks[off]&joined != 0 {
			b.fallen = c.counter()
		}
		c.blocks = append(c.blocks, b)
		c.where[i][b.start] = uint32(len(c.blocks))
	}
}

func (c *Copy) counter() int {
	c.count++
	return c.count - 1
}

// keepFlags finds the blocks whose flags must be kept: those that may be read before
// they are written.
func (c *Copy) keepFlags() {
	at := func(section, off int) *block {
		if off >= len(c.where[section]) || c.where[section][off] == 0 {
			return nil
		}
		return &c.blocks[c.where[section][off]-1]
	}
	live := func(b *block) bool { return b == nil || b.live }
	for changed := true; changed; {
		changed = false
		for i := len(c.blocks) - 1; i >= 0; i-- {
			b := &c.blocks[i]
			if b.live || b.own == writes {
				continue
			}
			var behind, to *block
			if !b.flow.ends() {
				behind = at(b.section, b.end)
			}
			if b.target != 0 {
				if s, off, ok := c.find(b.target); ok {
					to = at(s, off)
				}
			}
			switch {
			case b.own == reads:
				b.live = true
			case b.flow == next:
				b.live = live(behind)
			case b.flow == branch, b.flow == loop:
				b.live = live(behind) || live(to)
			case b.flow == jump, b.flow == call:
				b.live = live(to)
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
	if !ok || c.where[i][off] == 0 {
		return 0, false
	}
	return uint64(c.where[i][off]), true
}

// Instruction tells whether an instruction begins at an address.
func (c *Copy) Instruction(addr uint64) bool {
	i, off, ok := c.find(addr)
	return ok && c.sections[i].Lengths[off] > 0
}

// errFar says that the copy does not fit where it shall lie.
var errFar = errors.New("the copy of the code does not reach what it needs")
