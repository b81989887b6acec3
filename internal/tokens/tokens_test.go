package tokens

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	good  = "0123456789abcdef"
	other = "fedcba9876543210"
)

func TestParse(t *testing.T) {
	for _, row := range []struct{ text, want, err string }{
		{good, "default", ""},
		{good + "\n", "default", ""},
		{"# who\n\nci " + good + "\r\nann\t" + other + "\n", "ci ann", ""},
		{"", "", "no token"},
		{"# nothing\n", "", "no token"},
		{"short", "", "line 1: a token has at least 16 characters, not 5"},
		{"\nci short", "", "line 2"},
		{"a b " + good, "", "3 words"},
		{"a " + good + "\nb " + good, "", "line 2 has the token of line 1"},
		{strings.Repeat("n", maxName+1) + " " + good, "", "a name has at most"},
		{strings.Repeat(" ", maxFile+1), "", "at most"},
	} {
		list, err := Parse([]byte(row.text))
		var names []string
		for _, n := range list {
			names = append(names, n.Name)
		}
		if got := strings.Join(names, " "); got != row.want || (err == nil) != (row.err == "") || err != nil && !strings.Contains(err.Error(), row.err) {
			t.Errorf("%.40q: %q, %v", row.text, got, err)
		}
		if err != nil && (strings.Contains(err.Error(), good) || strings.Contains(err.Error(), "short")) {
			t.Errorf("%q tells a token", err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("ci " + good))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := Parse(b)
		if (len(list) == 0) != (err != nil) {
			t.Fatalf("%d tokens, %v", len(list), err)
		}
		book := Of(list...)
		for _, n := range list {
			if name, ok := book.Who(n.Text); !ok || name != n.Name {
				t.Errorf("%q is %q's, %v; want %q", n.Text, name, ok, n.Name)
			}
		}
	})
}

// TestReload changes the file: to others, to none, and back.
func TestReload(t *testing.T) {
	file := filepath.Join(t.TempDir(), "tokens")
	when := time.Now().Add(-time.Hour)
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		when = when.Add(time.Second) // no clock is so coarse that nothing has changed
		if err := os.Chtimes(file, when, when); err != nil {
			t.Fatal(err)
		}
	}
	write("ci " + good)
	b, err := Open(file)
	if err != nil || b.Changed() || b.Len() != 1 {
		t.Fatalf("%v, changed %v", err, b.Changed())
	}
	write("ann " + other)
	if !b.Changed() {
		t.Error("the change is not seen")
	}
	if err := b.Reload(); err != nil || b.Changed() {
		t.Errorf("%v, changed %v", err, b.Changed())
	}
	if _, ok := b.Who(good); ok {
		t.Error("a token that was taken away is good")
	}
	write("broken")
	if err := b.Reload(); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("%v", err)
	}
	if name, ok := b.Who(other); !ok || name != "ann" || b.Changed() {
		t.Errorf("a broken file changes the tokens: %q %v; it is read again at once: %v", name, ok, b.Changed())
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := b.Reload(); err == nil {
		t.Error("no error without the file")
	}
	if _, ok := b.Who(other); !ok {
		t.Error("without the file there is no token")
	}
	if _, err := Open(file); err == nil {
		t.Error("a file that is not there is opened")
	}
	if _, ok := Of(Token{"a", good}).Who(""); ok {
		t.Error("no token is one")
	}
}
