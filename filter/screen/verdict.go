package screen

import (
	"cmp"
	"encoding/hex"
	"slices"
	"sort"
)

// Verdict is what Screen found.
type Verdict struct {
	Accepted      bool     // no rule refused anything; what the host lacks is said apart
	ISA           []string // extensions beyond plain x86-64 that the code needs, sorted
	HostLacks     []Lack   // of those, what this host does not have
	Host          string
	Instructions  int
	Flops         int // floating-point operations, each instruction counted once
	Mix           map[string]int
	Refusals      []Refusal
	RefusalCount  int // more than len(Refusals) where an object breaks more rules than are worth listing
	Notes         []Note
	Functions     []FunctionNeeds // in order of address
	FunctionCount int             // more than len(Functions) where an object has more functions than are worth listing
	Data          []Data          // what no control was seen to reach, in order of address
	DataCount     int             // more than len(Data) where an object has more data than is worth listing
	DataBytes     int             // of all data
	Decoded       []Instructions  // what the function of this name gives, where Options.Decoded asks for it
}

// Function gives what is known of the function that begins at addr, nil if no function of the list does.
func (v *Verdict) Function(addr uint64) *FunctionNeeds {
	for i := range v.Functions {
		if f := &v.Functions[i]; f.Addr == addr && f.Symbol != "" {
			return f
		}
	}
	return nil
}

// Runnable says whether the host can and may run the code.
func (v *Verdict) Runnable() bool { return v.Accepted && len(v.HostLacks) == 0 }

// Refusal is one instruction, or one stretch of data, that breaks a rule.
type Refusal struct {
	Section string `json:"section"`
	Symbol  string `json:"symbol"` // function, or nearest symbol before; empty if the section has none
	Offset  uint64 `json:"offset"` // bytes from the symbol, or from the section's start
	Addr    uint64 `json:"addr"`
	Bytes   string `json:"bytes"` // hexadecimal
	Text    string `json:"text"`  // Intel syntax
	Rule    string `json:"rule"`  // stable word
	Why     string `json:"why"`
	Advice  string `json:"advice"`
}

// Note is a soft rule that the code meets.
type Note struct {
	Rule    string `json:"rule"`
	Why     string `json:"why"`
	Count   int    `json:"count"`
	Section string `json:"section"` // the first place
	Symbol  string `json:"symbol"`  // the first place
	Offset  uint64 `json:"offset"`
	Text    string `json:"text"`
}

// Lack is an extension that the code needs and the host does not have, with the first instruction that needs it.
type Lack struct {
	Feature string `json:"feature"`
	Section string `json:"section"`
	Symbol  string `json:"symbol"`
	Offset  uint64 `json:"offset"`
	Text    string `json:"text"`
	Bytes   string `json:"bytes"`
}

// FunctionNeeds is what one function needs.
type FunctionNeeds struct {
	Section      string   `json:"section"`
	Symbol       string   `json:"symbol"`
	Offset       uint64   `json:"offset"` // of the symbol in the section
	Addr         uint64   `json:"-"`      // of the symbol, or of the section where it has none
	Instructions int      `json:"instructions"`
	Flops        int      `json:"flops"`
	ISA          []string `json:"isa"`
	Lacks        []string `json:"lacks,omitempty"`
}

// Bounds of what is put into words; beyond them things are only counted.
const (
	maxRefusals  = 100
	maxFunctions = 2048
)

func (s *screener) verdict(h Host) *Verdict {
	v := &Verdict{
		Accepted:     len(s.found)+s.foundMore == 0,
		Host:         h.Name,
		Mix:          s.kinds.mix(),
		RefusalCount: len(s.found) + s.foundMore,
		Data:         s.dataList(),
		DataCount:    len(s.data) + s.dataMore,
		DataBytes:    s.dataBytes,
	}
	var needs isaBits
	for i := range s.tally.owners {
		v.Instructions += s.tally.owners[i].instructions
		v.Flops += s.tally.owners[i].flops
	}
	for i := isaSet(1); i < isaCount; i++ {
		if s.tally.first[i] != noPlace {
			needs.add(i)
		}
	}
	v.ISA = needs.names()
	v.Refusals = s.refusals()
	v.Notes = s.softNotes()
	var can *abilities
	if h.CPUID != nil {
		can = h.abilities()
		v.HostLacks = s.hostLacks(can)
	}
	v.Functions, v.FunctionCount = s.functions(can)
	return v
}

