package main

import (
	"webrunner/internal/request"
	"webrunner/internal/wire"
)

// inspect shows what the loader makes of an object. It exits 0 when the object
// loads.
func (a *app) inspect(args []string) int {
	var o engineOptions
	var load, batch, prototypes bool
	var out output
	var with []string
	f := newFlags("inspect OBJECT.o [FLAGS]  or  inspect --load --batch < NAMES")
	f.outputFlag(&out, "text", "json")
	f.yes(&load, "load", "dump placement and relocated bytes, as JSON")
	f.yes(&prototypes, "prototypes", "propose a --call for each function instead, by the types that the object's DWARF (-g) gives it")
	withFlag(f, &with)
	f.yes(&batch, "batch", "read object names from standard input, write one dump a line")
	o.define(f)
	rest, code, stop := f.parse(a, args, 0, 1)
	if stop {
		return code
	}
	if batch && len(with) > 0 {
		return a.fail(out, usage("--batch takes no --with"))
	}
	if batch == (len(rest) == 1) {
		return a.fail(out, usage("give one object, or --batch and names on standard input"))
	}
	if load && prototypes {
		return a.fail(out, usage("--load and --prototypes are two answers: give one of them"))
	}
	if load {
		out = "json"
	}
	var options wire.ScreenOptions
	if prototypes {
		options = wire.ScreenOptions{Prototypes: true, Reserved: request.Names()}
	}
	return a.document(&o, wire.Inspect, options, rest, with, out, false)
}
