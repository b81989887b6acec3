package subject

import (
	"encoding/hex"

	"webrunner/internal/wire"
	"webrunner/kernels"
	"webrunner/trampoline"
)

// Value is a number that a function left or returned, as answers have it.
func Value(r kernels.Returned) (v wire.Value) {
	v.Int, v.Uint, v.Bool = r.Int, r.Uint, r.Bool
	if r.Float != nil {
		v.Float = new(wire.Float(*r.Float))
	}
	if r.Pointer != nil {
		v.Pointer = &wire.Pointer{Operand: r.Pointer.Operand, Offset: r.Pointer.Offset}
	}
	if r.Vector != nil {
		v.Vector = hex.EncodeToString(r.Vector)
	}
	return v
}

// Registers are those of a result, after a call that returned a vector or did not.
func (s *Subject) Registers(rax, xmm0 uint64, vector trampoline.Vector) kernels.Registers {
	if s.Call.Spec.Result.Bytes() == 0 {
		vector = trampoline.Vector{xmm0}
	}
	return kernels.Registers{RAX: rax, Vector: vector}
}
