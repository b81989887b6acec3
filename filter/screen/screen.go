package screen

import (
	"slices"
	"sort"
)

// Section is an executable section after relocation. Code must be a private copy: nobody may change it while it is screened or after.
type Section struct {
	Index int // ELF section header index
	Name  string
	Addr  uint64 // where Code will run
	Code  []byte
}

// Symbol is a name in an executable section.
type Symbol struct {
	Name string
	Addr uint64
	Size uint64 // bytes, 0 if unknown
	Func bool   // STT_FUNC or STT_GNU_IFUNC
	Data bool   // STT_OBJECT: declared to be data, so nothing is decoded from here on its behalf
}

// Range is the addresses from Start up to, not including, End.
type Range struct{ Start, End uint64 }

func (r Range) contains(addr uint64) bool { return addr >= r.Start && addr < r.End }

// Code is what Screen looks at.
type Code struct {
	Sections []Section
	Symbols  []Symbol
	// Roots are further addresses where code begins: the targets of absolute relocations (R_X86_64_64, 32, 32S) into executable sections
	// and the object's entry. Targets of PC-relative relocations do not belong here: in code the screen sees them itself, and in data
	// their addend counts from the table, not from the field.
	Roots []uint64
	// Externals are addresses outside the sections that a branch may go to: supplied functions, the trap window of undefined symbols.
	Externals []Range
}

// Options choose what the verdict is about.
type Options struct {
	Soft map[string]bool // soft rules that refuse instead of being noted, by word; see SoftRules
}

// Screen decodes everything in c and gives the verdict for host h. It never fails: what cannot be decoded is refused.
// The same code, moved or padded, gets the same verdict.
func Screen(c Code, h Host, o Options) *Verdict {
	s := newScreener(c, o)
	s.traverse()
	return s.verdict(h)
}

// traverse decodes all there is: first what symbols and roots lead to, then the rest.
func (s *screener) traverse() {
	s.fromSymbols()
	s.fromRoots()
	for i := range s.sections {
		s.sweep(&s.sections[i])
	}
}

// screener is the state of one Screen.
type screener struct {
	sections  []area // by address
	symbols   []Symbol
	roots     []uint64
	externals []Range
	soft      map[string]bool

	work []edge // branch targets to follow
	weak bool   // following code that nothing was seen to branch to

	tally     tally
	found     []finding
	foundMore int // findings beyond maxFindings
	notes     [ruleCount]noteCount
	kinds     kinds
}

// area is a section and what is known of its bytes.
type area struct {
	Section
	number int // in order of address
	marks  []mark
	names  names
}

// mark is what is known of one byte: 0 nothing, 1 to 15 an instruction of that length begins here, or one of the following.
type mark uint8

const (
	inside  mark = 0x80 // of an instruction that begins before
	pending mark = 0x40 // a branch target that waits in the work list
	junk    mark = 0x20 // undecodable, already reported
)

func (m mark) begins() bool { return m-1 < maxLen }
func (m mark) free() bool   { return m&^pending == 0 }

// edge is a branch from one place to another.
type edge struct {
	from, to place
	root     bool // there is no from
}

// place is a byte of the code.
type place struct {
	area *area
	off  int
}

func (p place) addr() uint64 { return p.area.Addr + uint64(p.off) }

func newScreener(c Code, o Options) *screener {
	s := &screener{externals: c.Externals, soft: o.Soft, roots: c.Roots}
	s.symbols = slices.Clone(c.Symbols)
	for i := range s.symbols {
		s.symbols[i].Name = printable(s.symbols[i].Name)
	}
	slices.SortStableFunc(s.symbols, compareSymbols)
	for _, sec := range c.Sections {
		if len(sec.Code) > 0 {
			s.sections = append(s.sections, area{Section: sec, marks: make([]mark, len(sec.Code))})
		}
	}
	slices.SortStableFunc(s.sections, func(a, b area) int { return compare(a.Addr, b.Addr) })
	for i := range s.sections {
		a := &s.sections[i]
		a.number = i
		a.names = s.namesOf(a)
	}
	s.tally.init(len(s.symbols) + len(s.sections))
	return s
}

func compare(a, b uint64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// find gives the section that holds addr, or nil.
func (s *screener) find(addr uint64) *area {
	i := sort.Search(len(s.sections), func(i int) bool { return s.sections[i].Addr > addr }) - 1
	if i < 0 || addr-s.sections[i].Addr >= uint64(len(s.sections[i].Code)) {
		return nil
	}
	return &s.sections[i]
}

// fromSymbols follows the code from every name that is not declared to be data.
func (s *screener) fromSymbols() {
	for i := range s.sections {
		a := &s.sections[i]
		for _, sym := range a.names.all {
			if !sym.Data {
				s.follow(edge{to: place{a, int(sym.Addr - a.Addr)}, root: true})
			}
		}
	}
}

func (s *screener) fromRoots() {
	roots := slices.Clone(s.roots)
	slices.Sort(roots)
	for _, addr := range roots {
		if a := s.find(addr); a != nil {
			s.follow(edge{to: place{a, int(addr - a.Addr)}, root: true})
		}
	}
}
