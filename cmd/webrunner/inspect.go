package main

import "webrunner/internal/wire"

// inspect shows what the loader makes of an object. It exits 0 when the object
// loads.
func (a *app) inspect(args []string) int {
	var o engineOptions
	var load, batch bool
	var out output
	var with []string
	f := newFlags("inspect OBJECT.o [FLAGS]  or  inspect --load --batch < NAMES")
	f.outputFlag(&out, "text", "json")
	f.yes(&load, "load", "dump placement and relocated bytes, as JSON")
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
	if load {
		out = "json"
	}
	return a.document(&o, wire.Inspect, wire.ScreenOptions{}, rest, with, out, false)
}
