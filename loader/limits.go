package loader

import "fmt"

// Limits bounds what an object may ask for. Every bound is checked before the
// memory that it bounds is allocated. A zero field means its default.
type Limits struct {
	FileBytes   uint64 // the file itself
	AllocBytes  uint64 // all mapped sections and COMMON symbols, padding included
	Sections    int    // section headers
	Symbols     int    // symbol table entries
	Relocations int    // relocation entries of mapped sections, all together
	NameBytes   int    // one name
	NamesBytes  int    // all names together, counted once a symbol
	DumpBytes   uint64 // of Report.JSON

	// Stop, if it is not nil, is asked every few thousand steps of a long piece of
	// work, from the goroutine that does it. An error from it ends the work: Parse,
	// Layout and Relocate return an *Error of class Timeout that wraps it and says
	// how far they had come.
	Stop func() error
}

// DefaultLimits returns the limits that hold where a caller sets none. The
// largest real object known to need them is a gas test of 140,008 sections.
func DefaultLimits() Limits {
	return Limits{
		FileBytes:   256 << 20,
		AllocBytes:  256 << 20,
		Sections:    1 << 18,
		Symbols:     1 << 20,
		Relocations: 1 << 22,
		NameBytes:   1 << 15,
		NamesBytes:  1 << 27,
		DumpBytes:   24 << 20,
	}
}

// orDefaults fills the fields that are zero.
func (l Limits) orDefaults() Limits {
	d := DefaultLimits()
	return Limits{
		FileBytes:   or(l.FileBytes, d.FileBytes),
		AllocBytes:  or(l.AllocBytes, d.AllocBytes),
		Sections:    or(l.Sections, d.Sections),
		Symbols:     or(l.Symbols, d.Symbols),
		Relocations: or(l.Relocations, d.Relocations),
		NameBytes:   or(l.NameBytes, d.NameBytes),
		NamesBytes:  or(l.NamesBytes, d.NamesBytes),
		DumpBytes:   or(l.DumpBytes, d.DumpBytes),
		Stop:        l.Stop,
	}
}

// pollEvery is how many steps pass between two calls of Limits.Stop. The
// longest step takes a microsecond.
const pollEvery = 4096

// poll asks Limits.Stop at every so many steps. The words say what is done, and
// to how many things in all.
func (l *Limits) poll(step int, doing string, of int) *Error {
	if step%pollEvery != 0 || l.Stop == nil {
		return nil
	}
	err := l.Stop()
	if err == nil {
		return nil
	}
	return &Error{Class: Timeout, Detail: fmt.Sprintf("stopped while %s, at %d of %d: %v", doing, step, of, err), cause: err}
}

func or[T int | uint64](value, fallback T) T {
	if value == 0 {
		return fallback
	}
	return value
}
