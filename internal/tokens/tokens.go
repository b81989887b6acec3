// Package tokens knows who may use a server: bearer tokens with names, from a file
// that may change while the server runs.
package tokens

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

// Least is the least length of a token that cannot simply be guessed, in characters.
const Least = 16

// Bounds of a file of tokens.
const (
	maxTokens = 1000
	maxFile   = 1 << 20 // bytes
	maxName   = 64      // bytes of a name
)

// Token is one token and whose it is.
type Token struct {
	Name string // for logs; "default" where the file gives none
	Text string
}

// Unnamed is the name of a token that stands alone on its line: whose it is, nobody knows.
const Unnamed = "default"

// Parse reads a file of tokens: a line is TOKEN or NAME TOKEN, or empty, or begins with
// a number sign. A file of one token alone, as ever, has one line. No error tells a
// token.
func Parse(text []byte) ([]Token, error) {
	if len(text) > maxFile {
		return nil, fmt.Errorf("a file of tokens has at most %d bytes, not %d", maxFile, len(text))
	}
	var list []Token
	seen := make(map[string]int)
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, maxFile)
	for n := 1; lines.Scan(); n++ {
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		t := Token{Name: Unnamed, Text: fields[len(fields)-1]}
		if len(fields) == 2 {
			t.Name = fields[0]
		}
		switch {
		case len(fields) > 2:
			return nil, fmt.Errorf("line %d has %d words; it takes TOKEN or NAME TOKEN", n, len(fields))
		case len(t.Name) > maxName:
			return nil, fmt.Errorf("line %d: a name has at most %d bytes, not %d", n, maxName, len(t.Name))
		case len(t.Text) < Least:
			return nil, fmt.Errorf("line %d: a token has at least %d characters, not %d; head -c 24 /dev/urandom | base64 makes one", n, Least, len(t.Text))
		case seen[t.Text] > 0:
			return nil, fmt.Errorf("line %d has the token of line %d", n, seen[t.Text])
		case len(list) == maxTokens:
			return nil, fmt.Errorf("there are more than %d tokens", maxTokens)
		}
		seen[t.Text] = n
		list = append(list, t)
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("there is no token; a line of at least %d characters is one, and head -c 24 /dev/urandom | base64 makes it", Least)
	}
	return list, nil
}

// Read reads a file of tokens. An error names the file, and no token.
func Read(file string) ([]Token, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	list, err := Parse(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return list, nil
}

// Book is the tokens that are good now. Its methods may be called from any goroutine.
type Book struct {
	file string

	mu    sync.RWMutex
	list  []entry
	stamp stamp
}

// entry is a token as the book keeps it: hashed, so that all are equally long and no
// memory of the server has one.
type entry struct {
	name string
	sum  [sha256.Size]byte
}

// stamp tells one state of a file from others.
type stamp struct {
	time time.Time
	size int64
}

// Open reads a file of tokens that Reload reads again.
func Open(file string) (*Book, error) {
	b := Of()
	b.file = file
	if err := b.Reload(); err != nil {
		return nil, err
	}
	return b, nil
}

// Of is a book of tokens that no file has.
func Of(list ...Token) *Book {
	b := new(Book)
	b.set(list)
	return b
}

func (b *Book) set(list []Token) {
	b.list = nil
	for _, t := range list {
		b.list = append(b.list, entry{t.Name, sha256.Sum256([]byte(t.Text))})
	}
}

// Reload reads the file again. With an error the tokens stay as they are.
func (b *Book) Reload() error {
	if b.file == "" {
		return nil
	}
	now := b.look()
	b.mu.Lock()
	b.stamp = now // a file that cannot be read is tried again when it changes
	b.mu.Unlock()
	list, err := Read(b.file)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.set(list)
	return nil
}

// Changed tells whether the file is another than when it was read last.
func (b *Book) Changed() bool {
	if b.file == "" {
		return false
	}
	now := b.look()
	b.mu.RLock()
	defer b.mu.RUnlock()
	return now != stamp{} && now != b.stamp
}

// look is the state of the file, nothing where there is none that could be read again.
func (b *Book) look() stamp {
	info, err := os.Stat(b.file)
	if err != nil || !info.Mode().IsRegular() {
		return stamp{}
	}
	return stamp{info.ModTime(), info.Size()}
}

// Len is how many tokens there are.
func (b *Book) Len() int {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return len(b.list)
}

// Who tells whose a token is. It takes as long for every token.
func (b *Book) Who(token string) (name string, ok bool) {
	sum := sha256.Sum256([]byte(token))
	b.mu.RLock()
	defer b.mu.RUnlock()
	found := -1
	for i := range b.list {
		found = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare(sum[:], b.list[i].sum[:]), i, found)
	}
	if found < 0 {
		return "", false
	}
	return b.list[found].name, true
}
