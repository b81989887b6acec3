package cell

import (
	"errors"
	"fmt"

	"webrunner/trampoline"
)

// What the Microsoft x64 ABI has otherwise ("x64 calling convention" of Microsoft's C++
// documentation; gcc's and clang's attribute ms_abi): the first four arguments are in
// registers by their positions, whatever their class; above the return address are
// four words of shadow space, which are the function's, and then the other arguments;
// rdi, rsi and the lower halves of vector registers 6 to 15 are kept.
const (
	microsoftRegisters = 4
	shadowWords        = 4
)

// microsoftInt is where in trampoline.Control.Int the register of a position is: rcx, rdx,
// r8, r9.
var microsoftInt = [microsoftRegisters]int{3, 2, 4, 5}

// microsoftKept is what rdi, rsi, and the words of vector registers from 6 on hold at a call.
const microsoftKept = 0xd1d1d1d1_c0ffee07

// placeMicrosoft assigns arguments to registers and to the stack by the Microsoft x64 ABI.
func (call Call) placeMicrosoft(c *trampoline.Control, offset uint64) error {
	c.Int, c.Float, c.Vector, c.Wide, c.Returns, c.StackArgs = [6]uint64{microsoftKept, ^uint64(microsoftKept)}, [8]uint64{6: microsoftKept + 6, 7: microsoftKept + 7}, [8]trampoline.Vector{}, 0, uint64(call.Returns), shadowWords
	clear(c.Stack[:shadowWords])
	if len(call.Order) != len(call.Int)+len(call.Float) {
		return errors.New("cell: under the Microsoft ABI all arguments are numbers and pointers")
	}
	ints, floats := call.Int, call.Float
	for i, kind := range call.Order {
		var v uint64
		switch {
		case kind == IntArg && len(ints) > 0:
			v, ints = ints[0], ints[1:]
			if i < microsoftRegisters {
				c.Int[microsoftInt[i]] = v
				continue
			}
		case kind == FloatArg && len(floats) > 0:
			v, floats = floats[0], floats[1:]
			if i < microsoftRegisters {
				c.Float[i] = v
				continue
			}
		default:
			return errors.New("cell: the order of arguments names more than there are")
		}
		if c.StackArgs == trampoline.MaxStack {
			return fmt.Errorf("cell: more than %d bytes of arguments on the stack", 8*trampoline.MaxStack)
		}
		c.Stack[c.StackArgs] = v
		c.StackArgs++
	}
	top := uint64(trampoline.StackAddr + StackSize - 8*trampoline.FrameWords)
	c.EntrySP = (top - 8*c.StackArgs - offset) &^ 15
	c.Frame = c.EntrySP + 8*c.StackArgs
	return nil
}

// garble puts numbers into the argument registers that hold no argument.
func (call Call) garble(c *trampoline.Control, r *garbler) {
	for i, at := range microsoftInt {
		if i >= len(call.Order) || call.Order[i] != IntArg {
			c.Int[at] = r.next()
		}
		if i >= len(call.Order) || call.Order[i] != FloatArg {
			c.Float[i] = r.next()
		}
	}
	c.Float[4], c.Float[5] = r.next(), r.next()
}

// keep fills the vector registers that are kept, where nothing else does, and says what they
// hold. What is loaded from Control.Float has zeros above.
func keep(c *trampoline.Control) {
	x := &c.XState
	if state := le.Uint64(x.Header[:]); state&stateSSE == 0 {
		for i := range x.XMM[len(c.Float):] {
			x.XMM[len(c.Float)+i] = [2]uint64{microsoftKept + uint64(i), ^(microsoftKept + uint64(i))}
		}
		le.PutUint64(x.Header[:], state|stateSSE)
	}
	c.Kept = [10][2]uint64{{c.Float[6]}, {c.Float[7]}}
	copy(c.Kept[2:], x.XMM[len(c.Float):])
}
