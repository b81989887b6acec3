package main

import (
	"io"
	"os"

	"webrunner/internal/wire"
)

// exists tells whether there is a file of this name, or none is needed.
func exists(name string) bool {
	_, err := os.Stat(name)
	return name == "-" || err == nil
}

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
	b, err := io.ReadAll(io.LimitReader(r, wire.MaxObject+1))
	if err != nil {
		return nil, wire.Problemf(wire.BadRequest, "%v", err)
	}
	if len(b) > wire.MaxObject {
		return nil, wire.Problemf(wire.TooLarge, "%s is larger than %d bytes", name, wire.MaxObject)
	}
	return b, nil
}
