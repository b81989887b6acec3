// Package count adds up what the instructions of a call did: how many there were, what
// they loaded and stored, which branches were taken, how many floating-point operations
// they made. It is given how often each instruction was executed, by whatever means
// that became known, and is pure.
package count

import (
	"maps"
	"slices"

	"webrunner/filter/screen"
)

// Tally is what is known of one instruction of a call.
type Tally struct {
	Executed uint64
	Taken    uint64 // of a branch: how often it was
	// Active is the sum of what screen.Effect.Scale names over all executions: of
	// active lanes, or of turns. Touched is in how many executions
	// there was an active lane.
	Active, Touched uint64
}

// Ledger has the tallies of a call by the address of the instruction.
type Ledger map[uint64]*Tally

// At returns the tally of an instruction, which it adds where there is none.
func (l Ledger) At(addr uint64) *Tally {
	t := l[addr]
	if t == nil {
		t = new(Tally)
		l[addr] = t
	}
	return t
}

// Equal tells whether two calls executed the same instructions as often.
func (l Ledger) Equal(m Ledger) bool {
	return maps.EqualFunc(l, m, func(a, b *Tally) bool { return *a == *b })
}

// Addresses returns those of all instructions that were executed, ascending.
func (l Ledger) Addresses() []uint64 { return slices.Sorted(maps.Keys(l)) }

// Kind sorts floating-point operations.
type Kind struct {
	Precision int // bits: 16, 32, 64 or 80
	Width     int // bits of the vector registers; 0 is scalar
}

// Totals are what the instructions of a call add up to.
type Totals struct {
	Instructions      uint64
	Loads, Stores     uint64 // accesses
	LoadedBytes       uint64
	StoredBytes       uint64
	Branches, Taken   uint64 // jumps, calls and returns, as BR_INST_RETIRED.ALL counts them
	Calls             uint64
	FLOPs             uint64
	FLOPsOf           map[Kind]uint64
	Integer           uint64 // instructions on general registers alone
	Vector            uint64 // instructions on vector registers, those on one element apart
	VectorOf          map[int]uint64
	Scalar            uint64 // instructions on one element of a vector register
	X87, Mask, Tile   uint64
	Divisions         uint64
	Gathers, Scatters uint64 // instructions
	// Unsized: an instruction was executed that accesses memory, but nobody knows how much
	// (screen.Effect.Unsized). There are no figures of accesses then.
	Unsized bool
}

// Sum adds up a ledger. code gives the bytes from an address on.
func Sum(l Ledger, code func(addr uint64) []byte) Totals {
	t := Totals{FLOPsOf: make(map[Kind]uint64), VectorOf: make(map[int]uint64)}
	for addr, n := range l {
		if e, ok := screen.EffectOf(code(addr)); ok {
			t.Add(&e, n)
		}
	}
	return t
}

// Add adds what one instruction did.
func (t *Totals) Add(e *screen.Effect, n *Tally) {
	t.Instructions += n.Executed
	t.flow(e, n)
	t.memory(e, n)
	if flops := work(e, e.FLOPs, n); flops > 0 {
		t.FLOPs += flops
		k := Kind{Precision: e.Precision, Width: e.Width}
		if e.Scalar || e.File != screen.FileVector {
			k.Width = 0
		}
		t.FLOPsOf[k] += flops
	}
	t.mix(e, n)
}

// flow adds branches. Every one but a conditional one is taken.
func (t *Totals) flow(e *screen.Effect, n *Tally) {
	switch e.Flow {
	case screen.FlowBranch:
		t.Branches += n.Executed
		t.Taken += n.Taken
	case screen.FlowCall:
		t.Calls += n.Executed
		fallthrough
	case screen.FlowJump, screen.FlowReturn:
		t.Branches += n.Executed
		t.Taken += n.Executed
	}
}

// memory adds accesses to memory.
func (t *Totals) memory(e *screen.Effect, n *Tally) {
	t.Unsized = t.Unsized || e.Unsized && n.Executed > 0
	switch {
	case e.Scale == screen.ScaleTurns, e.Gather, e.Scatter:
		times := n.Executed
		if e.Scale != screen.ScaleNone {
			times = n.Active
		} else if e.Lanes > 0 {
			times *= uint64(e.Lanes)
		}
		t.Loads += times * uint64(e.Loads)
		t.LoadedBytes += times * uint64(e.LoadBytes)
		t.Stores += times * uint64(e.Stores)
		t.StoredBytes += times * uint64(e.StoreBytes)
	case e.Scale == screen.ScaleNone:
		t.Loads += n.Executed * uint64(e.Loads)
		t.LoadedBytes += n.Executed * uint64(e.LoadBytes)
		t.Stores += n.Executed * uint64(e.Stores)
		t.StoredBytes += n.Executed * uint64(e.StoreBytes)
	default:
		loads := n.Touched
		if e.WholeLoad {
			loads = n.Executed
		}
		t.Loads += loads * uint64(e.Loads)
		if e.WholeLoad || e.LoadOnce {
			t.LoadedBytes += loads * uint64(e.LoadBytes)
		} else {
			t.LoadedBytes += work(e, e.LoadBytes, n)
		}
		t.Stores += n.Touched * uint64(e.Stores)
		t.StoredBytes += work(e, e.StoreBytes, n)
	}
}

// work is so much for each execution with all lanes active.
func work(e *screen.Effect, each int, n *Tally) uint64 {
	if e.Lanes == 0 || e.Scale == screen.ScaleNone {
		return n.Executed * uint64(each)
	}
	return n.Active * uint64(each) / uint64(e.Lanes)
}

// mix adds to the kinds of instructions.
func (t *Totals) mix(e *screen.Effect, n *Tally) {
	switch {
	case e.File == screen.FileX87:
		t.X87 += n.Executed
	case e.File == screen.FileMask:
		t.Mask += n.Executed
	case e.File == screen.FileTile:
		t.Tile += n.Executed
	case e.File == screen.FileGeneral:
		t.Integer += n.Executed
	case e.Scalar:
		t.Scalar += n.Executed
	default:
		t.Vector += n.Executed
		t.VectorOf[e.Width] += n.Executed
	}
	for _, c := range []struct {
		is bool
		n  *uint64
	}{{e.Division, &t.Divisions}, {e.Gather, &t.Gathers}, {e.Scatter, &t.Scatters}} {
		if c.is {
			*c.n += n.Executed
		}
	}
}
