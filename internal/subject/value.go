package subject

import (
	"webrunner/internal/wire"
	"webrunner/kernels"
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
	return v
}
