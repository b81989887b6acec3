package main

import (
	"bytes"
	"io"
	"os"
	"strings"
)

// painter writes text for a person at a terminal and gives colours to verdicts, as ISO 6429
// has them. Whoever writes to it need not know.
type painter struct{ w io.Writer }

// painted is the stream with colours, if it is a terminal that has any and nobody asked for
// none (https://no-color.org).
func painted(w io.Writer, getenv func(string) string) io.Writer {
	if term := getenv("TERM"); !terminal(w) || term == "" || term == "dumb" || getenv("NO_COLOR") != "" {
		return w
	}
	return &painter{w}
}

// Colours, and the end of one.
const (
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	red    = "\x1b[1;31m"
	plain  = "\x1b[0m"
)

// signs are what the verdicts stand behind, and words that they are. The first of both that a
// line has counts.
func signs() []sign {
	return []sign{
		{"", "accepted:", green}, {"", "refused:", red}, {"", "error:", red},
		{"", "ok:", green}, {"", "FAILED:", red}, {"", "WRONG RESULT:", red},
		{"", "ok ", green}, {"", "FAIL ", red}, {"", "warn ", yellow}, {"", "bad ", red},
		{"This host is ", "fit.", green}, {"This host is ", "unfit.", red},
		{"webrunner: ", "failed ", red},
		{"  result       ", "right", green}, {"  result       ", "WRONG", red},
		{"  ABI          ", "held", green}, {"  ABI          ", "VIOLATED", red},
		{"  integrity    ", "consistent", green}, {"  integrity    ", "unproven", yellow}, {"  integrity    ", "suspect", red},
		{"  ", "warning ", yellow},
	}
}

type sign struct{ before, word, colour string }

// ratios are the verdicts of a comparison, which stand before the ratio.
func ratios() []sign {
	return []sign{{": ", "faster", green}, {": ", "slower", red}, {": ", "wrong", red}}
}

// Write implements io.Writer.
func (p *painter) Write(text []byte) (int, error) {
	var b bytes.Buffer
	for line := range bytes.Lines(text) {
		b.WriteString(paint(string(line)))
	}
	if _, err := p.w.Write(b.Bytes()); err != nil {
		return 0, err
	}
	return len(text), nil
}

// paint gives a line its colour.
func paint(line string) string {
	for _, s := range signs() {
		if rest, is := strings.CutPrefix(line, s.before+s.word); is {
			return s.before + s.colour + s.word + plain + rest
		}
	}
	head, ratio, is := strings.Cut(line, " (b/a ")
	if !is {
		return line
	}
	for _, s := range ratios() {
		if name, is := strings.CutSuffix(head, s.before+s.word); is {
			return name + s.before + s.colour + s.word + plain + " (b/a " + ratio
		}
	}
	return line
}

// inColour gives both streams of a command colours where they may have any.
func (a *app) inColour() {
	a.out, a.err = painted(a.out, os.Getenv), painted(a.err, os.Getenv)
}
