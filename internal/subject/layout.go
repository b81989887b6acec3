package subject

import (
	"cmp"
	"errors"

	"golang.org/x/sys/unix"

	"webrunner/internal/autopsy"
	"webrunner/internal/cell"
	"webrunner/internal/wire"
	"webrunner/kernels"
	"webrunner/loader"
)

// Operands start on a page, with unmapped memory on both sides.
const (
	operandAlign = loader.Page
	operandGuard = 1 << 20
)

// imageName is what a region of the image is called in explanations.
func imageName(p loader.Perm) string {
	switch p {
	case loader.RX:
		return "code"
	case loader.R:
		return "read-only data"
	case loader.Thread:
		return "thread-local data"
	}
	return "data"
}

// lay lays the image and the operands out where cells will see them.
func (s *Subject) lay() (err error) {
	regions := s.imageRegions()
	addr, page := s.seat.operands, s.page()
	for i := range s.Call.Operands {
		o := &s.Call.Operands[i]
		offset := s.Job.Measure.OperandOffset[o.Name]
		r := cell.Region{
			Name: autopsy.Operand(o.Name), Addr: addr, Size: s.room(i),
			Prot: unix.PROT_READ | unix.PROT_WRITE, Shared: true, Huge: s.Job.Measure.HugePages,
		}
		s.at, s.regions = append(s.at, addr+offset), append(s.regions, addr)
		regions = append(regions, r)
		addr += r.Size + max(page, operandGuard)
	}
	s.Call = s.Call.Placed(s.at)
	regions = append(regions, s.setsAt(addr)...)
	var huge *cell.HugeError
	if s.beside == nil {
		s.Space, err = cell.NewSpace(regions)
	} else {
		s.Space, err = s.beside.Space.Beside(regions)
	}
	switch {
	case errors.As(err, &huge):
		return wire.Problemf(wire.Unfit, "operands cannot lie in 2 MiB pages here: %v", huge)
	case errors.Is(err, cell.ErrAddressTaken):
		return err
	case err != nil:
		return wire.Problemf(wire.MemoryLimit, "the cell's memory cannot be mapped: %v", err)
	}
	for _, o := range s.Call.Operands {
		mem, err := s.Space.Bytes(autopsy.Operand(o.Name))
		if err != nil {
			return wire.Problemf(wire.Internal, "%v", err)
		}
		offset := s.Job.Measure.OperandOffset[o.Name]
		s.pages, s.Memory = append(s.pages, mem), append(s.Memory, mem[offset:offset+o.Bytes])
	}
	return s.fillSets(addr)
}

// AtGuard is the subject with every operand at the end of its memory, where the
// operands of s are at the beginning: so one touches the unmapped page behind whoever
// goes past an operand, and the other whoever goes before it. Operands begin at
// multiples of align bytes, or of their own alignment if that is more; they share
// their memory with those of s.
func (s *Subject) AtGuard(align uint64) *Subject {
	return s.placed(func(i int) uint64 { return s.last(i, s.unit(i, align)) })
}

// lineBytes is the size of a cache line and of the widest vector register.
const lineBytes = 64

// Moved is the subject with its operands elsewhere: about where AtGuard has them, at
// multiples of align bytes, but at other addresses within a cache line, and with more
// alignment than that where they have it, within a pair of lines: so code whose path
// follows from the alignment of an operand takes another one, whatever its size. One of
// whole pages above 64 MiB, or in 2 MiB pages, keeps its alignment.
func (s *Subject) Moved(align uint64) *Subject {
	return s.placed(func(i int) uint64 {
		unit := s.unit(i, align)
		from := s.last(i, unit)
		line := max(lineBytes, 2*unit)
		if start := s.at[i] - s.regions[i]; from >= unit && from%line == start%line {
			from -= unit
		}
		return from
	})
}

// unit is what operand i lies at a multiple of, if it is to be one of align bytes.
func (s *Subject) unit(i int, align uint64) uint64 {
	o := &s.Call.Operands[i]
	return max(align, o.Type.Size(), o.Align)
}

