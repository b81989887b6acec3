package loader

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
)

// DumpFormat names the format of Dump and its version.
const DumpFormat = "webrunner-loader-dump/1"

// Dump is what the loader did with an object, for machines: enough to compare
// it with a linker byte for byte. Addresses are hexadecimal strings.
type Dump struct {
	Format        string        `json:"format"`
	Path          string        `json:"path,omitempty"` // set by a caller that knows one
	Status        string        `json:"status"`         // "ok" or "rejected"
	Error         string        `json:"error,omitempty"`
	Class         string        `json:"class,omitempty"`
	Sections      []DumpSection `json:"sections"`
	Symbols       []DumpSymbol  `json:"symbols"`
	GOTBase       Address       `json:"got_base"`
	ThreadPointer Address       `json:"thread_pointer,omitempty"` // FS base, where thread-local variables are used
	ThreadBlock   Address       `json:"thread_block,omitempty"`   // lowest address of the object's own
	Regions       []DumpRegion  `json:"regions"`
	Taken         []string      `json:"taken,omitempty"` // of companions
	Undefined     []DumpUnbound `json:"undefined"`
	Chosen        *DumpChoice   `json:"chosen,omitempty"`
	NotChosen     string        `json:"not_chosen,omitempty"` // why no function was
	Warnings      []string      `json:"warnings"`
}

// DumpSection is a mapped section. Bytes are missing for SHT_NOBITS and where
// the object was refused before they were written.
type DumpSection struct {
	Name  string  `json:"name"`
	Index int     `json:"index"`
	Addr  Address `json:"addr"`
	Size  uint64  `json:"size"`
	Perm  string  `json:"perm"`
	File  string  `json:"file,omitempty"` // that was joined to the object and has it
	Bytes *Bytes  `json:"bytes_hex,omitempty"`
}

// DumpSymbol is a symbol that a relocation of a mapped section uses.
type DumpSymbol struct {
	Index int     `json:"index"`
	Name  string  `json:"name"`
	Addr  Address `json:"addr"` // S of the psABI's formulas
}

// DumpRegion is memory that the loader added.
type DumpRegion struct {
	Kind  string  `json:"kind"`
	Addr  Address `json:"addr"`
	Bytes Bytes   `json:"bytes_hex"`
}

// DumpUnbound is an entry of Image.Undefined.
type DumpUnbound struct {
	Name       string  `json:"name"`
	Addr       Address `json:"addr"`
	Kind       string  `json:"kind"`
	Supplied   bool    `json:"supplied"`
	Weak       bool    `json:"weak"`
	References int     `json:"references"`
}

// DumpChoice is the function that would run.
type DumpChoice struct {
	Symbol string  `json:"symbol"`
	Index  int     `json:"index"` // -1 if there is no symbol
	Addr   Address `json:"addr"`
	Why    string  `json:"why"`
}

// Address is written as "0x…".
type Address uint64

// MarshalText implements encoding.TextMarshaler.
func (a Address) MarshalText() ([]byte, error) { return []byte(fmt.Sprintf("%#x", uint64(a))), nil }

// Bytes are written as hexadecimal digits.
type Bytes []byte

// MarshalText implements encoding.TextMarshaler.
func (b Bytes) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, b), nil }

// Dump returns the machine-readable form of the report.
func (r *Report) Dump() *Dump {
	d := &Dump{Format: DumpFormat, Status: "ok", Sections: []DumpSection{}, Symbols: []DumpSymbol{},
		Regions: []DumpRegion{}, Undefined: []DumpUnbound{}, Warnings: []string{}}
	if r.Err != nil {
		d.Status, d.Error, d.Class = "rejected", r.Err.Error(), Internal
		if e := (*Error)(nil); errors.As(r.Err, &e) {
			d.Class = e.Class
		}
	}
	if r.placed == nil {
		return d
	}
	d.GOTBase = Address(r.placed.GOTBase)
	d.ThreadPointer, d.ThreadBlock = Address(r.placed.ThreadPointer), Address(r.placed.ThreadBlock)
	for i := range r.placed.Sections {
		d.Sections = append(d.Sections, r.dumpSection(&r.placed.Sections[i]))
	}
	for _, b := range r.placed.Relocated {
		d.Symbols = append(d.Symbols, DumpSymbol{Index: b.Index, Name: b.Name, Addr: Address(b.Addr)})
	}
	for _, u := range r.placed.Undefined {
		d.Undefined = append(d.Undefined, DumpUnbound{u.Name, Address(u.Addr), u.Kind, u.Supplied, u.Weak, u.References})
	}
	d.Taken = r.placed.Joined.Taken
	d.Warnings = append(d.Warnings, r.placed.Warnings...)
	if r.Image != nil {
		r.dumpChoice(d)
		for _, g := range r.Image.Regions {
			d.Regions = append(d.Regions, DumpRegion{g.Kind, Address(g.Addr), g.Data})
		}
	}
	return d
}

func (r *Report) dumpSection(s *Section) DumpSection {
	out := DumpSection{Name: s.Name, Index: s.Index, Addr: Address(s.Addr), Size: s.Size, Perm: s.perm().String(), File: s.File}
	if r.Image != nil && !s.NoBits {
		b := Bytes(r.Image.Bytes(s))
		out.Bytes = &b
	}
	return out
}

func (r *Report) dumpChoice(d *Dump) {
	if r.ChoiceErr != nil {
		d.NotChosen = r.ChoiceErr.Error()
		return
	}
	d.Chosen = &DumpChoice{r.Choice.Name, r.Choice.Index, Address(r.Choice.Addr), r.Choice.Why}
}

// JSON returns the dump on one line. It fails with an *Error of class TooLarge
// if the dump would have more than Limits.DumpBytes, before it makes it.
func (r *Report) JSON() ([]byte, error) { return r.json(true) }

// OutlineJSON returns the dump without the bytes of sections and without the regions,
// on one line. It fails as JSON does.
func (r *Report) OutlineJSON() ([]byte, error) { return r.json(false) }

func (r *Report) json(contents bool) ([]byte, error) {
	if size, limit := r.dumpSize(contents), r.limits.DumpBytes; size > limit {
		return nil, tooLarge("the dump of this object has about %d bytes, the limit is %d", size, limit).
			advise("the text form lists the first of everything")
	}
	d := r.Dump()
	if !contents {
		d.Regions = []DumpRegion{}
		for i := range d.Sections {
			d.Sections[i].Bytes = nil
		}
	}
	return json.Marshal(d)
}

// dumpSize estimates the length of the dump: two digits a byte of the image, if that is
// in it, and what the words around a section, symbol or undefined name take at least.
func (r *Report) dumpSize(contents bool) (n uint64) {
	const sectionWords, symbolWords, undefinedWords = 80, 40, 110
	im := r.placed
	if im == nil {
		return 0
	}
	for i := range im.Sections {
		s := &im.Sections[i]
		n += sectionWords + uint64(len(s.Name))
		if contents && r.Image != nil && !s.NoBits {
			n += 2 * s.Size
		}
	}
	for i := range im.Relocated {
		n += symbolWords + uint64(len(im.Relocated[i].Name))
	}
	for i := range im.Undefined {
		n += undefinedWords + uint64(len(im.Undefined[i].Name))
	}
	for i := range im.Regions {
		if !contents {
			break
		}
		n += 2 * uint64(len(im.Regions[i].Data))
	}
	return n
}
