package check

import (
	"slices"
	"time"

	"webrunner/internal/cell"
	"webrunner/internal/subject"
	"webrunner/internal/wire"
	"webrunner/kernels"
	"webrunner/trampoline"
)

// sets are registers and parts of registers that a call leaves undefined.
type sets uint16

// inUppers is the undefined bits of arguments, beside the sets of package cell.
const (
	inUppers sets = 1 << 8
	allSets       = sets(cell.AllUndefined) | inUppers
)

// shot is one call to be made: of a case, in one of its two manners.
type shot struct {
	*kase
	index  int // of the case
	second bool
	calm   bool // of a reference: zeros in all registers, operands on pages
	varied variation
}

// contents is the extremes that a case has, by its seed.
func (s *shot) extremes(allowed kernels.Extremes) kernels.Extremes {
	r := random{mix(s.seed ^ 0xc0)}
	var kinds kernels.Extremes
	switch n := r.below(8); {
	case s.like.plain:
		return 0
	case n == 0:
		kinds = kernels.Denormals
	case n < 4:
		kinds = kernels.Zeros | kernels.Infinities | kernels.NaNs
	}
	if r.below(2) == 0 {
		kinds |= kernels.Integers
	}
	return kinds & (allowed | kernels.Integers)
}

// place says where the operands lie: at the end of their memory for the first call of a
// case, where a guard page begins, and at its beginning, behind one, or a little
// further, for the second.
func (d *side) place(s *shot) []uint64 {
	r := random{mix(s.seed ^ 0xad)}
	at := make([]uint64, len(s.call.Operands))
	for i := range s.call.Operands {
		o := &s.call.Operands[i]
		start, mem := d.s.Room(i)
		unit := max(o.Type.Size(), o.Align, 1)
		shift := r.below(64) &^ (unit - 1)
		if r.below(2) == 0 {
			shift = 0
		}
		switch {
		case s.calm:
			at[i] = start
		case s.like.align > unit: // to this and nothing more
			at[i] = start + (uint64(len(mem))-o.Bytes-s.like.align)&^(2*s.like.align-1) + s.like.align
		case s.second:
			at[i] = start + min(shift, uint64(len(mem))-o.Bytes)&^(unit-1)
		default:
			at[i] = start + (uint64(len(mem))-o.Bytes)&^(unit-1)
		}
	}
	return at
}

// garbage is what registers hold at a call.
func (s *shot) garbage() (g cell.Garbage, upper func(int) uint64) {
	seed := mix(s.seed ^ 0x6a7ba6e)
	if s.second {
		seed = mix(seed)
	}
	dirty := allSets &^ s.like.clean
	if s.calm {
		dirty = 0
	}
	g = cell.Garbage{Seed: seed, In: cell.Undefined(dirty)}
	if dirty&inUppers != 0 {
		upper = func(arg int) uint64 {
			if s.like.upper != 0 && arg+1 != s.like.upper {
				return 0
			}
			return mix(seed + uint64(arg))
		}
	}
	return g, upper
}

// side is one of the two functions, in cells of its own.
type side struct {
	s       *subject.Subject
	allowed kernels.Extremes
	before  [][]byte // contents of the operands before the call
	calls   int      // made
	// patience is how long a call may take, where that is to be less than the job
	// says; 0 is what the job says.
	patience time.Duration
}

// margin is how far beside an operand its memory is watched, bytes; what fills it no
// function writes by chance.
const (
	margin     = 4096
	marginByte = 0xa7
)

// ready prepares memory for a call and returns the subject of that call.
func (d *side) ready(s *shot, at []uint64) *subject.Subject {
	g := d.s.With(s.call.Drawn(mix(s.seed)), at)
	if !s.calm {
		d.margins(s, at, func(_ int, before, behind []byte) {
			fill(before)
			fill(behind)
		})
	}
	g.Call.Fill(g.Memory, mix(s.seed))
	g.Call.Extreme(g.Memory, s.extremes(d.allowed), mix(s.seed^0xe))
	s.varied.apply(g.Call, g.Memory, s.seed)
	for len(d.before) < len(g.Memory) {
		d.before = append(d.before, nil)
	}
	for i, m := range g.Memory {
		d.before[i] = append(d.before[i][:0], m...)
	}
	return g
}

func fill(m []byte) {
	for i := range m {
		m[i] = marginByte
	}
}

// margins visits the memory before and behind each operand.
func (d *side) margins(s *shot, at []uint64, visit func(operand int, before, behind []byte)) {
	for i := range s.call.Operands {
		start, mem := d.s.Room(i)
		from := at[i] - start
		to := from + s.call.Operands[i].Bytes
		visit(i, mem[max(from, margin)-margin:from], mem[to:min(to+margin, uint64(len(mem)))])
	}
}

