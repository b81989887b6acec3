package main

import (
	"io"
	"os"

	"webrunner/internal/heap"
	"webrunner/internal/wire"
)

// exists tells whether there is a file of this name, or none is needed.
func exists(name string) bool {
	_, err := os.Stat(name)
	return name == "-" || err == nil
}

// readObject reads an object file, or the input stream when its name is "-".
func (a *app) readObject(name string) ([]byte, error) {
	r, size := a.in, 0
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, wire.Problemf(wire.BadRequest, "%v", err)
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil {
			size = int(min(info.Size(), wire.MaxObject))
		}
		r = f
	}
	b, err := readMost(r, size)
	if err != nil {
		return nil, wire.Problemf(wire.BadRequest, "%v", err)
	}
	if len(b) > wire.MaxObject {
		return nil, wire.Problemf(wire.TooLarge, "%s is larger than %d bytes", name, wire.MaxObject)
	}
	return b, nil
}

// readMost reads to the end, but at most a byte more than an object may have. size is
// how many bytes there seem to be.
func readMost(r io.Reader, size int) ([]byte, error) {
	b := heap.Bytes(size)
	n, err := io.ReadFull(r, b)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return b[:n], nil
	}
	if err != nil {
		return nil, err
	}
	rest, err := io.ReadAll(io.LimitReader(r, int64(wire.MaxObject+1-size)))
	if len(rest) == 0 {
		return b, err
	}
	return append(b, rest...), err
}
