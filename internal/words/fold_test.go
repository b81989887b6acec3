package words

import (
	"strings"
	"testing"
)

func TestFold(t *testing.T) {
	for _, row := range []struct{ text, want string }{
		{"", ""},
		{"short\n\n  lines \n", "short\n\n  lines \n"},
		{"one two three four five six\n", "one two three four\n  five six\n"},
		{"  a  one two three four five\n", "  a  one two three\n     four five\n"},
		{"  one two three four five", "  one two three four\n    five"},
		{strings.Repeat("x", 30) + " y\n", strings.Repeat("x", 30) + "\n  y\n"},
		{"ä  one two three ü", "ä  one two three ü"},
	} {
		if got := Fold(row.text, 20); got != row.want {
			t.Errorf("%q becomes %q, want %q", row.text, got, row.want)
		}
	}
}