// beside says in words where beside an operand a call has written, and beside which;
// nil where it has not.
func (d *side) beside(s *shot, at []uint64) (found *stray) {
	d.margins(s, at, func(operand int, before, behind []byte) {
		if found != nil {
			return
		}
		for i := range before {
			if n := len(before) - 1 - i; before[n] != marginByte {
				found = &stray{operand, -i - 1}
				return
			}
		}
		for i, b := range behind {
			if b != marginByte {
				found = &stray{operand, i + 1}
				return
			}
		}
	})
	return found
}

// stray is a byte beside an operand: 1 is the first behind its memory, -1 the last
// before it.
type stray struct{ operand, at int }

// fired is what is known of a shot that returned.
type fired struct {
	call   *kernels.Call // placed
	on     *subject.Subject
	memory [][]byte // of the operands, the cell's own: to be copied
	before [][]byte
	seen   cell.SeenCase
	beside *stray // where it wrote beside an operand
}

// left is what the call left, with a copy of what a reference is compared with.
func (f *fired) left() kernels.Left {
	l := kernels.Left{Memory: make([][]byte, len(f.memory)), Registers: f.registers()}
	for i, m := range f.memory {
		if f.call.Operands[i].Access != kernels.In {
			l.Memory[i] = slices.Clone(m)
		}
	}
	return l
}

func (f *fired) registers() kernels.Registers {
	return f.on.Registers(f.seen.RAX, f.seen.XMM[0][0], f.seen.Vector)
}

// groupWall is how long a cell may take for all of its calls. One that takes longer
// is begun anew with the call that it was at, which then has all the time that a call
// may have.
const groupWall = 700 * time.Millisecond

// enough is how much CPU time shows that a call hangs, and does not wait for a busy
// host's processor; one that got less is made once more.
const enough = 200 * time.Millisecond

// run makes calls, hundreds to a cell, and tells of each what became of it: returned is
// called, or ended with the problem. It stops at the first call that runs out of time.
// The error tells that the host has a problem, or that the job's time is up.
func (d *side) run(shots []shot, returned func(*shot, *fired), ended func(*shot, *wire.Problem)) error {
	alone, again := false, false // the first of the shots has a cell of its own; it had one and got no processor
	for len(shots) > 0 {
		if d.s.Left() <= 0 {
			return errTime
		}
		plan, n := d.s.Plan(), 0
		switch {
		case d.patience > 0:
			plan.Wall = min(plan.Wall, d.patience)
		case !alone:
			plan.Wall = min(plan.Wall, groupWall)
		}
		if alone {
			n = 1
		}
		over, g, out, err := d.cell(plan, shots, n, returned)
		if err != nil {
			return err
		}
		shots = shots[over:]
		switch {
		case out.End == cell.Returned:
		case out.End == cell.Timeout && over > 0: // the others had the time
			alone = true
			continue
		case out.End == cell.Timeout && !alone && d.patience == 0:
			alone = true
			continue
		case out.End == cell.Timeout && !again && out.User+out.System < min(plan.Wall/4, enough):
			again = true
			continue
		default:
			d.calls++
			p := wire.AsProblem(g.Explain(out, plan))
			ended(&shots[0], p)
			if p.Class == wire.Timeout {
				return nil
			}
			shots = shots[1:]
		}
		alone, again = false, false
	}
	return nil
}

// cell makes calls in one cell, at most so many if most is not 0. It returns how many
// returned, and the subject of the one after them, which the cell ended with.
func (d *side) cell(plan cell.Plan, shots []shot, most int, returned func(*shot, *fired)) (over int, g *subject.Subject, out *cell.Outcome, err error) {
	if most == 0 {
		most = len(shots)
	}
	var at []uint64
	plan.Laps = []cell.Lap{{Kind: trampoline.Case, Counted: true}}
	plan.Records = plan.MaxRecords()
	plan.Cases = &cell.Cases{
		Next: func() (given cell.Given, more bool) {
			if over == most {
				return given, false
			}
			s := &shots[over]
			at = d.place(s)
			g = d.ready(s, at)
			garbage, upper := s.garbage()
			return cell.Given{Call: g.Arguments(upper), Garbage: garbage}, true
		},
		Seen: func(seen cell.SeenCase) {
			s := &shots[over]
			f := fired{call: g.Call, on: g, memory: g.Memory, before: d.before, seen: seen}
			if !s.calm {
				f.beside = d.beside(s, at)
			}
			over++
			d.calls++
			returned(s, &f)
		},
	}
	out, err = d.s.Space.Run(plan)
	if err != nil {
		err = wire.Problemf(wire.Internal, "%v", err)
	}
	return over, g, out, err
}
