package loader

import (
	"bufio"
	"fmt"
	"io"
	"text/tabwriter"
)

// mostLines bounds each list of the text form: it is for reading. The dump has
// everything.
const mostLines = 400

// WriteText writes the report for a person: what was chosen and why, then
// segments, sections, symbols, relocations and undefined names.
func (r *Report) WriteText(w io.Writer) error {
	buf := bufio.NewWriter(w)
	t := &text{tabwriter.NewWriter(buf, 0, 8, 2, ' ', 0)}
	r.summary(t)
	if r.Object != nil {
		r.sectionList(t)
	}
	if r.plan != nil {
		r.symbolList(t)
		r.relocationList(t)
		r.undefinedList(t)
	}
	if err := t.w.Flush(); err != nil {
		return err
	}
	return buf.Flush()
}

// text writes lines of columns. Errors stay in the writers until the end.
type text struct{ w *tabwriter.Writer }

func (t *text) line(format string, args ...any) { fmt.Fprintf(t.w, format+"\n", args...) }

// head starts a list with columns of its own widths.
func (t *text) head(title string, n int) {
	t.w.Flush()
	t.line("\n%s: %d", title, n)
	t.w.Flush()
}

// list writes n lines, at most mostLines of them.
func (t *text) list(n int, each func(i int)) {
	for i := range min(n, mostLines) {
		each(i)
	}
	if n > mostLines {
		t.line("  … and %d more", n-mostLines)
	}
}

func (r *Report) summary(t *text) {
	t.line("object: %d bytes", r.size)
	if r.Err != nil {
		t.line("rejected: %v", r.Err)
		return
	}
	if r.ChoiceErr != nil {
		t.line("no function chosen: %v", r.ChoiceErr)
	} else {
		t.line("function: %s at %#x, because %s", r.Choice.Name, r.Choice.Addr, r.Choice.Why)
	}
	for _, warning := range r.Image.Warnings {
		t.line("warning: %s", warning)
	}
	for _, name := range r.Image.Joined.Taken {
		t.line("with: %s", name)
	}
	t.head("segments", len(r.Image.Segments))
	for _, s := range r.Image.Segments {
		t.line("  %#x-%#x\t%s\t%d bytes, %d initialised", s.Addr, s.Addr+s.Size, s.Perm, s.Size, len(s.Data))
	}
	for _, g := range r.Image.Regions {
		t.line("  %#x-%#x\t\t%s", g.Addr, g.Addr+uint64(len(g.Data)), g.Kind)
	}
}

func (r *Report) sectionList(t *text) {
	o := r.Object
	n := max(0, len(o.sections)-1)
	t.head("sections", n)
	t.line("  index\tname\tsize\talign\taddress\taccess")
	t.list(n, func(k int) {
		i := k + 1
		s := &o.sections[i]
		if s.typ == shtNull && s.number == 0 {
			return // the first of a file that was joined
		}
		where := "-\t" + whyNotMapped(s)
		if s.mapped && r.plan != nil && r.plan.has(i) {
			where = fmt.Sprintf("%#x\t%s", r.plan.sections[i], permOf(s))
		} else if s.mapped && !s.tls() {
			where = "-\t" + permOf(s).String()
		}
		t.line("  %d\t%s\t%d\t%d\t%s", i, inOf(s)+shown(s.name), s.size, s.align, where)
	})
}

func (r *Report) symbolList(t *text) {
	symbols := r.placed.Symbols
	t.head("symbols", len(symbols))
	t.line("  index\taddress\tsize\tkind\tbinding\tname")
	t.list(len(symbols), func(i int) {
		s := &symbols[i]
		t.line("  %d\t%#x\t%d\t%s\t%s\t%s", i, s.Addr, s.Size, s.Kind, s.Binding, shown(r.Object.symbolName(i)))
	})
}

func (r *Report) relocationList(t *text) {
	total := 0
	for i := range r.Object.relas {
		total += r.Object.relas[i].count()
	}
	t.head("relocations", total)
	t.line("  section\toffset\ttype\tsymbol\taddend\tvalue")
	left := mostLines
	for i := range r.Object.relas {
		rs := &r.Object.relas[i]
		for k := range min(rs.count(), left) {
			r.relocationLine(t, rs, rs.at(k))
		}
		left -= min(rs.count(), left)
	}
	if total > mostLines {
		t.line("  … and %d more", total-mostLines)
	}
}

func (r *Report) relocationLine(t *text, rs *relaSection, rel rela) {
	section := r.Object.target(rs)
	typ := &relocTypes[rel.typ] // Layout has checked it
	value := ""
	if typ.formula != nothing {
		value = fmt.Sprintf("%#x", r.plan.compute(typ, rel, r.plan.sections[rs.target]+rel.offset, section.body))
	}
	t.line("  %s\t%#x\t%s\t%s\t%d\t%s", shown(section.name), rel.offset, typ.name,
		shown(r.Object.symbolName(int(rel.sym))), int64(rel.addend), value)
}

func (r *Report) undefinedList(t *text) {
	list := r.placed.Undefined
	t.head("undefined", len(list))
	t.list(len(list), func(i int) {
		u := &list[i]
		fate := "traps: reaching it ends the run and names it"
		switch {
		case u.Supplied:
			fate = "supplied by the cell"
		case u.Addr == 0:
			fate = "weak: is 0"
		}
		t.line("  %s\t%s\t%#x\t%d references\t%s", u.Name, u.Kind, u.Addr, u.References, fate)
	})
}

// inOf names the joined file that has section s, if one has.
func inOf(s *section) string {
	if s.file == "" {
		return ""
	}
	return s.file + ":"
}
