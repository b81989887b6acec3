package words

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestPrintable(t *testing.T) {
	for _, x := range []struct {
		in   string
		most int
		want string
	}{
		{"", 8, ""},
		{"sdot", 4, "sdot"},
		{"sdot_kernel", 4, "sdot…"},
		{"two words", 20, "two words"},
		{"größe", 20, "größe"},
		{"größe", 3, "gr…"}, // not half of the ö
		{"a\x1b[2J", 20, `"a\x1b[2J"`},
		{"a\r\n\tb", 20, `"a\r\n\tb"`},
		{"\x9b31m", 20, `"\x9b31m"`},
		{"\u009b31m", 20, `"\u009b31m"`},
		{"\u202eabc", 20, `"\u202eabc"`},
		{"\u2028", 20, `"\u2028"`},
		{"\x7f", 20, `"\x7f"`},
		{`quote"`, 20, `quote"`},
		{"\x1b\x1b\x1b", 11, `"\x1b\x1b"…`},
		{"\x1b\x1b\x1b", 9, `"\x1b"…`},
		{"abcdefgh\x1b", 5, "abcde…"},
		{"\x1babcdefgh", 8, `"\x1bab"…`},
	} {
		if got := Printable(x.in, x.most); got != x.want {
			t.Errorf("Printable(%q, %d) = %s, want %s", x.in, x.most, got, x.want)
		}
	}
}

// FuzzPrintable holds that nothing which commands a terminal is left, and that
// the length is bounded.
func FuzzPrintable(f *testing.F) {
	f.Add("\x1b]0;title\a", uint8(9))
	f.Add(strings.Repeat("ö\xff", 40), uint8(64))
	f.Fuzz(func(t *testing.T, s string, n uint8) {
		most := 8 + int(n)
		got := Printable(s, most)
		if len(got) > most+len(Mark) {
			t.Errorf("%d bytes, at most %d", len(got), most)
		}
		if !utf8.ValidString(got) {
			t.Errorf("%q is no UTF-8", got)
		}
		for _, r := range got {
			if !unicode.IsPrint(r) {
				t.Errorf("%q has %U", got, r)
			}
		}
	})
}

func TestNearest(t *testing.T) {
	for _, x := range []struct {
		word  string
		known []string
		want  string
	}{
		{"playground", []string{"tiny", "playgruond"}, "playgruond"},
		{"sdot", []string{"ddot", "sdot_"}, "ddot"},
		{"sdot", []string{"saxpy", "sgemm"}, ""},
		{"", []string{"a"}, ""},
		{"kernal", []string{"kernel", "kernels", "timeout"}, "kernel"},
		{"kernels", []string{"kernel", "kernels", "timeout"}, "kernels"},
		{"tmeout", []string{"kernel", "kernels", "timeout"}, "timeout"},
		{"zzzzzz", []string{"kernel", "kernels", "timeout"}, ""},
		{strings.Repeat("kernel", 1000), []string{"kernel"}, ""},
		{"a", nil, ""},
		{strings.Repeat("a", 257), []string{strings.Repeat("a", 256)}, ""},
	} {
		if got := Nearest(x.word, x.known...); got != x.want {
			t.Errorf("Nearest(%q, %q) = %q, want %q", x.word, x.known, got, x.want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, x := range []struct {
		a, b        string
		limit, want int
	}{
		{"", "", 0, 0}, {"", "abc", 3, 3}, {"abc", "", 2, 3}, {"kitten", "sitting", 9, 3}, {"sdot", "sdto", 4, 2}, {"flaw", "lawn", 4, 2}, {"kitten", "sitting", 2, 3},
		{"playground", "playgruond", 5, 2}, {"abc", "abc", 0, 0}, {"abc", "xyz", 1, 2}, {"abc", "abd", 5, 1}, {"abc", "ab", 5, 1}, {"abcdefgh", "", 5, 6}, {"aaaaaaaa", "bbbbbbbb", 5, 6},
	} {
		if got := Distance(x.a, x.b, x.limit); got != x.want {
			t.Errorf("Distance(%q, %q, %d) = %d, want %d", x.a, x.b, x.limit, got, x.want)
		}
	}
}
