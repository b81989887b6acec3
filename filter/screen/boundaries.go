package screen

import (
	"io"
	"strconv"
)

// Boundaries writes one line for every instruction of a linear sweep over the sections: section index, offset in hexadecimal, length.
// A byte where no instruction begins gets length 0, and the sweep goes on one byte later. It ends with a *StopError or a *LimitError as
// Options has it; what was written until then is a part of the answer.
func Boundaries(w io.Writer, sections []Section, o Options) error {
	out := newBounded(w, "the list of boundaries", o.TextBytes)
	p := progress{ask: o.Stop}
	for i := range sections {
		p.total += uint64(len(sections[i].Code))
	}
	var line []byte
	for i := range sections {
		a := area{Section: sections[i]}
		for off := 0; off < len(a.Code); {
			if !p.step(&a, 1) {
				return p.err
			}
			n := Length(a.Code[off:])
			line = strconv.AppendInt(line[:0], int64(a.Index), 10)
			line = append(line, ' ')
			line = strconv.AppendUint(line, uint64(off), 16)
			line = append(line, ' ')
			line = strconv.AppendInt(line, int64(n), 10)
			line = append(line, '\n')
			if _, err := out.Write(line); err != nil {
				return err
			}
			off += max(n, 1)
			p.done += uint64(n)
		}
	}
	return out.flush()
}

// Length is the length of the instruction at the start of code, or 0 if there is none that the table knows.
func Length(code []byte) int {
	var in Inst
	if Decode(code, &in) != OK || identify(&in) == nil {
		return 0
	}
	return int(in.Len)
}
