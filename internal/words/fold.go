package words

import (
	"strings"
	"unicode/utf8"
)

// Columns is what every table and help text for people fits into.
const Columns = 120

// Fold breaks the lines of a text that are longer than some columns at spaces. What
// goes on stands below its column: behind the last two spaces in the first half of a
// line or, without such, two further than the line begins. A word is never broken.
func Fold(text string, columns int) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		line, end := strings.TrimSuffix(line, "\n"), line[len(strings.TrimSuffix(line, "\n")):]
		fold(&b, line, columns)
		b.WriteString(end)
	}
	return b.String()
}

// fold writes one line.
func fold(b *strings.Builder, line string, columns int) {
	if utf8.RuneCountInString(line) <= columns {
		b.WriteString(line)
		return
	}
	head := line[:len(line)-len(strings.TrimLeft(line, " "))]
	hang := len(head) + 2
	if at := strings.LastIndex(line[:min(columns/2, len(line))], "  "); at >= len(head) {
		head = line[:at+2]
		hang = utf8.RuneCountInString(head)
	}
	Wrap(b, head, hang, line[len(head):], columns)
}

// Wrap writes the words of a text behind a head. Where a line would be longer than some
// columns the next word begins another one, behind so many spaces. A word is never broken.
func Wrap(b *strings.Builder, head string, hang int, text string, columns int) {
	b.WriteString(head)
	width := utf8.RuneCountInString(head)
	for i, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case width+1+n > columns:
			b.WriteString("\n" + strings.Repeat(" ", hang))
			width = hang
		default:
			b.WriteByte(' ')
			width++
		}
		b.WriteString(word)
		width += n
	}
}
