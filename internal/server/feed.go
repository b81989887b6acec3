package server

import (
	"encoding/json"
	"fmt"
	"io"

	"webrunner/internal/words"
)

// mediaEvents is the type of server-sent events (HTML standard, 9.2).
const mediaEvents = "text/event-stream"

// feed is the body of an answer that is made while it is sent. Whoever makes it waits for
// the client to take it.
type feed struct {
	*io.PipeReader
	w    *io.PipeWriter
	stop func()          // ends the work when the answer is over, taken or not
	sent int             // bytes that were taken
	over func(bytes int) // told then, once; nil tells nobody
}

func newFeed(stop func()) *feed {
	r, w := io.Pipe()
	return &feed{PipeReader: r, w: w, stop: stop}
}

// Read implements io.Reader, and counts what is taken.
func (e *feed) Read(b []byte) (int, error) {
	n, err := e.PipeReader.Read(b)
	e.sent += n
	return n, err
}

// send sends one event with a document. That nobody takes it any more, the one who makes
// it learns by the end of its context.
func (e *feed) send(name string, document any) {
	b, err := json.Marshal(document)
	if err != nil {
		b = []byte(`{}`)
	}
	_, _ = fmt.Fprintf(e.w, "event: %s\ndata: %s\n\n", name, words.JSON(b))
}

// end ends the body.
func (e *feed) end() { _ = e.w.Close() }

// Close implements io.Closer. The server calls it when the answer has been sent, or
// cannot be.
func (e *feed) Close() error {
	err := e.PipeReader.Close()
	e.stop()
	if e.over != nil {
		e.over(e.sent)
		e.over = nil
	}
	return err
}
