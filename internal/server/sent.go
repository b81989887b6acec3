package server

import "io"

// sent is the body of an answer on its way to the client. It has drawn its size,
// which comes back when fasthttp closes it: when the client has taken it, or not.
type sent struct {
	b    []byte
	read int
	free func()
}

// Read reads the next bytes.
func (s *sent) Read(p []byte) (int, error) {
	if s.read == len(s.b) {
		return 0, io.EOF
	}
	n := copy(p, s.b[s.read:])
	s.read += n
	return n, nil
}

// WriteTo writes all of it without a copy.
func (s *sent) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(s.b[s.read:])
	s.read += n
	return int64(n), err
}

// Close lets go of it.
func (s *sent) Close() error {
	if s.free != nil {
		s.free()
		s.b, s.read, s.free = nil, 0, nil
	}
	return nil
}
