package loader

import (
	"cmp"
	"slices"
)

// span is the bytes of the file that a section has.
type span struct {
	offset, end uint64
	section     int
}

// checkOverlaps refuses sections that share bytes of the file (gABI chapter 4:
// "Sections in a file may not overlap"), as far as the loader reads them: mapped
// sections, and relocations of mapped sections. So all work on their contents is
// linear in the size of the file.
func (p *parser) checkOverlaps() error {
	var spans []span
	add := func(i int) {
		if s := &p.sections[i]; s.size > 0 {
			spans = append(spans, span{s.offset, s.offset + s.size, i})
		}
	}
	for i := range p.sections {
		s := &p.sections[i]
		if s.mapped && !s.noBits() || s.typ == shtGroup && within(p.file, s.offset, s.size) {
			add(i)
		}
	}
	for i := range p.relas {
		add(p.relas[i].index)
	}
	slices.SortFunc(spans, func(a, b span) int {
		return cmp.Or(cmp.Compare(a.offset, b.offset), cmp.Compare(a.section, b.section))
	})
	for i := 1; i < len(spans); i++ {
		if before, s := spans[i-1], spans[i]; s.offset < before.end {
			return malformed("its %d bytes at file offset %#x overlap those of section %d", s.end-s.offset, s.offset, before.section).
				in(s.section, &p.sections[s.section])
		}
	}
	return nil
}
