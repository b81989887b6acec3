package report

import (
	"fmt"
	"io"
	"strings"

	"webrunner/internal/wire"
)

// shownCode is the share of the instructions of a call from which on a table shows the
// code of a block.
const shownCode = 0.01

// writeProfile writes where the instructions of a call were executed, if that is known.
func writeProfile(b *strings.Builder, p *wire.Profile) {
	if p == nil {
		return
	}
	fmt.Fprintf(b, "\n  profile by %s, of %d instructions\n", line(string(p.By)), p.Instructions)
	if p.Note != "" {
		wrap(b, "  ", 2, line(p.Note))
	}
	shown := shownFigures(p)
	head := []string{"", "share", "instructions", "executed"}
	for _, name := range shown {
		head = append(head, strings.ToLower(name))
	}
	rows := [][]string{append(head, "where")}
	for i := range p.Places {
		place := &p.Places[i]
		row := []string{"", fixed(100*place.Share, 1) + " %", fmt.Sprint(place.Instructions), fmt.Sprint(place.Executed)}
		for _, name := range shown {
			row = append(row, countOf(place, name))
		}
		rows = append(rows, append(row, where(place)))
	}
	if p.Others > 0 {
		row := append([]string{"", "", fmt.Sprint(p.Others), ""}, make([]string, len(shown))...)
		rows = append(rows, append(row, "elsewhere"))
	}
	writeRows(b, rows)
	writeListing(b, p.Listing)
	for i := range p.Places {
		place := &p.Places[i]
		if len(place.Code) == 0 || place.Share < shownCode {
			continue
		}
		fmt.Fprintf(b, "\n  %s, executed %d times\n", where(place), place.Executed)
		for _, text := range place.Code {
			b.WriteString("      " + line(text) + "\n")
		}
	}
}

// shownFigures are the counts of functions that a table has columns for; JSON has all.
func shownFigures(p *wire.Profile) []string {
	if len(p.Places) == 0 || len(p.Places[0].Counts) == 0 {
		return nil
	}
	return []string{"Loads", "Stores", "Branches", "FLOPs"}
}

// countOf is a count of a place, empty where it is not known.
func countOf(p *wire.ProfilePlace, name string) string {
	for _, c := range p.Counts {
		if c.Name == name {
			return fmt.Sprint(c.Value)
		}
	}
	return ""
}

// writeListing writes the listing of a profile, with how often each instruction was
// executed before it.
func writeListing(b *strings.Builder, list []wire.ProfileLine) {
	section, source := "", ""
	for i := range list {
		n := &list[i]
		if n.Section != section {
			section = n.Section
			fmt.Fprintf(b, "\n  section %s\n  %12s %8s\n", line(section), "executed", "share")
		}
		if n.Label != "" {
			fmt.Fprintf(b, "%s:\n", line(n.Label))
		}
		if at := fmt.Sprintf("%s:%d", n.File, n.Line); n.Line > 0 && at != source {
			source = at
			fmt.Fprintf(b, "  %21s  ; %s\n", "", line(at))
		}
		counts := strings.Repeat(" ", 21)
		if n.Executed > 0 {
			counts = fmt.Sprintf("%12d %6s %%", n.Executed, fixed(100*n.Share, 1))
		}
		fmt.Fprintf(b, "  %s  %6x  %-22s %s\n", counts, n.Offset, line(n.Bytes), line(n.Text))
	}
}

// where names a place by its function and line.
func where(p *wire.ProfilePlace) string {
	text := p.Function
	if p.Offset > 0 {
		text += fmt.Sprintf("+%#x", p.Offset)
	}
	if p.Line > 0 {
		text += fmt.Sprintf(" %s:%d", p.File, p.Line)
	}
	return line(text)
}

// Folded writes the profile of a result in the form that flame graphs are made from: on
// each line a stack of names, separated by semicolons, and how many instructions were
// executed there. Without a profile it is the function alone, where its instructions are
// counted.
func Folded(w io.Writer, r *wire.Result) error {
	var b strings.Builder
	if p := r.Profile; p != nil {
		for i := range p.Places {
			place := &p.Places[i]
			stack := frame(r.Kernel) + ";" + frame(place.Function)
			if full := frame(where(place)); full != frame(place.Function) || p.By != wire.ProfileFunctions && p.By != wire.ProfileListing {
				stack += ";" + full
			}
			fmt.Fprintf(&b, "%s %d\n", stack, place.Instructions)
		}
		if p.Others > 0 {
			fmt.Fprintf(&b, "%s;elsewhere %d\n", frame(r.Kernel), p.Others)
		}
	} else if c := instructions(r); c != nil {
		fmt.Fprintf(&b, "%s;%s %s\n", frame(r.Kernel), frame(r.Symbol), Integer(c.Value))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// frame is a name as a folded stack can hold it.
func frame(name string) string {
	return strings.NewReplacer(";", ":", "\n", " ").Replace(line(name))
}

// instructions is the count of instructions, nil where there is none.
func instructions(r *wire.Result) *wire.Counter {
	for i := range r.Counters {
		if c := &r.Counters[i]; c.Name == wire.FigureInstructions && c.Value >= 0 {
			return c
		}
	}
	return nil
}