// names are the features of the sets, sorted, without those that every x86-64 processor has.
func (b *isaBits) names() []string {
	var list []string
	for i := isaSet(1); i < isaCount; i++ {
		if !b.has(i) {
			continue
		}
		for _, n := range isaInfos[i].needs {
			if name := features[n].name; !quiet(name) {
				list = append(list, name)
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func (s *screener) refusals() []Refusal {
	slices.SortStableFunc(s.found, func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.area.Index, b.area.Index), cmp.Compare(a.off, b.off), cmp.Compare(a.rule, b.rule))
	})
	var list []Refusal
	for _, f := range s.found[:min(len(s.found), maxRefusals)] {
		list = append(list, s.refusal(f))
	}
	return list
}

func (s *screener) refusal(f finding) Refusal {
	p := &policy[f.rule]
	r := Refusal{Section: f.area.Name, Addr: f.addr(), Rule: p.word, Why: p.why, Advice: p.advice}
	r.Symbol, r.Offset = s.name(f.place)
	r.Bytes, r.Text = s.showFor(f.place, f.rule)
	if f.err != OK {
		r.Why = f.err.Error()
	}
	return r
}

// name is the symbol of a place and the distance from it.
func (s *screener) name(p place) (string, uint64) {
	o := p.area.owner(p.off)
	if o.number < len(s.symbols) {
		sym := &s.symbols[o.number]
		return sym.Name, p.addr() - sym.Addr
	}
	return "", uint64(p.off)
}

// show gives the bytes and the text of the instruction at p.
func (s *screener) show(p place) (bytes, text string) {
	code := p.area.Code[p.off:]
	text, n := Text(code, p.addr(), s.resolve)
	if text == "(bad)" {
		n = min(len(code), 8)
	}
	return hex.EncodeToString(code[:n]), text
}

// showFor is show of what breaks a rule.
func (s *screener) showFor(p place, x rule) (bytes, text string) {
	if x == softData {
		code := p.area.Code[p.off:]
		return hex.EncodeToString(code[:min(len(code), 8)]), "data"
	}
	return s.show(p)
}

// resolve names what an address belongs to.
func (s *screener) resolve(addr uint64) (string, uint64) {
	a := s.find(addr)
	if a == nil {
		return s.names.resolve(addr)
	}
	o := a.owner(int(addr - a.Addr))
	if o.number >= len(s.symbols) {
		return "", 0
	}
	return s.symbols[o.number].Name, s.symbols[o.number].Addr
}

func (s *screener) softNotes() []Note {
	var list []Note
	for x := firstSoft; x < ruleCount; x++ {
		n := s.notes[x]
		if n.count == 0 {
			continue
		}
		note := Note{Rule: policy[x].word, Why: policy[x].why, Count: n.count, Section: n.first.area.Name}
		note.Symbol, note.Offset = s.name(n.first)
		_, note.Text = s.showFor(n.first, x)
		list = append(list, note)
	}
	return list
}

// hostLacks lists every missing feature with the first instruction that needs it.
func (s *screener) hostLacks(can *abilities) []Lack {
	first := map[string]uint64{}
	for i := isaSet(1); i < isaCount; i++ {
		at := s.tally.first[i]
		if at == noPlace {
			continue
		}
		for _, name := range can.lacks(i) {
			if old, ok := first[name]; !ok || at < old {
				first[name] = at
			}
		}
	}
	var list []Lack
	for name, at := range first {
		a := &s.sections[at>>32]
		p := place{a, int(uint32(at))}
		l := Lack{Feature: name, Section: a.Name}
		l.Symbol, l.Offset = s.name(p)
		l.Bytes, l.Text = s.show(p)
		list = append(list, l)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Feature < list[j].Feature })
	return list
}

// functions lists what every symbol with code needs, in order of address, and says how many there are.
func (s *screener) functions(can *abilities) (list []FunctionNeeds, count int) {
	for i := range s.tally.owners {
		o := &s.tally.owners[i]
		if o.instructions == 0 {
			continue
		}
		isEntry := i < len(s.symbols) && s.symbols[i].Addr == s.entry
		if count++; count > maxFunctions && !isEntry {
			continue
		}
		f := FunctionNeeds{Instructions: o.instructions, Flops: o.flops, ISA: orEmpty(o.needs.names())}
		if i < len(s.symbols) {
			sym := &s.symbols[i]
			a := s.find(sym.Addr)
			f.Section, f.Symbol, f.Offset, f.Addr = a.Name, sym.Name, sym.Addr-a.Addr, sym.Addr
		} else {
			a := &s.sections[i-len(s.symbols)]
			f.Section, f.Addr = a.Name, a.Addr
		}
		if can != nil {
			f.Lacks = o.needs.lacking(can)
		}
		list = append(list, f)
	}
	return list, count
}

// lacking are the names of what the sets need and the host does not have.
func (b *isaBits) lacking(can *abilities) []string {
	var list []string
	for i := isaSet(1); i < isaCount; i++ {
		if b.has(i) {
			list = append(list, can.lacks(i)...)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