// last is the last place of operand i in its memory that is a multiple of some power of
// two, in bytes from the beginning.
func (s *Subject) last(i int, unit uint64) uint64 {
	return (uint64(len(s.pages[i])) - max(s.Call.Operands[i].Bytes, 1)) &^ (unit - 1)
}

// placed is the subject with its operands at other places of their memory, which they
// share with those of s.
func (s *Subject) placed(from func(i int) uint64) *Subject {
	g := *s
	g.at, g.Memory = nil, nil
	for i, o := range s.Call.Operands {
		at := from(i)
		g.at, g.Memory = append(g.at, s.regions[i]+at), append(g.Memory, s.pages[i][at:at+o.Bytes])
	}
	g.Call = s.Call.Placed(g.at)
	return &g
}

// With is the subject with another call, of the same specification, whose operands lie
// at these addresses within their rooms.
func (s *Subject) With(call *kernels.Call, at []uint64) *Subject {
	g := *s
	g.at, g.Memory = at, nil
	for i, o := range call.Operands {
		start, page := s.Room(i)
		g.Memory = append(g.Memory, page[at[i]-start:][:o.Bytes])
	}
	g.Call = call.Placed(at)
	return &g
}

// Room is the memory that operand i lies in, and its address in the cell. Behind its
// last page and before its first nothing is mapped.
func (s *Subject) Room(i int) (addr uint64, mem []byte) {
	return s.regions[i], s.pages[i]
}

// operandRanges tells explanations where operands lie.
func (s *Subject) operandRanges() map[string]autopsy.Range {
	m := make(map[string]autopsy.Range)
	for i, o := range s.Call.Operands {
		m[o.Name] = autopsy.Range{Start: s.at[i], End: s.at[i] + o.Bytes}
	}
	return m
}

// imageRegions are the segments of the image.
func (s *Subject) imageRegions() (list []cell.Region) {
	for _, seg := range s.Image.Segments {
		prot := unix.PROT_READ
		switch seg.Perm {
		case loader.RX:
			prot |= unix.PROT_EXEC
		case loader.RW, loader.Thread:
			prot |= unix.PROT_WRITE
		}
		list = append(list, cell.Region{Name: imageName(seg.Perm), Addr: seg.Addr, Size: seg.Size, Data: seg.Data, Prot: prot})
	}
	return list
}

// Offsets tells where in its page each operand's first element lies, in bytes.
func (s *Subject) Offsets() map[string]uint64 {
	at := make(map[string]uint64)
	for i, o := range s.Call.Operands {
		at[o.Name] = (s.at[i] + o.Offset) % operandAlign
	}
	return at
}

// microsoft says whether the function is called by the Microsoft x64 ABI.
func (s *Subject) microsoft() bool {
	return cmp.Or(s.Job.ABI, wire.ABIName(s.Call.Spec.ABI)) == wire.Microsoft
}

// Arguments assembles the call for a cell. What of a register is undefined has these
// bits, which may be nil for none.
func (s *Subject) Arguments(garbage func(arg int) uint64) cell.Call {
	c := cell.Call{Kernel: s.Choice.Addr, Returns: int(s.Call.Spec.Result.Bytes()), Microsoft: s.microsoft()}
	for i, a := range s.Call.Args {
		if garbage != nil {
			a.Bits |= garbage(i) & s.Call.Undefined(i)
		}
		switch a.Kind {
		case kernels.ArgFloat32, kernels.ArgFloat64:
			c.Float = append(c.Float, a.Bits)
			c.Order = append(c.Order, cell.FloatArg)
			continue
		case kernels.ArgVector:
			c.Vector = append(c.Vector, a.Vector)
			c.Order = append(c.Order, cell.VectorArg)
			continue
		case kernels.ArgPointer:
			c.Int = append(c.Int, s.at[a.Operand]+a.Bits)
		default:
			c.Int = append(c.Int, a.Bits)
		}
		c.Order = append(c.Order, cell.IntArg)
	}
	return c
}
