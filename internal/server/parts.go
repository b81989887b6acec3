package server

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"slices"
	"strings"

	"webrunner/internal/wire"
)

// mediaForm is how an object and what goes with it are sent in one body (RFC 7578).
const mediaForm = "multipart/form-data"

// objectParts are the names of the part that is the object itself: a where two are
// compared.
var objectParts = []string{"object", "a"}

// form takes a body of several files apart: the job's object, and those of its parts
// that the command takes. The files are copied to memory of their own, so that
// the body, whose boundaries lie between them, can be given back by its free. What
// is returned in the place of that frees what is left.
func (s *Server) form(x *exchange, header string, body []byte, free func()) (object []byte, parts []wire.Part, freed func(), p *wire.Problem) {
	_, params, err := mime.ParseMediaType(header)
	if err != nil || params["boundary"] == "" {
		return nil, nil, free, wire.Problemf(wire.UnsupportedMediaType, "the body is sent as %.60q, which names no boundary; curl -F 'object=@FILE' writes it right", header)
	}
	size := int64(len(body))
	if !s.memory.draw(x.client, size, size) {
		return nil, nil, free, s.busy("too many bodies are on their way")
	}
	f := &files{roles: x.row.parts, room: make([]byte, 0, size)}
	bounded := &heads{Reader: bytes.NewReader(body)}
	if p := f.read(bounded, multipart.NewReader(bounded, params["boundary"])); p != nil {
		s.memory.give(x.client, size)
		return nil, nil, free, p
	}
	free()
	return f.object, f.parts, func() { s.memory.give(x.client, size) }, nil
}

// files is a body of several files that is being taken apart.
type files struct {
	roles  []wire.Role
	room   []byte // for all files; it never grows
	object []byte
	parts  []wire.Part
}

// maxPartHead bounds what lies before the bytes of a part, in bytes: package
// mime/multipart takes 10 MB, and a processor for half a second to read them.
const maxPartHead = 16 << 10

// heads is a body of several files. What is read of it after begin, until end, has at
// most maxPartHead bytes.
type heads struct {
	*bytes.Reader
	within bool
	left   int
}

func (h *heads) begin() { h.within, h.left = true, maxPartHead }

func (h *heads) end() { h.within = false }

// Read implements io.Reader.
func (h *heads) Read(p []byte) (int, error) {
	if !h.within {
		return h.Reader.Read(p)
	}
	if h.left == 0 {
		return 0, fmt.Errorf("no part begins within %d bytes, or its head is longer", maxPartHead)
	}
	n, err := h.Reader.Read(p[:min(len(p), h.left)])
	h.left -= n
	return n, err
}

func (f *files) read(body *heads, r *multipart.Reader) *wire.Problem {
	for {
		body.begin()
		part, err := r.NextRawPart()
		body.end()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return wire.Problemf(wire.BadRequest, "the parts of the body cannot be told apart: %.200v", err)
		}
		data, err := f.data(part)
		if err != nil {
			return wire.Problemf(wire.BadRequest, "part %.60q of the body cannot be read: %.200v", part.FormName(), err)
		}
		if p := f.take(part.FormName(), part.FileName(), data); p != nil {
			return p
		}
	}
	if f.object == nil {
		return wire.Problemf(wire.MalformedObject, "the body has no part named object; send the ELF object as one, as curl -F 'object=@FILE' does")
	}
	return nil
}

// data reads a part into the room for all.
func (f *files) data(r io.Reader) ([]byte, error) {
	start := len(f.room)
	for {
		if len(f.room) == cap(f.room) { // a part is shorter than the body that it comes from
			var one [1]byte
			if n, err := r.Read(one[:]); n > 0 || !errors.Is(err, io.EOF) {
				return nil, errors.Join(errors.New("it does not end"), err)
			}
			return slices.Clip(f.room[start:]), nil
		}
		n, err := r.Read(f.room[len(f.room):cap(f.room)])
		f.room = f.room[:len(f.room)+n]
		if errors.Is(err, io.EOF) {
			return slices.Clip(f.room[start:]), nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// take finds out what a part is for.
func (f *files) take(name, file string, data []byte) *wire.Problem {
	role := wire.Role(name)
	switch {
	case slices.Contains(objectParts, name) && f.object != nil:
		return wire.Problemf(wire.BadRequest, "the body has two objects, the second in part %q", name)
	case slices.Contains(objectParts, name):
		f.object = data
	case !slices.Contains(f.roles, role):
		return wire.Problemf(wire.BadRequest, "the body has a part %.60q; there can be %s", name, f.names())
	case len(f.parts) == wire.MaxParts:
		return wire.Problemf(wire.TooLarge, "the body has more than %d parts", wire.MaxParts)
	default:
		f.parts = append(f.parts, wire.Part{Role: role, Name: file, Data: data})
	}
	return nil
}

// names lists the names that parts may have.
func (f *files) names() string {
	list := []string{"object"}
	for _, r := range f.roles {
		list = append(list, string(r))
	}
	return strings.Join(list, ", ")
}
