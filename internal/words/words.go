// Package words has what every package does with words that it did not write:
// show one of them without harm, and guess which known one was meant. It is
// below all other packages and imports none of them.
package words

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Mark ends what Printable has cut.
const Mark = "…"

// Printable returns s as a terminal, a log line or a page may show it, in at
// most `most` bytes and Mark. It is s itself if that fits and is printable
// UTF-8 (strconv.IsPrint: letters, marks, numbers, punctuation, symbols, the
// ASCII space). Anything else is quoted as in Go's source text, so that no
// control character, no part of an escape sequence and no mark of direction is
// left; what is too long is cut.
func Printable(s string, most int) string {
	if len(s) <= most && isPrintable(s) {
		return s
	}
	if head := s[:min(len(s), most)]; len(s) > most && isPrintable(whole(head)) {
		return whole(head) + Mark
	}
	return quoted(s, most)
}

func isPrintable(s string) bool {
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if c < 0x20 || c == 0x7f {
				return false
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError || !strconv.IsPrint(r) {
			return false
		}
		i += n
	}
	return true
}

// whole drops the piece of a character that a cut has left at the end.
func whole(s string) string {
	for cut := 1; cut < utf8.UTFMax && cut <= len(s); cut++ {
		if c := s[len(s)-cut]; utf8.RuneStart(c) {
			if !utf8.FullRuneInString(s[len(s)-cut:]) {
				return s[:len(s)-cut]
			}
			break
		}
	}
	return s
}

// quoted quotes as much of s as gives `most` bytes.
func quoted(s string, most int) string {
	var out strings.Builder
	out.Grow(min(4*len(s)+2, most+len(Mark)))
	out.WriteByte('"')
	mark := ""
	for s != "" {
		var room [16]byte
		_, n := utf8.DecodeRuneInString(s)
		piece := strconv.AppendQuote(room[:0], s[:n])
		piece = piece[1 : len(piece)-1]
		if out.Len()+len(piece)+1 > most {
			mark = Mark
			break
		}
		out.Write(piece)
		s = s[n:]
	}
	out.WriteByte('"')
	out.WriteString(mark)
	return out.String()
}

// Nearest returns the known word that takes the fewest edits to become word, ""
// when more than half of its letters would have to change. Of equals the first
// is taken. Words of more than 256 bytes are not compared.
func Nearest(word string, known ...string) string {
	if word == "" || len(word) > longest {
		return ""
	}
	best, limit := "", len(word)/2
	for _, k := range known {
		if len(k) > longest {
			continue
		}
		if d := Distance(word, k, limit); d <= limit {
			best, limit = k, d-1
		}
	}
	return best
}

const longest = 256

// Distance is how many bytes must be inserted, deleted or replaced to make b of
// a (Levenshtein 1965), or limit+1 when it is more than limit.
func Distance(a, b string, limit int) int {
	if d := len(a) - len(b); d > limit || -d > limit {
		return limit + 1
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal, best := row[0], i
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost = 1 + min(diagonal, row[j], row[j-1])
			}
			diagonal, row[j] = row[j], cost
			best = min(best, cost)
		}
		if best > limit {
			return limit + 1
		}
	}
	if row[len(b)] > limit {
		return limit + 1
	}
	return row[len(b)]
}
