package main

import (
	"io"
	"os"

	"webrunner/internal/wire"
)

// maxObject bounds an object that is read here, bytes; the same as the largest
// --max-body.
const maxObject = 512 << 20

// readObject reads an object file, or the input stream when its name is "-".
func (a *app) readObject(name string) ([]byte, error) {
	r := a.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, wire.Problemf(wire.BadRequest, "%v", err)
		}
		defer f.Close()
		r = f
	}
	b, err := io.ReadAll(io.LimitReader(r, maxObject+1))
	if err != nil {
		return nil, wire.Problemf(wire.BadRequest, "%v", err)
	}
	if len(b) > maxObject {
		return nil, wire.Problemf(wire.TooLarge, "%s is larger than %d bytes", name, maxObject)
	}
	return b, nil
}
