package check

import "webrunner/kernels"

// variation is one of the ways in which contents are changed to learn from a reference
// how far rounding may move its results; 0 leaves them as they are.
type variation int

// So many variations are tried at once, of which the first makes all signs positive and
// the others draw them; the others are tried where these do not do. In those, signs are
// drawn and last places moved in turn: that a difference is undone by none of them comes
// once in some thousand elements that cancel, and then only beside few others.
const (
	firstVaried = 3
	mostVaried  = 15
)

// signs tells whether the variation is one of signs.
func (v variation) signs() bool { return v <= firstVaried || v%2 != 0 }

// apply changes contents that have been filled, and the arguments of a call, which must be
// the variation's own.
func (v variation) apply(call *kernels.Call, mem [][]byte, seed uint64) {
	switch {
	case v == 0:
	case v == 1:
		call.Resign(mem, kernels.Positive, 0)
	case v.signs():
		call.Resign(mem, kernels.Scattered, mix(seed+uint64(v)))
	default:
		call.Nudge(mem, mix(seed+uint64(v)))
	}
}

// account takes into account what the reference left, and what it left for the contents
// as they are.
func (v variation) account(r *kernels.Rounding, call *kernels.Call, left, plain kernels.Left) {
	if v.signs() {
		r.Enlarge(call, left)
	} else {
		r.Spread(call, left, plain)
	}
}
