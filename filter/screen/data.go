package screen

import (
	"fmt"
	"slices"
)

// stretchOfData is bytes of a section that nothing leads to.
type stretchOfData struct {
	place
	size int
	isa  isaBits // what they would need if they were code; nothing if they do not decode
}

// maxData bounds the stretches that are kept; the rest is only counted.
const maxData = 1000

// leftovers sorts out the bytes of a section that nothing was seen to lead to: padding, which is no-ops, INT3s or zeros, and data.
func (s *screener) leftovers(a *area) {
	for off := 0; off < len(a.Code) && s.step(a, 1); {
		if m := a.marks[off]; m.begins() {
			off += int(m)
			continue
		} else if !m.free() {
			off++
			continue
		}
		end := off
		for end < len(a.Code) && a.marks[end].free() {
			end++
		}
		s.gap(a, off, end)
		off = end
	}
}

// gap sorts out the bytes of a section from off up to, not including, end. No-ops at either end of it are instructions like others.
func (s *screener) gap(a *area, off, end int) {
	s.trust = sure
	off = s.noOps(a, off, end)
	first := end
	for n := a.noOpBefore(off, first); n > 0 && s.step(a, 1); n = a.noOpBefore(off, first) {
		first -= n
	}
	if !s.step(a, first-off) {
		return
	}
	if !a.padding(off, first) {
		s.keep(place{a, off}, first-off)
	}
	s.noOps(a, first, end)
}

// noOps takes the no-ops from off on, and gives where they end.
func (s *screener) noOps(a *area, off, end int) int {
	var in Inst
	for off < end && s.step(a, 1) {
		p := place{a, off}
		number, err := s.decode(p, &in)
		if err != OK || off+int(in.Len) > end || !in.idle(rows[number].iclass) {
			break
		}
		take(a.Code[off:], a.marks[off:off+int(in.Len)])
		s.done += uint64(in.Len)
		s.judge(p, &in, s.kinds.of(&in, number))
		off += int(in.Len)
	}
	return off
}

// idle says whether assemblers fill space with the instruction.
func (in *Inst) idle(ic iclass) bool { return ic == icNOP }

// noOpBefore is the length of the longest no-op of more than one byte that ends at end and begins at off or after it, 0 if there is none. A
// single byte of 90 may be data.
func (a *area) noOpBefore(off, end int) int {
	var in Inst
	for n := min(maxLen, end-off); n > 1; n-- {
		if Decode(a.Code[end-n:end], &in) == OK && int(in.Len) == n {
			if r := identify(&in); r != nil && in.idle(r.iclass) {
				return n
			}
		}
	}
	return 0
}

// padding says whether a section's bytes from off up to end are all 00 or INT3.
func (a *area) padding(off, end int) bool {
	return !slices.ContainsFunc(a.Code[off:end], func(b byte) bool { return b != 0x00 && b != 0xCC })
}

// keep notes the data at p, and refuses it where the caller wants that.
func (s *screener) keep(p place, size int) {
	s.dataBytes += size
	s.refuse(p, softData, OK)
	if len(s.data) == maxData {
		s.dataMore++
		return
	}
	s.data = append(s.data, stretchOfData{p, size, s.wouldNeed(p, size)})
}

// wouldNeed is what bytes need if they are code after all: nothing if they are not instructions from the first to the last byte.
func (s *screener) wouldNeed(p place, size int) (needs isaBits) {
	var in Inst
	for end := p.off + size; p.off < end; p.off += int(in.Len) {
		if !s.step(p.area, 1) {
			return isaBits{}
		}
		number, err := s.decode(p, &in)
		if err != OK || p.off+int(in.Len) > end {
			return isaBits{}
		}
		needs.add(rows[number].isa)
		if in.usesAPX() {
			needs.add(isaAPX_F)
		}
	}
	return needs
}

// Data is bytes of an executable section that no control was seen to reach.
type Data struct {
	Section string   `json:"section"`
	Offset  uint64   `json:"offset"`        // from the section's start
	Size    uint64   `json:"size"`          // bytes
	Symbol  string   `json:"symbol"`        // that they belong to, or the nearest before; empty if the section has none
	ISA     []string `json:"isa,omitempty"` // extensions that they would need if they were code that a computed jump reaches
}

// dataList puts the stretches of data into words.
func (s *screener) dataList() []Data {
	var list []Data
	for i := range s.data {
		d := &s.data[i]
		symbol, _ := s.name(d.place)
		list = append(list, Data{d.area.Name, uint64(d.off), uint64(d.size), symbol, d.isa.names()})
	}
	return list
}

// text is the data as a line for a person.
func (d *Data) text() string {
	in := ""
	if d.Symbol != "" {
		in = " in " + d.Symbol
	}
	code := ""
	if len(d.ISA) > 0 {
		code = "; as code they would need " + orNone(d.ISA)
	}
	return fmt.Sprintf("%s+%#x%s: %d bytes that nothing leads to, taken for data%s", d.Section, d.Offset, in, d.Size, code)
}
