package subject

import (
	"cmp"

	"webrunner/internal/debuginfo"
	"webrunner/internal/wire"
	"webrunner/loader"
)

// Locate adds to a problem of a job the line of the source, where the object has it and
// the problem has a place in a function of the object.
func Locate(job *wire.Job, p *wire.Problem, stop func() error) {
	symbol := p.Symbol
	if p.Class == wire.UndefinedSymbol {
		symbol = p.Caller
	}
	if symbol == "" || p.Offset == nil || p.Source != "" || !debuginfo.Has(job.Object) {
		return
	}
	im, err := Load(job, stop)
	if err != nil {
		return
	}
	var at *loader.Symbol
	for i := range im.Symbols {
		s := &im.Symbols[i]
		if s.Name == symbol && !s.Elsewhere && s.Section != 0 && (at == nil || s.Kind == loader.KindFunc) {
			at = s
		}
	}
	if at == nil {
		return
	}
	p.Source = debuginfo.Source(job.Object, addresses(im), at.Addr+*p.Offset)
}

// addresses tells the value of each symbol of an image. Symbols of sections that are
// not part of the image, such as those of debug sections, are at the beginning of
// these.
func addresses(im *loader.Image) func(symbol int) uint64 {
	return func(i int) uint64 {
		if i >= len(im.Symbols) || !im.Mapped(cmp.Or(im.Symbols[i].Section, -1)) {
			return im.Offset(i)
		}
		return im.Symbols[i].Addr
	}
}
