package link

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"time"
)

// Head is what a connection knows of a request beside what it hands on.
type Head struct {
	Method, Target string // as they were sent, as far as there are any
	Accept         string // the value of that header
	Fault          *Fault // nil where the head is a request's

	version11 bool
	hosts     int
	lengths   int
	codings   int
	length    int64 // of the body, chunked where its chunks tell
	expects   bool  // the client waits to be told to send it
}

const chunked = -1

// TakesChunks tells whether the answer may be in chunks, which HTTP/1.0 does not know
// (RFC 9112, 6.1).
func (h *Head) TakesChunks() bool { return h.version11 }

// Fault says what is wrong with a head.
type Fault struct {
	Kind FaultKind
	Text string // a sentence without its capital and its full stop
}

// FaultKind is a fault's place in a table of statuses.
type FaultKind int

// Kinds of faults.
const (
	Malformed FaultKind = iota // 400
	Slow                       // 408
	TooLong                    // 431
)

// stand-in is handed on for a head that is none.
const standIn = " / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

// next reads the next head. An error means that there is none, and that nobody
// waits for an answer.
func (c *Conn) next() error {
	if !c.body.done {
		return io.EOF // nobody has read it, so where the next head begins is unknown
	}
	c.pace.on = false
	c.head = Head{}
	if _, err := c.in.Peek(1); err != nil {
		return err
	}
	if err := c.SetReadDeadline(time.Now().Add(c.lim.HeadTime)); err != nil {
		return err
	}
	text, err := c.readHead()
	if err != nil {
		return err
	}
	if c.text = text; c.head.Fault != nil {
		method := "GET"
		if c.head.Method == "HEAD" {
			method = "HEAD"
		}
		c.text = []byte(method + standIn)
	}
	c.body = Body{c: c, left: c.head.length, expects: c.head.expects, done: c.head.length == 0 || c.head.Fault != nil}
	return nil
}

// readHead reads to the empty line behind a head, unless no such line can be
// expected. After a fault the rest is still read, for what it says of the answer.
func (c *Conn) readHead() (text []byte, err error) {
	h := &c.head
	if first, err := c.in.Peek(1); err == nil && first[0] == handshake {
		text, _ = c.in.Peek(c.in.Buffered()) // it may have no line at all
		h.secure()
		return bytes.Clone(text), nil
	}
	for begun := false; ; {
		at := len(text)
		if text, err = c.readLine(text, c.lim.Head); err != nil {
			return text, h.cut(text, err)
		}
		line := trimEnd(text[at:])
		switch {
		case len(line) == 0 && begun:
			h.finish()
			return text, nil
		case len(line) == 0: // which some send after a body (RFC 9112, 2.2)
			text = text[:at]
		case !begun:
			begun = true
			if slash := h.request(line); slash > 0 {
				text = append(text[:at+slash], append([]byte{'/'}, text[at+slash:]...)...)
			}
			if h.Fault != nil {
				return text, nil // perhaps no HTTP at all
			}
		default:
			h.field(line)
		}
	}
}

// errLong is what a line is that leaves the limit.
var errLong = errors.New("link: the line is too long")

// readLine appends a line with its end to text, which may get no longer than
// most bytes.
func (c *Conn) readLine(text []byte, most int) ([]byte, error) {
	for {
		piece, err := c.in.ReadSlice('\n')
		if len(text)+len(piece) > most {
			return text, errLong
		}
		if text = append(text, piece...); err != bufio.ErrBufferFull {
			return text, err
		}
	}
}

func trimEnd(line []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
}

// cut says what it means that a head did not come to its end, and returns the
// error where nobody is left to be told.
func (h *Head) cut(text []byte, err error) error {
	if h.Method == "" { // what there is of a request line, for logs
		method, target, _ := bytes.Cut(bytes.TrimLeft(text, "\r\n"), []byte(" "))
		target, _, _ = bytes.Cut(target, []byte(" "))
		h.Method, h.Target = string(method), string(target)
	}
	switch {
	case errors.Is(err, errLong):
		h.Fault = &Fault{TooLong, "the head of the request is too long"}
	case errors.Is(err, os.ErrDeadlineExceeded):
		h.Fault = &Fault{Slow, "the head of the request did not arrive in time"}
	case err == io.EOF && len(bytes.Trim(text, "\r\n")) > 0:
		h.Fault = &Fault{Malformed, "the head of the request ended before its empty line"}
	default:
		return err
	}
	return nil
}
