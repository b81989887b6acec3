package loader

// placeThread lays out the thread-local variables: those with contents, then those
// that begin as zeros, then COMMON ones, up to the thread pointer or where else they
// have to end. That is how the
// psABI has it for a program's own (variant II of "ELF Handling For Thread-Local
// Storage"), and how ld lays out what it links.
func (pl *Plan) placeThread() error {
	p := &pl.placement
	pl.block = p.ThreadEnd
	if !pl.threads {
		return nil
	}
	// Distances from 0, which every alignment divides, until the sum is known.
	c := cursor{limit: p.ThreadEnd - p.ThreadBase, budget: pl.object.limits.AllocBytes}
	full, empty := pl.threadAligns()
	pl.placeSections(&c, Thread, false)
	bits := c.at
	c.align(empty)
	pl.placeSections(&c, Thread, true)
	pl.placeCommons(&c, true)
	align := max(full, empty)
	c.align(align)
	if c.failed {
		return memoryLimit("the thread-local variables take more than the%s that there are for them", sizeText(min(c.limit, c.budget))[len(" of"):])
	}
	if p.ThreadEnd%align != 0 {
		return unsupported("thread-local variables are aligned to %d bytes, more than their place before %#x", align, p.ThreadEnd)
	}
	pl.block = p.ThreadEnd - c.at
	for i := range pl.object.sections {
		if s := &pl.object.sections[i]; s.mapped && s.tls() {
			pl.sections[i] += pl.block
		}
	}
	for i := range pl.object.symbols {
		if s := &pl.object.symbols[i]; s.place == common && s.alias == 0 && s.typ == sttTLS {
			pl.values[i] += pl.block
		}
	}
	pl.segments[Thread-1] = extent{start: pl.block &^ (Page - 1), bits: pl.block + bits, end: p.ThreadEnd}
	return nil
}

// threadAligns returns the strictest alignments of thread-local variables that have
// contents, and of those that begin as zeros. Each kind is an output section of ld.
func (pl *Plan) threadAligns() (full, empty uint64) {
	full, empty = 1, 1
	for i := range pl.object.sections {
		switch s := &pl.object.sections[i]; {
		case !s.mapped || !s.tls():
		case s.noBits():
			empty = max(empty, s.align)
		default:
			full = max(full, s.align)
		}
	}
	for i := range pl.object.symbols {
		if s := &pl.object.symbols[i]; s.place == common && s.typ == sttTLS {
			empty = max(empty, s.value)
		}
	}
	return full, empty
}

// threadBytes returns how much of the image's limit thread-local variables take.
func (pl *Plan) threadBytes() uint64 {
	return min(pl.placement.ThreadEnd-pl.block, pl.object.limits.AllocBytes)
}
