package screen

import (
	"cmp"
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

	// Global is the binding: other objects can call what is here. Of symbols that are neither Func nor Data, only global ones of a section
	// without functions are taken for functions; others may name data.
	Global bool
}

// Range is the addresses from Start up to, not including, End.
type Range struct{ Start, End uint64 }

func (r Range) contains(addr uint64) bool { return addr >= r.Start && addr < r.End }

// Guess is a place where code may begin: At has the addresses that come into question, the likeliest first and 0 for none. Those of the same
// Table belong together: if all first ones can be code, they are. Table is 0 for one that stands for itself.
type Guess struct {
	Table uint64
	At    [3]uint64
}

// NamedRange is the addresses of a section.
type NamedRange struct {
	Range
	Name string
}

// Code is what Screen looks at.
type Code struct {
	Sections []Section
	Symbols  []Symbol
	// Roots are further addresses where code surely begins: what pointers in data lead to.
	Roots []uint64
	// Guesses are places where code may begin, in order of their tables.
	Guesses []Guess
	// Taken are addresses that relocations of code name: code begins there, or data.
	Taken []uint64
	// Others are the sections that are not executable. They, and the symbols in them, name what operands refer to.
	Others []NamedRange
	// Externals are addresses outside the sections that a branch may go to: supplied functions, the trap window of undefined symbols.
	Externals []Range
}

// Options choose what the verdict is about, and bound the work.
type Options struct {
	Soft map[string]bool // soft rules that refuse instead of being noted, by word; see SoftRules

	// Entry is the address of the function that will run, 0 if there is none: code
	// begins there whatever else is known of it, and it is in Verdict.Functions even
	// where there are more functions than are listed.
	Entry uint64

	// Stop, if it is not nil, is asked every few thousand steps, from the goroutine
	// that works. An error from it ends the work with a *StopError that wraps it.
	Stop func() error

	// Decoded asks for Verdict.Decoded.
	Decoded bool

	// TextBytes bounds what Listing and Boundaries write; 0 is no bound. Beyond it
	// they end with a *LimitError.
	TextBytes int
}

// Screen decodes the code in c and gives the verdict for host h. Code is what control can be seen to reach: from the functions, from Entry and
// Roots and, where what is there can be code, from Guesses, other symbols and labels, by straight execution and direct branches. The rest is
// data (Verdict.Data). What is reached and cannot be decoded is refused; an error is only that Options.Stop has ended the work (*StopError) or
// that there is more code than Screen can number (*LimitError). The same code, moved or padded, gets the same verdict. The work is O(n log n)
// in the bytes of code and the number of symbols, the memory linear.
func Screen(c Code, h Host, o Options) (*Verdict, error) {
	s, err := newScreener(c, o)
	if err != nil {
		return nil, err
	}
	if s.traverse(); s.err != nil {
		return nil, s.err
	}
	v := s.verdict(h)
	if o.Decoded {
		v.Decoded = s.instructions()
	}
	return v, nil
}

// traverse decodes all there is: first what is sure to be code, then what may be, then the rest.
func (s *screener) traverse() {
	s.trust = sure
	s.fromRoots()
	s.fromFunctions()
	s.infer()
	for i := range s.sections {
		s.leftovers(&s.sections[i])
	}
	s.allowRestoring()
}

// screener is the state of one Screen.
type screener struct {
	sections  []area // by address
	symbols   []Symbol
	low, high uint64 // addresses from which and up to which there are sections
	roots     []uint64
	guesses   []Guess
	labels    []uint64 // addresses that relocations of code name
	externals []Range
	names     dataNames
	soft      map[string]bool
	entry     uint64
	progress

	work  stack // branch targets to follow
	trust trust // in what is followed
	path  []uint32
	clues

	tally     tally
	found     []finding
	foundMore int // findings beyond maxFindings
	notes     [ruleCount]noteCount
	kinds     kinds

	data      []stretchOfData
	dataMore  int // stretches beyond maxData
	dataBytes int // of all
}

// area is a section and what is known of its bytes.
type area struct {
	Section
	number  int    // in order of address
	base    uint32 // position of its first byte among all bytes of code
	marks   []mark
	names   names
	targets []bool // of direct branches, by offset; nil where nobody asks
	jumps   bool   // has branches through a register or memory
	entered bool   // code was followed from an address in it
}

// mark is what is known of one byte: 0 nothing, 1 to 15 an instruction of that length begins here, or one of the following.
type mark uint8

const (
	inside   mark = 0x80 // of an instruction that begins before
	pending  mark = 0x40 // a branch target that waits in the work list
	junk     mark = 0x20 // undecodable, already reported
	doubtful mark = 0x10 // no instruction of code begins here: what follows is none
)

func (m mark) begins() bool { return m-1 < maxLen }
func (m mark) free() bool   { return m&^(pending|doubtful) == 0 }

// place is a byte of the code.
type place struct {
	area *area
	off  int
}

func (p place) addr() uint64 { return p.area.Addr + uint64(p.off) }

// position numbers the bytes of all code.
func (p place) position() uint32 { return p.area.base + uint32(p.off) }

// at is the place of a position.
func (s *screener) at(position uint32) place {
	i := sort.Search(len(s.sections), func(i int) bool { return s.sections[i].base > position }) - 1
	return place{&s.sections[i], int(position - s.sections[i].base)}
}

func newScreener(c Code, o Options) (*screener, error) {
	s := &screener{names: dataNames{others: c.Others, symbols: c.Symbols}, externals: c.Externals, soft: o.Soft, roots: c.Roots, guesses: c.Guesses, labels: c.Taken, entry: o.Entry, progress: progress{ask: o.Stop}}
	if err := s.addSections(c.Sections); err != nil {
		return nil, err
	}
	s.addSymbols(c.Symbols)
	for i := range s.sections {
		a := &s.sections[i]
		a.names = s.namesOf(a)
	}
	s.tally.init(len(s.symbols) + len(s.sections))
	return s, s.err
}

// addSections takes the sections that have bytes, in order of address. The marks of all are one piece of memory.
func (s *screener) addSections(sections []Section) error {
	count := 0
	for i := range sections {
		if n := len(sections[i].Code); n > 0 {
			count++
			s.total += uint64(n)
		}
	}
	if s.total >= uint64(fromNowhere) {
		return &LimitError{What: "the code", Limit: int(fromNowhere)}
	}
	s.sections = make([]area, 0, count)
	for _, sec := range sections {
		if len(sec.Code) > 0 {
			sec.Name = printable(sec.Name)
			s.sections = append(s.sections, area{Section: sec})
		}
	}
	slices.SortStableFunc(s.sections, func(a, b area) int { return cmp.Compare(a.Addr, b.Addr) })
	if count > 0 {
		last := &s.sections[count-1]
		s.low, s.high = s.sections[0].Addr, last.Addr+uint64(len(last.Code))
	}
	marks := make([]mark, s.total)
	at := 0
	for i := range s.sections {
		a := &s.sections[i]
		a.number, a.base, a.marks = i, uint32(at), marks[at:][:len(a.Code):len(a.Code)]
		at += len(a.Code)
	}
	return nil
}

// find gives the section that holds addr, or nil.
func (s *screener) find(addr uint64) *area {
	i := sort.Search(len(s.sections), func(i int) bool { return s.sections[i].Addr > addr }) - 1
	if i < 0 || addr-s.sections[i].Addr >= uint64(len(s.sections[i].Code)) {
		return nil
	}
	return &s.sections[i]
}
