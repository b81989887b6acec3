package words

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Line returns text, of which a part may be a stranger's, as one line that a
// terminal, a log or a table may show, in at most `most` bytes and Mark. A line
// feed or a tab is a space; whatever else is not printable (strconv.IsPrint) stands
// as Go's source text has it, as in \x1b, so that no control character, no part of
// an escape sequence, no mark of direction and no invalid UTF-8 is left.
func Line(s string, most int) string {
	if len(s) <= most && isPrintable(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		piece := s[i : i+n]
		switch {
		case r == '\n' || r == '\t':
			piece = " "
		case r == utf8.RuneError && n == 1 || !strconv.IsPrint(r):
			piece = strconv.Quote(piece)
			piece = piece[1 : len(piece)-1]
		}
		if b.Len()+len(piece) > most {
			return b.String() + Mark
		}
		b.WriteString(piece)
		i += n
	}
	return b.String()
}

// JSON returns a JSON text in which strings have no character that is not
// printable: encoding/json escapes only those of ASCII, and not all of them. It
// means the same to every reader (RFC 8259, section 7).
func JSON(text []byte) []byte {
	if isPrintable(strings.TrimRight(string(text), "\n")) {
		return text
	}
	out := make([]byte, 0, len(text)+len(text)/8)
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		switch {
		case r < utf8.RuneSelf && r != 0x7f: // what is between strings, and what is escaped
			out = append(out, text[i])
		case r == utf8.RuneError || !strconv.IsPrint(r):
			for _, unit := range utf16.AppendRune(nil, r) {
				out = append(out, `\u`...)
				const digits = "0123456789abcdef"
				for shift := 12; shift >= 0; shift -= 4 {
					out = append(out, digits[unit>>shift&15])
				}
			}
		default:
			out = append(out, text[i:i+n]...)
		}
		i += n
	}
	return out
}

// Text returns text of several lines, each of which is Line of what it was, but
// that tabs stay: line feeds and tabs are all that is left to move the cursor.
// What stands between two of them has at most `most` bytes and Mark.
func Text(s string, most int) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		cells := strings.Split(l, "\t")
		for j, c := range cells {
			cells[j] = Line(c, most)
		}
		lines[i] = strings.Join(cells, "\t")
	}
	return strings.Join(lines, "\n")
}
