package main

import (
	"bufio"
	"bytes"
	"errors"
	"strings"

	"webrunner/internal/wire"
)

// batchLine is one line of a batch: an object and how it is run.
type batchLine struct {
	number  int
	text    string // as it stands in the file; empty for what no file has
	options *runOptions
	object  string
}

// Bounds of a batch.
const (
	maxBatch     = 16 << 20 // bytes of the file
	maxBatchLine = 1 << 20
)

// readBatch reads the lines of a batch, each of which has the flags of the command line
// before its own. Empty lines and those that begin with a number sign are none.
func (a *app) readBatch(name string, args []string) (list []batchLine, err error) {
	b, err := a.readObject(name)
	if err != nil {
		return nil, err
	}
	if len(b) > maxBatch {
		return nil, usage("--batch: a file has at most %d bytes, not %d", maxBatch, len(b))
	}
	lines := bufio.NewScanner(bytes.NewReader(b))
	lines.Buffer(nil, maxBatchLine)
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" || text[0] == '#' {
			continue
		}
		l, err := a.readBatchLine(text, args)
		if err != nil {
			return nil, usage("--batch: line %d: %v", n, wire.AsProblem(err).Detail)
		}
		l.number = n
		list = append(list, l)
	}
	if err := lines.Err(); err != nil {
		return nil, usage("--batch: %v", err)
	}
	if len(list) == 0 {
		return nil, usage("--batch: there is no line in %s", name)
	}
	return list, nil
}

// forAll are the flags that a whole batch has.
var forAll = [...]string{"batch", "repeat", "o", "output", "without", "timeout", "kernels", "server", "machine", "token-file", "wait"}

func (a *app) readBatchLine(text string, args []string) (batchLine, error) {
	words, err := fields(text)
	if err != nil {
		return batchLine{}, usage("%v", err)
	}
	_, own := newRunOptions(a)
	if _, err := own.split(words); err != nil {
		return batchLine{}, usage("%v", err)
	}
	if given := own.given(forAll[:]...); len(given) > 0 {
		return batchLine{}, usage("%s is for the whole batch; give it on the command line", given[0])
	}
	o, all := newRunOptions(a)
	rest, err := all.split(append(args[:len(args):len(args)], words...))
	switch {
	case err != nil:
		return batchLine{}, usage("%v", err)
	case len(rest) != 1:
		return batchLine{}, usage("it has %d objects, not one", len(rest))
	}
	return batchLine{text: text, options: o, object: rest[0]}, nil
}

// fields splits a line into words as a shell does that expands nothing: at spaces, but
// for those in quotes or behind a backslash.
func fields(line string) (words []string, err error) {
	var word strings.Builder
	open, quote := false, rune(0)
	escaped := false
	for _, r := range line {
		switch {
		case escaped:
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			escaped, open = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, open = r, true
		case r == ' ' || r == '\t':
			if open {
				words = append(words, word.String())
				word.Reset()
			}
			open = false
		default:
			word.WriteRune(r)
			open = true
		}
	}
	if quote != 0 || escaped {
		return nil, errors.New("a quote has no end")
	}
	if open {
		words = append(words, word.String())
	}
	return words, nil
}
