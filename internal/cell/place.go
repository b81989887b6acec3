package cell

import (
	"errors"
	"fmt"

	"webrunner/trampoline"
)

// place assigns arguments to registers and to the stack: the first six of the
// integer class to rdi, rsi, rdx, rcx, r8, r9, the first eight of the SSE class, vectors
// among them, to the vector registers 0 to 7, the rest to the stack in order of
// appearance, eight bytes each, or a vector's size at a multiple of it (psABI 3.2.3). The
// stack pointer is offset bytes lower than it need be, or a little more where vectors on
// the stack want a greater alignment. It returns how many vector registers are used.
func (call Call) place(c *trampoline.Control, offset uint64) (vectors uint32, err error) {
	if call.Microsoft {
		return 0, call.placeMicrosoft(c, offset)
	}
	c.Int, c.Float, c.Vector, c.Wide, c.Returns, c.StackArgs = [6]uint64{}, [8]uint64{}, [8]trampoline.Vector{}, 0, uint64(call.Returns), 0
	var ints, floats, wides int
	align := uint64(16)
	for _, kind := range call.Order {
		var words []uint64
		switch {
		case kind == IntArg && ints < len(call.Int):
			words = call.Int[ints : ints+1]
			ints++
			if ints <= len(c.Int) {
				c.Int[ints-1] = words[0]
				continue
			}
		case kind == FloatArg && floats < len(call.Float):
			words = call.Float[floats : floats+1]
			floats++
			if int(vectors) < len(c.Float) {
				c.Float[vectors], c.Vector[vectors][0] = words[0], words[0]
				vectors++
				continue
			}
		case kind == VectorArg && wides < len(call.Vector):
			v := call.Vector[wides]
			wides++
			if len(v) != trampoline.VectorXMM && len(v) != trampoline.VectorYMM && len(v) != trampoline.VectorZMM {
				return 0, fmt.Errorf("cell: a vector of %d bytes", len(v))
			}
			words = make([]uint64, len(v)/8)
			for i := range words {
				words[i] = le.Uint64(v[8*i:])
			}
			if int(vectors) < len(c.Vector) {
				copy(c.Vector[vectors][:], words)
				c.Wide = max(c.Wide, uint64(len(v)))
				vectors++
				continue
			}
			align = max(align, uint64(len(v)))
		default:
			return 0, errors.New("cell: the order of arguments names more than there are")
		}
		n := uint64(len(words))
		c.StackArgs = (c.StackArgs + n - 1) / n * n // a vector's alignment is its size
		if c.StackArgs+n > trampoline.MaxStack {
			return 0, fmt.Errorf("cell: more than %d bytes of arguments on the stack", 8*trampoline.MaxStack)
		}
		copy(c.Stack[c.StackArgs:], words)
		c.StackArgs += n
	}
	if ints != len(call.Int) || floats != len(call.Float) || wides != len(call.Vector) {
		return 0, errors.New("cell: the order of arguments leaves some out")
	}
	top := uint64(trampoline.StackAddr + StackSize - 8*trampoline.FrameWords)
	c.EntrySP = (top - 8*c.StackArgs - offset) &^ (align - 1)
	c.Frame = c.EntrySP + 8*c.StackArgs
	return vectors, nil
}

// widest is how many bytes the largest of these vector registers has, of which not all are
// there on every host.
func widest(parts []component) uint64 {
	size := uint64(trampoline.VectorXMM)
	for _, p := range parts {
		switch p.number {
		case numberAVX:
			size = max(size, trampoline.VectorYMM)
		case numberZMM:
			size = trampoline.VectorZMM
		}
	}
	return size
}
