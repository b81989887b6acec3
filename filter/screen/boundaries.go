package screen

import (
	"bufio"
	"io"
	"strconv"
)

// Boundaries writes one line for every instruction of a linear sweep over the sections: section index, offset in hexadecimal, length.
// A byte where no instruction begins gets length 0, and the sweep goes on one byte later.
func Boundaries(w io.Writer, sections []Section) error {
	out := bufio.NewWriterSize(w, 1<<16)
	var line []byte
	for i := range sections {
		sec := &sections[i]
		for off := 0; off < len(sec.Code); {
			n := Length(sec.Code[off:])
			line = strconv.AppendInt(line[:0], int64(sec.Index), 10)
			line = append(line, ' ')
			line = strconv.AppendUint(line, uint64(off), 16)
			line = append(line, ' ')
			line = strconv.AppendInt(line, int64(n), 10)
			line = append(line, '\n')
			out.Write(line) // an error stays in out until Flush
			off += max(n, 1)
		}
	}
	return out.Flush()
}

// Length is the length of the instruction at the start of code, or 0 if there is none that the table knows.
func Length(code []byte) int {
	var in Inst
	if Decode(code, &in) != OK || identify(&in) == nil {
		return 0
	}
	return int(in.Len)
}
