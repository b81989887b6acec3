package loader

// converted returns the files that were PE objects, as MinGW writes them, before objcopy
// made ELF objects of them: they have tables of Windows' exceptions.
func (o *Object) converted() map[string]bool {
	files := map[string]bool{}
	for i := range o.sections {
		if s := &o.sections[i]; s.name == ".pdata" && s.mapped {
			files[s.file] = true
		}
	}
	return files
}

// inPlace gives a relocation of such a file its addend. PE has that in the field, where
// objcopy leaves it, and counts distances from the end of the field ("PE Format",
// IMAGE_REL_AMD64_REL32; bfd/coff-x86_64.c), which objcopy does not tell.
func (r rela) inPlace(t *relocType, field []byte) rela {
	at := field[r.offset:]
	switch t.width {
	case 4:
		r.addend += uint64(int64(int32(le.Uint32(at))))
	case 8:
		r.addend += le.Uint64(at)
	}
	if t.formula == symPC {
		r.addend -= uint64(t.width)
	}
	return r
}
