package runner

import (
	"io"
	"os"
	"strings"
	"time"

	"webrunner/internal/words"
)

// maxCrash bounds the crash text that is kept of one child, bytes. What comes
// after it is read and dropped, so that the child never blocks on it.
const maxCrash = 16 << 10

// tail collects the beginning of what a child writes to its standard error.
type tail struct {
	file *os.File
	text []byte
	done chan struct{}
}

// collect starts to read f until its end, and closes it.
func collect(f *os.File) *tail {
	t := &tail{file: f, done: make(chan struct{})}
	go func() {
		defer close(t.done)
		defer f.Close()
		t.text, _ = io.ReadAll(io.LimitReader(f, maxCrash)) // what came before an error is still worth having
		_, _ = io.Copy(io.Discard, f)
	}()
	return t
}

// finish waits for the end of the text, but no longer than d.
func (t *tail) finish(d time.Duration) {
	_ = t.file.SetReadDeadline(time.Now().Add(d)) // an error means that it is closed, so done
	<-t.done
}

// lines returns the text as lines that are safe in a log. Call it after finish.
func (t *tail) lines() []string {
	if len(t.text) == 0 {
		return nil
	}
	lines := strings.Split(strings.TrimRight(string(t.text), "\n"), "\n")
	for i, l := range lines {
		lines[i] = words.Line(l, maxLine)
	}
	return lines
}
