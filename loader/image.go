package loader

// Placement says where things may go. All addresses are virtual addresses of
// the process that will run the image.
type Placement struct {
	// Base and Limit bound the image: a page-aligned window in the low 2 GiB.
	Base, Limit uint64
	// TrapBase and TrapLimit bound a page-aligned window of the low 2 GiB that
	// stays unmapped. What cannot be resolved is bound to addresses in it.
	TrapBase, TrapLimit uint64
	// Externals are the functions that the process supplies, by name.
	Externals map[string]uint64
	// ThreadPointer is the FS base that the code will run with. The object's
	// thread-local variables end at ThreadEnd, which is ThreadPointer unless another
	// object's lie between, and may begin at ThreadBase. All three are page-aligned and
	// lie below Base.
	ThreadBase, ThreadEnd, ThreadPointer uint64
	// ThreadExternals are the thread-local variables that the process supplies, by name.
	ThreadExternals map[string]uint64
	// Descriptor is the address of the function that TLS descriptors name: it
	// returns their second word in rax, and keeps all other registers.
	Descriptor uint64
	// Implementations are the functions to use for GNU indirect functions: numbers of
	// symbols, of a candidate by that of its IFunc.
	Implementations map[int]int
	// CodeShift places everything executable that many bytes, less than a page,
	// further along than its natural place; CodeShift finds the one that brings a
	// function to a wanted alignment. It breaks the alignment that sections ask
	// for, on purpose, and data that an object keeps in its code moves along: an
	// aligned vector load of such a constant then faults. Other sections stay, or
	// move by whole pages when the code needs one more.
	CodeShift uint64
}

// supplies reports whether the process has a function or variable of that name.
func (p *Placement) supplies(name string) bool {
	_, function := p.Externals[name]
	_, variable := p.ThreadExternals[name]
	return function || variable
}

// Page is the size of a page, and of a guard between segments, in bytes.
const Page = 4096

// Perm is the protection of a segment.
type Perm uint8

// The protections there are. No segment is writable and executable.
const (
	RX     Perm = iota + 1 // code
	R                      // constants and the GOT
	RW                     // data
	Thread                 // data that ends at the thread pointer
)

// String returns the protection as /proc/pid/maps writes it.
func (p Perm) String() string {
	switch p {
	case RX:
		return "r-x"
	case R:
		return "r--"
	case RW, Thread:
		return "rw-"
	}
	return "---"
}

// Image is a loaded object: bytes and the addresses they were made for.
type Image struct {
	Segments      []Segment   // ascending, at least one unmapped page between two
	Sections      []Section   // every mapped section, by index
	Symbols       []Symbol    // every symbol, by index
	Undefined     []Undefined // what has no definition that the loader can use
	Relocated     []Binding   // every symbol that a relocation uses, by index
	GOTBase       uint64      // the value of _GLOBAL_OFFSET_TABLE_
	ThreadPointer uint64      // FS base, if the object uses thread-local variables, else 0
	ThreadBlock   uint64      // lowest address of its own, likewise
	Regions       []Region    // what the loader added: the GOT, stubs
	Roots         []uint64    // addresses in executable sections that code is entered at: ascending, no duplicates
	Guesses       []Guess     // places in executable sections that code may be entered at, by table, without duplicates
	Joined        Joined      // what of companions is part of it
	IFuncs        []IFunc     // indirect functions that could be bound
	Taken         []uint64    // addresses in executable sections that the code names: ascending, no duplicates
	Warnings      []string    // what a user should know although the object loads

	object *Object // has the symbols' names as they are
	traps  traps
}

// Segment is a run of pages of one protection.
type Segment struct {
	Addr uint64 // page-aligned
	Size uint64 // whole pages
	Data []byte // the first bytes; the rest of Size is zero
	Perm Perm
}

// Section is a section of the object in the image.
type Section struct {
	Index   int    // in the section header table; those of joined files count on
	Name    string // printable, and clipped where it has more than 256 bytes
	Addr    uint64
	Size    uint64
	Exec    bool
	Write   bool
	NoBits  bool
	TLS     bool   // thread-local variables
	File    string // that was joined to the object and has it; "" for the object's own
	Segment int    // index in Image.Segments, -1 for an empty section that is in none
	Offset  uint64 // from the start of the segment
}

// Symbol is a symbol with its final address.
type Symbol struct {
	Index   int    // in the symbol table; those of joined files count on
	Name    string // printable, and clipped where it has more than 256 bytes
	Addr    uint64 // or value, for an absolute symbol
	Size    uint64 // bytes, 0 if the object does not say
	Kind    Kind
	Binding string // "local", "global", "weak", "unique"
	Section int    // index of the section it is defined in, 0 if none
	// Implementation names the function that stands for a KindIFunc, if one does.
	Implementation string
	// Elsewhere tells that the object itself does not define it, but what was joined.
	Elsewhere bool
}

// Kind sorts symbols.
type Kind string

// The kinds of symbols.
const (
	KindFunc    Kind = "func"
	KindObject  Kind = "object"
	KindSection Kind = "section"
	KindFile    Kind = "file"
	KindCommon  Kind = "common"
	KindTLS     Kind = "tls"
	KindIFunc   Kind = "ifunc"
	KindNone    Kind = "none" // untyped: hand-written assembly
)

// Undefined is a symbol that the object does not define in a way that the
// loader can use, and what it was bound to.
type Undefined struct {
	Name       string // printable and clipped
	Addr       uint64 // the external, the trap, or 0 for a weak symbol that nobody supplies
	Supplied   bool   // Addr is one of Placement.Externals
	Weak       bool
	Kind       string // why: one of the Unresolved words
	References int    // relocations that use it
}

// Why a symbol is in Image.Undefined.
const (
	UnresolvedUndefined = "undefined"       // the object leaves it to the linker
	UnresolvedIFunc     = "ifunc"           // GNU indirect function: its resolver is not run
	UnresolvedTLS       = "tls"             // a thread-local variable of another object
	UnresolvedUnmapped  = "unmapped"        // defined in a section that is not part of the program
	UnresolvedReserved  = "unknown-section" // defined in a reserved section index
)

// Binding is a symbol as relocations saw it.
type Binding struct {
	Index int
	Name  string // printable and clipped
	Addr  uint64 // S of the psABI's formulas
}

// Region is memory that the loader added to the image.
type Region struct {
	Kind string // "got" or "stubs"
	Addr uint64
	Data []byte // aliases the segment's
}

// Bytes returns the contents of a section after relocation, nil for NOBITS.
// They alias the segment's.
func (im *Image) Bytes(s *Section) []byte {
	if s.NoBits || s.Segment < 0 {
		return nil
	}
	return im.Segments[s.Segment].Data[s.Offset:][:s.Size]
}
