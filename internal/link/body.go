package link

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Body reads the body of one request, and never more. A client that waits to be
// told so (RFC 9110, 10.1.1) is told to send it when somebody first reads.
type Body struct {
	c       *Conn
	left    int64 // bytes of the body, or of this chunk; chunked before the first
	done    bool  // it is read to its end
	expects bool
	pieces  bool // it is chunked, and the first chunk has begun
	err     error
}

// Length returns how many bytes are announced and not yet read, -1 when chunks
// will tell.
func (b *Body) Length() int64 {
	if b.pieces {
		return chunked
	}
	return b.left
}

// Done tells whether the body has been read to its end.
func (b *Body) Done() bool { return b.done }

// Skip drops the rest of a body, if all of it has arrived already. It tells
// whether the body is read to its end.
func (b *Body) Skip() bool {
	if !b.done && b.left > 0 && !b.pieces && !b.expects && b.left <= int64(b.c.in.Buffered()) {
		_, _ = b.c.in.Discard(int(b.left)) // of what is there
		b.left, b.done = 0, true
	}
	return b.done
}

// Read reads from the body. Errors are io.EOF at its end, ErrSlow,
// io.ErrUnexpectedEOF where the client left before, ErrChunk, and those of the
// connection. After an error the connection is good for an answer only.
func (b *Body) Read(p []byte) (n int, err error) {
	switch {
	case b.done:
		return 0, io.EOF
	case b.err != nil:
		return 0, b.err
	}
	if n, err = b.read(p); err == io.EOF && !b.done {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		b.err = err
	}
	return n, err
}

func (b *Body) read(p []byte) (int, error) {
	if !b.c.pace.on {
		if err := b.begin(); err != nil {
			return 0, err
		}
	}
	if b.left <= 0 {
		if err := b.nextChunk(); err != nil {
			return 0, err
		}
		if b.done {
			return 0, io.EOF
		}
	}
	n, err := b.c.in.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	if b.c.pace.moved += n; b.c.pace.moved >= b.c.lim.Step && err == nil {
		err = b.c.step()
	}
	if b.left == 0 && !b.pieces {
		b.done = true
		if err == nil {
			err = io.EOF
		}
	}
	return n, err
}

// begin tells the client to send the body, if it waits for that.
func (b *Body) begin() error {
	if b.expects && b.c.in.Buffered() == 0 {
		if _, err := io.WriteString(b.c, "HTTP/1.1 100 Continue\r\n\r\n"); err != nil {
			return err
		}
	}
	b.expects = false
	return b.c.step()
}

// ErrChunk is what a body is whose chunks are none (RFC 9112, 7.1).
var ErrChunk = errors.New("a chunk of the body is malformed")

// maxChunkLine bounds the line before a chunk, bytes.
const maxChunkLine = 1 << 10

// nextChunk reads the line before a chunk and, behind the last one, the trailers,
// which nobody looks at. Lines end in CR LF and have no other: who stands before the
// server may take a lone one for a part of the line, or for its end, and see requests
// where there are none.
func (b *Body) nextChunk() error {
	if b.pieces {
		if line, err := b.c.readLine(nil, 2); err != nil || string(line) != "\r\n" {
			return chunkErr(err, "it is longer than it says")
		}
	}
	b.pieces = true
	line, err := b.c.readLine(nil, maxChunkLine)
	if err != nil {
		return chunkErr(err, "its line is too long")
	}
	if !crlf(line) {
		return chunkErr(nil, "its line does not end in CR LF, or has a control character")
	}
	size, _, _ := strings.Cut(string(trimEnd(line)), ";")
	size = strings.TrimRight(size, " \t")
	n, err := strconv.ParseUint(size, 16, 63)
	if err != nil {
		return fmt.Errorf("%w: %.20q is no size", ErrChunk, size)
	}
	if b.left = int64(n); n > 0 {
		return nil
	}
	for text := []byte(nil); ; {
		at := len(text)
		if text, err = b.c.readLine(text, b.c.lim.Head); err != nil {
			return chunkErr(err, "its trailers are too long")
		}
		if !crlf(text[at:]) {
			return chunkErr(nil, "a line of its trailers does not end in CR LF, or has a control character")
		}
		if len(trimEnd(text[at:])) == 0 {
			b.done = true
			return nil
		}
	}
}

// crlf tells whether a line ends in CR LF and has no control character before that.
func crlf(line []byte) bool {
	line, ends := bytes.CutSuffix(line, []byte("\r\n"))
	return ends && !bytes.ContainsFunc(line, isControl)
}

func chunkErr(err error, why string) error {
	if err == nil || errors.Is(err, errLong) {
		return fmt.Errorf("%w: %s", ErrChunk, why)
	}
	return err
}
