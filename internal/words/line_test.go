package words

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestLine(t *testing.T) {
	for _, x := range []struct {
		in   string
		most int
		want string
	}{
		{"", 8, ""},
		{"sdot: größe", 20, "sdot: größe"},
		{"a\nb\tc", 8, "a b c"},
		{"a\x1b[2J\r", 20, `a\x1b[2J\r`},
		{"\u202e\u009b\xff\x7f\u2028", 40, `\u202e\u009b\xff\x7f\u2028`},
		{"\ufffd", 8, "\ufffd"}, // a character as any other; a broken one is not
		{"abcdef", 4, "abcd…"},
		{"größe", 3, "gr…"}, // not half of the ö
		{"ab\x1bcd", 5, "ab…"},
		{"", 0, ""},
	} {
		if got := Line(x.in, x.most); got != x.want {
			t.Errorf("Line(%q, %d) = %q, want %q", x.in, x.most, got, x.want)
		}
	}
}

// FuzzLine holds that nothing which commands a terminal is left, that the length is
// bounded, and that a line of a line is the same.
func FuzzLine(f *testing.F) {
	f.Add("\x1b]0;title\a", uint8(9))
	f.Add(strings.Repeat("ö\xff\n", 40), uint8(64))
	f.Fuzz(func(t *testing.T, s string, n uint8) {
		got := Line(s, int(n))
		if len(got) > int(n)+len(Mark) || !utf8.ValidString(got) {
			t.Errorf("%q of at most %d bytes", got, n)
		}
		for _, r := range got {
			if !unicode.IsPrint(r) {
				t.Errorf("%q has %U", got, r)
			}
		}
		if again := Line(got, len(got)); again != got {
			t.Errorf("%q becomes %q", got, again)
		}
	})
}

// FuzzJSON holds that a JSON text keeps its meaning and loses what commands a
// terminal.
func FuzzJSON(f *testing.F) {
	f.Add("\x1b]0;title\a\x7f\u009b31m", "\u202e\U000e0001\xff\u2028")
	f.Fuzz(func(t *testing.T, key, value string) {
		text, err := json.Marshal(map[string]any{key: []any{value, 1.5, nil}})
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, '\n')
		got := JSON(text)
		for _, r := range strings.TrimSuffix(string(got), "\n") {
			if !unicode.IsPrint(r) {
				t.Errorf("%q has %U", got, r)
			}
		}
		var before, after any
		if err := json.Unmarshal(text, &before); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(got, &after); err != nil || !reflect.DeepEqual(before, after) {
			t.Errorf("%q: %v, %v", got, after, err)
		}
	})
}

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"":                              "",
		"\n":                            "\n",
		"a\tb\n\n  c\n":                 "a\tb\n\n  c\n",
		"f\x1b[2J\tx\r\nlong-long-long": "f\\x1b[2J\tx\\r\nlong-long…",
	} {
		if got := Text(in, 9); got != want {
			t.Errorf("Text(%q) = %q, want %q", in, got, want)
		}
	}
}
