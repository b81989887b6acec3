package doctor

import (
	"io/fs"
	"strconv"
	"strings"
)

// tree is the root directory of a host.
type tree struct{ fsys fs.FS }

// text returns a small file without the space around it; ok is false where it
// cannot be read.
func (t tree) text(name string) (s string, ok bool) {
	b, err := fs.ReadFile(t.fsys, name)
	return strings.TrimSpace(string(b)), err == nil
}

// number returns a file that holds one decimal number.
func (t tree) number(name string) (n int, ok bool) {
	s, ok := t.text(name)
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}

// chosen returns the word in brackets of a file such as "always [never]".
func (t tree) chosen(name string) (s string, ok bool) {
	s, ok = t.text(name)
	_, s, left := strings.Cut(s, "[")
	s, _, right := strings.Cut(s, "]")
	return s, ok && left && right
}

// first returns the text of the first file that can be read.
func (t tree) first(names ...string) (name, s string, ok bool) {
	for _, name = range names {
		if s, ok = t.text(name); ok {
			return name, s, true
		}
	}
	return "", "", false
}

// Files that are there when the file systems are mounted.
const (
	procSign = "proc/self/status"
	sysSign  = "sys/kernel"
)

// mounted tells whether a file system that has this file is mounted.
func (t tree) mounted(sign string) bool {
	_, err := fs.Stat(t.fsys, sign)
	return err == nil
}
