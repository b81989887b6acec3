package kernels

import (
	"fmt"
	"slices"
	"strings"
)

// File is the contents of an operand whose contents are those of a file.
type File struct {
	Operand string
	Data    []byte
}

// WithFiles returns the specification with the files that its operands of FillFile hold. A
// single file for a single operand may have any name. Every error is a *FileError.
func (s *Spec) WithFiles(files []File) (*Spec, error) {
	var wanted []string
	for i := range s.Operands {
		if s.Operands[i].Fill == FillFile {
			wanted = append(wanted, s.Operands[i].Name)
		}
	}
	if len(wanted)+len(files) == 0 {
		return s, nil
	}
	known := "no operand is to hold one"
	if wanted != nil {
		known = "operands with a file: " + strings.Join(wanted, ", ")
	}
	out := *s
	out.Operands = slices.Clone(s.Operands)
	for _, f := range files {
		if len(wanted) == 1 && len(files) == 1 {
			f.Operand = wanted[0]
		}
		i := out.operand(f.Operand)
		switch {
		case i < 0 || out.Operands[i].Fill != FillFile:
			return nil, &FileError{s.FullName(), f.Operand, "there is a file for it, but " + known}
		case out.Operands[i].given:
			return nil, &FileError{s.FullName(), f.Operand, "there are two files for it"}
		}
		op := &out.Operands[i]
		op.data, op.given = string(f.Data), true
		if op.count != nil {
			continue
		}
		size := op.Type.Size()
		if rest := uint64(len(f.Data)) % size; rest != 0 {
			return nil, &FileError{s.FullName(), f.Operand, fmt.Sprintf("its file has %d bytes, which are no whole elements of %d", len(f.Data), size)}
		}
		op.count = &expr{op: '0', num: uint64(len(f.Data)) / size}
	}
	for i := range out.Operands {
		if op := &out.Operands[i]; op.Fill == FillFile && !op.given {
			return nil, &FileError{s.FullName(), op.Name, fmt.Sprintf("its contents come from a file, which is not given: --file %s=PATH, over HTTP a part named file with the file name %s", op.Name, op.Name)}
		}
	}
	return &out, nil
}
